// The lanes that are no servers, the frame around them, and the whole.

const PHASES = {start: "the cluster forms", faults: spans.length ? "faults" : "clients at work"};
function drawPhases(lane) {
  raw.phases.forEach((phase, i) => {
    const place = extent(phase.begin, i + 1 < raw.phases.length ? raw.phases[i + 1].begin : end, 0);
    if (!place) return;
    const [x, width] = place;
    bar(x, lane.top, Math.max(1, width - 1), 13, phase.name === "faults" && spans.length ? colors.cut : colors.soft, 0.14);
    label([PHASES[phase.name] || phase.name], x, width, lane.top + 7, colors.ink);
  });
}

// Every slice in which any oracle looked.
const checkedSlices = Float64Array.from([...new Set(checks.flatMap(c => [...c.slice]))].sort((a, b) => a - b));
function drawOracles(lane) {
  const rows = view.oraclesOpen ? checks : [null];
  const wide = Math.max(1, raw.checkSlice * scale());
  rows.forEach((check, row) => {
    const y = lane.top + 1 + row * 14, slice = check ? check.slice : checkedSlices;
    bar(GUTTER, y, view.width - GUTTER, 11, colors.faint);
    pen.fillStyle = colors.ok;
    pen.globalAlpha = 0.55;
    let begin = -1, until = -2;
    for (let i = lowerBound(slice, Math.floor(view.from / raw.checkSlice)); i < slice.length; i++) {
      const x = xOf(slice[i] * raw.checkSlice);
      if (x > view.width) break;
      if (x <= until + 0.5) { until = x + wide; continue; }
      if (until > begin) pen.fillRect(begin, y, until - begin, 11);
      begin = x; until = x + wide;
    }
    if (until > begin) pen.fillRect(begin, y, until - begin, 11);
    pen.globalAlpha = 1;
    for (const f of findings) {
      if (check && f.oracle !== check.oracle) continue;
      const x = xOf(f.at);
      bar(x - 2, y - 2, 5, 15, colors.bad);
    }
  });
}

const nextBegin = spans.map((_, i) => {
  const next = spans.findIndex((_, k) => k > i && packed.rows[k] === packed.rows[i]);
  return next < 0 ? Infinity : spans[next].begin;
});
function drawFaults(lane) {
  if (!spans.length) return label(["nothing was done to the cluster in this run"], GUTTER, view.width - GUTTER, lane.top + 7, colors.soft);
  if (FAULT_ROW < 15) pen.font = "9px system-ui, sans-serif";
  spans.forEach((f, i) => {
    const place = extent(f.begin, f.end, 3);
    if (!place) return;
    const y = lane.top + packed.rows[i] * FAULT_ROW, [x, width] = place, height = FAULT_ROW - 2;
    const faded = view.story && !view.story.faults.has(f.number);
    bar(x, y, width, height, colors[f.color], merged ? 0.12 : faded ? 0.15 : 0.28);
    bar(x, y, Math.min(3, width), height, colors[f.color], faded ? 0.4 : 1);
    // Up to the next one of its row, which may begin before this one ends.
    const free = Math.min(width, (nextBegin[i] - view.from) * scale() + GUTTER - x);
    if (free > 24) label(faultLabels(f), x, free, y + height / 2 + 0.5, faded ? colors.soft : colors.ink);
    if (isSelected("fault", f.number)) outline(x, y, width, height);
  });
  pen.font = "11px system-ui, sans-serif";
}
function drawOperator(lane) {
  let drawn = -9;
  for (const f of operatorActs) {
    const x = xOf(f.begin);
    if (x < GUTTER || x > view.width || x - drawn < 2) continue;
    drawn = x;
    pen.fillStyle = colors.operator;
    pen.beginPath();
    pen.moveTo(x, lane.top + 1); pen.lineTo(x + 5, lane.top + 7); pen.lineTo(x, lane.top + 13);
    pen.lineTo(x - 5, lane.top + 7); pen.fill();
    if (isSelected("fault", f.number)) outline(x - 6, lane.top, 12, 14);
  }
}

const OUTCOMES = {ok: "ok", refused: "soft", unknown: "unknown", pending: "unknown", "not sent": "unsent"};
// The first of some operations of a lane that begins at `t` or later.
function firstFrom(of, t) {
  let low = 0, high = of.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (operations.begin[of[middle]] < t) low = middle + 1; else high = middle;
  }
  return low;
}
function drawClients(lane) {
  bar(GUTTER, lane.top + 5, view.width - GUTTER, 1, colors.faint);
  drawOperations(lane, operations.byLane[lane.number]);
  // Again, so that none of them is behind one that went well and begins in the same pixel.
  drawOperations(lane, operations.badByLane[lane.number]);
}
function drawOperations(lane, of) {
  // Neighbours that are all too short to be seen apart become one bar.
  const pixels = scale(), zero = GUTTER - view.from * pixels;
  let runBegin = 0, runEnd = -1;
  const dense = () => {
    if (runEnd > runBegin) bar(runBegin, lane.top, runEnd - runBegin, 11, colors.ok, view.story ? 0.16 : 0.45);
    runEnd = -1;
  };
  for (let k = firstFrom(of, view.from - operations.longest); k < of.length; k++) {
    const i = of[k], begin = operations.begin[i];
    if (begin > view.until) break;
    // Most often, in a wide window: another one in the same pixel.
    const wanted = operations.took[i] * pixels;
    if (wanted < 2 && zero + begin * pixels + wanted < runEnd && operations.outcome(i) === "ok" && !view.selected && !view.story) continue;
    const place = extent(begin, begin + operations.took[i], 1);
    if (!place) continue;
    const [x, width] = place, outcome = operations.outcome(i), good = outcome === "ok" || outcome === "refused";
    if (!good && of === operations.byLane[lane.number]) continue;
    if (outcome === "ok" && width < 2 && !isSelected("operation", i) && !(view.story && view.story.operations.has(i))) {
      const at = Math.floor(x);
      if (at > runEnd) { dense(); runBegin = at; }
      runEnd = at + Math.max(1, Math.round(width));
      continue;
    }
    const inStory = view.story && view.story.operations.has(i), faded = view.story && !inStory;
    const wide = Math.max(width - (width > 4 ? 1 : 0), 1), color = colors[OUTCOMES[outcome]] || colors.unknown;
    bar(x, lane.top, wide, 11, color, (faded ? 0.35 : 1) * (outcome === "not sent" ? 0.25 : good ? 0.45 : 0.55));
    if (width > 3 && !good) bar(x, lane.top, 2, 11, color, faded ? 0.4 : 1);
    if (width > 40) label([`${operations.what(i)} ${operations.key(i)} ${operations.detail[i]}`, `${operations.what(i)} ${operations.key(i)}`], x, width,
      lane.top + 6, faded ? colors.soft : colors.ink);
    if (isSelected("operation", i) || inStory) outline(x, lane.top, wide, 11);
    // What looks just the same: the final reads all begin at once.
    while (k + 1 < of.length && operations.begin[of[k + 1]] === begin && operations.took[of[k + 1]] === operations.took[i]) k++;
  }
  dense();
}

function drawGutter() {
  bar(0, AXIS, GUTTER - 2, view.height, colors.paper);
  pen.textAlign = "right";
  for (const lane of lanes) {
    if (lane.top > view.height || lane.top + lane.height < AXIS) continue;
    const server = lane.type === "server";
    pen.font = (server ? "650 13px" : "11px") + " system-ui, sans-serif";
    pen.fillStyle = server ? colors.ink : colors.soft;
    if (lane.type === "oracles") {
      const lines = view.oraclesOpen ? checks.map(c => c.oracle) : ["▸ invariants"];
      pen.font = (view.oraclesOpen ? "10px" : "11px") + " system-ui, sans-serif";
      lines.forEach((name, i) => pen.fillText(name, GUTTER - 12, lane.top + 7 + i * 14));
      continue;
    }
    pen.fillText(lane.label, GUTTER - 12, lane.top + (server ? ROLE / 2 : Math.min(lane.height, 15) / 2));
    if (!server) continue;
    const s = lane.server, at = lowerBound(s.t, Math.min(view.until, end)) - 1;
    pen.font = "10px system-ui, sans-serif";
    pen.fillStyle = colors.soft;
    if (at < 0) continue;
    pen.fillText(`committed ${s.commit[at]}`, GUTTER - 12, lane.top + ROLE + 11);
    const more = [...(s.last[at] !== s.commit[at] ? [`log ends at ${s.last[at]}`] : []), ...(s.applied[at] < s.commit[at] ? [`applied ${s.applied[at]}`] : [])];
    more.forEach((line, i) => { if (lane.height > ROLE + 24 + 12 * i) pen.fillText(line, GUTTER - 12, lane.top + ROLE + 23 + 12 * i); });
  }
  pen.font = "11px system-ui, sans-serif";
  pen.textAlign = "left";
}
// There is more above or below.
function drawScroll() {
  const room = view.height - AXIS;
  if (total <= view.height + 1) return;
  const height = Math.max(24, room * room / (total - AXIS));
  bar(view.width - 6, AXIS + 2 + (room - height - 4) * view.scroll / (total - view.height), 4, height, colors.soft, 0.6);
}

function drawPicture() {
  [pen, view.width, view.height] = prepare(picture);
  refreshLayout();
  const seen = lanes.filter(lane => lane.top <= view.height && lane.top + lane.height >= 0), range = progressRange();
  for (const phase of raw.phases) {
    const x = Math.round(xOf(phase.begin));
    if (x >= GUTTER && x <= view.width) bar(x, AXIS, 1, view.height, colors.line, 0.8);
  }
  for (const lane of seen) if (lane.type === "server") drawProgress(lane, range);
  drawTransfers();
  const callsHidden = drawCalls(), count = drawMessages();
  for (const lane of seen) {
    if (lane.type === "phases") drawPhases(lane);
    if (lane.type === "oracles") drawOracles(lane);
    if (lane.type === "faults") drawFaults(lane);
    if (lane.type === "operator") drawOperator(lane);
    if (lane.type === "client") drawClients(lane);
    if (lane.type === "server") { drawRoles(lane); drawBadges(lane); }
  }
  drawMarks();
  drawAskedOnes();
  for (const f of findings) {
    const x = Math.round(xOf(f.at));
    if (x >= GUTTER && x <= view.width) bar(x, AXIS, 1.5, view.height, colors.bad, 0.7);
  }
  drawGutter();
  drawAxis();
  drawScroll();
  const left = [...(crowded ? ["heartbeats and replies"] : []), ...(callsHidden ? ["forwarded requests"] : [])];
  document.getElementById("hint").textContent = left.length ? `zoom in to see ${left.join(" and ")}`
    : count === 0 && messages.count ? "no messages here, or all are filtered out" : "";
}

function drawOverview() {
  const [context, width, height] = prepare(overview);
  pen = context;
  const x = t => GUTTER + t / end * (width - GUTTER - 8);
  const row = Math.min(7, (height - 16) / Math.max(1, servers.length));
  servers.forEach((s, n) => {
    for (let i = 0; i < s.begin.length; i++) {
      bar(x(s.begin[i]), 5 + n * row, Math.max(0.5, x(s.until(i)) - x(s.begin[i])), row - 1, spanColor(s.state[i], s.term[i]));
    }
  });
  for (const f of spans) bar(x(f.begin), 7 + servers.length * row, Math.max(1.5, x(f.end) - x(f.begin)), 4, colors[f.color], 0.6);
  for (const r of view.results) bar(x(r.t) - 0.5, height - 5, 1, 5, colors.accent);
  for (const f of findings) bar(x(f.at) - 1, 0, 3, height, colors.bad);
  pen.fillStyle = colors.soft;
  pen.textAlign = "right";
  pen.fillText("whole run", GUTTER - 12, 14);
  pen.fillText(seconds(end, 1e4), GUTTER - 12, 28);
  pen.textAlign = "left";
  const a = x(Math.max(0, view.from)), b = Math.max(a + 3, x(Math.min(end, view.until)));
  bar(GUTTER, 0, a - GUTTER, height, colors.paper, 0.6);
  bar(b, 0, width - b, height, colors.paper, 0.6);
  pen.strokeStyle = colors.accent;
  pen.lineWidth = 1.5;
  pen.strokeRect(a, 1, b - a, height - 2);
  pen.lineWidth = 1;
}
