#!/bin/sh
# Each planted bug is found by an oracle within 500 seeds, and nothing is found without one.
#
#   mutants.sh KONSUL_SIM [SEEDS]
#
# KONSUL_SIM is of a build with the planted bugs (the preset "mutants").
set -eu

if [ $# -lt 1 ]; then
  echo "usage: $0 KONSUL_SIM [SEEDS]" >&2
  exit 2
fi
sim=$1
seeds=${2:-500}
failures=0

for mutant in $("$sim" mutants | sed -n 's/^\([a-z-]*\)  .*/\1/p'); do
  found=no
  for scenario in default five; do
    status=0
    output=$("$sim" search $scenario --seeds "$seeds" --mutant "$mutant" 2>/dev/null) || status=$?
    case $status in
      1)
        # The seed must be clean without the bug, or it is something else that was found.
        repeat=$(echo "$output" | sed -n 's/^repeat *konsul-sim \(run .*\) --mutant .*/\1/p')
        if ! "$sim" $repeat >/dev/null 2>&1; then
          echo "konsul-sim $repeat fails without $mutant, too" >&2
          exit 1
        fi
        found=yes
        echo "$mutant: found in $scenario"
        echo "$output" | grep -E '^(seeds|finding|repeat)' | cut -c1-200 | sed 's/^/    /'
        break
        ;;
      0 | 3 | 5) ;;  # nothing, or not by an oracle of safety
      *)
        echo "$output" >&2
        exit 2
        ;;
    esac
  done
  if [ $found = no ]; then
    echo "$mutant: NOT found in $seeds seeds of default and five" >&2
    failures=$((failures + 1))
  fi
done

# The mutants build without a mutant is as clean as any other.
"$sim" search default --seeds 50 >/dev/null || {
  echo "a finding without a mutant" >&2
  failures=$((failures + 1))
}
[ "$failures" -eq 0 ] || exit 1
