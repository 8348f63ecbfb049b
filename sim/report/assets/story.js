// What stands behind a finding: where to look, and which messages, roles, faults and operations of
// that time matter most.

const AROUND = 250e3;
const STORY_MESSAGES = 40, STORY_ALIKE = 4;

// The windows of time that a finding is about.
function windowsOf(finding) {
  const last = [finding.at - 2 * AROUND, finding.at + 1];
  if (finding.operations.length) {
    return finding.operations.map(i => [operations.begin[i] - AROUND / 2, operations.begin[i] + Math.max(0, operations.took[i]) + AROUND / 2]);
  }
  if (finding.oracle === "liveness") {
    // Since it last had a leader, or since all was mended, whichever is later; at least a moment.
    const healed = raw.phases.filter(p => /heal/.test(p.name)).map(p => p.begin);
    const led = servers.flatMap(s => Array.from(s.begin, (_, i) => i).filter(i => s.state[i] === LEADER).map(i => s.until(i)))
      .filter(t => t < finding.at - 1);
    const since = healed.length ? healed[healed.length - 1] : Math.max(0, ...led);
    return [[since - AROUND, Math.min(finding.at, since + 8 * AROUND)], last];
  }
  // A term is won and lost when it begins.
  const windows = finding.terms.map(term => {
    const seen = servers.flatMap(s => Array.from(s.begin).filter((_, i) => s.term[i] === term && s.state[i] < DOWN));
    const sent = messages.term.findIndex(t => t === term);
    if (sent >= 0) seen.push(messages.sent[sent]);
    const first = Math.min(...seen);
    return seen.length ? [first - AROUND / 5, first + AROUND] : null;
  }).filter(w => w && w[0] < finding.at);
  windows.push(windows.length ? [finding.at - AROUND, finding.at + 1] : [finding.at - 4 * AROUND, finding.at + 1]);
  return windows;
}

const LATE = new Set(["durability", "state-digest", "server-exit", "no-lost-acked-writes"]);
const WEIGHTS = [1, 1.5, 3, 3.5, 1, 0, 0.2, 2, 3];  // by kind of message
function storyOf(finding) {
  if (finding.story) return finding.story;
  const windows = windowsOf(finding);
  const inside = (a, b = a) => windows.some(([from, until]) => b >= from && a <= until);
  const about = new Set(finding.servers);
  for (const i of finding.operations) {
    const s = serverOf(i);
    if (s) about.add(s.number);
  }
  // The most telling ones: about these servers and terms, rare in kind, near in time.
  const terms = new Set(finding.terms), focus = finding.operations.length ? operations.begin[finding.operations[0]] : finding.at;
  const scored = [];
  for (const [from, until] of windows) {
    for (const i of messagesBetween(from, until)) {
      const m = messages, lost = isLost(m.fate[i]);
      if (m.sent[i] + Math.max(0, m.took[i]) < from || (isRoutine(m.kind[i]) && !lost)) continue;
      const ends = about.has(m.from[i]) + about.has(m.to[i]);
      if ((about.size && !ends) || (terms.size && !terms.has(m.term[i]))) continue;
      // That nobody hears while down needs no explanation.
      scored.push([WEIGHTS[m.kind[i]] + (m.fate[i] === 2 ? -2 : lost ? 1 : 0) + ends + 3 / (1 + Math.abs(m.sent[i] - focus) / 100e3), i]);
    }
  }
  scored.sort((a, b) => b[0] - a[0]);
  const told = new Map(), chosen = [];  // a few of those that say the same
  for (const i of new Set(scored.map(s => s[1]))) {
    const title = messageTitle(i), times = (told.get(title) || 0) + 1;
    told.set(title, times);
    if (times <= STORY_ALIKE) chosen.push(i);
    if (chosen.length === STORY_MESSAGES) break;
  }
  const rows = [...finding.operations.map(i => rowOf.operation(i)), ...chosen.map(i => rowOf.message(i))];
  // What a disk lost may have been lost long before anybody looked.
  const disk = LATE.has(finding.oracle), hurt = f => ["stop", "wipe", "disk"].includes(f.color);
  const storyFaults = faults.filter(f => f.kind !== "skipped" && f.begin <= finding.at && (inside(f.begin, f.end) || (disk && hurt(f))));
  for (const f of storyFaults) rows.push(rowOf.fault(f.number));
  for (const s of servers) {
    s.begin.forEach((t, i) => {
      const leads = s.state[i] === LEADER;
      if (t > 0 && inside(t) && (leads || !about.size || about.has(s.number))) rows.push(rowOf.span(s.number, i));
    });
  }
  const moved = transfers.filter(t => inside(t.begin, t.end) && (!about.size || about.has(t.from) || about.has(t.to)));
  for (const t of moved) rows.push(rowOf.transfer(t.number));
  // Only such that were passed on for the operations that it names.
  const passedOn = [];
  for (const i of finding.operations) {
    const s = serverOf(i), from = operations.begin[i], until = from + operations.took[i];
    for (let k = lowerBound(calls.begin, from); s && k < calls.count && calls.begin[k] <= until; k++) {
      if (calls.from[k] === s.number && calls.begin[k] + calls.took[k] <= until + 1 && passedOn.length < 20) passedOn.push(k);
    }
  }
  for (const k of passedOn) rows.push(rowOf.call(k));
  for (let i = 0; i < marks.t.length; i++) {
    const server = servers.find(s => s.name === marks.host(i));
    const grave = marks.kind[i] === 1 || marks.kind[i] === 2;
    if (grave && server && about.has(server.number) && (inside(marks.t[i]) || (disk && rows.length < 100))) rows.push(rowOf.mark(i));
  }
  rows.sort((a, b) => a.t - b.t);
  return finding.story = {rows, windows, messages: new Set(chosen), faults: new Set(storyFaults.map(f => f.number)),
    operations: new Set(finding.operations), transfers: new Set(moved.map(t => t.number)), calls: new Set(passedOn)};
}
// The window that shows a finding best: all of what it is about when that is near together, else
// what it names first.
function windowOf(finding) {
  const {windows} = storyOf(finding);
  const from = Math.min(...windows.map(w => w[0])), until = Math.max(...windows.map(w => w[1]));
  const together = until - from < 12 * AROUND || finding.oracle === "liveness";
  const [a, b] = together ? [from, until] : finding.operations.length ? windows[0] : windows[windows.length - 1];
  return [a - (b - a) * 0.05, b + (b - a) * 0.08];
}
