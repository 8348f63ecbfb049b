// Input, and the beginning.

const $ = id => document.getElementById(id);
let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; drawPicture(); drawOverview(); });
}

function select(item) {
  view.selected = item;
  view.story = item && item.type === "finding" ? storyOf(findings[item.i]) : view.story && item ? view.story : null;
  showPanel();
  redraw();
}
// Brings an item into the middle, near enough to see what it is about.
function jumpTo(row) {
  const {type, i, j} = row;
  const lasts = type === "message" ? Math.max(0, messages.took[i]) : type === "operation" ? operations.took[i]
    : type === "call" ? calls.took[i] : type === "transfer" ? transfers[i].end - transfers[i].begin : type === "fault" ? faults[i].end - faults[i].begin : type === "span" ? Math.min(servers[i].until(j) - servers[i].begin[j], 2e6) : 0;
  if (type === "finding") {
    setWindow(...windowOf(findings[i]));
    return select({type, i});
  }
  const from = row.t, until = row.t + lasts;
  const span = Math.max((until - from) * 1.6, type === "message" || type === "call" ? 30e3 : 120e3);
  const known = view.until - view.from;
  const wanted = type === "mark" || (known < span * 8 && known > span * 0.8) ? Math.min(known, Math.max(span, known)) : span;
  const middle = (from + until) / 2;
  setWindow(middle - wanted / 2, middle + wanted / 2);
  select({type, i, j});
}
// The next (or previous) of some rows, seen from the middle of the window.
function step(rows, direction) {
  const now = view.selected && view.selected.t !== undefined ? view.selected.t : (view.from + view.until) / 2;
  const ahead = rows.filter(r => direction > 0 ? r.t > now + 1 : r.t < now - 1);
  const next = direction > 0 ? ahead[0] : ahead[ahead.length - 1];
  if (!next) return;
  jumpTo(next);
  view.selected.t = next.t;
}

function chip(parent, text, color, pressed, toggle, className = "chip") {
  const out = element("button", className, ...(color ? [swatch(color)] : []), text);
  out.setAttribute("aria-pressed", pressed);
  out.onclick = () => {
    const now = out.getAttribute("aria-pressed") !== "true";
    out.setAttribute("aria-pressed", now);
    toggle(now);
    redraw();
  };
  parent.append(out);
}
const toggleIn = (set, item) => on => on ? set.delete(item) : set.add(item);

function start() {
  readColors();
  const h = raw.head;
  document.title = `${h.scenario} seed ${h.seed} · ${h.verdict}`;
  $("title").textContent = `${h.scenario} · seed ${h.seed}`;
  $("verdict").textContent = h.verdict;
  $("verdict").classList.toggle("bad", h.verdict !== "pass");
  if (findings.length) $("headline").textContent = `${findings[0].oracle}: ${findings[0].text}` + (findings.length > 1 ? ` (and ${findings.length - 1} more)` : "");
  $("headline").onclick = () => jumpTo(rowOf.finding(0));
  for (const [name, value] of [["simulated", seconds(end, 1e3)], ["events", h.events.toLocaleString("en")],
    ["messages", messages.count.toLocaleString("en")], ["operations", operations.count.toLocaleString("en")], ["hash", h.hash.slice(0, 12)]]) {
    const pair = element("div", "", element("dt", "", name), element("dd", "", value));
    if (name === "hash") pair.title = h.hash;
    if (name !== "simulated" && name !== "events") pair.className = "minor";
    $("facts").append(pair);
  }
  $("repeat").textContent = $("repeat").title = h.repeat;
  $("copy").onclick = async () => {
    try { await navigator.clipboard.writeText(h.repeat); } catch {
      getSelection().selectAllChildren($("repeat")); document.execCommand("copy");
    }
    $("copy").textContent = "copied";
    setTimeout(() => { $("copy").textContent = "copy"; }, 1200);
  };
  for (const kind of new Map(KINDS.map(k => [k.chip, k])).values()) {
    chip($("kinds"), kind.chip, kind.color, true, toggleIn(view.hidden, kind.chip));
  }
  if (calls.count) chip($("kinds"), "forwarded", "call", true, toggleIn(view.hidden, "forwarded"));
  if (transfers.length) chip($("kinds"), "snapshot", "snapshot", true, toggleIn(view.hidden, "snapshot"));
  chip($("kinds"), "only lost", "lost", false, on => { view.onlyLost = on; }, "chip only");
  for (const s of servers) chip($("nodes"), s.name, "", true, toggleIn(view.hiddenNodes, s.number));
  $("term").oninput = () => {
    const found = /^\s*(\d+)\s*(?:-\s*(\d+)?)?\s*$/.exec($("term").value);
    view.terms = found && [+found[1], found[2] ? +found[2] : $("term").value.includes("-") ? Infinity : +found[1]];
    redraw();
  };
  let later = 0;
  $("search").oninput = () => {
    clearTimeout(later);
    later = setTimeout(() => { view.results = search($("search").value); select(null); }, 150);
  };
  $("search").onkeydown = event => {
    if (event.key === "Enter" && view.results.length) step(view.results, event.shiftKey ? -1 : 1);
    if (event.key === "Escape") { $("search").value = ""; view.results = []; select(null); picture.focus(); }
    event.stopPropagation();
  };
  $("term").onkeydown = event => event.stopPropagation();
  $("zoomIn").onclick = () => { zoom(0.5); redraw(); };
  $("zoomOut").onclick = () => { zoom(2); redraw(); };
  $("fit").onclick = () => { setWindow(-end * 0.01, end * 1.01); redraw(); };
  $("keys").onclick = () => { $("search").value = ""; select(null); panel.replaceChildren(...help()); };
  listen();
  const asked = /^#([\d.]+)-([\d.]+)$/.exec(location.hash);
  if (asked) setWindow(asked[1] * 1e6, asked[2] * 1e6); else setWindow(-end * 0.01, end * 1.01);
  new ResizeObserver(redraw).observe($("stage"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColors(); showPanel(); redraw(); });
  if (findings.length && !asked) jumpTo(rowOf.finding(0)); else showPanel();
  drawPicture();
  drawOverview();
  // For tests: how long it took until everything was there.
  document.documentElement.dataset.openedMs = Math.round(performance.now());
}

function listen() {
  const point = event => [event.offsetX, event.offsetY];
  picture.addEventListener("wheel", event => {
    event.preventDefault();
    if (event.shiftKey) view.scroll += event.deltaY || event.deltaX;
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) { const d = event.deltaX / scale(); setWindow(view.from + d, view.until + d); }
    else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY * 0.0022))), Math.max(GUTTER, event.offsetX));
    redraw();
  }, {passive: false});
  let drag = null;
  picture.onpointerdown = event => {
    drag = {x: event.offsetX, y: event.offsetY, from: view.from, scroll: view.scroll, moved: false};
    picture.setPointerCapture(event.pointerId);
  };
  picture.onpointermove = event => {
    const [x, y] = point(event);
    if (drag) {
      if (Math.hypot(x - drag.x, y - drag.y) > 3) drag.moved = true;
      if (!drag.moved) return;
      picture.classList.add("dragging");
      const span = view.until - view.from, from = drag.from - (x - drag.x) / scale();
      setWindow(from, from + span);
      view.scroll = drag.scroll - (y - drag.y);
      hideTip();
      return redraw();
    }
    const item = hit(x, y), told = item && ["operation", "message", "call"].includes(item.type) ? item : null;
    picture.classList.toggle("pointing", !!item);
    if ((told && told.type + told.i) !== (view.hovered && view.hovered.type + view.hovered.i)) { view.hovered = told; redraw(); }
    if (item && item.type !== "oracles") showTip(item, event); else hideTip();
  };
  picture.onpointerup = event => {
    picture.classList.remove("dragging");
    const clicked = drag && !drag.moved;
    drag = null;
    if (!clicked) return;
    const item = hit(...point(event));
    if (item && item.type === "oracles") { view.oraclesOpen = !view.oraclesOpen; return redraw(); }
    select(item);
  };
  picture.onpointerleave = () => { hideTip(); if (view.hovered) { view.hovered = null; redraw(); } };
  picture.ondblclick = event => { zoom(0.35, event.offsetX); redraw(); };
  const moveWindow = event => {
    if (!event.buttons) return;
    const t = (event.offsetX - GUTTER) / (overview.clientWidth - GUTTER - 8) * end, half = (view.until - view.from) / 2;
    setWindow(t - half, t + half);
    redraw();
  };
  overview.onpointerdown = event => { overview.setPointerCapture(event.pointerId); moveWindow(event); };
  overview.onpointermove = moveWindow;
  overview.addEventListener("wheel", event => { event.preventDefault(); zoom(Math.exp(event.deltaY * 0.0022)); redraw(); }, {passive: false});
  document.addEventListener("keydown", onKey);
}

function violation(direction) {
  if (!findings.length) return;
  const at = view.selected && view.selected.type === "finding" ? view.selected.i + direction : 0;
  jumpTo(rowOf.finding((at + findings.length) % findings.length));
}
function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const shift = (view.until - view.from) * 0.15;
  const faultRows = faults.filter(f => f.kind !== "skipped").map(f => rowOf.fault(f.number));
  const actions = {
    ArrowLeft: () => setWindow(view.from - shift, view.until - shift), ArrowRight: () => setWindow(view.from + shift, view.until + shift),
    ArrowUp: () => { view.scroll -= 40; }, ArrowDown: () => { view.scroll += 40; },
    "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), 0: () => $("fit").click(), Home: () => $("fit").click(),
    "[": () => step(faultRows, -1), "]": () => step(faultRows, 1), l: () => step(overviewRows(), 1), L: () => step(overviewRows(), -1),
    n: () => step(view.results, 1), N: () => step(view.results, -1), v: () => violation(1), V: () => violation(-1), i: () => { view.oraclesOpen = !view.oraclesOpen; },
    "/": () => $("search").focus(), "?": () => $("keys").click(), Escape: () => select(null),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
  redraw();
}

const tip = $("tip");
function tipText(item) {
  if (item.type === "message") {
    const m = messages, i = item.i;
    return `${messageTitle(i)}\n${messageFacts(i).map(f => f.join(" ")).join(", ")}\n${seconds(m.sent[i])}, ${m.took[i] < 0 ? FATES[m.fate[i]] : "after " + length(m.took[i])}`;
  }
  if (item.type === "span") {
    const s = servers[item.i];
    return `${s.name} ${STATES[s.state[item.j]]}${s.state[item.j] < DOWN ? ` in term ${s.term[item.j]}` : ""}\n${seconds(s.begin[item.j])} for ${length(s.until(item.j) - s.begin[item.j])}`;
  }
  const row = rowOf[item.type](item.i);
  const lasts = item.type === "operation" ? operations.took[item.i] : item.type === "call" ? calls.took[item.i]
    : item.type === "transfer" ? transfers[item.i].end - transfers[item.i].begin : item.type === "fault" ? faults[item.i].end - faults[item.i].begin : 0;
  return `${row.text}\n${seconds(row.t)}${lasts ? " for " + length(lasts) : ""}`;
}
function showTip(item, event) {
  tip.textContent = tipText(item);
  tip.style.display = "block";
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.min(event.clientX + 14, innerWidth - box.width - 8) + "px";
  tip.style.top = (event.clientY + 18 + box.height > innerHeight ? event.clientY - box.height - 10 : event.clientY + 16) + "px";
}
function hideTip() { tip.style.display = "none"; }

start();
