#!/bin/sh
# Runs every fuzz target of a build for a while, two at a time, from its seeds and from what earlier
# runs found.
#
#   fuzz/run.sh [BUILD_DIR [SECONDS]]     default: build/fuzz 20
#
# A target fails when it crashes, leaks, hangs or has no seeds. Then its log is shown, and the input
# stays in BUILD_DIR/fuzz/found/NAME. Exit code 1 when one failed or none was built.
set -u
build=${1:-build/fuzz}
seconds=${2:-20}
dir=$(cd "$build/fuzz" 2>/dev/null && pwd) || { echo "no fuzz targets in $build" >&2; exit 1; }

if [ "${FUZZ_ONE:-}" ]; then
  name=$FUZZ_ONE
  found=$dir/found/$name
  mkdir -p "$found/corpus"
  rm -f "$dir/$name.passed"
  dict=
  [ -f "$dir/corpus/$name.dict" ] && dict="-dict=$dir/corpus/$name.dict"
  # Without fake stacks, which every fiber would map anew: twice the executions.
  if [ -z "$(ls -A "$dir/corpus/$name" 2>/dev/null)" ]; then
    echo "no seeds in corpus/$name" > "$dir/$name.log"
  elif ASAN_OPTIONS="detect_stack_use_after_return=0:${ASAN_OPTIONS:-}" "$dir/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
      -print_final_stats=1 -artifact_prefix="$found/" $dict \
      "$found/corpus" "$dir/corpus/$name" > "$dir/$name.log" 2>&1; then
    touch "$dir/$name.passed"
  fi
  execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/$name.log")
  if [ -f "$dir/$name.passed" ]; then
    echo "fuzz $name: passed, ${execs:-?} executions in ${seconds}s"
  else
    tail -n 40 "$dir/$name.log"
    echo "fuzz $name: FAILED, log in $dir/$name.log"
  fi
  exit 0
fi

names=$(cd "$dir" && ls -- *_fuzz 2>/dev/null | sed 's/_fuzz$//')
[ "$names" ] || { echo "no fuzz targets in $dir" >&2; exit 1; }
for name in $names; do
  rm -f "$dir/$name.passed"
  echo "$name"
done | xargs -P 2 -I '{}' env FUZZ_ONE='{}' sh "$0" "$build" "$seconds"

passed=0
failed=0
for name in $names; do
  if [ -f "$dir/$name.passed" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
