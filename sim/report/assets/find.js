// What lies under the pointer, what a text finds, and what stands behind a finding.

// {type, i, j?} or null.
function hit(x, y) {
  if (y < AXIS) return null;
  const lane = lanes.find(l => y >= l.top - 2 && y <= l.top + l.height + 2);
  if (x < GUTTER) return lane && lane.type === "oracles" ? {type: "oracles", i: 0} : null;
  const t = timeOf(x), near = 4 / scale();
  if (lane && lane.type === "oracles") {
    const f = findings.find(f => Math.abs(f.at - t) < 2 * near);
    return f ? {type: "finding", i: f.number} : {type: "oracles", i: 0};
  }
  if (lane && lane.type === "phases") return null;
  if (lane && lane.type === "faults") {
    // The nearest: what repeats within a pixel stands in one row.
    let best = -1, distance = near;
    spans.forEach((f, i) => {
      if (Math.floor((y - lane.top) / FAULT_ROW) !== packed.rows[i]) return;
      const away = Math.max(0, f.begin - t, t - Math.max(f.end, f.begin));
      if (away <= distance) { distance = away; best = i; }
    });
    return best < 0 ? null : {type: "fault", i: spans[best].number};
  }
  if (lane && lane.type === "operator") {
    const f = operatorActs.find(f => Math.abs(f.begin - t) < 1.5 * near);
    return f ? {type: "fault", i: f.number} : null;
  }
  if (lane && lane.type === "client") {
    const of = operations.byLane[lane.number];
    const found = of.find(i => t >= operations.begin[i] - near / 2 && t <= operations.begin[i] + operations.took[i] + near / 2);
    return found === undefined ? null : {type: "operation", i: found};
  }
  const band = lane && lane.type === "server" && y < lane.top + ROLE + BADGE;
  if (band) return {type: "span", i: lane.server.number, j: spanAt(lane.server, t)};
  if (lane && lane.type === "server" && y > lane.top + lane.height - 9) {
    const i = nearestMark(lane.server.name, t, near);
    if (i >= 0) return {type: "mark", i};
  }
  const transfer = transfers.find(f => transferPasses(f) && t >= f.begin - near && t <= f.end + near &&
    y >= transferTop(f) && y <= transferTop(f) + TRANSFER);
  if (transfer) return {type: "transfer", i: transfer.number};
  const message = nearestMessage(x, y), call = nearestCall(x, y);
  if (call.i >= 0 && call.distance < message.distance) return {type: "call", i: call.i};
  return message.i >= 0 ? {type: "message", i: message.i} : null;
}
function nearestMark(host, t, near) {
  let best = -1;
  for (let i = lowerBound(marks.t, t - near); i < marks.t.length && marks.t[i] <= t + near; i++) {
    if (marks.host(i) === host && (best < 0 || Math.abs(marks.t[i] - t) < Math.abs(marks.t[best] - t))) best = i;
  }
  return best;
}
// From a point to a line.
function awayFrom(x, y, x1, y1, x2, y2) {
  const dx = x2 - x1, dy = y2 - y1, part = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
}
function nearestMessage(x, y) {
  let i = -1, distance = 5;
  for (const k of messagesBetween(timeOf(x - 12), timeOf(x + 5))) {
    if (messages.took[k] >= 0 && messages.sent[k] + messages.took[k] < timeOf(x - 5)) continue;
    if (!passes(k) || (crowded && isRoutine(messages.kind[k]) && !isLost(messages.fate[k]))) continue;
    const away = awayFrom(x, y, ...lineOf(k));
    if (away < distance) { distance = away; i = k; }
  }
  return {i, distance};
}
function nearestCall(x, y) {
  let i = -1, distance = 5;
  if (visibleCalls().length > FEW_CALLS) return {i, distance};
  for (const k of visibleCalls(timeOf(x - 5), timeOf(x + 5))) {
    const [x1, y1, turn, y2, x2] = callLine(k);
    const away = Math.min(awayFrom(x, y, x1, y1, turn, y2), awayFrom(x, y, turn, y2, x2, y1));
    if (away < distance) { distance = away; i = k; }
  }
  return {i, distance};
}

// All items as {type, i, j?, t, text, color}: rows of lists.
const rowOf = {
  message: i => ({type: "message", i, t: messages.sent[i], text: messageTitle(i),
    color: isLost(messages.fate[i]) ? "lost" : KINDS[messages.kind[i]].color}),
  operation: i => ({type: "operation", i, t: operations.begin[i], text: `${raw.lanes[operations.lane[i]]}: ${operationTitle(i)}`,
    color: OUTCOMES[operations.outcome(i)]}),
  call: i => ({type: "call", i, t: calls.begin[i], text: callTitle(i), color: callFailed(i) ? "warn" : "call"}),
  transfer: i => ({type: "transfer", i, t: transfers[i].begin, text: transferTitle(transfers[i]),
    color: transfers[i].outcome === "complete" ? "snapshot" : "warn"}),
  fault: i => ({type: "fault", i, t: faults[i].begin, text: describeFault(faults[i]), color: faults[i].color,
    kind: `${faults[i].kind} ${faults[i].word}`, series: seriesOf(faults[i])}),
  mark: i => ({type: "mark", i, t: marks.t[i], text: `${marks.host(i)} ${marks.text(i)}`, color: ["soft", "warn", "bad", "soft", "operator"][marks.kind[i]]}),
  finding: i => ({type: "finding", i, t: findings[i].at, text: `${findings[i].oracle}: ${findings[i].text}`, color: "bad"}),
  span: (i, j) => ({type: "span", i, j, t: servers[i].begin[j],
    text: `${servers[i].name} ${servers[i].state[j] === DOWN ? "goes down" : servers[i].state[j] === STARTING ? "starts" : "becomes " + STATES[servers[i].state[j]]}` +
      (servers[i].state[j] < DOWN ? ` in term ${servers[i].term[j]}` : ""),
    color: servers[i].state[j] === DOWN ? "down" : "", paint: spanColor(servers[i].state[j], servers[i].term[j])}),
};

// Everything whose row has all words of the query, by time.
function search(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found = [];
  const look = row => {
    const text = (row.kind ? row.text + " " + row.kind : row.text).toLowerCase();
    if (words.every(w => text.includes(w))) found.push(row);
  };
  findings.forEach((_, i) => look(rowOf.finding(i)));
  faults.forEach((_, i) => look(rowOf.fault(i)));
  for (let i = 0; i < marks.t.length; i++) look(rowOf.mark(i));
  for (let i = 0; i < operations.count; i++) look(rowOf.operation(i));
  servers.forEach((s, n) => s.begin.forEach((_, i) => look(rowOf.span(n, i))));
  transfers.forEach((_, i) => look(rowOf.transfer(i)));
  for (let i = 0; i < calls.count; i++) look(rowOf.call(i));
  for (let i = 0; i < messages.count; i++) look(rowOf.message(i));
  return found.sort((a, b) => a.t - b.t);
}
