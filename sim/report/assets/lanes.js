// Where things are: the window of time that is shown, and the lanes from top to bottom.

const GUTTER = 128, AXIS = 30, ROLE = 20, BADGE = 6;

const view = {
  from: 0, until: end,     // the window
  scroll: 0,               // pixels that the lanes are moved up
  width: 100, height: 100, // of the picture, in CSS pixels
  hidden: new Set(),       // chips that are off: kinds of messages, "forwarded", "snapshot"
  hiddenNodes: new Set(), onlyLost: false, terms: null,
  oraclesOpen: false,
  selected: null,          // {type, i}
  hovered: null,
  story: null,             // sets of what stands behind a finding, or null
  results: [],
};

const scale = () => (view.width - GUTTER) / (view.until - view.from);  // pixels per microsecond
const xOf = t => GUTTER + (t - view.from) * scale();
const timeOf = x => view.from + (x - GUTTER) / scale();

// Faults side by side where they overlap: behind others of their name, if these are over, else into
// the first row that has room for a label.
function packRows(items) {
  const rows = [], packed = [];
  for (const f of items) {
    let row = rows.findIndex(r => r.last === f.name && r.end <= f.begin);
    if (row < 0) row = rows.findIndex(r => r.end <= f.begin && r.begin + end / 60 <= f.begin);
    if (row < 0) row = rows.push({}) - 1;
    rows[row] = {last: f.name, begin: f.begin, end: f.end};
    packed.push(row);
  }
  return {rows: packed, count: rows.length};
}
// Too many rows would hide the servers: then those of one name share one, whether they overlap or not.
const ROWS = 8;
let packed = packRows(spans);
const merged = packed.count > ROWS;
if (merged) {
  const names = [...new Set(spans.map(f => f.name))];
  packed = {rows: spans.map(f => names.indexOf(f.name)), count: names.length};
}
const FAULT_ROW = packed.count > ROWS ? 11 : 15;

// The lanes with y (before scrolling) and height.
function layout() {
  const lanes = [];
  let y = AXIS + 3;
  const add = (lane, height, gap) => { lanes.push({...lane, y, height}); y += height + gap; };
  add({type: "phases", label: ""}, 15, 5);
  add({type: "oracles", label: "invariants"}, view.oraclesOpen ? checks.length * 14 + 4 : 14, 7);
  add({type: "faults", label: "faults"}, Math.max(1, packed.count) * FAULT_ROW, 8);
  if (operatorActs.length) add({type: "operator", label: "operator"}, 16, 8);
  const shown = servers.filter(s => !view.hiddenNodes.has(s.number));
  const used = raw.lanes.filter((_, number) => operations.byLane[number].length).length;
  const room = view.height - y - used * 14 - 16;
  const step = Math.max(62, Math.min(200, room / Math.max(1, shown.length))), gap = Math.min(26, step * 0.25);
  for (const server of shown) add({type: "server", label: server.name, server}, step - gap, gap);
  y -= gap / 2;
  raw.lanes.forEach((label, number) => {
    if (operations.byLane[number].length) add({type: "client", label, number}, 11, 3);
  });
  return {lanes, height: y + 8};
}

let lanes = [], total = 0;
const laneOfServer = [];  // by number: y of the middle of its role band, or undefined
const laneOfClient = [];
function refreshLayout() {
  ({lanes, height: total} = layout());
  view.scroll = Math.max(0, Math.min(view.scroll, total - view.height));
  laneOfServer.length = laneOfClient.length = 0;
  for (const lane of lanes) {
    lane.top = lane.y - view.scroll;
    if (lane.type === "server") laneOfServer[lane.server.number] = lane.top + ROLE / 2;
    if (lane.type === "client") laneOfClient[lane.number] = lane.top;
  }
}

function setWindow(from, until) {
  const least = 50, span = Math.max(least, Math.min(until - from, end * 1.04));
  const slack = end * 0.02;
  from = Math.max(-slack, Math.min(from, end + slack - span));
  view.from = from;
  view.until = from + span;
}
function zoom(factor, x = GUTTER + (view.width - GUTTER) / 2) {
  const t = timeOf(x), span = Math.max(50, Math.min((view.until - view.from) * factor, end * 1.04));
  const part = (x - GUTTER) / (view.width - GUTTER);
  setWindow(t - part * span, t - part * span + span);
}

// Whether the filters let a message through.
function passes(i) {
  const m = messages;
  if (view.hidden.has(KINDS[m.kind[i]].chip)) return false;
  if (view.onlyLost && !isLost(m.fate[i])) return false;
  if (view.terms && (m.term[i] < view.terms[0] || m.term[i] > view.terms[1])) return false;
  return laneOfServer[m.from[i]] !== undefined && laneOfServer[m.to[i]] !== undefined;
}
// Positions of the messages that touch a time, whatever the filters say.
function* messagesBetween(from, until) {
  const first = lowerBound(messages.sent, from - 1e6), last = lowerBound(messages.sent, until);
  for (const i of messages.long) {
    if (i < first && messages.sent[i] + messages.took[i] >= from) yield i;
  }
  for (let i = first; i < last; i++) yield i;
}

// Level of detail. Of messages of one kind, one link and one term that leave within the same `width`
// microseconds one stands for all.
function thin(first, last, width) {
  const m = messages, size = servers.length * servers.length * 16, out = [];
  const bucketOf = new Float64Array(size).fill(-1), termOf = new Float64Array(size);
  for (let i = first; i < last; i++) {
    const key = (m.from[i] * servers.length + m.to[i]) * 16 + (isLost(m.fate[i]) ? 15 : m.kind[i]);
    const bucket = Math.floor(m.sent[i] / width);
    if (bucketOf[key] === bucket && termOf[key] === m.term[i]) continue;
    bucketOf[key] = bucket; termOf[key] = m.term[i];
    out.push(i);
  }
  return out;
}
// For wide windows it is done once for the whole run, by width, a power of two.
const thinnedBy = new Map();
const FEW = 3000, MANY = 40000;
// What to draw for the window: all messages when they are few, else a sample that looks the same.
function messagesToDraw(pixels) {
  const {sent} = messages, first = lowerBound(sent, view.from - 1e6), last = lowerBound(sent, view.until);
  if (last - first <= FEW) return [...messagesBetween(view.from, view.until)];
  const width = 2 ** Math.ceil(Math.log2(Math.max(1, pixels / scale()))), out = [];
  for (const i of messages.long) if (i < first && sent[i] + messages.took[i] >= view.from) out.push(i);
  if (last - first < MANY) return out.concat(thin(first, last, width));
  if (!thinnedBy.has(width)) thinnedBy.set(width, thin(0, messages.count, width));
  const level = thinnedBy.get(width);
  return out.concat(level.slice(lowerBound(level, first), lowerBound(level, last)));
}
