// Opens the report.html of every folder of results in a headless Chromium and looks for what a reader could not read: text over
// text, text outside a chart, panels that are too low, weak contrast, sideways scrolling, links that lead nowhere.
// Usage: node page/reports.mjs FOLDER CHROMIUM

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { open, sleep } from "./browser.mjs";
import { CONTRAST, LAYOUT } from "./readable.mjs";

const [folder, chromium] = process.argv.slice(2);
const { send, look, until, width, theme, end, complaints } = await open(chromium);
const LINKS = "[...document.querySelectorAll('a[href^=\"#\"]')].map((a) => a.getAttribute('href').slice(1)).filter((id) => !document.getElementById(id))";

/** What is wrong with a report. */
async function faults(file) {
  const found = [];
  await send("Page.navigate", { url: pathToFileURL(path.resolve(file)).href });
  await until("document.readyState === 'complete' && (!document.querySelector('figure') || document.querySelector('.panel svg[height]'))");
  found.push(...(await look(LINKS)).map((id) => `a link leads to #${id}, which is not there`));
  for (const pixels of [1280, 390]) {
    await width(pixels);
    await sleep(200);
    found.push(...(await look(LAYOUT)).map((fault) => `${pixels} px: ${fault}`));
    const wide = await look("document.documentElement.scrollWidth");
    if (wide > pixels) found.push(`${pixels} px: it is ${wide} px wide`);
  }
  await width(1280);
  for (const colours of ["light", "dark"]) {
    await theme(colours);
    await sleep(50);
    found.push(...(await look(CONTRAST)).map((fault) => `${colours}: ${fault}`));
  }
  return found;
}

let failed = 0, looked = 0;
for (const name of fs.readdirSync(folder).sort()) {
  const file = path.join(folder, name, "report.html");
  if (!fs.existsSync(file)) continue;
  looked += 1;
  const found = await faults(file);
  if (found.length) failed += 1;
  for (const fault of found) console.log(`${name}: ${fault}`);
}
for (const complaint of complaints) console.log(`console: ${complaint}`);
console.log(`${looked} reports, ${failed} with faults`);
end(failed || complaints.length || !looked ? 1 : 0);
