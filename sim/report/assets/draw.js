// The picture, drawn anew for every frame that differs. What would fall on one pixel is drawn once,
// so a frame costs as much as there is to see, not as much as there is.

const picture = document.getElementById("picture"), overview = document.getElementById("overview");
let pen = null, colors = {};

function readColors() {
  const style = getComputedStyle(document.documentElement);
  colors = new Proxy({}, {get(cache, name) {
    return cache[name] ??= style.getPropertyValue("--" + name).trim();
  }});
}
// A hue per term, far from those of its neighbours; the role says how strong it is.
function spanColor(state, term) {
  if (state === DOWN) return colors.down;
  if (state === STARTING) return colors.faint;
  if (state === 1 || state === 2) return colors.candidate;
  // From green over blue to pink: red and yellow mean trouble.
  const hue = 165 + (term * 0.618 % 1) * 155;
  const light = state === LEADER ? colors.shade : colors.tint;
  return `hsl(${hue} ${state === LEADER ? 62 : 42}% ${light * 100}%)`;
}

function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const width = Math.round(box.width * ratio), height = Math.round(box.height * ratio);
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, box.width, box.height);
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  return [context, box.width, box.height];
}

function bar(x, y, width, height, color, alpha = 1) {
  pen.globalAlpha = alpha;
  pen.fillStyle = color;
  pen.fillRect(x, y, width, height);
  pen.globalAlpha = 1;
}
// A label inside a bar, if there is room; it stays in sight while its bar does.
function label(text, x, width, y, color) {
  const left = Math.max(x, GUTTER) + 5, room = Math.min(x + width, view.width) - left - 3;
  if (room < 14) return;
  let shown = text;
  if (pen.measureText(text).width > room) {
    const fit = Math.floor(room / 6.2) - 1;
    if (fit < 3) return;
    shown = text.slice(0, fit) + "…";
  }
  pen.fillStyle = color;
  pen.fillText(shown, left, y);
}
// x and width of what lasts from `a` to `b`, null when it is out of sight.
function extent(a, b, least = 1) {
  if (b < view.from || a > view.until) return null;
  const x = Math.max(GUTTER - 4, xOf(a));
  return [x, Math.max(least, Math.min(view.width + 4, xOf(b)) - x)];
}

function drawAxis() {
  const wanted = (view.until - view.from) / Math.max(2, (view.width - GUTTER) / 110);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map(n => n * power).find(s => s >= wanted);
  bar(0, 0, view.width, AXIS, colors.paper);
  pen.textAlign = "center";
  for (let t = Math.ceil(view.from / step) * step; t <= view.until; t += step) {
    const x = Math.round(xOf(t)) + 0.5;
    if (x < GUTTER) continue;
    bar(x - 0.5, AXIS - 5, 1, 5, colors.soft);
    pen.fillStyle = colors.soft;
    pen.fillText(seconds(t, step), x, AXIS - 14);
  }
  pen.textAlign = "left";
  bar(0, AXIS - 1, view.width, 1, colors.line);
}

function drawGrid() {
  for (const phase of raw.phases) {
    const x = Math.round(xOf(phase.begin));
    if (x < GUTTER || x > view.width) continue;
    pen.strokeStyle = colors.line;
    pen.setLineDash([4, 4]);
    pen.beginPath(); pen.moveTo(x + 0.5, AXIS); pen.lineTo(x + 0.5, view.height); pen.stroke();
    pen.setLineDash([]);
  }
}
function drawPhaseNames() {
  let free = 0;
  for (const phase of raw.phases) {
    const width = pen.measureText(phase.name).width, x = Math.min(xOf(phase.begin) + 4, view.width - width - 4);
    if (xOf(phase.begin) < GUTTER || xOf(phase.begin) > view.width || x < free) continue;
    free = x + width + 8;
    bar(x - 2, view.height - 16, width + 4, 14, colors.paper, 0.85);
    pen.fillStyle = colors.soft;
    pen.fillText(phase.name, x, view.height - 9);
  }
}

function drawOracles(lane) {
  const rows = view.oraclesOpen ? checks : [null];
  rows.forEach((check, row) => {
    const y = lane.top + 2 + row * 14, of = check ? [check] : checks;
    bar(GUTTER, y, view.width - GUTTER, 11, colors.faint);
    for (const each of of) {
      let drawn = -1;
      const first = lowerBound(each.slice, Math.floor(view.from / raw.checkSlice));
      for (let i = first; i < each.slice.length; i++) {
        const x = Math.floor(xOf(each.slice[i] * raw.checkSlice));
        if (x > view.width) break;
        if (x === drawn) continue;
        bar(x, y, Math.max(1, raw.checkSlice * scale()), 11, colors.ok, check ? 0.5 : 0.35);
        drawn = x;
      }
    }
    const found = findings.filter(f => !check || f.oracle === check.oracle);
    for (const f of found) {
      const x = xOf(f.at);
      bar(x - 2, y - 3, 5, 17, colors.bad);
    }
  });
}

function drawFaults(lane) {
  spans.forEach((f, i) => {
    const place = extent(f.begin, f.end, 3);
    if (!place) return;
    const y = lane.top + packed.rows[i] * 15, [x, width] = place;
    const faded = view.story && !view.story.faults.has(f.number);
    bar(x, y, width, 13, colors[f.color], faded ? 0.15 : 0.28);
    bar(x, y, Math.min(3, width), 13, colors[f.color], faded ? 0.4 : 1);
    label(describeFault(f), x, width, y + 7, colors.ink);
    if (isSelected("fault", f.number)) outline(x, y, width, 13);
  });
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

function drawRoles(lane) {
  const s = lane.server, y = lane.top;
  for (let i = spanAt(s, view.from); i < s.begin.length && s.begin[i] <= view.until; i++) {
    const place = extent(s.begin[i], s.until(i));
    if (!place) continue;
    const [x, width] = place, state = s.state[i], hidden = view.terms && state < DOWN &&
      (s.term[i] < view.terms[0] || s.term[i] > view.terms[1]);
    bar(x, y, width, ROLE, spanColor(state, s.term[i]), hidden ? 0.25 : 1);
    if (state === DOWN) hatch(x, y, width, ROLE);
    if (i && width > 2) bar(x, y, 1, ROLE, colors.paper);
    const dark = state === LEADER || state === 1 || state === 2;
    const words = state < DOWN ? `${STATES[state]} · term ${s.term[i]}` : STATES[state];
    const short = state < DOWN ? `t${s.term[i]}` : "";
    const inkColor = dark ? colors.paper : colors.ink;
    if (width > 90 || state >= DOWN) label(words, x, width, y + ROLE / 2 + 0.5, inkColor);
    else if (width > 20) label(short, x, width, y + ROLE / 2 + 0.5, inkColor);
    if (isSelected("span", s.number, i)) outline(x, y, width, ROLE);
  }
}
function hatch(x, y, width, height) {
  if (width < 6) return;
  pen.save();
  pen.beginPath(); pen.rect(x, y, width, height); pen.clip();
  pen.strokeStyle = colors.hatch;
  pen.globalAlpha = 0.5;
  pen.beginPath();
  for (let at = x - height; at < x + width; at += 7) { pen.moveTo(at, y + height); pen.lineTo(at + height, y); }
  pen.stroke();
  pen.restore();
}
// Below the role: what was done to this server.
function drawBadges(lane) {
  for (const f of spans) {
    if (!f.hosts.has(lane.server.name)) continue;
    const place = extent(f.begin, f.end, 2);
    if (place) bar(place[0], lane.top + ROLE + 1, place[1], BADGE - 2, colors[f.color], 0.85);
  }
}

// Lowest commit and highest last index in the window: the scale of all servers' curves.
function progressRange() {
  let low = Infinity, high = 0;
  for (const s of servers) {
    const first = Math.max(0, lowerBound(s.t, view.from) - 1), last = lowerBound(s.t, view.until) - 1;
    if (last < 0) continue;
    low = Math.min(low, s.commit[first]);
    high = Math.max(high, s.last[Math.max(first, last)]);
  }
  return [low === Infinity ? 0 : low, Math.max(high, low + 4, 4)];
}
function drawProgress(lane, [low, high]) {
  const s = lane.server, top = lane.top + ROLE + BADGE, height = lane.height - ROLE - BADGE;
  const yOf = v => top + height - Math.max(0, Math.min(1, (v - low) / (high - low))) * (height - 3);
  const first = Math.max(0, lowerBound(s.t, view.from) - 1), last = lowerBound(s.t, view.until);
  bar(GUTTER, top + height, view.width - GUTTER, 1, colors.line);
  const trace = (values, close) => {
    pen.beginPath();
    let x = Math.max(GUTTER, xOf(s.t[first])), y = yOf(values[first]), drawn = -1;
    pen.moveTo(x, close ? top + height : y);
    pen.lineTo(x, y);
    for (let i = first + 1; i < last; i++) {
      if (i + 1 < last && Math.floor(xOf(s.t[i + 1])) === drawn) continue;
      x = xOf(s.t[i]); drawn = Math.floor(x);
      pen.lineTo(x, y); y = yOf(values[i]); pen.lineTo(x, y);
    }
    x = Math.min(view.width, xOf(end));
    pen.lineTo(x, y);
    if (close) pen.lineTo(x, top + height);
  };
  if (!s.t.length) return;
  pen.fillStyle = colors.accent;
  pen.globalAlpha = 0.13;
  trace(s.commit, true); pen.fill();
  pen.globalAlpha = 0.8;
  pen.lineWidth = 1;
  pen.strokeStyle = colors.accent; trace(s.commit, false); pen.stroke();
  pen.strokeStyle = colors.soft; pen.setLineDash([3, 2]); trace(s.last, false); pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}
// Log lines, and what the world did to the machine.
function drawMarks() {
  const byHost = new Map(lanes.filter(l => l.type === "server").map(l => [l.server.name, l]));
  const drawn = new Map();
  for (let i = lowerBound(marks.t, view.from); i < marks.t.length && marks.t[i] <= view.until; i++) {
    const lane = byHost.get(marks.host(i));
    if (!lane) continue;
    const x = Math.round(xOf(marks.t[i])), kind = marks.kind[i], key = lane.label + kind;
    if (drawn.get(key) === x) continue;
    drawn.set(key, x);
    const color = [colors.soft, colors.warn, colors.bad, colors.soft, colors.operator][kind];
    bar(x, lane.top + lane.height - (kind === 0 || kind === 3 ? 4 : 8), 1.5, kind === 0 || kind === 3 ? 4 : 8, color);
  }
}

function drawClients(lane) {
  const shade = {ok: colors.ok, refused: colors.soft, unknown: colors.bad, "not sent": colors.warn};
  bar(GUTTER, lane.top + 5, view.width - GUTTER, 1, colors.faint);
  let drawn = -1, worst = "";
  for (const i of operations.byLane[lane.number]) {
    const begin = operations.begin[i], outcome = operations.outcome(i);
    const place = extent(begin, begin + operations.took[i], 1);
    if (!place) { if (begin > view.until) break; continue; }
    const [x, width] = place, bad = outcome === "unknown" || outcome === "not sent" || outcome === "pending";
    if (Math.floor(x) === drawn && width < 2 && (!bad || worst === outcome)) continue;
    drawn = Math.floor(x); worst = outcome;
    const faded = view.story && !view.story.operations.has(i);
    bar(x, lane.top, Math.max(width - (width > 4 ? 1 : 0), 1), 11, shade[outcome] || colors.bad,
      faded ? 0.2 : outcome === "ok" ? 0.6 : 0.85);
    if (width > 60) label(`${operations.what(i)} ${operations.key(i)} ${operations.detail[i]}`, x, width, lane.top + 6,
      outcome === "ok" ? colors.ink : colors.paper);
    if (isSelected("operation", i)) outline(x, lane.top, width, 11);
  }
}

const HEAD = 5;
// The line of a message, as [x1, y1, x2, y2]. A lost one ends soon.
function lineOf(i) {
  const m = messages, from = laneOfServer[m.from[i]], to = laneOfServer[m.to[i]], down = to > from ? 1 : -1;
  const x = xOf(m.sent[i]), y1 = from + down * ROLE / 2, y2 = to - down * ROLE / 2;
  if (m.took[i] >= 0) return [x, y1, xOf(m.sent[i] + m.took[i]), y2];
  return [x, y1, x + 7, y1 + down * Math.min(24, Math.abs(y2 - y1) * 0.45)];
}
// Too many to be told apart: the routine ones are left out.
const DENSE = 2500;
let crowded = false;
function drawMessages() {
  const kept = [];
  let routine = 0;
  for (const i of visibleMessages()) {
    if (!passes(i)) continue;
    kept.push(i);
    if (isRoutine(messages.kind[i])) routine++;
  }
  crowded = kept.length > DENSE && routine > 0;
  const paths = new Map(), heads = [], seen = new Set();
  const wide = kept.length > DENSE ? 0.5 : kept.length > 600 ? 1 : 4;  // columns per pixel
  for (const i of kept) {
    const m = messages, lost = isLost(m.fate[i]);
    const inStory = view.story && view.story.messages.has(i);
    if (crowded && isRoutine(m.kind[i]) && !inStory) continue;
    const line = lineOf(i);
    if (wide < 4 && !inStory) {
      const key = ((Math.round(line[0] * wide) * 16 + m.from[i]) * 16 + m.to[i]) * 16 + (lost ? 15 : m.kind[i]);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    const color = lost ? "lost" : KINDS[m.kind[i]].color;
    const strength = view.story ? (inStory ? "strong" : "faded") : "";
    const key = color + " " + strength;
    if (!paths.has(key)) paths.set(key, {path: new Path2D(), color, strength});
    const {path} = paths.get(key);
    path.moveTo(line[0], line[1]); path.lineTo(line[2], line[3]);
    if (lost) { // a cross at its end
      path.moveTo(line[2] - 3, line[3] - 3); path.lineTo(line[2] + 3, line[3] + 3);
      path.moveTo(line[2] + 3, line[3] - 3); path.lineTo(line[2] - 3, line[3] + 3);
    } else if (line[2] - line[0] > 6 || kept.length < 250) {
      const angle = Math.atan2(line[3] - line[1], line[2] - line[0]);
      for (const side of [-0.45, 0.45]) {
        path.moveTo(line[2], line[3]);
        path.lineTo(line[2] - HEAD * Math.cos(angle + side), line[3] - HEAD * Math.sin(angle + side));
      }
    }
  }
  const dense = kept.length > DENSE ? 0.3 : kept.length > 600 ? 0.5 : 0.9;
  for (const {path, color, strength} of paths.values()) {
    pen.strokeStyle = colors[color];
    const rare = color === "vote" || color === "timeoutnow";
    pen.globalAlpha = strength === "faded" ? 0.08 : strength === "strong" ? 1 : rare ? Math.max(0.55, dense) : dense;
    pen.lineWidth = strength === "strong" ? 1.8 : 1.1;
    pen.stroke(path);
  }
  pen.globalAlpha = 1;
  if (view.selected && view.selected.type === "message") {
    const line = lineOf(view.selected.i);
    pen.strokeStyle = colors.ink; pen.lineWidth = 3;
    pen.beginPath(); pen.moveTo(line[0], line[1]); pen.lineTo(line[2], line[3]); pen.stroke();
  }
  pen.lineWidth = 1;
  return kept.length;
}

function isSelected(type, i, j) {
  const s = view.selected;
  return s && s.type === type && s.i === i && s.j === j;
}
function outline(x, y, width, height) {
  pen.strokeStyle = colors.ink; pen.lineWidth = 2;
  pen.strokeRect(x - 1, y - 1, width + 2, height + 2);
  pen.lineWidth = 1;
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
      lines.forEach((name, i) => pen.fillText(name, GUTTER - 12, lane.top + 8 + i * 14));
      continue;
    }
    pen.fillText(lane.label, GUTTER - 12, lane.top + (server ? ROLE / 2 : Math.min(lane.height, 15) / 2));
    if (!server) continue;
    const s = lane.server, at = lowerBound(s.t, Math.min(view.until, end)) - 1;
    pen.font = "10px system-ui, sans-serif";
    pen.fillStyle = colors.soft;
    if (at >= 0) pen.fillText(`commit ${s.commit[at]} / ${s.last[at]}`, GUTTER - 12, lane.top + ROLE + 12);
  }
  pen.font = "11px system-ui, sans-serif";
  pen.textAlign = "left";
}

function drawPicture() {
  [pen, view.width, view.height] = prepare(picture);
  refreshLayout();
  drawGrid();
  const range = progressRange();
  for (const lane of lanes) {
    if (lane.top > view.height || lane.top + lane.height < 0) continue;
    if (lane.type === "server") drawProgress(lane, range);
  }
  const count = drawMessages();
  for (const lane of lanes) {
    if (lane.top > view.height || lane.top + lane.height < 0) continue;
    if (lane.type === "oracles") drawOracles(lane);
    if (lane.type === "faults") drawFaults(lane);
    if (lane.type === "operator") drawOperator(lane);
    if (lane.type === "client") drawClients(lane);
    if (lane.type === "server") { drawRoles(lane); drawBadges(lane); }
  }
  drawMarks();
  for (const f of findings) {
    const x = Math.round(xOf(f.at));
    if (x >= GUTTER && x <= view.width) bar(x, AXIS, 1.5, view.height, colors.bad, 0.7);
  }
  drawGutter();
  drawAxis();
  drawPhaseNames();
  document.getElementById("hint").textContent = crowded
    ? "zoom in to see heartbeats and replies" : count === 0 && messages.count ? "no messages here, or all are filtered out" : "";
}

function drawOverview() {
  const [context, width, height] = prepare(overview);
  pen = context;
  const x = t => GUTTER + t / end * (width - GUTTER - 8);
  const row = Math.min(7, (height - 20) / Math.max(1, servers.length));
  servers.forEach((s, n) => {
    for (let i = 0; i < s.begin.length; i++) {
      bar(x(s.begin[i]), 6 + n * row, Math.max(0.5, x(s.until(i)) - x(s.begin[i])), row - 1, spanColor(s.state[i], s.term[i]));
    }
  });
  for (const f of spans) bar(x(f.begin), 8 + servers.length * row, Math.max(1.5, x(f.end) - x(f.begin)), 4, colors[f.color], 0.6);
  for (const r of view.results) bar(x(r.t) - 0.5, height - 6, 1, 5, colors.accent);
  for (const f of findings) bar(x(f.at) - 1, 0, 3, height, colors.bad);
  pen.fillStyle = colors.soft;
  pen.textAlign = "right";
  pen.fillText("whole run", GUTTER - 12, 14);
  pen.fillText(seconds(end, 1e4), GUTTER - 12, 30);
  pen.textAlign = "left";
  const a = x(Math.max(0, view.from)), b = Math.max(a + 3, x(Math.min(end, view.until)));
  bar(GUTTER, 0, a - GUTTER, height, colors.paper, 0.6);
  bar(b, 0, width - b, height, colors.paper, 0.6);
  pen.strokeStyle = colors.accent;
  pen.lineWidth = 1.5;
  pen.strokeRect(a, 1, b - a, height - 2);
  pen.lineWidth = 1;
}
