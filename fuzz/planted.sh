#!/bin/sh
# Does the search for schedules find anything? Plants bugs, one after the other, and lets
# schedule_fuzz look for each. What finds it must pass without it.
#
#   fuzz/planted.sh [BUILD_DIR [SECONDS [NAME...]]]     default: build/fuzz 60, and the four below
#
# It ends each search at its first finding, or after SECONDS. Exit code 1 when a bug was not found,
# or what found it fails anyhow; the log is BUILD_DIR/fuzz/planted/NAME.log.
set -u
build=${1:-build/fuzz}
seconds=${2:-60}
[ $# -gt 2 ] && shift 2 || set -- forget-vote heartbeat-commits-all read-without-quorum roll-back-to-commit
dir=$(cd "$build/fuzz" 2>/dev/null && pwd) && [ -x "$dir/schedule_fuzz" ] ||
  { echo "no schedule_fuzz in $build" >&2; exit 1; }
# As in run.sh.
export ASAN_OPTIONS="detect_stack_use_after_return=0:${ASAN_OPTIONS:-}"

passed=0
failed=0
for name; do
  mine=$dir/planted/$name
  rm -rf "$mine" "$mine.log"
  mkdir -p "$mine/corpus"
  began=$(date +%s)
  # The same seed, so that a build finds what it found before.
  KONSUL_FUZZ_MUTANT=$name "$dir/schedule_fuzz" -seed=1 -max_total_time="$seconds" -timeout=30 \
    -rss_limit_mb=2048 -max_len=514 -print_final_stats=1 -artifact_prefix="$mine/" \
    "$mine/corpus" "$dir/corpus/schedule" > "$mine.log" 2>&1
  took=$(($(date +%s) - began))
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$mine.log")
  oracle=$(sed -n 's/^\([a-z-]*\): .*/\1/p' "$mine.log" | grep -v '^artifact' | head -n 1)
  what="not found in ${took} s, ${runs:-?} runs"
  good=no
  for input in "$mine"/crash-*; do
    [ -f "$input" ] && [ "$oracle" ] || continue
    if "$dir/schedule_fuzz" "$input" >> "$mine.log" 2>&1; then
      what="found by $oracle in ${took} s, ${runs:-?} runs"
      good=yes
    else
      what="what finds it fails without it, too: $input"
    fi
  done
  if [ $good = yes ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  echo "fuzz planted $name: $what"
done
echo "planted: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
