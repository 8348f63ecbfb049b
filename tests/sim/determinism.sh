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

# The event at which two builds part, with the last one that they share.
first_difference() { # binary scenario seed
  "$first" run "$2" --seed "$3" --bundle= --trace "$work/a" >/dev/null 2>&1 || true
  "$1" run "$2" --seed "$3" --bundle= --trace "$work/b" >/dev/null 2>&1 || true
  line=$(cmp "$work/a" "$work/b" 2>/dev/null | sed -n 's/.* line \([0-9]*\)$/\1/p')
  [ -n "$line" ] || line=$(($(wc -l <"$work/a") + 1)) # one of them goes on
  [ "$line" -eq 1 ] || sed -n "$((line - 1))p" "$work/a" | sed 's/^/  both   /' >&2
  sed -n "${line}p" "$work/a" | sed 's/^/  first  /' >&2
  sed -n "${line}p" "$work/b" | sed 's/^/  other  /' >&2
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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
        first_difference "$binary" $scenario $seed
        failures=$((failures + 1))
      fi
    done
    seed=$((seed + 1))
  done
done
[ "$failures" -eq 0 ] || exit 1
echo "same hashes: seeds 1 to $seeds of seven scenarios, $# binaries"
