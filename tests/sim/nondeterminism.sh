#!/bin/sh
# What makes a run depend on more than its seed is caught, and the first event that shows it is named:
# by a search, which runs some seeds twice, and by two processes that compare their hashes.
#
#   nondeterminism.sh KONSUL_SIM
#
# KONSUL_SIM is of a build with the planted bugs (the preset "mutants"). The third guard, which looks
# for clocks and entropy in the built libraries, is tests/layering/check_symbols.py.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 KONSUL_SIM" >&2
  exit 2
fi
sim=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

hash_of() { # scenario seed mutant
  "$sim" run "$1" --seed "$2" --mutant "$3" --bundle= --json | sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p'
}

for pair in stray-clock:default hash-order:five; do
  mutant=${pair%:*}
  scenario=${pair#*:}
  code=0
  "$sim" search "$scenario" --seeds 40 --twice-every 1 --mutant "$mutant" --bundle= >"$work/search" || code=$?
  if [ "$code" -ne 4 ] || ! grep -q 'the first event that differs is [0-9]*: {' "$work/search"; then
    echo "$mutant: the search ends with $code, not with 4 and the first event that differs:" >&2
    tail -n 5 "$work/search" >&2
    exit 1
  fi
  seed=1
  while [ "$(hash_of "$scenario" $seed "$mutant")" = "$(hash_of "$scenario" $seed "$mutant")" ]; do
    seed=$((seed + 1))
    if [ $seed -gt 20 ]; then
      echo "$mutant: two processes give the same hash for 20 seeds" >&2
      exit 1
    fi
  done
  echo "$mutant: seen by the search, and by two processes at seed $seed"
done
