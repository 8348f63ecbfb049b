// What goes from lane to lane: messages, forwarded requests, snapshots, and what clients ask whom.

const HEAD = 5;
// The line of a message, as [x1, y1, x2, y2]. A lost one ends soon.
function lineOf(i) {
  const m = messages, from = laneOfServer[m.from[i]], to = laneOfServer[m.to[i]], down = to > from ? 1 : -1;
  const x = xOf(m.sent[i]), y1 = from + down * ROLE / 2, y2 = to - down * ROLE / 2;
  if (m.took[i] >= 0) return [x, y1, xOf(m.sent[i] + m.took[i]), y2];
  return [x, y1, x + 7, y1 + down * Math.min(24, Math.abs(y2 - y1) * 0.45)];
}
function addMessage(path, i, withHead) {
  const [x1, y1, x2, y2] = lineOf(i);
  path.moveTo(x1, y1); path.lineTo(x2, y2);
  if (isLost(messages.fate[i])) { // a cross at its end
    path.moveTo(x2 - 3, y2 - 3); path.lineTo(x2 + 3, y2 + 3);
    path.moveTo(x2 + 3, y2 - 3); path.lineTo(x2 - 3, y2 + 3);
  } else if (withHead) arrow(path, x1, y1, x2, y2);
}
function arrow(path, x1, y1, x2, y2) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  for (const side of [-0.45, 0.45]) {
    path.moveTo(x2, y2);
    path.lineTo(x2 - HEAD * Math.cos(angle + side), y2 - HEAD * Math.sin(angle + side));
  }
}
const colorOf = i => isLost(messages.fate[i]) ? "lost" : KINDS[messages.kind[i]].color;

// Too many to be told apart: the routine ones are left out, unless there are no others.
const DENSE = 1400;
let crowded = false;
function drawMessages() {
  const routine = messages.routine[lowerBound(messages.sent, view.until)] - messages.routine[lowerBound(messages.sent, view.from)];
  let kept = messagesToDraw(1).filter(passes);
  const others = kept.filter(i => !isRoutine(messages.kind[i]) || isLost(messages.fate[i]));
  crowded = routine > 0 && kept.length > DENSE && others.length > 0;
  if (crowded) kept = others;
  if (kept.length > 2 * DENSE) kept = messagesToDraw(2).filter(i => passes(i) && !(crowded && isRoutine(messages.kind[i]) && !isLost(messages.fate[i])));
  // Short paths: one of a thousand lines takes much longer than a hundred of ten. What is nearly
  // upright is a bar.
  const paths = [], open = new Map(), few = kept.length < 250, upright = 1.2 / scale(), bars = [];
  for (const i of kept) {
    if (view.story && view.story.messages.has(i)) continue;
    const color = colorOf(i);
    if (!few && messages.took[i] >= 0 && messages.took[i] < upright) { bars.push(i); continue; }
    let batch = open.get(color);
    if (!batch || batch.count++ === 24) {
      open.set(color, batch = {color, path: new Path2D(), count: 1});
      paths.push(batch);
    }
    addMessage(batch.path, i, few || (kept.length < DENSE && messages.took[i] * scale() > 6));
  }
  const dense = kept.length > DENSE ? 0.25 : kept.length > 500 ? 0.4 : 0.9;
  const alphaOf = color => view.story ? 0.14 : color === "vote" || color === "timeoutnow" ? Math.max(0.55, dense) : dense;
  for (const i of bars) {
    const [x, y1, , y2] = lineOf(i), color = colorOf(i);
    bar(x, Math.min(y1, y2), 1.1, Math.abs(y2 - y1), colors[color], alphaOf(color));
  }
  for (const {color, path} of paths) {
    pen.strokeStyle = colors[color];
    pen.globalAlpha = alphaOf(color);
    pen.lineWidth = 1.1;
    pen.stroke(path);
  }
  pen.globalAlpha = 1;
  if (view.story) for (const i of view.story.messages) if (passes(i)) strong(colorOf(i), path => addMessage(path, i, true));
  for (const item of [view.selected, view.hovered]) {
    if (item && item.type === "message" && passes(item.i)) strong("ink", path => addMessage(path, item.i, true), 2.6);
  }
  return kept.length;
}
function strong(color, add, width = 1.8, dash = []) {
  const path = new Path2D();
  add(path);
  pen.strokeStyle = colors[color]; pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.stroke(path);
  pen.setLineDash([]);
  pen.lineWidth = 1;
}

// A request and its answer, as two strokes; the turn is drawn where half the time is over.
function callLine(i) {
  const a = laneOfServer[calls.from[i]], b = laneOfServer[calls.to[i]], down = b > a ? 1 : -1;
  const x = xOf(calls.begin[i]), x2 = xOf(calls.begin[i] + calls.took[i]);
  return [x, a + down * ROLE / 2, (x + x2) / 2, callFailed(i) ? (a + b) / 2 : b - down * ROLE / 2, x2];
}
function addCall(path, i) {
  const [x1, y1, turn, y2, x2] = callLine(i);
  path.moveTo(x1, y1); path.lineTo(turn, y2);
  if (callFailed(i)) {
    path.moveTo(turn - 3, y2 - 3); path.lineTo(turn + 3, y2 + 3);
    path.moveTo(turn + 3, y2 - 3); path.lineTo(turn - 3, y2 + 3);
  } else path.lineTo(x2, y1);
}
function callPasses(i) {
  return !view.hidden.has("forwarded") && !view.onlyLost && !view.terms && laneOfServer[calls.from[i]] !== undefined &&
    laneOfServer[calls.to[i]] !== undefined;
}
function visibleCalls(from = view.from, until = view.until) {
  const out = [], last = lowerBound(calls.begin, until);
  for (let i = lowerBound(calls.begin, from - calls.longest); i < last; i++) {
    if (calls.begin[i] + calls.took[i] >= from && callPasses(i)) out.push(i);
  }
  return out;
}
const FEW_CALLS = 150;
function drawCalls() {
  const seen = visibleCalls(), path = new Path2D(), failed = new Path2D();
  if (seen.length <= FEW_CALLS) {
    for (const i of seen) addCall(callFailed(i) ? failed : path, i);
    pen.globalAlpha = view.story ? 0.2 : seen.length > 80 ? 0.5 : 0.9;
    pen.setLineDash([2, 3]);
    pen.strokeStyle = colors.call; pen.stroke(path);
    pen.strokeStyle = colors.warn; pen.stroke(failed);
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }
  const chosen = [view.selected, view.hovered].filter(s => s && s.type === "call").map(s => s.i);
  if (view.story) chosen.push(...view.story.calls);
  for (const i of chosen) if (callPasses(i)) strong(callFailed(i) ? "warn" : "call", p => addCall(p, i), 2, [4, 3]);
  return seen.length > FEW_CALLS;
}

// A snapshot: a band from the leader's lane to that of the receiver, and there how much has come.
const TRANSFER = 10;
const transferTop = t => laneOfServer[t.to] + ROLE / 2 + BADGE + 1;
const transferPasses = t => !view.hidden.has("snapshot") && laneOfServer[t.from] !== undefined && laneOfServer[t.to] !== undefined;
function drawTransfers() {
  for (const t of transfers) {
    const place = extent(t.begin, t.end, 3);
    if (!place || !transferPasses(t)) continue;
    const [x, width] = place, top = transferTop(t), down = laneOfServer[t.to] > laneOfServer[t.from];
    const complete = t.outcome === "complete", color = complete ? colors.snapshot : colors.warn;
    const from = laneOfServer[t.from] + (down ? ROLE / 2 : -ROLE / 2), to = down ? laneOfServer[t.to] - ROLE / 2 : top;
    const faded = view.story && !view.story.transfers.has(t.number) ? 0.4 : 1;
    bar(x, Math.min(from, to), width, Math.abs(to - from), color, 0.13 * faded);
    bar(x, Math.min(from, to), 1, Math.abs(to - from), color, 0.6 * faded);
    bar(x, top, width, TRANSFER, colors.paper);
    bar(x, top, width, TRANSFER, color, 0.22 * faded);
    pen.fillStyle = color;
    pen.globalAlpha = 0.65 * faded;
    pen.beginPath();
    pen.moveTo(x, top + TRANSFER);
    let y = top + TRANSFER;
    for (let i = 0; i < t.t.length; i++) {
      const at = Math.max(x, xOf(t.t[i]));
      pen.lineTo(at, y);
      y = top + TRANSFER - TRANSFER * Math.min(1, t.have[i] / Math.max(1, t.bytes));
      pen.lineTo(at, y);
    }
    pen.lineTo(x + width, y); pen.lineTo(x + width, top + TRANSFER);
    pen.fill();
    pen.globalAlpha = 1;
    pen.font = "9px system-ui, sans-serif";
    const part = Math.floor(100 * (t.have[t.have.length - 1] || 0) / Math.max(1, t.bytes));
    label([`snapshot from ${servers[t.from].name}, ${part} %`, `${part} %`], x, width, top + TRANSFER / 2 + 0.5, colors.ink);
    pen.font = "11px system-ui, sans-serif";
    if (isSelected("transfer", t.number)) outline(x, top, width, TRANSFER);
  }
}

// From an operation to the server that was asked, and back.
function drawAsked(i, faded) {
  const server = serverOf(i), y = laneOfClient[operations.lane[i]];
  if (!server || y === undefined || laneOfServer[server.number] === undefined) return;
  const top = laneOfServer[server.number] + ROLE / 2, x1 = xOf(operations.begin[i]), x2 = xOf(operations.begin[i] + operations.took[i]);
  const outcome = operations.outcome(i), answered = outcome === "ok" || outcome === "refused";
  pen.globalAlpha = faded ? 0.5 : 1;
  strong("accent", path => {
    path.moveTo(x1, y); path.lineTo(x1, top); arrow(path, x1, y, x1, top);
    if (answered) { path.moveTo(x2, top); path.lineTo(x2, y); arrow(path, x2, top, x2, y); }
  }, 1.6, [5, 3]);
  bar(x1, top - 1, Math.max(1, x2 - x1), 3, colors.accent, answered ? 0.9 : 0.4);
  pen.globalAlpha = 1;
}
function drawAskedOnes() {
  if (view.story) for (const i of view.story.operations) drawAsked(i, view.hovered || (view.selected && view.selected.type === "operation"));
  for (const item of [view.selected, view.hovered]) if (item && item.type === "operation") drawAsked(item.i);
}
