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
  const mark = swatch(row.color);
  if (row.paint && !row.color) mark.style.background = row.paint;
  const out = element("button", "row", mark, element("time", "", seconds(row.t, 100)), element("span", "", row.text));
  if (row.type === "fault" && faults[row.i].kind === "skipped") out.classList.add("off");
  out.onclick = () => jumpTo(row);
  return out;
}
// Rows that say the same again and again become one that opens.
function rolled(rows) {
  const series = new Map();
  for (const row of rows) {
    const key = row.series || row.text;
    series.set(key, [...series.get(key) || [], row]);
  }
  const out = [];
  for (const [key, same] of series) {
    if (same.length < 3) { out.push(...same.map(row => [row.t, rowElement(row)])); continue; }
    const first = rowElement({...same[0], text: `${key} × ${same.length}`}), summary = element("summary", "", ...first.childNodes);
    summary.className = "row";
    out.push([same[0].t, element("details", "", summary, ...same.map(rowElement))]);
  }
  return out.sort((a, b) => a[0] - b[0]).map(each => each[1]);
}
function list(title, rows, most = 150) {
  if (!rows.length) return [];
  const out = [element("h3", "", `${title} (${rows.length.toLocaleString("en")})`), ...rolled(rows.slice(0, most))];
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

// Links are told in few words elsewhere; thirty of them say nothing to anybody.
function recordOf(f) {
  const text = f.text.trim(), links = text.match(/\S+->\S+/g) || [];
  return links.length < 7 ? text : text.replace(/(\S+->\S+ ?)+/, `(${links.length} links) `);
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
    const server = serverOf(i), passedOn = [];
    if (server) for (let k = lowerBound(calls.begin, begin); k < calls.count && calls.begin[k] <= until; k++) {
      if (calls.from[k] === server.number) passedOn.push(rowOf.call(k));
    }
    return [heading(rowOf.operation(i).color, `${operations.what(i)} ${operations.key(i)}`), table([
      ["client", raw.lanes[operations.lane[i]]], ["value", operations.detail[i]], ["outcome", operations.outcome(i)], ["asked", operations.server(i)],
      ["from", seconds(begin)], ["until", `${seconds(until)} (${length(operations.took[i])})`]]),
      ...(server ? list(`what ${server.name} asked the leader meanwhile`, passedOn, 20) : []),
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
    return [heading(f.color, f.kind === "operator" ? "operator" : `${f.kind}: ${f.name}`), element("p", "", describeFault(f)), table([["record", recordOf(f)],
      ["from", seconds(f.begin)], ...(f.end > f.begin ? [["until", `${seconds(f.end)} (${length(f.end - f.begin)})`]] : [])]),
      ...list("roles change", changes.sort((a, b) => a.t - b.t), 30), ...list("messages lost", lost, 60)];
  },
  transfer({i}) {
    const t = transfers[i], have = t.have[t.have.length - 1] || 0;
    return [heading(rowOf.transfer(i).color, `snapshot ${servers[t.from].name} → ${servers[t.to].name}`), table([["up to entry", t.index],
      ["came over", `${have.toLocaleString("en")} of ${t.bytes.toLocaleString("en")} bytes`], ["answers", t.t.length - 1], ["ended", named(t.outcome)],
      ["from", seconds(t.begin)], ["until", `${seconds(t.end)} (${length(t.end - t.begin)})`]]),
      ...list("snapshots between these two", transfers.filter(o => o.from === t.from && o.to === t.to).map(o => rowOf.transfer(o.number))),
      ...list("faults meanwhile", overlapping(t.begin, t.end))];
  },
  call({i}) {
    const begin = calls.begin[i], until = begin + calls.took[i], asked = [];
    for (let k = lowerBound(operations.begin, begin - operations.longest); k < operations.count && operations.begin[k] <= begin; k++) {
      const server = serverOf(k);
      if (server && server.number === calls.from[i] && operations.begin[k] + operations.took[k] >= until) asked.push(rowOf.operation(k));
    }
    return [heading(rowOf.call(i).color, CALLS[calls.kind[i]]), table([["asks → asked", `${servers[calls.from[i]].name} → ${servers[calls.to[i]].name}`],
      ["outcome", named(calls.outcome(i))], ["from", seconds(begin)], ["until", `${seconds(until)} (${length(calls.took[i])})`]]),
      ...list("operations that may wait for it", asked), ...list("faults meanwhile", overlapping(begin, until))];
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
    // What follows the first line is drawn in characters.
    const [first, ...rest] = f.text.split("\n");
    const window = rest.length ? [element("pre", "finding", rest.join("\n"))] : [];
    return [heading("bad", f.oracle), element("p", "finding", first), ...window, table([["found at", seconds(f.at)],
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
  add("var(--warn)", "applied, where that is less", true);
  for (const [color, name] of [["prevote", "pre-vote"], ["vote", "vote"], ["append", "append"], ["heartbeat", "heartbeat"], ["reply", "append reply"],
    ["reject", "append rejected"], ["timeoutnow", "hand-over"], ["lost", "lost message, ends with a cross"],
    ["call", "forwarded write, read index (there and back)"]]) add(`var(--${color})`, name, true);
  add("var(--snapshot)", "snapshot on its way; the filling says how much is there");
  for (const g of FAULT_GROUPS) {
    const count = faults.filter(f => g.kinds.includes(f.kind)).length;
    if (count) add(`var(--${g.color})`, `${g.name} (${count})`);
  }
  add("var(--ok)", "operation that was answered; invariant checked");
  add("var(--soft)", "operation whose comparison failed");
  add("var(--unknown)", "operation whose outcome nobody knows");
  add("var(--unsent)", "operation that certainly was not done");
  add("var(--bad)", "what an oracle found");
  return out;
}
const KEYS = [["wheel, + −", "zoom"], ["drag, ← →", "move"], ["↑ ↓, Shift+wheel", "other lanes; Shift moves sideways"], ["0", "whole run"],
  ["[ ]", "fault before, after"], ["l L", "next, previous leader"], ["n N", "next, previous result"], ["v V", "next, previous violation"], ["i", "each invariant"], ["/", "search"], ["Esc", "back"]];

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
    content = [...head, ...list("leaders", overviewRows(), 60), ...list("snapshots sent", transfers.map(t => rowOf.transfer(t.number)), 60),
      ...list("faults", spans.map(f => rowOf.fault(f.number)), 600),
      ...list("operator", operatorActs.map(f => rowOf.fault(f.number)), 60), ...help(),
      ...list("faults that were skipped", skipped.map(f => rowOf.fault(f.number)), 300),
      ...(raw.head.buggify && raw.head.buggify !== "none" ? [element("h3", "", "Odd choices of the simulator"), table(raw.head.buggify.split(" ").map(b => b.split("=")))] : []),
      element("h3", "", "Tunables"), element("p", "soft", raw.head.tunables)];
  }
  panel.replaceChildren(...content);
  panel.scrollTop = 0;
}
