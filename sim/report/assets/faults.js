// What was done to the cluster: words and colours for the kinds of chaos/injection.h.

// In the order of the legend; `color` is a CSS variable.
const FAULT_GROUPS = [
  {color: "cut", name: "partition", kinds: ["cut"]},
  {color: "stream", name: "connections: reset, half-open, clogged", kinds: ["reset", "half-open", "clog"]},
  {color: "slow", name: "slow: link, processor, pause", kinds: ["netem", "slow", "pause"]},
  {color: "stop", name: "kill, power loss, restart", kinds: ["kill", "power-loss", "restart"]},
  {color: "wipe", name: "disk emptied", kinds: ["wipe"]},
  {color: "disk", name: "disk: errors, latency, stalls, rot", kinds: ["io-fault", "io-latency", "io-stall", "io-rot", "io-misdirect"]},
  {color: "clock", name: "clock", kinds: ["clock"]},
  {color: "limit", name: "no descriptors", kinds: ["no-descriptors"]},
  {color: "operator", name: "the operator", kinds: ["operator"]},
];
const FAULT_COLORS = new Map(FAULT_GROUPS.flatMap(g => g.kinds.map(k => [k, g.color])));
const WORDS = {netem: "slow link", slow: "slow processor", clog: "clogged", wipe: "disk emptied",
  clock: "clock", "no-descriptors": "no descriptors", "io-fault": "disk errors", "io-latency": "slow disk",
  "io-stall": "disk hangs", "io-rot": "bits rot", "io-misdirect": "misdirected write", "power-loss": "power loss"};

// What this run drew for it, from its record: "version=2", "rate=20000".
const strengthOf = record => record.match(/\b[a-z_]+=\S+/g) || [];
function wordOf(f) {
  const strength = strengthOf(f.text);
  if (f.kind === "netem" && strength.some(s => /^(rate|bandwidth|bytes)/.test(s))) return "narrow link";
  const version = strength.find(s => s.startsWith("version="));
  return (WORDS[f.kind] || f.kind) + (version ? ", back as " + version.replace("=", " ") : "");
}
const faults = raw.faults.map((f, number) => ({...f, number, color: FAULT_COLORS.get(f.kind) || (f.kind === "skipped" ? "soft" : "cut"),
  word: wordOf(f), hosts: new Set([...f.targets, ...f.links.flat()])}));

// All machines, n1 first. Clients' are known from their lanes.
const natural = (a, b) => a.localeCompare(b, "en", {numeric: true});
const hosts = [...new Set([...servers.map(s => s.name), ...raw.lanes.map(l => l.split(" ")[0]).filter(l => /^c\d+$/.test(l)),
  ...faults.flatMap(f => [...f.hosts])])].sort(natural);
// "n1 n3 c1–c4"; "everyone" when all but those of `beside` are meant.
function group(names, beside = []) {
  const sorted = [...names].sort(natural), others = hosts.filter(h => !beside.includes(h));
  if (sorted.length > 2 && sorted.length === others.length) return beside.length ? "everyone else" : "everyone";
  const serverCount = sorted.filter(n => n[0] === "n").length;
  if (beside.length && sorted.length === serverCount && serverCount > 1 &&
      serverCount === servers.filter(s => !beside.includes(s.name)).length) return "the other servers";
  const out = [];
  for (let i = 0; i < sorted.length;) {
    const [, letter, first] = /^(\D*)(\d*)$/.exec(sorted[i]) || [];
    let last = i;
    while (letter && last + 1 < sorted.length && sorted[last + 1] === letter + (+first + last + 1 - i)) last++;
    out.push(last > i + 1 ? `${sorted[i]}–${sorted[last]}` : sorted.slice(i, last + 1).join(" "));
    i = last + 1;
  }
  return out.join(" ");
}
// Links in few words: "n1 n4 ⇹ n2 n3" when two groups cannot talk, "n1 → n2 n3", or by sender.
function describeLinks(links) {
  const has = new Set(links.map(l => l.join(">"))), ends = [...new Set(links.flat())].sort(natural);
  const joined = (a, b) => has.has(a + ">" + b) || has.has(b + ">" + a);
  const one = ends.filter(e => e === ends[0] || !joined(ends[0], e));
  const other = ends.filter(e => !one.includes(e));
  const across = (from, to) => from.every(a => to.every(b => has.has(a + ">" + b)));
  const size = one.length * other.length, both = links.length === 2 * size && across(one, other) && across(other, one);
  const all = (arrow, a, b) => `${group(a)} ${arrow} ${group(b, a)}`;
  if (both) return one.length > other.length ? all("⇹", other, one) : all("⇹", one, other);
  if (links.length === size && across(one, other)) return all("→", one, other);
  if (links.length === size && across(other, one)) return all("→", other, one);
  if (links.length === ends.length * (ends.length - 1)) return `all links of ${group(ends)}`;
  // Senders that reach the same receivers, themselves not counted, stand together.
  const bySender = new Map(), alike = new Map();
  for (const [a, b] of links) bySender.set(a, [...bySender.get(a) || [], b]);
  for (const [a, to] of bySender) {
    const key = [...to, a].sort(natural).join(" ");
    alike.set(key, [...alike.get(key) || [], a]);
  }
  const parts = [...alike].map(([key, from]) => `${group(from)} → ${from.length === 1 ? group(bySender.get(from[0]), from) : group(key.split(" "))}`);
  return parts.length <= 4 ? parts.join(", ") : `${links.length} links of ${group(ends)}`;
}
const whomOf = f => f.links.length ? describeLinks(f.links) : group(f.targets);
for (const f of faults) f.whom = whomOf(f);
// Its name, and what it is unless the name says so.
function seriesOf(f) {
  const plain = f.name.replaceAll("-", " ");
  return plain.includes(f.kind.replaceAll("-", " ")) && f.word === (WORDS[f.kind] || f.kind) || plain.includes(f.word.replaceAll("-", " "))
    ? f.name : `${f.name}: ${f.word}`;
}
// The same in all detail that there is room for, best first.
function faultLabels(f) {
  return [describeFault(f), `${f.name} ${f.whom}`, f.name];
}
function describeFault(f) {
  const why = (/\((.*)\)$/.exec(f.text) || ["", ""])[1];
  if (f.kind === "operator") return `${f.whom}: ${why}`;
  return seriesOf(f) + (f.whom ? " " + f.whom : "") + (why ? ` (${why})` : "");
}
const spans = faults.filter(f => f.kind !== "operator" && f.kind !== "skipped");
const operatorActs = faults.filter(f => f.kind === "operator");
const skipped = faults.filter(f => f.kind === "skipped");
