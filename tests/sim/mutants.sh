#!/bin/sh
# Each planted bug is found by an oracle, in a seed that is clean without it, and nothing is found
# without one.
#
#   mutants.sh KONSUL_SIM [SEEDS]
#
# KONSUL_SIM is of a build with the planted bugs (the preset "mutants"); SEEDS of each scenario are
# tried at most.
set -eu

if [ $# -lt 1 ]; then
  echo "usage: $0 KONSUL_SIM [SEEDS]" >&2
  exit 2
fi
sim=$1
seeds=${2:-1000}

# Not found by every search yet, because their seeds are rare; looked for by hand with more seeds. What
# is not in this list must be found.
rare="leader-grants-vote no-pre-vote short-append-truncates next-behind-match lease-without-margin
prev-zero-reappends snapshot-deletes-open-one compact-before-snapshot commit-older-term
count-repeated-votes ignore-old-pre-vote pre-vote-teaches-no-term compare-length-only
keep-conflicting-entry"

for mutant in $("$sim" mutants | sed -n 's/^\([a-z][a-z-]*\)  .*/\1/p'); do
  case " $(echo $rare) " in
    *" $mutant "*) continue ;;
  esac
  "$sim" mutants "$mutant" --search --seeds "$seeds"
done

# The mutants build without a mutant is as clean as any other.
for scenario in default membership snapshots; do
  "$sim" search $scenario --seeds 25 >/dev/null || {
    echo "a finding in $scenario without a mutant" >&2
    exit 1
  }
done
