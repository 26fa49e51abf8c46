// Drives a headless Chromium over its own DevTools protocol, so that no package is needed.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Starts the browser with one empty page; gives the functions that use it. */
export async function open(chromium) {
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
  const { targetId } = await send("Target.createTarget", { url: "about:blank" }, undefined);
  ({ sessionId: session } = await send("Target.attachToTarget", { targetId, flatten: true }, undefined));
  for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);
  /** Evaluates an expression in the page. */
  const look = async (expression) => {
    const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  /** Waits until an expression is true in the page. */
  const until = async (expression, seconds = 60) => {
    const end = Date.now() + seconds * 1000;
    while (Date.now() < end) {
      if (await look(expression)) return;
      await sleep(50);
    }
    throw new Error(`still not true after ${seconds} s: ${expression}; the page says: ${await look("document.getElementById('status')?.textContent")}`);
  };
  const width = (pixels) => send("Emulation.setDeviceMetricsOverride", { width: pixels, height: 900, deviceScaleFactor: 1, mobile: false });
  const theme = (value) => send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
  /** Ends the browser, and then the program. */
  const end = (code) => {
    browser.on("exit", () => {
      // A process of the browser may still write there; then the folder stays.
      try { fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5 }); } catch { /* It is in the folder for temporary files. */ }
      process.exit(code);
    });
    browser.kill();
  };
  return { send, look, until, width, theme, end, complaints, profile };
}
