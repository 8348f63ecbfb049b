// Where things are: the window of time that is shown, and the lanes from top to bottom.

const GUTTER = 124, AXIS = 30, ROLE = 20, BADGE = 6;

const view = {
  from: 0, until: end,     // the window
  scroll: 0,               // pixels that the lanes are moved up
  width: 100, height: 100, // of the picture, in CSS pixels
  hiddenKinds: new Set(), hiddenNodes: new Set(), onlyLost: false, terms: null,
  oraclesOpen: false,
  selected: null,          // {type, i}
  story: null,             // sets of what stands behind a finding, or null
  results: [],
};

const scale = () => (view.width - GUTTER) / (view.until - view.from);  // pixels per microsecond
const xOf = t => GUTTER + (t - view.from) * scale();
const timeOf = x => view.from + (x - GUTTER) / scale();

// Faults side by side where they overlap: each into the first row that is free.
function packRows(items) {
  const free = [];
  const rows = items.map(f => {
    let row = free.findIndex(t => t <= f.begin);
    if (row < 0) row = free.length;
    free[row] = Math.max(f.end, f.begin + end / 200);
    return row;
  });
  return {rows, count: Math.max(1, free.length)};
}

const spans = faults.filter(f => f.kind !== "operator" && f.kind !== "skipped");
const operatorActs = faults.filter(f => f.kind === "operator");
const packed = packRows(spans);

// The lanes with y (before scrolling) and height.
function layout() {
  const lanes = [];
  let y = AXIS + 4;
  const add = (lane, height, gap) => { lanes.push({...lane, y, height}); y += height + gap; };
  add({type: "oracles", label: "invariants"}, view.oraclesOpen ? checks.length * 14 + 4 : 16, 8);
  add({type: "faults", label: "faults"}, packed.count * 15, 8);
  if (operatorActs.length) add({type: "operator", label: "operator"}, 16, 8);
  const shown = servers.filter(s => !view.hiddenNodes.has(s.number));
  const clients = raw.lanes.length * 15;
  const room = view.height - y - clients - 30;
  const height = Math.max(58, Math.min(110, room / Math.max(1, shown.length) - 26));
  for (const server of shown) add({type: "server", label: server.name, server}, height, 26);
  y -= 10;
  raw.lanes.forEach((label, number) => {
    if (operations.byLane[number].length) add({type: "client", label, number}, 11, 4);
  });
  return {lanes, height: y + 16};
}

let lanes = [], total = 0;
const laneOfServer = [];  // by number: y of the middle of its role band, or undefined
function refreshLayout() {
  ({lanes, height: total} = layout());
  view.scroll = Math.max(0, Math.min(view.scroll, total - view.height));
  laneOfServer.length = 0;
  for (const lane of lanes) {
    lane.top = lane.y - view.scroll;
    if (lane.type === "server") laneOfServer[lane.server.number] = lane.top + ROLE / 2;
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
  if (view.hiddenKinds.has(KINDS[m.kind[i]].chip)) return false;
  if (view.onlyLost && !isLost(m.fate[i])) return false;
  if (view.terms && (m.term[i] < view.terms[0] || m.term[i] > view.terms[1])) return false;
  return laneOfServer[m.from[i]] !== undefined && laneOfServer[m.to[i]] !== undefined;
}
// Positions of the messages that touch the window, whatever the filters say.
function* visibleMessages() {
  const first = lowerBound(messages.sent, view.from - 1e6);
  const last = lowerBound(messages.sent, view.until);
  for (const i of messages.long) {
    if (i < first && messages.sent[i] + messages.took[i] >= view.from) yield i;
  }
  for (let i = first; i < last; i++) yield i;
}
