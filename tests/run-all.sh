#!/usr/bin/env bash
# Builds and runs everything that there is to test, one phase after the other, and ends with one line:
# "N passed, M failed". Exit code 1 when something failed. `make test` calls it.
#
#   tests/run-all.sh [PHASE...]     default: all of them, in this order
#
#   unit          release build; ctest: unit, contract, property, cluster and layering tests
#   determinism   the same seeds in builds of clang and gcc, optimised and not: the same hashes
#   mutants       planted bugs, each of which the simulator must find
#   search        seeds of every scenario of the simulator, and what they did not see; every rare
#                 path must be taken
#   fuzz          every fuzz target for a while; planted bugs, which the one for schedules must find
#
# Logs of each phase are in build/test-logs. KONSUL_FUZZ_SECONDS (20), KONSUL_SEARCH_SEEDS (70 of each
# scenario) and KONSUL_DETERMINISM_SEEDS (8) make it shorter or longer.
set -u
cd "$(dirname "$0")/.."
jobs=$(nproc)
logs=build/test-logs
passed=0
failed=0
started=$SECONDS
mkdir -p "$logs"

say() { printf '[%2d:%02d] %s\n' $(((SECONDS - started) / 60)) $(((SECONDS - started) % 60)) "$*"; }

# count NAME PASSED FAILED
count() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  say "$1: $2 passed, $3 failed"
}

# step NAME COMMAND...: its output goes to the log; shown when it fails.
step() {
  local name=$1
  shift
  "$@" >"$logs/$name.log" 2>&1 && return
  tail -n 40 "$logs/$name.log"
  say "$name failed; all of it is in $logs/$name.log"
  return 1
}

# build PRESET TARGETS...: none for all. What only runs the simulator is built without the tests.
build() {
  local preset=$1 tests=OFF
  shift
  [ "$preset" = release ] && tests=ON
  say "building $preset ${*:-everything}"
  step "configure-$preset" cmake --preset "$preset" -DKONSUL_TESTS=$tests &&
    step "build-$preset" ninja -C "build/$preset" "$@"
}

# counted NAME COMMAND...: a script whose last "N passed, M failed" counts; without one, it is a
# single test.
counted() {
  local name=$1 line ok=1
  shift
  step "$name" "$@" || ok=0
  line=$(grep -oE '[0-9]+ passed, [0-9]+ failed' "$logs/$name.log" | tail -n 1)
  if [ -z "$line" ]; then
    count "$name" $ok $((1 - ok))
    return
  fi
  set -- ${line//[^0-9]/ }
  # A script that failed in spite of its own count must not be taken for a success.
  if [ $ok -eq 0 ] && [ "$2" -eq 0 ]; then set -- "$1" 1; fi
  count "$name" "$1" "$2"
}

unit() {
  build release || { count "unit (build)" 0 1; return; }
  # What the build wrote goes to the disk first: the servers' own syncs would wait behind it, and seconds
  # without a sync are a failure to them.
  sync
  say "running the tests"
  local line total bad=0
  ctest --test-dir build/release -j"$jobs" --output-on-failure >"$logs/ctest.log" 2>&1 ||
    # What failed and what it said, without the tests around it.
    awk '/\*\*\*(Failed|Timeout|Exception|Not Run)/ {p = 1}
         / Start +[0-9]+: / || /tests passed, / {p = 0}
         p || /\((Failed|Timeout|SEGFAULT|Subprocess aborted|Not Run)\)$/' "$logs/ctest.log" |
      cut -c1-300 | tail -n 100
  line=$(grep -E 'tests? failed out of' "$logs/ctest.log" | tail -n 1)
  total=$(sed -nE 's/.*out of ([0-9]+).*/\1/p' <<<"$line")
  bad=$(sed -nE 's/.* ([0-9]+) tests? failed.*/\1/p' <<<"$line")
  [ "${total:-0}" -gt 0 ] || { tail -n 20 "$logs/ctest.log"; total=1 bad=1; }
  count "unit and cluster tests" $((total - ${bad:-0})) "${bad:-0}"
}

determinism() {
  local preset
  for preset in release gcc debug; do
    build $preset konsul-sim || { count "determinism ($preset build)" 0 1; return; }
  done
  say "comparing hashes"
  counted determinism tests/sim/determinism.sh "${KONSUL_DETERMINISM_SEEDS:-8}" \
    build/{release,gcc,debug}/bin/konsul-sim
}

mutants() {
  build mutants konsul-sim || { count "mutants (build)" 0 1; return; }
  say "looking for the planted bugs"
  counted mutants tests/sim/mutants.sh build/mutants/bin/konsul-sim
  counted nondeterminism tests/sim/nondeterminism.sh build/mutants/bin/konsul-sim
}

search() {
  build release konsul-sim || { count "search (build)" 0 1; return; }
  local seeds=${KONSUL_SEARCH_SEEDS:-70}
  say "searching $seeds seeds of each scenario"
  counted search build/release/bin/konsul-sim search all --seeds "$seeds" --coverage --cover --bundle "$logs/search.bundle.yaml"
  grep -E '^(seeds|simulated|never|verdict|finding|repeat|[0-9]+ cells)' "$logs/search.log"
}

fuzz() {
  build fuzz fuzz/all || { count "fuzz (build)" 0 1; return; }
  say "fuzzing"
  counted fuzz fuzz/run.sh build/fuzz "${KONSUL_FUZZ_SECONDS:-20}"
  say "looking for planted bugs with the fuzzer"
  counted fuzz-planted fuzz/planted.sh build/fuzz
}

for phase in "${@:-unit determinism mutants search fuzz}"; do
  for one in $phase; do
    case $one in
      unit | determinism | mutants | search | fuzz) $one ;;
      *) echo "There is no phase $one." >&2; exit 2 ;;
    esac
  done
done
say "done in $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
