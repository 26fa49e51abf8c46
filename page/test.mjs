// Opens the page in a headless Chromium, from disk, and uses it as a reader would. It speaks the browser's own
// DevTools protocol, so that no package is needed. Usage: node page/test.mjs PAGE CHROMIUM [FOLDER FOR SCREENSHOTS]

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [page, chromium, pictures] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), "page-"));
const browser = spawn(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", `--user-data-dir=${profile}`, "--allow-file-access-from-files", "about:blank"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
let serial = 0, session, rest = "";
const waiting = new Map(), complaints = [];
browser.stdio[4].on("data", (bytes) => {
  const parts = (rest + bytes).split("\0");
  rest = parts.pop();
  for (const part of parts) {
    const message = JSON.parse(part);
    if (message.id) { waiting.get(message.id)(message); waiting.delete(message.id); }
    if (message.method === "Runtime.exceptionThrown") complaints.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
    if (message.method === "Log.entryAdded" && message.params.entry.level === "error") complaints.push(message.params.entry.text);
  }
});
const send = (method, params = {}, to = session) => new Promise((resolve, reject) => {
  serial += 1;
  waiting.set(serial, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
  browser.stdio[3].write(`${JSON.stringify({ id: serial, method, params, sessionId: to })}\0`);
});
/** Evaluates an expression in the page. */
async function look(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
/** Waits until an expression is true in the page. */
async function until(expression, seconds = 60) {
  for (let tries = 0; tries < seconds * 20; tries += 1) {
    if (await look(expression)) return;
    await sleep(50);
  }
  throw new Error(`still not true after ${seconds} s: ${expression}; the page says: ${await look("document.getElementById('status').textContent")}`);
}
const DONE = "/of both systems in/.test(document.getElementById('status').textContent)";
/** Does something that begins a run, and waits for its end. */
async function afterwards(expression, seconds) {
  await look("document.getElementById('status').textContent = ''");
  const begin = Date.now();
  await look(`(() => { ${expression}; })()`);
  await until(DONE, seconds);
  return Date.now() - begin;
}
const verdict = () => look("document.querySelector('.verdict').textContent");
async function picture(name, width) {
  await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });
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
  return Date.now() - begin;
}

async function main() {
  const { targetId } = await send("Target.createTarget", { url: "about:blank" }, undefined);
  ({ sessionId: session } = await send("Target.attachToTarget", { targetId, flatten: true }, undefined));
  for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);
  const first = await visit();
  check(true, "the page opens from disk and shows a result", `${first} ms`);
  const before = await verdict();
  await picture("lab", 1280);
  await picture("lab", 390);
  const slider = await afterwards("const k = document.getElementById('knob-kinesis-shards'); k.value = 0; k.dispatchEvent(new Event('change'))");
  check((await verdict()) !== before, "a slider changes the outcome", `${slider} ms`);
  check(await look("document.querySelectorAll('.claims .broken').length > 0"), "a claim turns red");
  const zone = await afterwards("[...document.querySelectorAll('#step-buttons button')].find((b) => /Kill/.test(b.textContent)).click()");
  check(await look("document.getElementById('toml').value.includes('az-down')"), "a zone is lost", `${zone} ms`);
  const link = await look("location.hash"), told = await verdict();
  await visit(link);
  check((await verdict()) === told, "a link restores what was seen");
  await afterwards("document.getElementById('toml').value = document.getElementById('toml').value.replace('ShardCount', 'ShardCuont'); document.getElementById('toml').dispatchEvent(new Event('input'))").catch(() => {});
  check(await look("document.querySelectorAll('#marks u').length > 0 && /ShardCount/.test(document.getElementById('problems').textContent)"), "a mistake is underlined and explained");
  const wiki = await visit("#from=first-light");
  check(await look("/wikipedia/i.test(document.getElementById('lab').textContent)"), "first-light runs", `${wiki} ms`);
  await look("document.querySelector('[data-part=playback]').click()");
  await look("(() => { const k = document.getElementById('key'); k.value = 'user-7'; k.dispatchEvent(new Event('input')); })()");
  await until("/40ca09790c31c57ae9b468903f6cd580/.test(document.getElementById('hashed').textContent)", 10);
  check(true, "a key is hashed in the playback");
  await look("document.getElementById('play').click()");
  await sleep(1500);
  check(await look("Number(document.querySelector('#playback input[type=range]').value) > 0"), "the playback plays");
  await look("document.getElementById('play').click()");
  await picture("playback", 1280);
  await picture("playback", 390);
  await look("document.querySelector('[data-part=lessons]').click()");
  await picture("lessons", 1280);
  await picture("lessons", 390);
  const lesson = await afterwards("[...document.querySelectorAll('#lessons button')][0].click()", 120);
  check(true, "a lesson's experiment runs", `${lesson} ms`);
  const unnamed = await look("[...document.querySelectorAll('button, input, select, textarea')].filter((e) => e.offsetParent && !(e.labels?.length || e.ariaLabel || e.getAttribute('aria-label') || e.textContent.trim())).length");
  check(unnamed === 0, "every control has a name", unnamed);
  await visit();
  for (let count = 0; count < 4; count += 1) await send("Input.dispatchKeyEvent", { type: "keyDown", key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 });
  check(await look("document.activeElement.tagName === 'BUTTON'"), "the keyboard reaches the buttons", await look("document.activeElement.textContent"));
  await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: "dark" }] });
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
browser.kill();
browser.on("exit", () => { fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); process.exit(code); });
