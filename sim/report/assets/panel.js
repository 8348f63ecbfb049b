// The panel beside the picture: what is selected, what was found, what it all means. Texts of the
// run become text nodes, never markup.

const panel = document.getElementById("panel");

function element(tag, className, ...children) {
  const out = document.createElement(tag);
  if (className) out.className = className;
  for (const child of children) out.append(child);
  return out;
}
function swatch(color) {
  const out = element("i");
  out.style.background = `var(--${color})`;
  return out;
}
function rowElement(row) {
  const out = element("button", "row", swatch(row.color), element("time", "", seconds(row.t, 100)), element("span", "", row.text));
  if (row.type === "fault" && faults[row.i].kind === "skipped") out.classList.add("off");
  out.onclick = () => jumpTo(row);
  return out;
}
function list(title, rows, most = 150) {
  if (!rows.length) return [];
  const out = [element("h3", "", `${title} (${rows.length.toLocaleString("en")})`), ...rows.slice(0, most).map(rowElement)];
  if (rows.length > most) out.push(element("p", "soft", `and ${(rows.length - most).toLocaleString("en")} more`));
  return out;
}
function table(pairs) {
  const out = element("div", "table");
  for (const [key, value] of pairs) out.append(element("span", "", key), element("span", "", String(value)));
  return out;
}
function heading(color, text) {
  const back = element("button", "", "×");
  back.title = "Back to the run (Esc)";
  back.style.marginLeft = "auto";
  back.onclick = () => select(null);
  return element("h2", "", swatch(color), text, back);
}

const overlapping = (a, b) => faults.filter(f => f.kind !== "skipped" && f.end >= a && f.begin <= b).map(f => rowOf.fault(f.number));
function messagesOf(number, a, b, most = 40) {
  const rows = [];
  for (let i = lowerBound(messages.sent, a); i < messages.count && messages.sent[i] <= b && rows.length < most; i++) {
    if ((messages.from[i] === number || messages.to[i] === number) && !(isRoutine(messages.kind[i]) && !isLost(messages.fate[i]))) rows.push(rowOf.message(i));
  }
  return rows;
}

const details = {
  message({i}) {
    const m = messages, row = rowOf.message(i), arrives = m.sent[i] + m.took[i];
    const same = [];
    for (const step of [-1, 1]) {
      for (let k = i + step, n = 0; k >= 0 && k < m.count && n < 4; k += step) {
        const here = m.from[k] === m.from[i] && m.to[k] === m.to[i], back = m.from[k] === m.to[i] && m.to[k] === m.from[i];
        if (here || back) { same.push(rowOf.message(k)); n++; }
      }
    }
    same.push(row);
    same.sort((a, b) => a.t - b.t || a.i - b.i);
    return [heading(row.color, KINDS[m.kind[i]].name), table([
      ["from → to", `${servers[m.from[i]].name} → ${servers[m.to[i]].name}`], ["term", m.term[i]], ...messageFacts(i),
      ["sent", seconds(m.sent[i])], ["received", m.took[i] < 0 ? FATES[m.fate[i]] : `${seconds(arrives)} (after ${length(m.took[i])})`]]),
      ...list("between these two", same), ...list("faults at the time", overlapping(m.sent[i], Math.max(arrives, m.sent[i])))];
  },
  operation({i}) {
    const begin = operations.begin[i], until = begin + operations.took[i];
    const server = servers.find(s => operations.server(i).startsWith(s.name));
    return [heading(rowOf.operation(i).color, `${operations.what(i)} ${operations.key(i)}`), table([
      ["client", raw.lanes[operations.lane[i]]], ["value", operations.detail[i]], ["outcome", operations.outcome(i)], ["asked", operations.server(i)],
      ["from", seconds(begin)], ["until", `${seconds(until)} (${length(operations.took[i])})`]]),
      ...(server ? list(`messages of ${server.name} meanwhile`, messagesOf(server.number, begin, until)) : []),
      ...list("faults meanwhile", overlapping(begin, until))];
  },
  fault({i}) {
    const f = faults[i], lost = [];
    for (let k = lowerBound(messages.sent, f.begin); k < messages.count && messages.sent[k] <= f.end; k++) {
      const m = messages;
      if (isLost(m.fate[k]) && (f.hosts.has(servers[m.from[k]].name) || f.hosts.has(servers[m.to[k]].name))) lost.push(rowOf.message(k));
    }
    const changes = [];
    for (const s of servers) s.begin.forEach((t, k) => { if (t >= f.begin && t <= f.end + AROUND) changes.push(rowOf.span(s.number, k)); });
    return [heading(f.color, f.kind === "operator" ? "operator" : `${f.kind}: ${f.name}`), element("p", "", describeFault(f)), table([["record", f.text.trim()],
      ["from", seconds(f.begin)], ...(f.end > f.begin ? [["until", `${seconds(f.end)} (${length(f.end - f.begin)})`]] : [])]),
      ...list("roles change", changes.sort((a, b) => a.t - b.t), 30), ...list("messages lost", lost, 60)];
  },
  span({i, j}) {
    const s = servers[i], begin = s.begin[j], until = s.until(j), row = rowOf.span(i, j);
    const leaders = servers.filter(o => o.state[spanAt(o, begin)] === LEADER).map(o => `${o.name} (term ${o.term[spanAt(o, begin)]})`);
    const at = lowerBound(s.t, until) - 1;
    const log = [];
    for (let k = lowerBound(marks.t, begin); k < marks.t.length && marks.t[k] <= until && log.length < 60; k++) if (marks.host(k) === s.name) log.push(rowOf.mark(k));
    return [heading(row.color, `${s.name} · ${STATES[s.state[j]]}`), table([
      ...(s.state[j] < DOWN ? [["term", s.term[j]]] : []), ["from", seconds(begin)], ["until", `${seconds(until)} (${length(until - begin)})`],
      ["leaders then", leaders.join(", ") || "none"],
      ...(at >= 0 ? [["log at its end", `last ${s.last[at]}, durable ${s.durable[at]}, commit ${s.commit[at]}, applied ${s.applied[at]}`]] : []),
      ["id", s.ids.join(", ") || "none yet"]]),
      ...list("how it came", messagesOf(i, begin - 20e3, begin)), ...list("its log", log),
      ...list("faults meanwhile", overlapping(begin, until).filter(r => faults[r.i].hosts.has(s.name)))];
  },
  mark({i}) {
    return [heading(rowOf.mark(i).color, `${marks.host(i)} · ${MARKS[marks.kind[i]]}`), element("p", "", marks.text(i)), table([["at", seconds(marks.t[i])]])];
  },
  finding({i}) {
    const f = findings[i];
    return [heading("bad", f.oracle), element("p", "finding", f.text), table([["found at", seconds(f.at)],
      ...(f.servers.length ? [["about", f.servers.map(n => servers[n].name).join(", ")]] : [])]),
      ...list("behind it", view.story.rows)];
  },
};

function legend() {
  const out = element("div", "legend");
  const add = (style, text, thin) => {
    const mark = element("i", thin ? "thin" : "");
    mark.style.background = style;
    out.append(mark, element("span", "", text));
  };
  add(`linear-gradient(90deg, ${[2, 3, 4].map(t => spanColor(LEADER, t)).join(",")})`, "leader; each term has its own hue");
  add(`linear-gradient(90deg, ${[2, 3, 4].map(t => spanColor(0, t)).join(",")})`, "follower in that term");
  add("var(--candidate)", "candidate, pre-candidate");
  add("var(--down)", "no process");
  add("var(--accent)", "curve: commit index; dashed: end of the log", true);
  for (const [color, name] of [["prevote", "pre-vote"], ["vote", "vote"], ["append", "append"], ["heartbeat", "heartbeat"], ["reply", "append reply"],
    ["reject", "append rejected"], ["timeoutnow", "hand-over"], ["lost", "lost message, ends with a cross"]]) add(`var(--${color})`, name, true);
  for (const [color, name] of [["cut", "cut, reset"], ["stop", "kill, power loss"], ["slow", "slow link, pause"], ["disk", "disk"], ["clock", "clock"]]) add(`var(--${color})`, name);
  add("var(--ok)", "operation: ok; invariant checked");
  add("var(--bad)", "operation: outcome unknown; violation");
  add("var(--warn)", "operation: certainly not done");
  return out;
}
const KEYS = [["wheel, + −", "zoom"], ["drag, ← →", "move"], ["↑ ↓, Shift+wheel", "other lanes; Shift moves sideways"], ["0", "whole run"],
  ["[ ]", "fault before, after"], ["l L", "next, previous leader"], ["n N", "next, previous result"], ["v", "violation"], ["/", "search"], ["Esc", "back"]];

function overviewRows() {
  const leaders = servers.flatMap(s => Array.from(s.begin, (_, i) => i).filter(i => s.state[i] === LEADER).map(i => rowOf.span(s.number, i)));
  return leaders.sort((a, b) => a.t - b.t);
}
function help() {
  const keys = element("div", "table");
  for (const [key, what] of KEYS) keys.append(element("span", "", element("kbd", "", key)), element("span", "", what));
  return [element("h3", "", "Legend"), legend(), element("h3", "", "Keys"), keys];
}
function showPanel() {
  const s = view.selected;
  let content;
  if (s && details[s.type]) content = details[s.type](s);
  else if (document.getElementById("search").value.trim()) content = view.results.length ? list("found", view.results, 300) : [element("p", "soft", "Nothing is found.")];
  else {
    const head = findings.length
      ? [element("h2", "", swatch("bad"), "What went wrong"), ...findings.map(f => {
        const out = element("button", "row", element("p", "finding", `${f.oracle}: ${f.text}`));
        out.onclick = () => jumpTo(rowOf.finding(f.number));
        return out;
      })]
      : [element("h2", "", swatch("ok"), "Nothing was found"), element("p", "soft", `${checks.length} oracles looked ${checks.reduce((a, c) => a + c.total, 0).toLocaleString("en")} times.`)];
    content = [...head, ...list("leaders", overviewRows(), 60), ...list("faults", spans.map(f => rowOf.fault(f.number)), 100),
      ...list("operator", operatorActs.map(f => rowOf.fault(f.number)), 60), ...help(),
      ...list("faults that were skipped", faults.filter(f => f.kind === "skipped").map(f => rowOf.fault(f.number)), 60),
      element("h3", "", "Tunables"), element("p", "soft", raw.head.tunables)];
  }
  panel.replaceChildren(...content);
  panel.scrollTop = 0;
}
