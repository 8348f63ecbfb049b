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
  if (lane && lane.type === "faults") {
    const at = spans.findIndex((f, i) => t >= f.begin - near && t <= Math.max(f.end, f.begin) + near &&
      Math.floor((y - lane.top) / 15) === packed.rows[i]);
    return at < 0 ? null : {type: "fault", i: spans[at].number};
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
  const message = nearestMessage(x, y);
  if (message >= 0) return {type: "message", i: message};
  return null;
}
function nearestMark(host, t, near) {
  let best = -1;
  for (let i = lowerBound(marks.t, t - near); i < marks.t.length && marks.t[i] <= t + near; i++) {
    if (marks.host(i) === host && (best < 0 || Math.abs(marks.t[i] - t) < Math.abs(marks.t[best] - t))) best = i;
  }
  return best;
}
function nearestMessage(x, y) {
  let best = -1, distance = 5;
  for (const i of visibleMessages()) {
    if (!passes(i) || (crowded && isRoutine(messages.kind[i]))) continue;
    const [x1, y1, x2, y2] = lineOf(i);
    if (Math.min(x1, x2) > x + 5 || Math.max(x1, x2) < x - 5) continue;
    const dx = x2 - x1, dy = y2 - y1, part = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
    const away = Math.hypot(x - x1 - part * dx, y - y1 - part * dy);
    if (away < distance) { distance = away; best = i; }
  }
  return best;
}

// All items as {type, i, j?, t, text, color}: rows of lists.
const rowOf = {
  message: i => ({type: "message", i, t: messages.sent[i], text: messageTitle(i),
    color: isLost(messages.fate[i]) ? "lost" : KINDS[messages.kind[i]].color}),
  operation: i => ({type: "operation", i, t: operations.begin[i], text: `${raw.lanes[operations.lane[i]]}: ${operationTitle(i)}`,
    color: operations.outcome(i) === "ok" ? "ok" : "bad"}),
  fault: i => ({type: "fault", i, t: faults[i].begin, text: describeFault(faults[i]), color: faults[i].color}),
  mark: i => ({type: "mark", i, t: marks.t[i], text: `${marks.host(i)} ${marks.text(i)}`, color: ["soft", "warn", "bad", "soft", "operator"][marks.kind[i]]}),
  finding: i => ({type: "finding", i, t: findings[i].at, text: `${findings[i].oracle}: ${findings[i].text}`, color: "bad"}),
  span: (i, j) => ({type: "span", i, j, t: servers[i].begin[j],
    text: `${servers[i].name} ${servers[i].state[j] === DOWN ? "goes down" : "becomes " + STATES[servers[i].state[j]]}` +
      (servers[i].state[j] < DOWN ? ` in term ${servers[i].term[j]}` : ""),
    color: servers[i].state[j] === LEADER ? "accent" : servers[i].state[j] === DOWN ? "stop" : "candidate"}),
};

// Everything whose row has all words of the query, by time.
function search(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const found = [];
  const look = row => {
    const text = row.text.toLowerCase();
    if (words.every(w => text.includes(w))) found.push(row);
  };
  findings.forEach((_, i) => look(rowOf.finding(i)));
  faults.forEach((_, i) => look(rowOf.fault(i)));
  for (let i = 0; i < marks.t.length; i++) look(rowOf.mark(i));
  for (let i = 0; i < operations.count; i++) look(rowOf.operation(i));
  servers.forEach((s, n) => s.begin.forEach((_, i) => look(rowOf.span(n, i))));
  for (let i = 0; i < messages.count; i++) look(rowOf.message(i));
  return found.sort((a, b) => a.t - b.t);
}

// How far around an operation its causes are looked for.
const AROUND = 300e3;
const STORY_MESSAGES = 60;
// The rows behind a finding: its operations and, around them (or before the finding, when it has
// none), the faults, the changes of role and the messages of the servers that it names.
function storyOf(finding) {
  const windows = finding.operations.map(i =>
    [operations.begin[i] - AROUND, operations.begin[i] + Math.max(0, operations.took[i]) + AROUND]);
  if (!windows.length) windows.push([finding.at - 5 * AROUND, finding.at + 1]);
  const inside = (a, b = a) => windows.some(([from, until]) => b >= from && a <= until);
  const about = new Set(finding.servers);
  for (const i of finding.operations) {
    const s = servers.find(s => s.name === operations.server(i) || operations.server(i).startsWith(s.name));
    if (s) about.add(s.number);
  }
  const terms = new Set(finding.terms);
  const chosen = [];
  for (let i = messages.count - 1; i >= 0 && chosen.length < STORY_MESSAGES; i--) {
    const m = messages;
    if (!inside(m.sent[i], m.sent[i] + Math.max(0, m.took[i]))) continue;
    if (about.size && !about.has(m.from[i]) && !about.has(m.to[i])) continue;
    if (terms.size && !terms.has(m.term[i])) continue;
    if (isRoutine(m.kind[i]) && !isLost(m.fate[i])) continue;
    chosen.push(i);
  }
  const rows = [...finding.operations.map(i => rowOf.operation(i)), ...chosen.map(i => rowOf.message(i))];
  const storyFaults = faults.filter(f => f.kind !== "skipped" && inside(f.begin, f.end));
  for (const f of storyFaults) rows.push(rowOf.fault(f.number));
  for (const s of servers) {
    if (about.size && !about.has(s.number)) continue;
    s.begin.forEach((t, i) => { if (t > 0 && inside(t)) rows.push(rowOf.span(s.number, i)); });
  }
  rows.sort((a, b) => a.t - b.t);
  return {rows, messages: new Set(chosen), faults: new Set(storyFaults.map(f => f.number)),
    operations: new Set(finding.operations)};
}
