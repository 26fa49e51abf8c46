// The lab: a question, its text, its knobs; what both systems did with it.

import { html, charts, number } from "./chart.js";
import { ask, stop, isBusy } from "./engine.js";
import { knobs, systemsOf } from "./knobs.js";
import { playback } from "./playback.js";
import { lessons } from "./lessons.js";

const by = (id) => document.getElementById(id);
const START = "start";
const state = { name: START, text: "", report: undefined, before: undefined, values: {}, serial: 0 };
let shelf, due;

/** The text of a shipped scenario. */
const shipped = (name) => (shelf.scenarios.find((scenario) => scenario.name === name) ?? shelf.scenarios[0]).text;

// --- links ---------------------------------------------------------------------------------------------------------

/** The differences of two texts as lines: how many stay, how many go, which come. */
function difference(from, to) {
  const [a, b] = [from.split("\n"), to.split("\n")];
  let head = 0, tail = 0;
  while (head < Math.min(a.length, b.length) && a[head] === b[head]) head += 1;
  while (tail < Math.min(a.length, b.length) - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return [head, tail, b.slice(head, b.length - tail).join("\n")];
}

/** The text that differences make of another one. */
function patched(from, [head, tail, middle]) {
  const lines = from.split("\n"), end = tail ? lines.slice(-tail) : [];
  return [...lines.slice(0, head), ...(middle === "" && head + tail === lines.length ? [] : middle.split("\n")), ...end].join("\n");
}

const flags = () => new URLSearchParams(location.hash.slice(1));

/** Writes what is shown into the fragment of the address. */
function remember() {
  const kept = flags(), parameters = new URLSearchParams({ from: state.name });
  if (state.text !== shipped(state.name)) parameters.set("change", JSON.stringify(difference(shipped(state.name), state.text)));
  if (by("seed").value) parameters.set("seed", by("seed").value);
  if (!by("short").checked) parameters.set("full", "1");
  for (const flag of ["hide", "predict"]) if (kept.has(flag)) parameters.set(flag, kept.get(flag));
  history.replaceState(null, "", `#${parameters}`);
}

/** Restores what a link says. */
function restore() {
  const parameters = flags();
  state.name = shelf.scenarios.some((scenario) => scenario.name === parameters.get("from")) ? parameters.get("from") : START;
  state.text = shipped(state.name);
  try {
    if (parameters.has("change")) state.text = patched(state.text, JSON.parse(parameters.get("change")));
  } catch {
    say("The link is damaged; this is the scenario without its changes.", true);
  }
  by("seed").value = parameters.get("seed") ?? "";
  by("short").checked = !parameters.has("full");
  by("toml-box").hidden = (parameters.get("hide") ?? "").includes("toml");
}

// --- the settings --------------------------------------------------------------------------------------------------

function say(sentence, bad = false) {
  by("status").textContent = sentence;
  by("status").classList.toggle("bad", bad);
}

/** What is asked of the simulator. At most a minute is simulated on request, in intervals of a second. */
function request(more = {}) {
  const made = { name: state.name, text: state.text, set: [] };
  if (by("seed").value) made.seed = Number(by("seed").value);
  if (by("short").checked) made.replications = 1;
  if (by("short").checked && length() > 60) made.set = ['duration="60 s"', 'sample="1 s"', 'warmup="0 s"'];
  return { ...made, ...more };
}

/** How long the run is that the text describes `[s]`. */
function length() {
  const [, digits, unit] = /^([\d.]+)\s*(\w+)/.exec(state.values.duration ?? "") ?? [];
  return Number(digits) * ({ ms: 1e-3, s: 1, min: 60, h: 3600, d: 86400 }[unit] ?? 1);
}

/** How long the run is that is asked for `[s]`. */
const runLength = () => (by("short").checked ? Math.min(60, length()) : length());

/** Takes another text; runs it soon. */
function change(text) {
  state.text = text;
  if (by("toml").value !== text) by("toml").value = text;
  remember();
  clearTimeout(due);
  due = setTimeout(run, 200);
}

async function edit(set, append = "") {
  const edited = await ask("edit", { text: state.text, set, append });
  if (edited.error) say(edited.error, true); else change(edited.ok.text);
}

/** Underlines the problems in the text and lists them. */
function showProblems({ problems }) {
  const lines = state.text.split("\n"), marked = lines.map((line) => document.createTextNode(line));
  const pre = by("marks");
  const placed = problems.filter((problem) => problem.place);
  pre.replaceChildren(...lines.flatMap((line, index) => {
    const here = placed.filter((problem) => problem.place[0] === index + 1).sort((a, b) => a.place[1] - b.place[1]);
    const parts = [];
    let done = 0;
    for (const { place: [, column, long], warning } of here) {
      if (column - 1 < done) continue;
      parts.push(line.slice(done, column - 1), html("u", { className: warning ? "warning" : "", textContent: line.slice(column - 1, column - 1 + Math.max(1, long)) || " " }));
      done = column - 1 + Math.max(1, long);
    }
    return [...parts, line.slice(done), "\n"];
  }));
  by("problems").replaceChildren(...problems.map((problem) => {
    const where = problem.place ? `line ${problem.place[0]}, column ${problem.place[1]}: ` : "";
    const rest = [problem.note, problem.help].filter(Boolean).join("; ");
    return html("li", { className: problem.warning ? "" : "error", textContent: `${problem.warning ? "warning, " : ""}${where}${problem.message}${rest ? ` (${rest})` : ""}` });
  }));
  return marked;
}

/** The buttons that add a step to the timeline. */
function steps() {
  const instant = () => `${Math.max(1, Math.round((runLength() * Number(by("when").value)) / 100))} s`;
  const say = () => { by("when-shown").textContent = instant(); };
  by("when").oninput = say;
  say();
  const button = (words, make) => html("button", { type: "button", textContent: words, onclick: () => edit([], make(instant())) });
  const timeline = (action, lasts) => (at) => `\n[[timeline]]\nat = "${at}"\n${lasts ? `lasts = "${Math.max(2, Math.round(runLength() / 4))} s"\n` : ""}${action}\n`;
  const lanes = (label, platform) => state.report?.systems.find((system) => system.label === label)?.lanes.filter((lane) => lane.closed === null).length ?? (platform === "kinesis" ? 4 : 6);
  const most = Math.max(0, ...systemsOf(state.values).map(([label, platform]) => lanes(label, platform)));
  const made = [button("Kill zone az2", timeline('action.az-down = "az2"', true)), button(`Scale both to ${2 * most}`, timeline(`action.scale-to = ${2 * most}`))];
  for (const [label, platform] of systemsOf(state.values)) {
    if (platform === "kinesis") {
      made.push(button(`Split the hot shard of ${label}`, (at) => `\n[[system.${label}.kinesis.call]]\nat = "${at}"\nSplitShard = { ShardToSplit = "${hottest(label)}" }\n`));
    } else {
      made.push(button(`Add partitions to ${label}`, (at) => `\n[[system.${label}.kafka.call]]\nat = "${at}"\nCreatePartitions = { count = ${2 * lanes(label, platform)} }\n`));
    }
  }
  by("step-buttons").replaceChildren(...made);
}

/** The name of the open shard that was used most. */
function hottest(label) {
  const lanes = state.report?.systems.find((system) => system.label === label)?.lanes.filter((lane) => lane.closed === null) ?? [];
  const use = (lane) => lane.used.reduce((sum, used) => sum + used, 0);
  return lanes.reduce((best, lane) => (!best || use(lane) > use(best) ? lane : best), undefined)?.name ?? "shardId-000000000000";
}

// --- the results ---------------------------------------------------------------------------------------------------

/** Runs what the text says, unless something newer is asked for. */
async function run() {
  clearTimeout(due);
  state.serial += 1;
  const serial = state.serial;
  if (isBusy()) stop();
  const values = await ask("values", { text: state.text });
  if (serial !== state.serial) return;
  if (values.ok) {
    state.values = values.ok;
    by("question").textContent = values.ok.question ?? "";
    const focus = document.activeElement?.id;
    by("knobs").replaceChildren(...knobs(values.ok, (set) => edit(set)));
    if (focus?.startsWith("knob-")) by(focus)?.focus();
  }
  say("Both systems run …");
  by("busy").hidden = false;
  by("busy").removeAttribute("value");
  let answer = await ask("run", request());
  if (serial !== state.serial) return;
  // What happens after the first minute makes a short run invalid: then the whole run is simulated.
  if (answer.ok && !answer.ok.report && request().set.length) answer = await ask("run", request({ set: [] }));
  if (serial !== state.serial) return;
  by("busy").hidden = true;
  if (answer.error) { say(answer.error, true); return; }
  showProblems(answer.ok.checked);
  if (!answer.ok.report) { say("The scenario has problems; the results are those of the last run that worked.", true); return; }
  state.report = answer.ok.report;
  say(`${number(state.report.duration_s, "s")} of both systems in ${number(answer.ms / 1e3, "s")}.`);
  steps();
  show();
}

/** The claims with their outcome. */
function claims(report) {
  if (!report.claims.length) return [];
  const item = (claim) => html("li", { className: claim.holds ? "holds" : "broken" }, html("b", { textContent: claim.holds ? "holds: " : "does not hold: " }), html("code", { textContent: claim.that }), ` found ${claim.found}. ${claim.why}`);
  return [html("h2", { textContent: "Claims" }), html("ul", { className: "claims" }, ...report.claims.map(item))];
}

function table(heads, rows, caption, from = 1) {
  const cell = (words, place) => html("td", { className: place >= from ? "n" : "", textContent: words });
  return html("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: caption }, html("table", {}, html("caption", { textContent: caption }), html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col", textContent: head })))),
    html("tbody", {}, ...rows.map((row) => html("tr", {}, ...row.map(cell))))));
}

/** Shows the report, beside the one that was kept. */
function show() {
  const { report, before } = state, hidden = flags().get("hide") ?? "";
  const parts = [html("h2", { textContent: report.title }), html("p", { className: "question", textContent: report.question })];
  if (!hidden.includes("answer")) {
    parts.push(html("ul", { className: "verdict" }, ...report.verdict.map((sentence) => html("li", { textContent: sentence }))), ...claims(report));
  }
  const answer = html("div", {}, ...parts, html("h2", { textContent: "Over time" }), ...charts(report, before));
  const systems = report.systems.map((system) => system.label);
  const old = (row) => before && before.rows.find((other) => other.name === row.name && other.consumer === row.consumer);
  const rows = report.rows.map((row) => [`${row.name}${row.consumer ? ` (${row.consumer})` : ""}`, ...row.shown, ...(before ? [(old(row)?.shown ?? []).join(" / ")] : [])]);
  answer.append(html("h2", { textContent: "Bill" }), table(report.bill_heads.slice(0, 6), report.bill.map((line) => line.slice(0, 6)), "What the run used, and 30 days of it", 2));
  answer.append(html("details", {}, html("summary", { textContent: "All figures" }), table(["figure", ...systems, ...(before ? ["before"] : [])], rows, "Means of all figures")));
  const events = report.systems.flatMap((system) => system.events.map(([t, entity, what, detail]) => [t, system.label, entity, what, detail])).sort((a, b) => a[0] - b[0]).slice(0, 300);
  answer.append(html("details", {}, html("summary", { textContent: "What happened" }), table(["when", "system", "to what", "what", "particulars"], events.map(([t, ...rest]) => [number(t, "s"), ...rest]), "Events", 9)));
  predictFirst(answer, flags().has("predict"));
  by("foot").textContent = `${report.head}. The same on the command line: ${report.reproduce}`;
  playback(by("playback"), report);
}

/** Asks for a prediction before the first results are shown, where the link says so. */
function predictFirst(answer, wanted) {
  if (!wanted || state.predicted) { by("lab").replaceChildren(answer); return; }
  const guess = html("input", { id: "guess" });
  const open = html("button", { type: "button", textContent: "Show what happened", onclick: () => { state.predicted = true; by("lab").replaceChildren(html("p", { textContent: `You said: ${guess.value || "nothing"}` }), answer); } });
  by("lab").replaceChildren(html("label", { htmlFor: "guess", textContent: "What do you think will happen?" }), guess, open);
}

/** Gives a file to the reader. */
function save(name, words) {
  const link = html("a", { href: URL.createObjectURL(new Blob([words])), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function saveTables() {
  say("The files are made …");
  const answer = await ask("run", request({ files: "tables" }));
  const files = answer.ok?.files;
  if (!files) { say(answer.error ?? "The scenario has problems.", true); return; }
  for (const [name, words] of Object.entries(files)) save(`${state.name}-${name}`, words);
  say(`${Object.keys(files).length} files were saved.`);
}

// --- the page ------------------------------------------------------------------------------------------------------

/** Shows one of the parts of the page. */
function part(name) {
  for (const button of document.querySelectorAll("[data-part]")) {
    button.setAttribute("aria-pressed", button.dataset.part === name);
    by(button.dataset.part).hidden = button.dataset.part !== name;
  }
}

/** Opens a scenario in the lab. */
function open(name) {
  state.name = name;
  state.before = undefined;
  by("pick").value = name;
  by("seed").value = "";
  part("lab");
  change(shipped(name));
}

function listen() {
  by("pick").onchange = () => open(by("pick").value);
  by("toml").oninput = () => change(by("toml").value);
  by("toml").onscroll = () => { by("marks").scrollTop = by("toml").scrollTop; by("marks").scrollLeft = by("toml").scrollLeft; };
  by("seed").onchange = () => change(state.text);
  by("short").onchange = () => change(state.text);
  by("go").onclick = run;
  by("reset").onclick = () => open(state.name);
  by("keep").onclick = () => { state.before = state.report; say("Kept. What comes next is drawn over it."); show(); };
  by("share").onclick = async () => {
    remember();
    try { await navigator.clipboard.writeText(location.href); say("The link was copied."); } catch { say("The link stands in the address bar."); }
  };
  by("save-scenario").onclick = () => save(`${state.name}.toml`, state.text);
  by("save-csv").onclick = saveTables;
  for (const button of document.querySelectorAll("[data-part]")) button.onclick = () => part(button.dataset.part);
  addEventListener("hashchange", () => { restore(); by("pick").value = state.name; change(state.text); });
}

async function main() {
  const answer = await ask("shelf", {});
  if (answer.error) { say(`The simulator cannot be started: ${answer.error}`, true); return; }
  shelf = answer.ok;
  const title = (scenario) => (scenario.text.match(/^title = "(.*)"/m) ?? [null, scenario.name])[1];
  by("pick").replaceChildren(...shelf.scenarios.map((scenario) => html("option", { value: scenario.name, textContent: scenario.name === START ? "Start empty: a minute on both" : title(scenario) })));
  restore();
  by("pick").value = state.name;
  by("toml").value = state.text;
  listen();
  lessons(by("lessons"), shelf, open);
  await run();
}

main();
