// All files that a native run leaves: tables, texts, the scenario and its traces from the simulator, the pictures drawn here.

import { html, button, save } from "./dom.js";
import { svg, png } from "./charts.js";
import { zip } from "./zip.js";

const bytesOf = (file) => (typeof file === "string" ? new TextEncoder().encode(file) : Uint8Array.from(file.hex.match(/../g) ?? [], (digits) => parseInt(digits, 16)));

/** Names and bytes of all files, the pictures with them; `said` is told what is being made. */
export async function allFiles(files, collection, said) {
  const all = Object.entries(files).map(([name, file]) => [name, bytesOf(file)]);
  for (const chart of collection.charts) {
    said(`The picture of ${chart.title} is drawn …`);
    const picture = svg(chart, collection.head);
    all.push([`charts/${chart.name}.svg`, new TextEncoder().encode(picture)]);
    all.push([`charts/${chart.name}.png`, new Uint8Array(await (await png(picture)).arrayBuffer())]);
  }
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The list of files, each with a button, and one button for all of them. */
export function fileList(name, files) {
  const size = (bytes) => (bytes < 1e4 ? `${bytes} B` : bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const one = ([path, bytes]) => html("li", {}, button(path, () => save(path.replaceAll("/", "-"), bytes)), ` ${size(bytes.length)}`);
  const all = button("Save all as one ZIP file", async () => save(`${name}.zip`, await zip(files)), { id: "save-zip", className: "main" });
  return [html("div", { className: "row" }, all), html("ul", { className: "files" }, ...files.map(one))];
}
