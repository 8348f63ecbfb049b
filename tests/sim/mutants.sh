#!/bin/sh
# Each planted bug is found by an oracle, in a seed that is clean without it, also when the checks
# inside the servers are off, and nothing is found without one.
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

for mutant in $("$sim" mutants | sed -n 's/^\([a-z][a-z-]*\)  .*/\1/p'); do
  "$sim" mutants "$mutant" --search --seeds "$seeds"
done

# Those that are about what is on the disk are found by the crash images, too.
for mutant in ack-before-sync vote-before-sync compact-before-snapshot unfinished-segment \
  grow-without-sync rename-without-syncdir; do
  code=0
  "$sim" crash-images --bound 64 --mutant "$mutant" >/dev/null || code=$?
  [ $code -eq 1 ] || {
    echo "the crash images do not find $mutant: exit code $code" >&2
    exit 1
  }
done
"$sim" crash-images --bound 64 >/dev/null || {
  echo "a finding in the crash images without a mutant" >&2
  exit 1
}

# What was kept of bugs that were found (regressions/) still finds them.
here=$(dirname "$0")
for file in "$here"/regressions/*.yaml; do
  planted=$(sed -n 's/^# Planted: //p' "$file")
  [ -n "$planted" ] || continue
  if "$sim" run "$file" --mutant "$planted" --bundle= >/dev/null; then
    echo "$file does not find $planted any more" >&2
    exit 1
  fi
done

# A check that fails in a server says in which, and its run has a picture.
picture=$(mktemp)
said=$("$sim" run default --seed 1 --mutant clear-vote-on-step-down --bundle= --html "$picture") || true
if ! echo "$said" | grep -q '^finding   invariant: n[0-9]*: .*check failed' ||
  ! grep -q '"oracle":"invariant","text":"n[0-9]*: .*"servers":\[[0-9]' "$picture"; then
  echo "a failed check does not name its server, or has no picture ($picture)" >&2
  exit 1
fi
rm "$picture"

echo "without the checks inside the servers"
"$sim" mutants --search --without-checks --seeds "$seeds"

# The mutants build without a mutant is as clean as any other.
for scenario in behind conflict default drift duel figure8 handover joining membership readers \
  resends snapshots turning; do
  "$sim" search $scenario --seeds 15 >/dev/null || {
    echo "a finding in $scenario without a mutant" >&2
    exit 1
  }
done
