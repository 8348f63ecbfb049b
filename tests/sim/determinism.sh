#!/bin/sh
# The same seed gives the same trace hash in every process and in every build.
#
#   determinism.sh SEEDS KONSUL_SIM [KONSUL_SIM ...]
#
# Runs seeds 1 to SEEDS of each scenario that searches use with every binary, the first one twice,
# with address-space randomisation as the system has it, and compares the hashes.
set -eu

if [ $# -lt 2 ]; then
  echo "usage: $0 SEEDS KONSUL_SIM [KONSUL_SIM ...]" >&2
  exit 2
fi
seeds=$1
first=$2
shift

hash_of() { # binary scenario seed
  "$1" run "$2" --seed "$3" --json 2>/dev/null | sed -n 's/.*"hash":"\([0-9a-f]*\)".*/\1/p'
}

failures=0
for scenario in default five lite membership snapshots leases disk; do
  seed=1
  while [ "$seed" -le "$seeds" ]; do
    expected=$(hash_of "$first" $scenario $seed)
    if [ -z "$expected" ]; then
      echo "no hash from: $first run $scenario --seed $seed" >&2
      exit 1
    fi
    for binary in "$@"; do
      actual=$(hash_of "$binary" $scenario $seed)
      if [ "$actual" != "$expected" ]; then
        echo "$scenario seed $seed: $first gives $expected, $binary gives ${actual:-no hash}" >&2
        failures=$((failures + 1))
      fi
    done
    seed=$((seed + 1))
  done
done
[ "$failures" -eq 0 ] || exit 1
echo "same hashes: seeds 1 to $seeds of seven scenarios, $# binaries"
