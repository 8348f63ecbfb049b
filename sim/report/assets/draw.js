// The picture, drawn anew for every frame that differs. What would fall on one pixel is drawn once,
// so a frame costs as much as there is to see, not as much as there is.

const picture = document.getElementById("picture"), overview = document.getElementById("overview");
let pen = null, colors = {};

function readColors() {
  const style = getComputedStyle(document.documentElement);
  colors = {};
  for (const [, name] of document.querySelector("style").textContent.matchAll(/--([a-z]+):/g)) {
    colors[name] ??= style.getPropertyValue("--" + name).trim();
  }
}
// A hue per term, far from those of its neighbours; the role says how strong it is.
function spanColor(state, term) {
  if (state === DOWN) return colors.down;
  if (state === STARTING) return colors.faint;
  if (state === 1 || state === 2) return colors.candidate;
  // From green over blue to pink: red and yellow mean trouble. All equally bright, so that what is
  // written on them can be read.
  const hue = 170 + (term * 0.618 % 1) * 175;
  return `oklch(${state === LEADER ? colors.shade : colors.tint} ${hue.toFixed(1)})`;
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
// The first of some texts for which there is room inside a bar, or the start of the last one; it
// stays in sight while its bar does.
function label(texts, x, width, y, color) {
  const left = Math.max(x, GUTTER) + 5, room = Math.min(x + width, view.width) - left - 3;
  if (room < 12) return;
  const all = [].concat(texts);
  let shown = all.find(text => pen.measureText(text).width <= room);
  if (shown === undefined) {
    const last = all[all.length - 1], fit = Math.floor(room / pen.measureText(last).width * last.length) - 1;
    if (fit < 3) return;
    shown = last.slice(0, fit) + "…";
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
    const text = seconds(t, step), half = pen.measureText(text).width / 2;
    if (x - half > GUTTER - 8 && x + half < view.width) pen.fillText(text, x, AXIS - 14);
  }
  pen.textAlign = "left";
  bar(0, AXIS - 1, view.width, 1, colors.line);
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
    const words = state < DOWN
      ? [`${STATES[state]} · term ${s.term[i]}`, ...(state === LEADER ? [`leader t${s.term[i]}`] : []), `t${s.term[i]}`] : [STATES[state]];
    const onIt = state === LEADER ? colors.onleader : state === 1 || state === 2 ? colors.oncandidate : colors.ink;
    if (width > 18) label(words, x, width, y + ROLE / 2 + 0.5, onIt);
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
  const k = scale(), zero = GUTTER - view.from * k, right = Math.min(view.width, xOf(end));
  // What changes within one pixel is one step. `unlike`: only where it differs from another curve.
  const trace = (values, close, unlike) => {
    pen.beginPath();
    let x = Math.max(GUTTER, zero + s.t[first] * k), at = first, y = yOf(values[first]);
    pen.moveTo(x, close ? top + height : y);
    pen.lineTo(x, y);
    const goTo = (to, next) => {
      if (unlike && values[at] === unlike[at]) pen.moveTo(to, y); else pen.lineTo(to, y);
      if (next === undefined) return;
      y = yOf(values[at = next]);
      pen.lineTo(to, y);
    };
    for (let i = first + 1; i < last;) {
      x = zero + s.t[i] * k;
      const beyond = Math.min(last, lowerBound(s.t, (Math.floor(x) + 1 - zero) / k));
      i = Math.max(i + 1, beyond);
      goTo(x, i - 1);
    }
    goTo(right);
    if (close) pen.lineTo(right, top + height);
  };
  if (!s.t.length) return;
  pen.fillStyle = colors.accent;
  pen.globalAlpha = 0.13;
  trace(s.commit, true); pen.fill();
  pen.globalAlpha = 0.8;
  pen.lineWidth = 1;
  pen.strokeStyle = colors.accent; trace(s.commit, false); pen.stroke();
  pen.strokeStyle = colors.soft; pen.setLineDash([3, 2]); trace(s.last, false, s.commit); pen.stroke();
  pen.setLineDash([]);
  pen.strokeStyle = colors.warn; trace(s.applied, false, s.commit); pen.stroke();
  pen.globalAlpha = 1;
}
// Log lines, and what the world did to the machine.
function drawMarks() {
  const byHost = new Map(lanes.filter(l => l.type === "server").map(l => [l.server.name, l]));
  const k = scale(), zero = GUTTER - view.from * k;
  for (let i = lowerBound(marks.t, view.from); i < marks.t.length && marks.t[i] <= view.until; i++) {
    const lane = byHost.get(marks.host(i));
    if (!lane) continue;
    const x = Math.round(zero + marks.t[i] * k), kind = marks.kind[i];
    lane.marked ??= [];
    if (lane.marked[kind] === x) continue;
    lane.marked[kind] = x;
    const color = [colors.soft, colors.warn, colors.bad, colors.soft, colors.operator][kind];
    bar(x, lane.top + lane.height - (kind === 0 || kind === 3 ? 4 : 8), 1.5, kind === 0 || kind === 3 ? 4 : 8, color);
  }
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
