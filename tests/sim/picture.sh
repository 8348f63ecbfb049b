#!/bin/sh
# Pictures of runs in a real browser: one with more than 100,000 events opens in under 3 seconds,
# one with snapshots tells of them, and one that failed opens at its finding.
#
#   picture.sh KONSUL_SIM
#
# Exit code 77, "skipped", when there is no Chromium.
set -eu

sim=$1
scenarios=$(dirname "$0")/../../sim/scenarios
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "no chromium here (apt-get install chromium); skipped"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Opens $work/run.html; $opened is how many milliseconds it took, $work/dom what is there then.
look() {
  # Our own page, made a moment ago: no sandbox is needed, and root cannot have one.
  "$browser" --headless --no-sandbox --disable-gpu --window-size=1500,950 \
    --user-data-dir="$work/profile" --dump-dom "file://$work/run.html" >"$work/dom" 2>"$work/errors"
  opened=$(sed -n 's/.*data-opened-ms="\([0-9]*\)".*/\1/p' "$work/dom")
  if [ -z "$opened" ]; then
    echo "the page did not get to its end:" >&2
    grep -i console "$work/errors" >&2 || true
    exit 1
  fi
}
# What the page must show, as a basic regular expression, and how to say that it does not.
expect() {
  grep -q "$1" "$work/dom" || {
    echo "the page does not show $2" >&2
    exit 1
  }
}

"$sim" run loaded --seed 3 --html "$work/run.html" >"$work/report"
look
expect '<span id="verdict">pass</span>\|<span id="verdict" class="">pass</span>' "the verdict"
echo "opened in $opened ms: $(grep events "$work/report"), $(wc -c <"$work/run.html") bytes"
[ "$opened" -lt 3000 ]

"$sim" run turning --seed 1 --html "$work/run.html" >"$work/report"
look
expect 'snapshot n[0-9] → n[0-9] up to entry' "a snapshot"
expect 'connections: reset, half-open, clogged' "the legend of the faults"
expect 'forwarded</button>' "the filter for forwarded requests"

# Nobody recovers in a millisecond.
sed 's/^\( *liveness:\).*/\1 {within: 1ms, require: [leader-per-dc, acked-write]}/' "$scenarios/default.yaml" >"$work/hurry.yaml"
if "$sim" run "$work/hurry.yaml" --seed 1 --bundle '' --html "$work/run.html" >"$work/report"; then
  echo "the run that must fail did not" >&2
  exit 1
fi
look
expect '<span id="verdict" class="bad">liveness</span>' "the verdict of a failure"
expect 'id="headline"[^>]*>liveness: after 0.001 s' "what was found"
expect 'behind it' "what is behind it"
