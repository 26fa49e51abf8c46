// Opens the page in a headless Chromium, from disk, and uses it as a reader would.
// Usage: node page/test.mjs PAGE CHROMIUM [FOLDER FOR SCREENSHOTS [PART OF THE TEST]]

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { inflateRawSync } from "node:zlib";
import { open, sleep } from "./browser.mjs";
import { CONTRAST, LAYOUT } from "./readable.mjs";

const [page, chromium, pictures, only] = process.argv.slice(2);
const { send, look, until, width: setWidth, theme: setTheme, end, complaints, profile } = await open(chromium);
const DONE = "/ s of (both|one|[0-9]+) systems? in |min of (both|one|[0-9]+) systems? in /.test(document.getElementById('status').textContent)";
/** Waits until what is in view was drawn. */
const drawn = () => look("new Promise((next) => requestAnimationFrame(() => setTimeout(next)))");
/** Does something that begins a run, and waits for its end. */
async function afterwards(expression, seconds) {
  await look("document.getElementById('status').textContent = ''");
  const begin = Date.now();
  await look(`(() => { ${expression}; })()`);
  await until(DONE, seconds);
  await drawn();
  return Date.now() - begin;
}
const RANGE = "document.querySelector('#playback input[type=range]')";
const AT = `Number(${RANGE}.value)`;
const verdict = () => look("document.querySelector('.verdict').textContent");
async function picture(name, width) {
  await setWidth(width);
  await sleep(150);
  const wide = await look("document.documentElement.scrollWidth");
  check(wide <= width, `${name}: no sideways scrolling at ${width} px`, `${wide} px`);
  if (!pictures) return;
  const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true, clip: { x: 0, y: 0, width, height: Math.min(4000, await look("document.documentElement.scrollHeight")), scale: 1 } });
  fs.writeFileSync(path.join(pictures, `${name}-${width}.png`), Buffer.from(data, "base64"));
}
let [passed, failed] = [0, 0];
function check(holds, what, found = "") {
  if (holds) passed += 1; else failed += 1;
  console.log(`${holds ? "ok" : "NOT OK"}: ${what}${found === "" ? "" : ` (${found})`}`);
}
async function visit(fragment = "") {
  await send("Page.navigate", { url: "about:blank" });
  const begin = Date.now();
  await send("Page.navigate", { url: pathToFileURL(path.resolve(page)).href + fragment });
  await until(`document.readyState === "complete" && ${DONE}`);
  await drawn();
  return Date.now() - begin;
}


// --- what a reader could not read ----------------------------------------------------------------------------------

async function readable(what, width) {
  await setWidth(width);
  await sleep(250);
  const faults = await look(LAYOUT);
  check(faults.length === 0, `${what}: no text of a chart over another or outside, no low panel at ${width} px`, faults.join("; "));
}
async function theme(value) {
  await setTheme(value);
  await sleep(100);
}
async function contrast(what) {
  for (const value of ["light", "dark"]) {
    await theme(value);
    const faults = await look(CONTRAST);
    check(faults.length === 0, `${what}: contrast AA in ${value} colours`, faults.join("; "));
  }
  await theme("light");
}

// --- what is saved -------------------------------------------------------------------------------------------------

/** Names and bytes of an archive. */
function unzip(bytes) {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6])), files = new Map();
  let at = bytes.readUInt32LE(end + 16);
  for (let n = 0; n < bytes.readUInt16LE(end + 10); n += 1) {
    const [packed, long, begin] = [bytes.readUInt32LE(at + 20), bytes.readUInt16LE(at + 28), bytes.readUInt32LE(at + 42)];
    const from = begin + 30 + bytes.readUInt16LE(begin + 26);
    files.set(bytes.toString("utf8", at + 46, at + 46 + long), inflateRawSync(bytes.subarray(from, from + packed)));
    at += 46 + long;
  }
  return files;
}
/** Presses a button that saves a file, and reads the file. */
async function saved(expression, name) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "saved-"));
  await send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder }, undefined);
  await look(`(() => { ${expression}; })()`);
  for (let tries = 0; tries < 200 && !fs.existsSync(path.join(folder, name)); tries += 1) await sleep(50);
  await sleep(100);
  const bytes = fs.readFileSync(path.join(folder, name));
  fs.rmSync(folder, { recursive: true });
  return bytes;
}
async function press(key, code = key, keyCode = key.toUpperCase().charCodeAt(0), text = key.length === 1 ? key : undefined) {
  await send("Input.dispatchKeyEvent", { type: "keyDown", key, code, windowsVirtualKeyCode: keyCode, text });
  await send("Input.dispatchKeyEvent", { type: "keyUp", key, code, windowsVirtualKeyCode: keyCode });
}
const enter = () => press("Enter", "Enter", 13, "\r");
const words = (id) => look(`document.getElementById('${id}').textContent`);
const click = (text, within = "document") => `[...${within}.querySelectorAll('button')].find((b) => b.offsetParent && b.textContent.startsWith('${text}')).click()`;

async function theLab() {
  const first = await visit();
  check(true, "the page opens from disk and shows a result", `${first} ms`);
  const before = await verdict();
  await look("document.querySelector('section.chart').scrollIntoView()");
  await drawn();
  check(await look("document.querySelectorAll('section.chart .panel svg path').length > 10"), "charts are drawn from their descriptions", await look("[...document.querySelectorAll('section.chart')].map((c) => c.id).join(' ')"));
  check(await look("[...document.querySelectorAll('.verdict a')].every((a) => document.getElementById(a.getAttribute('href').slice(1)))"), "sentences lead to charts", await look("document.querySelectorAll('.verdict a').length"));
  check(await look("[...document.querySelectorAll('section.chart')].at(-1).querySelectorAll('svg text').length === 0"), "what is far from the window is not drawn");
  await look("scrollTo(0, 0)");
  await picture("lab", 1280);
  await picture("lab", 390);
  for (const width of [1280, 390]) await readable("lab", width);
  await contrast("lab");
  const slider = await afterwards("const k = document.getElementById('knob-kinesis-shards'); k.value = 0; k.dispatchEvent(new Event('change'))");
  check((await verdict()) !== before, "a slider changes the outcome", `${slider} ms`);
  check(await look("document.querySelectorAll('.claims .broken').length > 0"), "a claim turns red");
  await look("document.getElementById('keep').click()");
  const zone = await afterwards("[...document.querySelectorAll('#step-buttons button')].find((b) => /Kill/.test(b.textContent)).click()");
  check(await look("document.getElementById('toml').value.includes('az-down')"), "a zone is lost", `${zone} ms`);
  check(await look("[...document.querySelectorAll('.legend')].some((l) => l.textContent.includes('before'))"), "the run before is drawn under the new one");
  await picture("before-after", 1280);
  const link = await look("location.hash"), told = await verdict();
  await visit(link);
  check((await verdict()) === told, "a link restores what was seen");
  for (const [name, sign] of [["Split the hot shard", "SplitShard"], ["Add partitions", "CreatePartitions"], ["Scale both", "scale-to"]]) {
    await afterwards(click(name, "document.getElementById('step-buttons')"));
    check(await look(`document.getElementById('toml').value.includes('${sign}') && !document.querySelector('#problems .error')`), `${name} while it runs`);
  }
  await afterwards("document.getElementById('toml').value = document.getElementById('toml').value.replace('ShardCount', 'ShardCuont'); document.getElementById('toml').dispatchEvent(new Event('input'))", 5).catch(() => {});
  check(await look("document.querySelectorAll('#marks u').length > 0 && /ShardCount/.test(document.getElementById('problems').textContent)"), "a mistake is underlined and explained");
}

/** The rate slider leaves the times of a shape as they are. */
async function theShapes() {
  await visit("#from=forty-percent");
  const arrivals = () => look("/^arrivals = .*$/m.exec(document.getElementById('toml').value)[0]"), before = await arrivals();
  await afterwards("const k = document.getElementById('knob-Workload-rate'); k.value = Number(k.value) - 5; k.dispatchEvent(new Event('change'))");
  const after = await arrivals(), times = (law) => law.match(/\b(on|off) = "[^"]*"/g).join(" "), rates = (law) => law.match(/[\d.]+ records\/s/g).map(Number.parseFloat);
  const [[loud, quiet], [less, lesser]] = [rates(before), rates(after)];
  check(times(after) === times(before), "another rate leaves the times of a shape", `${before}; ${after}`);
  check(less < loud && Math.abs(lesser / less - quiet / loud) < 0.01, "and the ratio of its rates", `${less} and ${lesser} records/s`);
}

/** What a teacher's link hides. */
async function theFlags() {
  await visit("#from=start&predict=1");
  check(await look("!document.querySelector('.verdict') && !document.querySelector('section.chart')"), "predict first: no results before a prediction");
  await look(`(() => { document.getElementById('guess').value = 'nothing is lost'; ${click("Show what happened")}; })()`);
  await look("document.querySelector('section.chart').scrollIntoView()");
  await drawn();
  check(await look("/You said: nothing is lost/.test(document.getElementById('lab').textContent) && document.querySelectorAll('section.chart .panel svg path').length > 10"), "and results after it");
  await visit("#from=start&hide=toml,answer");
  check(await look("!document.querySelector('.verdict') && !document.querySelector('.claims') && document.getElementById('toml-box').hidden"), "text and answer are hidden");
  await look("document.getElementById('teachers').open = true");
  await look("(() => { const box = document.getElementById('flag-answer'); box.checked = false; box.dispatchEvent(new Event('change')); })()");
  check(await look("!!document.querySelector('.verdict') && location.hash.includes('hide=toml')"), "a box takes a flag away");
  await look("document.getElementById('about').open = true");
  await until("document.querySelectorAll('#held li').length > 0", 60);
  check(await look("/GB of memory|none/.test(document.getElementById('held').textContent)"), "the page says which scenarios it cannot hold", await words("held"));
}

async function theFiles() {
  await visit();
  await look("document.getElementById('make-files').click()");
  await until("document.getElementById('save-zip')", 60);
  const files = unzip(await saved("document.getElementById('save-zip').click()", "start.zip"));
  const names = [...files.keys()], charts = names.filter((name) => name.endsWith(".svg"));
  const wanted = ["summary.csv", "series.csv", "ledger.csv", "report.md", "report.html", "charts.json", "scenario.toml"];
  check(wanted.every((name) => files.get(name)?.length), "the archive has tables, report, charts as data and the scenario", names.length);
  check(charts.length > 3 && charts.every((name) => /^<svg/.test(files.get(name).toString()) && !/var\(--|NaN|undefined/.test(files.get(name).toString())), "every chart is there as SVG", charts.length);
  const wide = (bytes) => bytes.readUInt32BE(16);
  check(charts.every((name) => wide(files.get(name.replace(".svg", ".png"))) === 1600), "every chart is there as PNG, 1600 px wide");
  const single = await saved("[...document.querySelectorAll('.files button')].find((b) => b.textContent === 'summary.csv').click()", "summary.csv");
  check(single.equals(files.get("summary.csv")), "a single file is saved, too");
  const chart = await saved("[...document.querySelectorAll('.chart .row button')].find((b) => b.textContent === 'Save as PNG').click()", "throughput.png");
  check(wide(chart) === 1600, "a chart is saved from its place");
  if (pictures) for (const name of charts) fs.writeFileSync(path.join(pictures, path.basename(name).replace(".svg", ".png")), files.get(name.replace(".svg", ".png")));
  const report = path.join(profile, "report.html");
  fs.writeFileSync(report, files.get("report.html"));
  await send("Page.navigate", { url: pathToFileURL(report).href });
  await until("document.readyState === 'complete' && document.querySelector('.panel svg[height]')", 20);
  await look("document.querySelector('section.chart').scrollIntoView()");
  await until("document.querySelectorAll('.panel svg path').length > 10", 20);
  check(await look("[...document.querySelectorAll('#verdict ~ ul a')].every((a) => document.getElementById(a.getAttribute('href').slice(1))?.matches('section.chart'))"), "report.html: every sentence's link leads to a chart", await look("document.querySelectorAll('#verdict ~ ul a').length"));
  await picture("report", 1280);
  await picture("report", 390);
  for (const width of [1280, 390]) await readable("report.html", width);
  await contrast("report.html");
}

/** Many systems: copies of one, with labels of their own. */
async function manySystems() {
  for (const count of [3, 6, 12]) {
    await visit();
    const more = Array.from({ length: count - 2 }, (_, n) => `[system.stream-${n + 1}.kinesis]\\nShardCount = ${n + 2}\\n`).join("\\n");
    await afterwards(`const t = document.getElementById('toml'); t.value += "\\n${more}"; t.dispatchEvent(new Event('input'))`, 120);
    check(await look(`document.querySelectorAll('.tools input').length === ${count}`), `${count} systems run`);
    const names = (selector, words) => look(`[...document.querySelectorAll('${selector}')].map((e) => e.textContent${words}).join(' ')`);
    check((await names("#knobs fieldset + fieldset legend", ".split(' ')[0]")) === (await names(".tools label", ".trim()")), `${count} systems: sliders and charts have them in one order`);
    for (const width of [1280, 390]) await readable(`${count} systems`, width);
    await picture(`systems-${count}`, 1280);
  }
}

async function thePlayback() {
  const wiki = await visit("#from=first-light");
  check(await look("/wikipedia/i.test(document.getElementById('lab').textContent)"), "first-light runs", `${wiki} ms`);
  await visit("#from=more-partitions");
  await look("document.querySelector('[data-part=playback]').click()");
  await look("(() => { const k = document.getElementById('key'); k.value = 'user-7'; k.dispatchEvent(new Event('input')); })()");
  await until("/murmur2 of the key is/.test(document.getElementById('hashed').textContent)", 10);
  check(/from .* on partition/.test(await words("hashed")), "a key is followed through added partitions", (await words("hashed")).slice(-160));
  await theClock();
  await picture("playback", 1280);
  await picture("playback", 390);
  for (const width of [1280, 390]) await readable("playback", width);
  await contrast("playback");
  await visit("#from=split-while-lagging");
  await look("document.querySelector('[data-part=playback]').click()");
  await look("(() => { const k = document.getElementById('key'); k.value = 'user-7'; k.dispatchEvent(new Event('input')); })()");
  await until("/40ca09790c31c57ae9b468903f6cd580/.test(document.getElementById('hashed').textContent)", 10);
  check(/from .* on shard/.test(await words("hashed")), "a key is hashed and followed through a split");
}

/** Play, speed, pause, step and scrub, with the ticks of the clock given by hand: no figure depends on the machine. */
async function theClock() {
  await look("document.getElementById('play').click()");
  await until(`${AT} > 0`, 10);
  check(true, "the playback plays");
  await look("document.getElementById('play').click()");
  await look("(() => { window.tick = null; window.setInterval = (act, ms) => { window.tick = { act, ms }; return 7; }; window.clearInterval = () => { window.tick = null; }; })()");
  const whole = await look(`Number(${RANGE}.max)`), near = (found, wanted) => Math.abs(found - wanted) <= whole / 400;
  const scrub = (to) => look(`(() => { const r = ${RANGE}; r.value = ${to}; r.dispatchEvent(new Event('input')); })()`);
  for (const [word, seconds] of [["slow", 60], ["usual", 20], ["fast", 7]]) {
    await scrub(0);
    await look(`(() => { const s = document.querySelector('#playback select'); s.value = [...s.options].find((o) => o.textContent.startsWith('${word}')).value; document.getElementById('play').click(); })()`);
    const second = await look(`(() => { const n = Math.round(1000 / tick.ms); for (let i = 0; i < n; i += 1) tick.act(); return ${AT}; })()`);
    check(near(second, whole / seconds), `${word}: the whole run takes ${seconds} s`, `${second} of ${whole} s in a second`);
    await look("document.getElementById('play').click()");
    check(await look("tick === null && document.getElementById('play').textContent === 'Play'"), `${word}: it pauses`);
    check((await look(AT)) === second, `${word}: and stays where it is`);
  }
  const before = await look(AT);
  await look(click("Step"));
  check(near(await look(AT), before + whole / 60), "it steps a sixtieth of the run");
  await scrub(whole / 2);
  check(near(Number.parseFloat(await look("document.querySelector('#playback output').textContent")) * (whole >= 180 ? 60 : 1), whole / 2), "it is scrubbed to its middle, and says so");
  const lanes = () => look("[...document.querySelectorAll('.stage svg')].map((s) => parseInt(s.getAttribute('aria-label'))).join(' ')");
  await scrub(0);
  const first = await lanes();
  await scrub(whole);
  check((await lanes()) !== first, "partitions that are added are drawn from then on", `${first}, then ${await lanes()}`);
  await look("document.getElementById('play').click()");
  check((await look(AT)) === 0 && (await look("!!tick")), "at the end, it plays from the beginning again");
  await look("(() => { for (let i = 0; tick; i += 1) tick.act(); })()");
  check((await look(AT)) === whole, "and stops at the end");
}

/** A newcomer's three questions: the first button, and what the page then says. */
async function theQuestions() {
  for (const [name, question, answers] of [
    ["forty-percent", "Why does a stream", [/main cause of refused attempts/, /used \d+\.\d % of its limit on average/]],
    ["more-partitions", "What does an added", [/after a later one of their key/]],
    ["zone-loss-acks-1", "What is lost with", [/lost/]],
  ]) {
    await visit();
    await afterwards(click(question), 120);
    const said = await look("document.getElementById('lab').textContent");
    for (const answer of answers) check(answer.test(said), `${name}: the page says ${answer}`);
    if (pictures) console.log(await verdict());
    for (const width of [1280, 390]) await picture(`question-${name}`, width);
  }
}

async function theLessons() {
  await visit("#part=lessons&lesson=throttled-at-forty-percent");
  await look("document.querySelector('.picture').scrollIntoView()");
  await until("document.querySelector('.lesson .panel svg path')", 120);
  check(await look("document.querySelectorAll('.lesson strong').length > 0 && document.querySelectorAll('.lesson em').length > 0"), "a lesson has emphasis");
  check(true, "a lesson's chart is drawn from a run in the page");
  await readable("lessons", 1280);
  await picture("lessons", 1280);
  await picture("lessons", 390);
  await contrast("lessons");
  const lesson = await afterwards("[...document.querySelectorAll('#lessons button')].find((b) => b.textContent.startsWith('Try')).click()", 120);
  check((await look("document.getElementById('pick').value")) === "forty-percent", "a lesson's experiment runs", `${lesson} ms`);
  await visit("#part=lessons&lesson=from-where-on");
  check(await look("[...document.querySelectorAll('.lesson .picture')].every((box) => box.textContent.trim() !== '')"), "a lesson says why a chart of many runs is not drawn");
  await visit("#part=lessons&lesson=throttled-at-forty-percent&predict=1");
  check(await look("!/What it shows/.test(document.querySelector('.lesson').textContent)"), "predict first: a lesson hides what it found");
  await look(`(() => { document.getElementById('lesson-guess').value = 'x'; ${click("Show what happened")}; })()`);
  check(await look("/You said: x/.test(document.querySelector('.lesson').textContent) && /What it shows/.test(document.querySelector('.lesson').textContent)"), "and shows it after a prediction");
}

async function theQuiz() {
  await visit("#part=quiz&topic=failures&count=5&quiz=3");
  await until("document.querySelectorAll('.option').length === 4", 10);
  check(await look("document.activeElement.name === 'option'"), "the quiz begins with the focus on its answers");
  await picture("quiz", 1280);
  let right = 0;
  for (let place = 0; place < 5; place += 1) {
    await press("b", "KeyB", 66);
    check(await look("document.querySelectorAll('input[name=option]')[1].checked"), `question ${place + 1}: a letter chooses`);
    await enter();
    await until("/Right|Wrong/.test(document.getElementById('feedback').textContent)", 5);
    const said = await words("feedback");
    right += said.startsWith("Right") ? 1 : 0;
    check((said.match(/[A-D](, right)?: /g) ?? []).length === 4, "every answer has its reason");
    if (place === 0) { await picture("feedback", 390); await contrast("quiz"); }
    check(await look("document.activeElement.id === 'next'"), "the focus is on the next question");
    await enter();
  }
  check((await look("document.querySelector('#quiz-page h2').textContent")) === `${right} of 5 right`, "the score is told", `${right} of 5`);
  await visit("#part=quiz&quiz=3&predict=1");
  await until("document.getElementById('quiz-guess')", 10);
  check(await look("document.querySelectorAll('.option').length === 0"), "predict first: no answers before a prediction");
  await look("document.getElementById('quiz-guess').form.requestSubmit()");
  check(await look("document.querySelectorAll('.option').length === 4"), "and answers after it");
}

async function progressAndCancel() {
  await visit("#from=hot-key");
  await look("(() => { document.getElementById('status').textContent = ''; document.getElementById('short').checked = false; document.getElementById('short').dispatchEvent(new Event('change')); })()");
  await until("document.getElementById('busy').value > 0.02 && !document.getElementById('busy').hidden", 60);
  check(/simulated/.test(await words("how-far")), "a long run tells how far it is", await words("how-far"));
  await look("document.getElementById('cancel').click()");
  await until("/Stopped/.test(document.getElementById('status').textContent)", 5);
  check(await look("document.getElementById('cancel').hidden"), "it can be cancelled");
  await afterwards("document.getElementById('short').checked = true; document.getElementById('short').dispatchEvent(new Event('change'))", 60);
  check(true, "and another run works afterwards");
}

async function main() {
  await theme("light");
  const parts = { theLab, theShapes, theFlags, theFiles, manySystems, thePlayback, theQuestions, theLessons, theQuiz, progressAndCancel };
  for (const [name, part] of Object.entries(parts)) if (!only || only === name) await part();
  if (only) return;
  await visit();
  const unnamed = await look("[...document.querySelectorAll('button, input, select, textarea')].filter((e) => e.offsetParent && !(e.labels?.length || e.ariaLabel || e.getAttribute('aria-label') || e.textContent.trim())).length");
  check(unnamed === 0, "every control has a name", unnamed);
  for (let count = 0; count < 4; count += 1) await send("Input.dispatchKeyEvent", { type: "keyDown", key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
  check(await look("document.activeElement.tagName === 'BUTTON'"), "the keyboard reaches the buttons", await look("document.activeElement.textContent"));
  await theme("dark");
  await picture("dark", 1280);
  check(complaints.length === 0, "no error on the console", complaints.join("; "));
}

let code = 1;
try {
  await main();
  code = failed ? 1 : 0;
} catch (error) {
  failed += 1;
  console.log(`NOT OK: ${error.message}`, complaints.join("; "));
}
console.log(`${passed} passed, ${failed} failed`);
end(code);
