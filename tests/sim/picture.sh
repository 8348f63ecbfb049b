#!/bin/sh
# The picture of a run with more than 100,000 events opens in a real browser in under 3 seconds.
#
#   picture.sh KONSUL_SIM
#
# Exit code 77, "skipped", when there is no Chromium.
set -eu

sim=$1
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "no chromium here (apt-get install chromium); skipped"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$sim" run loaded --seed 3 --html "$work/run.html" >"$work/report"
# Our own page, made a moment ago: no sandbox is needed, and root cannot have one.
"$browser" --headless --no-sandbox --disable-gpu --window-size=1500,950 \
  --user-data-dir="$work/profile" --dump-dom "file://$work/run.html" >"$work/dom" 2>"$work/errors"
opened=$(sed -n 's/.*data-opened-ms="\([0-9]*\)".*/\1/p' "$work/dom")
if [ -z "$opened" ]; then
  echo "the page did not get to its end:" >&2
  grep -i console "$work/errors" >&2 || true
  exit 1
fi
grep -q '<span id="verdict">pass</span>\|<span id="verdict" class="">pass</span>' "$work/dom" || {
  echo "the page does not say the verdict" >&2
  exit 1
}
echo "opened in $opened ms: $(grep events "$work/report"), $(wc -c <"$work/run.html") bytes"
[ "$opened" -lt 3000 ]
