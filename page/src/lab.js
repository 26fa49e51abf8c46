// The lab: a question, its text, its knobs; what both systems did with it.

import { html, button, coded, folded, table, save, number } from "./dom.js";
import { ask, stop, isBusy } from "./engine.js";
import { charts, paint, redraw } from "./charts.js";
import { allFiles, fileList } from "./files.js";
import { knobs, systemsOf } from "./knobs.js";
import { playback } from "./playback.js";
import { lessons, titleOf } from "./lessons.js";
import { quiz } from "./quiz.js";

const by = (id) => document.getElementById(id);
const START = "start";
const PARTS = ["lab", "playback", "lessons", "quiz"];
/** What a link may say besides the scenario: which part is shown, and what a teacher wants. */
const KEPT = ["part", "lesson", "topic", "count", "quiz", "hide", "predict"];
const NARROW = matchMedia("(max-width: 900px)");
const state = { name: START, text: "", run: undefined, before: undefined, values: {}, serial: 0, shown: "lab" };
const SHORT_RUN = 400; // ms
let shelf, due, shownSoon, edits = Promise.resolve(), showLesson, showQuiz;

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
  for (const flag of KEPT) if (kept.get(flag)) parameters.set(flag, kept.get(flag));
  history.replaceState(null, "", `#${parameters}`);
}

/** Sets or takes away flags of the address. */
function keep(wanted) {
  const parameters = flags();
  for (const [flag, value] of Object.entries(wanted)) if (value) parameters.set(flag, value); else parameters.delete(flag);
  history.replaceState(null, "", `#${parameters}`);
}

const hides = (what) => (flags().get("hide") ?? "").split(/[ ,]/).includes(what);
const predicts = () => flags().has("predict");

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
  by("toml-box").hidden = hides("toml");
  by("flag-toml").checked = hides("toml");
  by("flag-answer").checked = hides("answer");
  by("flag-predict").checked = predicts();
}

/** The flags for teachers, as the boxes say. */
function teach() {
  const hidden = [by("flag-toml").checked && "toml", by("flag-answer").checked && "answer"].filter(Boolean).join(",");
  keep({ hide: hidden, predict: by("flag-predict").checked && "1" });
  by("toml-box").hidden = hides("toml");
  state.predicted = false;
  if (state.run) show();
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

/** How long the run was that is shown, or the one that is asked for `[s]`. */
const runLength = () => state.run?.report.duration_s ?? (by("short").checked ? Math.min(60, length()) : length());

/** Takes another text; runs it at once, or after a pause of whoever types. */
function change(text, wait = 200) {
  state.text = text;
  if (by("toml").value !== text) by("toml").value = text;
  remember();
  clearTimeout(due);
  due = setTimeout(run, wait);
}

/** Changes settings of the text, one change after the other. A run of the text as it was is no longer wanted. */
function edit(set, append = "") {
  if (isBusy()) { state.serial += 1; stop(); }
  edits = edits.then(async () => {
    const edited = await ask("edit", { text: state.text, set, append });
    if (!edited.error) { change(edited.ok.text, 0); return; }
    say(edited.error, true);
    busy(false);
  });
}

/** A button for each shipped scenario that a text says to look at. */
function shows(text) {
  const names = [...text.matchAll(/scenarios\/([\w-]+)\.toml/g)].map((match) => match[1]).filter((name) => shelf.scenarios.some((scenario) => scenario.name === name));
  return names.flatMap((name) => [" ", button(`Open ${name}`, () => open(name), { className: "small" })]);
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
    return html("li", { className: problem.warning ? "" : "error" }, ...coded(`${problem.warning ? "warning, " : ""}${where}${problem.message}${rest ? ` (${rest})` : ""}`), ...shows(rest));
  }));
  return marked;
}

/** The buttons that add a step to the timeline. */
function steps() {
  const instant = () => `${Math.max(1, Math.round((runLength() * Number(by("when").value)) / 100))} s`;
  const say = () => { by("when-shown").textContent = instant(); };
  by("when").oninput = say;
  say();
  const step = (words, make) => button(words, () => edit([], make(instant())));
  const timeline = (action, lasts) => (at) => `\n[[timeline]]\nat = "${at}"\n${lasts ? `lasts = "${Math.max(2, Math.round(runLength() / 4))} s"\n` : ""}${action}\n`;
  const lanes = (label, platform) => state.run?.report.systems.find((system) => system.label === label)?.lanes.filter((lane) => lane.closed === null).length ?? (platform === "kinesis" ? 4 : 6);
  const most = Math.max(0, ...systemsOf(state.values).map(([label, platform]) => lanes(label, platform)));
  const made = [step("Kill zone az2", timeline('action.az-down = "az2"', true)), step(`${{ 1: "Scale", 2: "Scale both" }[systemsOf(state.values).length] ?? "Scale all"} to ${2 * most}`, timeline(`action.scale-to = ${2 * most}`))];
  for (const [label, platform] of systemsOf(state.values)) {
    if (platform === "kinesis") {
      made.push(step(`Split the hot shard of ${label}`, (at) => `\n[[system.${label}.kinesis.call]]\nat = "${at}"\nSplitShard = { ShardToSplit = "${hottest(label)}" }\n`));
    } else {
      made.push(step(`Add partitions to ${label}`, (at) => `\n[[system.${label}.kafka.call]]\nat = "${at}"\nCreatePartitions = { count = ${2 * lanes(label, platform)} }\n`));
    }
  }
  by("step-buttons").replaceChildren(...made);
}

/** The name of the open shard that was used most. */
function hottest(label) {
  const lanes = state.run?.report.systems.find((system) => system.label === label)?.lanes.filter((lane) => lane.closed === null) ?? [];
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
  say("The simulation runs …");
  busy(true);
  let asked = request();
  let answer = await ask("run", asked, { heard });
  if (serial !== state.serial) return;
  // What happens after the first minute makes a short run invalid: then the whole run is simulated.
  if (answer.ok && !answer.ok.report && asked.set.length) {
    asked = request({ set: [] });
    answer = await ask("run", asked, { heard });
  }
  if (serial !== state.serial) return;
  busy(false);
  if (answer.error) { say(answer.stopped ? "Stopped. The results are those of the run before." : answer.error, !answer.stopped); return; }
  showProblems(answer.ok.checked);
  if (!answer.ok.report) { say("The scenario has problems; the results are those of the last run that worked.", true); return; }
  state.run = { ...answer.ok, asked };
  const { report } = answer.ok, many = report.systems.length;
  paint(answer.ok.charts.palette);
  say(`Simulated ${number(report.duration_s, "s")} of ${many === 1 ? "one system" : many === 2 ? "both systems" : `${many} systems`} in ${number(answer.ms / 1e3, "s")}.${report.duration_s < length() - 0.5 ? ` The whole scenario is ${number(length(), "s")} long: take away “at most one minute” to simulate it.` : ""}${by("short").checked && report.duration_s > 60 ? " Its steps come later than the first minute, so the whole scenario was simulated." : ""}`);
  steps();
  show();
}

/** Shows whether a run is going on, and how far it is; a short one ends before anybody would look. */
function busy(is) {
  clearTimeout(shownSoon);
  const show = () => { by("busy").hidden = by("cancel").hidden = !is; };
  if (!is) { show(); return; }
  by("busy").value = 0;
  by("how-far").textContent = "";
  shownSoon = setTimeout(show, SHORT_RUN);
}

/** A run has come so far. */
function heard({ done, total }) {
  if (by("busy").hidden) return;
  by("busy").value = Math.min(1, done / total);
  by("how-far").textContent = `${number(done, "s")} of ${number(total, "s")} simulated`;
}

/** The claims with their outcome. */
function claims(report) {
  if (!report.claims.length) return [];
  const item = (claim) => html("li", { className: claim.holds ? "holds" : "broken" }, html("b", { textContent: claim.holds ? "holds: " : "does not hold: " }), html("code", { textContent: claim.that }), ` found ${claim.found}: `, ...coded(claim.why));
  return [html("h2", { textContent: "Claims" }), html("ul", { className: "claims" }, ...report.claims.map(item))];
}

/** A sentence of the verdict with the way to its chart; the system that it speaks of stands out. */
function sentence({ text, chart, at }, drawn, labels) {
  const label = labels.find((one) => text.startsWith(`${one}: `) || text.startsWith(`${one} `)) ?? "";
  const item = html("li", {}, html("b", { textContent: label }), ...coded(text.slice(label.length)));
  const go = (event) => {
    event.preventDefault();
    if (at !== null) drawn.state.point(at);
    by(`chart-${chart}`).scrollIntoView();
  };
  if (chart) item.append(" ", html("a", { href: `#chart-${chart}`, textContent: at === null ? "chart" : `chart at ${number(at, "s")}`, onclick: go }));
  return item;
}

/** Shows the run, beside the one that was kept. */
function show() {
  const { report } = state.run, before = state.before?.report, systems = report.systems.map((system) => system.label);
  const drawn = charts(state.run.charts, { before: state.before?.charts });
  const parts = [html("h2", { textContent: report.title }), html("p", { className: "question", textContent: report.question })];
  const about = shelf.lessons.filter((lesson) => new RegExp(`[\`/]${report.name}[\`./]`).test(lesson.text));
  if (about.length && !hides("answer")) parts.push(html("div", { className: "row" }, ...about.map((lesson) => button(`Lesson: ${titleOf(lesson)}`, () => { keep({ lesson: lesson.name }); part("lessons"); scrollTo(0, 0); }))));
  if (!hides("answer")) {
    parts.push(html("ul", { className: "verdict" }, ...report.verdict.map((one) => sentence(one, drawn, systems))), ...claims(report));
  }
  const answer = html("div", {}, ...parts, html("h2", { textContent: "Charts" }), drawn.root);
  const old = (row) => before && before.rows.find((other) => other.name === row.name && other.consumer === row.consumer);
  const row = (row) => [`${row.name}${row.consumer ? ` (${row.consumer})` : ""}`, ...row.shown, ...(before ? [(old(row)?.shown ?? []).join(" / ")] : []), row.about];
  answer.append(html("h2", { textContent: "Bill" }), table(report.bill_heads.slice(0, 6), report.bill.map((line) => line.slice(0, 6)), "What the run used, and 30 days of it", 2));
  const figures = () => table(["figure", ...systems, ...(before ? ["before"] : []), "what it is"], report.rows.map(row), "Means of all figures");
  const events = () => {
    const all = report.systems.flatMap((system) => system.events.map(([t, entity, what, detail]) => [t, system.label, entity, what, detail])).sort((a, b) => a[0] - b[0]).slice(0, 300);
    return table(["when", "system", "to what", "what", "particulars"], all.map(([t, ...rest]) => [number(t, "s"), ...rest]), "Events", 9);
  };
  answer.append(folded("All figures", figures), folded("What happened", events), files());
  predictFirst(answer, predicts());
  redraw();
  by("foot").textContent = `${report.head}. The same on the command line: ${report.reproduce}`;
  state.played = undefined;
  play();
}

/** Fills the playback, if it is shown and does not have this run yet. */
function play() {
  if (state.shown !== "playback" || state.played === state.run) return;
  state.played = state.run;
  playback(by("playback"), state.run?.report);
}

/** Questions to begin with: the scenario, and in what words a newcomer asks. */
const BEGIN_HERE = [
  ["forty-percent", "Why does a stream at 40 % refuse records?"],
  ["more-partitions", "What does an added partition do to the order of a key?"],
  ["zone-loss-acks-1", "What is lost with acks=1 when a zone dies?"],
];

/** Asks for a prediction before the first results are shown, where the link says so. */
function predictFirst(answer, wanted) {
  if (!wanted || state.predicted) { by("lab").replaceChildren(answer); return; }
  const guess = html("input", { id: "guess" });
  const open = button("Show what happened", () => { state.predicted = true; by("lab").replaceChildren(html("p", { textContent: `You said: ${guess.value || "nothing"}` }), answer); redraw(); });
  by("lab").replaceChildren(html("h2", { textContent: state.run.report.title }), html("p", { className: "question", textContent: state.run.report.question }), html("div", { className: "guess" }, html("label", { htmlFor: "guess", textContent: "What do you think will happen?" }), guess, open));
}

/** All files that a native run leaves, made when they are asked for. */
function files() {
  const box = html("div");
  const make = async () => {
    make_.disabled = true;
    busy(true);
    const answer = await ask("run", { ...state.run.asked, files: "all" }, { heard });
    busy(false);
    make_.disabled = false;
    if (!answer.ok?.charts) { say(answer.error ?? "The scenario has problems.", true); return; }
    const all = await allFiles(answer.ok.files, answer.ok.charts, say);
    say(`${all.length} files are ready.`);
    box.replaceChildren(...fileList(state.name, all));
    by("save-zip").focus();
  };
  const make_ = button("Make the files", make, { id: "make-files" });
  return html("details", { id: "files", open: true }, html("summary", { textContent: "Files of this run" }), html("p", { textContent: "Everything that a run of the program leaves: tables, charts as pictures and data, the report, the scenario with all defaults." }), make_, box);
}

// --- the page ------------------------------------------------------------------------------------------------------

/** Shows one of the parts of the page. */
function part(name) {
  state.shown = name;
  for (const tab of document.querySelectorAll("[data-part]")) {
    tab.setAttribute("aria-pressed", tab.dataset.part === name);
    by(tab.dataset.part).hidden = tab.dataset.part !== name;
  }
  document.body.dataset.shown = name;
  keep({ part: name === "lab" ? "" : name });
  if (name === "lessons") showLesson(flags().get("lesson"));
  if (name === "quiz") showQuiz();
  play();
  redraw();
}

/** Opens a scenario in the lab. */
function open(name) {
  state.name = name;
  state.before = undefined;
  state.predicted = false;
  by("pick").value = name;
  by("seed").value = "";
  part("lab");
  change(shipped(name));
  // On a narrow screen the results stand below the settings.
  if (NARROW.matches) by("main").scrollIntoView(); else scrollTo(0, 0);
  by("main").focus({ preventScroll: true });
}

function listen() {
  by("pick").onchange = () => open(by("pick").value);
  by("toml").oninput = () => change(by("toml").value);
  by("toml").onscroll = () => { by("marks").scrollTop = by("toml").scrollTop; by("marks").scrollLeft = by("toml").scrollLeft; };
  by("seed").onchange = () => change(state.text);
  by("short").onchange = () => change(state.text);
  by("go").onclick = run;
  by("to-results").onclick = (event) => { event.preventDefault(); by("main").scrollIntoView(); by("main").focus({ preventScroll: true }); };
  by("cancel").onclick = () => { clearTimeout(due); stop(); };
  by("reset").onclick = () => open(state.name);
  by("keep").onclick = () => { state.before = state.run; say("Kept. What comes next is drawn over it."); show(); };
  by("share").onclick = async () => {
    remember();
    try { await navigator.clipboard.writeText(location.href); say("The link was copied."); } catch { say("The link stands in the address bar."); }
  };
  by("save-scenario").onclick = () => save(`${state.name}.toml`, state.text);
  for (const flag of ["toml", "answer", "predict"]) by(`flag-${flag}`).onchange = teach;
  by("theme").onchange = () => { document.documentElement.dataset.theme = by("theme").value; };
  for (const tab of document.querySelectorAll("[data-part]")) tab.onclick = () => {
    part(tab.dataset.part);
    if (NARROW.matches && tab.dataset.part === "playback") by("main").scrollIntoView();
  };
  addEventListener("hashchange", () => {
    // A link to a place in the page, such as the one that skips the settings, says nothing of a scenario.
    if (!location.hash.includes("=")) { remember(); return; }
    restore(); by("pick").value = state.name; part(wantedPart()); change(state.text);
  });
}

const wantedPart = () => (PARTS.includes(flags().get("part")) ? flags().get("part") : "lab");

/** The shipped scenarios that a page cannot hold, with the reason. */
async function tellHeld() {
  const answer = await ask("held", {});
  const list = answer.ok ?? [];
  by("held").replaceChildren(...(list.length ? list.map(({ name, why }) => html("li", {}, html("code", { textContent: name }), `: ${why}`)) : [html("li", { textContent: "none" })]));
}

async function main() {
  const answer = await ask("shelf", {});
  if (answer.error) { say(`The simulator cannot be started: ${answer.error}`, true); return; }
  shelf = answer.ok;
  const title = (scenario) => (scenario.text.match(/^question = "(.*)"/m) ?? [null, scenario.name])[1];
  by("pick").replaceChildren(...shelf.scenarios.map((scenario) => html("option", { value: scenario.name, textContent: scenario.name === START ? "Start empty: a minute on both" : `${title(scenario)} (${scenario.name})` })));
  by("begin-here").append(html("p", { textContent: "Begin with one of these:" }), html("ul", { className: "begin" }, ...BEGIN_HERE.map(([name, words]) => html("li", {}, button(words, () => open(name))))));
  restore();
  by("pick").value = state.name;
  by("toml").value = state.text;
  listen();
  showLesson = lessons(by("lessons"), shelf, { open, predict: predicts, chosen: (lesson) => keep({ lesson }) });
  showQuiz = quiz(by("quiz"), { open, options: { predict: predicts, kept: () => Object.fromEntries(flags()), keep } });
  document.body.dataset.shown = "lab";
  by("toml-box").open = !NARROW.matches;
  await run();
  if (wantedPart() !== "lab") part(wantedPart());
  by("about").ontoggle = () => { if (by("about").open) tellHeld(); };
}

main();
