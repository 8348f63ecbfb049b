// The run as columns, decoded from what sim/report/serialize.cc wrote. Times: microseconds.

const raw = JSON.parse(document.getElementById("data").textContent);

// Sums up differences.
function sums(differences) {
  const out = new Float64Array(differences.length);
  let value = 0;
  for (let i = 0; i < out.length; i++) out[i] = value += differences[i];
  return out;
}

const STATES = ["follower", "pre-candidate", "candidate", "leader", "down", "starting"];
const LEADER = 3, DOWN = 4, STARTING = 5;
// By number, as in recording.h; `chip` is the filter that they belong to, `color` a CSS variable.
const KINDS = [
  {name: "pre-vote request", chip: "pre-vote", color: "prevote"},
  {name: "pre-vote reply", chip: "pre-vote", color: "prevote"},
  {name: "vote request", chip: "vote", color: "vote"},
  {name: "vote reply", chip: "vote", color: "vote"},
  {name: "append", chip: "append", color: "append"},
  {name: "heartbeat", chip: "heartbeat", color: "heartbeat"},
  {name: "append reply", chip: "reply", color: "reply"},
  {name: "append rejected", chip: "rejected", color: "reject"},
  {name: "time-out now", chip: "hand-over", color: "timeoutnow"},
];
// What goes first when there is no room for all.
const isRoutine = kind => kind === 5 || kind === 6;
const FATES = ["delivered", "lost: the link was cut", "lost: the receiver was down", "lost",
  "on its way when the run ended"];
const isLost = fate => fate > 0 && fate < 4;

const end = Math.max(raw.end, 1);

const servers = raw.servers.map((s, number) => {
  const begin = sums(s.t);
  const p = s.progress;
  return {
    name: s.name, number, ids: s.ids, address: s.address, begin, state: s.state, term: s.term,
    until: i => i + 1 < begin.length ? begin[i + 1] : end,
    t: sums(p.t), last: sums(p.last), durable: sums(p.durable), commit: sums(p.commit),
    applied: sums(p.applied),
  };
});

const messages = (() => {
  const m = raw.messages;
  const sent = sums(m.sent), took = Float64Array.from(m.took);
  // Few take long (stream data waits for the heal of a cut); they are looked at apart.
  const long = [];
  for (let i = 0; i < sent.length; i++) if (took[i] > 1e6) long.push(i);
  // How many of those before each are routine.
  const routine = new Uint32Array(sent.length + 1);
  for (let i = 0; i < sent.length; i++) routine[i + 1] = routine[i] + (isRoutine(m.kind[i]) ? 1 : 0);
  return {routine, count: sent.length, kind: Uint8Array.from(m.kind), fate: Uint8Array.from(m.fate),
    from: Uint8Array.from(m.from), to: Uint8Array.from(m.to), term: sums(m.term), sent, took, long,
    a: sums(m.a), b: m.b, c: sums(m.c)};
})();

// Ids and addresses in log lines and findings mean little to people: the machine's name stands
// there. What clients write is padded; of many equal characters three are enough.
const nameOf = new Map(servers.flatMap(s => [...s.ids.map(id => [id, s.name]), [s.address, s.name]]));
const named = s => s.replace(/\b[0-9a-f]{16}\b|\b\d+\.\d+\.\d+\.\d+\b/g, id => nameOf.get(id) || id)
  .replace(/([^\s\d])\1{7,}/g, "$1$1$1");

const text = i => raw.strings[i];

// Requests between servers outside of the messages of consensus: to the one asked and back.
const CALLS = ["forwarded write", "read index"];
const calls = {count: raw.calls.kind.length, kind: raw.calls.kind, from: raw.calls.from, to: raw.calls.to,
  begin: sums(raw.calls.begin), took: raw.calls.took, outcome: i => text(raw.calls.outcome[i]),
  longest: raw.calls.took.reduce((a, b) => Math.max(a, b), 0)};
const callFailed = i => calls.outcome(i) !== "ok";
const transfers = raw.transfers.map((t, number) => ({...t, number, t: sums(t.t), have: sums(t.have)}));
const operations = (() => {
  const o = raw.operations;
  const begin = sums(o.begin);
  const byLane = raw.lanes.map(() => []);
  const badByLane = raw.lanes.map(() => []);
  for (let i = 0; i < begin.length; i++) {
    byLane[o.lane[i]].push(i);
    if (!["ok", "refused"].includes(text(o.outcome[i]))) badByLane[o.lane[i]].push(i);
  }
  // A client has one operation at a time, so those of a lane also end in this order, nearly.
  const longest = o.took.reduce((a, b) => Math.max(a, b), 0);
  return {longest, count: begin.length, lane: o.lane, begin, took: o.took, byLane, badByLane, detail: o.detail.map(named),
    what: i => text(o.what[i]), key: i => text(o.key[i]), server: i => text(o.server[i]),
    outcome: i => text(o.outcome[i])};
})();

const MARKS = ["log", "warning", "error", "world", "snapshot"];
const marks = {t: sums(raw.marks.t), kind: raw.marks.kind, host: i => text(raw.marks.host[i]),
  text: i => named(text(raw.marks.text[i]))};

const findings = raw.findings.map((f, number) => ({...f, number, text: named(f.text)}));
// What follows from what, when a client asks: the server that it asked.
const serverOf = i => servers.find(s => operations.server(i).split(":")[0] === s.name) || null;
const checks = raw.checks.map(c => ({oracle: c.oracle, slice: sums(c.slice), count: c.count,
  total: c.count.reduce((a, b) => a + b, 0)}));

// The first position whose value is not below `value`.
function lowerBound(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}
// The span of a server at a time.
const spanAt = (server, t) => Math.max(0, lowerBound(server.begin, t + 1) - 1);

// "12.345678 s", with as many digits as `step` deserves.
function seconds(t, step = 1) {
  const digits = step >= 1e6 ? 0 : step >= 1e5 ? 1 : step >= 1e4 ? 2 : step >= 1e3 ? 3 : step >= 100 ? 4 : 6;
  return (t / 1e6).toFixed(digits) + " s";
}
function length(t) {
  if (t < 1000) return t + " µs";
  return t < 1e6 ? +(t / 1e3).toFixed(t < 1e4 ? 2 : 1) + " ms" : +(t / 1e6).toFixed(3) + " s";
}

function messageTitle(i) {
  const m = messages, lost = isLost(m.fate[i]) ? "lost " : "";
  const answer = m.kind[i] === 1 || m.kind[i] === 3 ? (m.a[i] ? "granted " : "refused ") : "";
  return `${lost}${answer}${KINDS[m.kind[i]].name.replace(answer ? " reply" : "//", "")} ${servers[m.from[i]].name} → ${servers[m.to[i]].name} term ${m.term[i]}`;
}
function messageFacts(i) {
  const {a, b, c, kind} = messages;
  switch (kind[i]) {
    case 0: case 2:
      return [["its log ends at", `${a[i]} (term ${b[i]})`], ...(c[i] ? [["because", "the leader handed over"]] : [])];
    case 1: case 3: return [["answer", a[i] ? "granted" : "refused"]];
    case 4: return [["entries", b[i] === 1 ? `${a[i] + 1}` : `${a[i] + 1} to ${a[i] + b[i]}`], ["commit", c[i]]];
    case 5: return [["behind entry", a[i]], ["commit", c[i]]];
    case 6: return [["matches up to", a[i]]];
    case 7: return [["no match at", a[i]], ["try again at", b[i]]];
    default: return [];
  }
}
const callTitle = i => `${CALLS[calls.kind[i]]} ${servers[calls.from[i]].name} → ${servers[calls.to[i]].name}` +
  (callFailed(i) ? " failed" : "");
const transferTitle = t => `snapshot ${servers[t.from].name} → ${servers[t.to].name} up to entry ${t.index}, ` +
  `${t.bytes.toLocaleString("en")} bytes` + (t.outcome === "complete" ? "" : " · " + named(t.outcome));
const operationTitle = i =>
  `${operations.what(i)} ${operations.key(i)} ${operations.detail[i]}`.trim() + ` · ${operations.outcome(i)}`;
