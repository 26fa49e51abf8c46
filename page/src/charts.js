// The charts of a run from their descriptions, drawn by the script of the reports; and the pictures of them as files.

import { html, button, coded, save } from "./dom.js";

const PICTURE_WIDTH = 1200; // px
const PNG_WIDTH = 1600; // px
const FONT = "system-ui, 'DejaVu Sans', Verdana, sans-serif";
const drawer = window.streamduelCharts;

/** Takes the colours of the charts into the page: names with a tone for light and one for dark ground. */
export function paint(palette) {
  if (document.getElementById("palette")) return;
  const tones = (place) => Object.entries(palette).map(([name, both]) => `--${name}:${both[place]};`).join("");
  const [light, dark] = [tones(0), tones(1)];
  document.head.append(html("style", { id: "palette", textContent: `:root { ${light} } :root[data-theme=dark] { ${dark} } @media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { ${dark} } } @media print { :root:root { ${light} } }` }));
}

// --- before and after ----------------------------------------------------------------------------------------------

/** An axis that holds the values of two. */
function both(a, b) {
  const [larger, smaller] = a.to >= b.to ? [a, b] : [b, a];
  const from = Math.min(a.from, b.from);
  const more = from < larger.from ? smaller.ticks.filter((tick) => tick.at < larger.ticks[0]?.at) : [];
  return { ...larger, from, ticks: [...more, ...larger.ticks] };
}

/** The lines of a series as they were before: thin, with short dashes. */
const older = (series) => ({ ...series, label: `before: ${series.label}`, look: { ...series.look, dash: "short", width: 3, marker: "none" } });

/** A description with the lines of another run over it, panel by panel, where both have the same panel. */
function overlaid(now, before) {
  const old = before?.charts.find((chart) => chart.name === now.name);
  if (!old) return now;
  let drawn = false;
  const panels = now.panels.map((panel) => {
    const other = old.panels.find((one) => one.title === panel.title && one.y.format === panel.y.format && one.y.scale === panel.y.scale);
    const lines = other?.series.filter((series) => series.kind === "line" || series.kind === "steps") ?? [];
    if (!lines.length || panel.y.format === "name" || panel.x.format === "name") return panel;
    drawn = true;
    const x = panel.x.is_time || other.x.to <= panel.x.to ? panel.x : other.x;
    return { ...panel, x, y: both(panel.y, other.y), series: [...panel.series, ...lines.map(older)], note: null };
  });
  if (!drawn) return now;
  const entry = { label: "before (short dashes)", filled: false, system: null, look: { colour: "soft", dash: "short", marker: "none", width: 3, opacity: 1 } };
  return { ...now, panels, legend: [...now.legend, entry] };
}

// --- charts in the page --------------------------------------------------------------------------------------------

/** The states of all charts, and whether they were in the page before: those that left it are forgotten. */
const states = new Map();
let width = 0;
/** Draws all charts anew when the page has another width, or another part is shown. */
export function redraw() {
  for (const [state, seen] of states) {
    const here = state.charts.some((chart) => chart.root.isConnected);
    if (here) {
      states.set(state, true);
      state.draw();
    } else if (seen) states.delete(state);
  }
}
new ResizeObserver(() => {
  if (document.body.clientWidth === width) return;
  width = document.body.clientWidth;
  redraw();
}).observe(document.body);
addEventListener("beforeprint", () => states.forEach((_, state) => state.fill()));

/** One chart as a section with its caption, its values and its pictures as files; call `draw` of the state once it is in the page. */
function section(chart, state, head) {
  const figure = html("figure", { ariaLabel: chart.title });
  const values = html("details", { className: "table" }, html("summary", { textContent: "The values of this chart" }));
  values.ontoggle = () => {
    if (values.open && !values.querySelector("table")) values.insertAdjacentHTML("beforeend", chart.panels.map(drawer.table).join(""));
  };
  const files = html("div", { className: "row small" }, button("Save as SVG", () => save(`${chart.name}.svg`, svg(chart, head)), { ariaLabel: `Save ${chart.title} as SVG` }),
    button("Save as PNG", async () => save(`${chart.name}.png`, await png(svg(chart, head))), { ariaLabel: `Save ${chart.title} as PNG` }));
  const made = html("section", { className: "chart", id: `chart-${chart.name}`, ariaLabel: chart.title }, html("h3", { textContent: chart.title }), html("p", { className: "caption" }, ...coded(chart.caption)),
    html("p", { className: "hidden-text" }, ...coded(chart.alternative)), figure, values, files);
  drawer.draw(figure, chart, state);
  return made;
}

/** The charts of a run, with the tools for all of them; `before` is an earlier run, `only` the name of the only chart that is wanted. */
export function charts(collection, { before, only } = {}) {
  const state = new drawer.State(collection.duration_s);
  states.set(state, false);
  const shown = collection.charts.filter((chart) => !only || chart.name === only).map((chart) => overlaid(chart, before));
  const box = (label, index) => {
    const check = html("input", { type: "checkbox", checked: true, onchange: () => state.toggle(index, check.checked) });
    const swatch = html("span", { className: "swatch" });
    swatch.style.background = `var(--system-${index % 12})`;
    return html("label", {}, check, " ", swatch, label);
  };
  const zoom = html("span", {}, button("zoom in", () => state.scale(0.5)), " ", button("zoom out", () => state.scale(2)), " ", button("whole run", () => state.zoom(state.whole)));
  const tools = html("div", { className: "tools", role: "group", ariaLabel: "All charts" }, ...collection.systems.map(box), zoom);
  const root = html("div", {}, ...(only ? [] : [tools, html("p", { className: "question", textContent: "Point at a chart to read its values, drag over a stretch of time to enlarge it in all charts." })]), ...shown.map((chart) => section(chart, state, collection.head)));
  return { root, state };
}

// --- pictures as files ---------------------------------------------------------------------------------------------

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** The words of a paragraph in lines of at most so many characters. */
function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    if (lines.at(-1).length + word.length >= most) lines.push("");
    lines[lines.length - 1] += `${lines.at(-1) ? " " : ""}${word}`;
  }
  return lines;
}

/** A chart as one SVG picture on light ground, with title, caption and legend. */
export function svg(chart, head) {
  const root = html("figure", { className: "aside" });
  root.style.width = `${PICTURE_WIDTH - 40}px`;
  document.body.append(root);
  const state = new drawer.State(Math.max(...chart.panels.filter((panel) => panel.x.is_time).map((panel) => panel.x.to), 1e-9));
  drawer.draw(root, chart, state);
  state.draw();
  state.fill();
  const origin = root.getBoundingClientRect(), parts = [];
  let y = 34;
  const words = (text, x, size, more = "") => parts.push(`<text x="${x}" y="${y}" font-size="${size}" fill="var(--ink)" ${more}>${escape(text)}</text>`);
  words(chart.title, 20, 20, 'font-weight="bold"');
  for (const line of wrapped(chart.caption.replaceAll("`", ""), 150)) { y += 21; words(line, 20, 14); }
  const top = y + 14;
  const nested = (own, more) => {
    const box = own.getBoundingClientRect();
    const view = own.getAttribute("viewBox") ?? `0 0 ${own.getAttribute("width")} ${own.getAttribute("height")}`;
    parts.push(`<svg x="${(box.left - origin.left + 20).toFixed(1)}" y="${(box.top - origin.top + top).toFixed(1)}" width="${box.width.toFixed(1)}" height="${box.height.toFixed(1)}" viewBox="${view}" ${more}>${own.innerHTML}</svg>`);
  };
  for (const item of root.querySelectorAll(".legend li")) {
    nested(item.querySelector("svg"), "");
    const box = item.getBoundingClientRect();
    parts.push(`<text x="${(box.left - origin.left + 56).toFixed(1)}" y="${(box.top - origin.top + top + 15).toFixed(1)}" font-size="13" fill="var(--ink)">${escape(item.textContent.trim())}</text>`);
  }
  for (const panel of root.querySelectorAll(".panel:not([hidden])")) {
    const title = panel.querySelector(".title"), box = title.getBoundingClientRect();
    if (title.textContent) parts.push(`<text x="${(box.left - origin.left + 20).toFixed(1)}" y="${(box.top - origin.top + top + 15).toFixed(1)}" font-size="14" font-weight="bold" fill="var(--ink)">${escape(title.textContent)}</text>`);
    nested(panel.querySelector("svg"), 'font-size="12"');
  }
  y = Math.ceil(top + root.getBoundingClientRect().height + 16);
  root.remove();
  words(head ?? chart.footer, 20, 11);
  const tones = document.getElementById("palette").textContent.match(/:root \{([^}]*)\}/)[1];
  const light = new Map(tones.split(";").filter((pair) => pair.includes(":")).map((pair) => pair.trim().slice(2).split(":")));
  const drawn = parts.join("").replace(/var\(--([\w-]+)\)/g, (_, name) => light.get(name) ?? "#888888");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${PICTURE_WIDTH}" height="${y + 14}" viewBox="0 0 ${PICTURE_WIDTH} ${y + 14}" font-family="${FONT}" role="img" aria-label="${escape(chart.alternative)}"><rect width="100%" height="100%" fill="#ffffff"/>${drawn}</svg>\n`;
}

/** The same as a PNG file. */
export async function png(picture) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([picture], { type: "image/svg+xml" }));
  await image.decode();
  URL.revokeObjectURL(image.src);
  const canvas = html("canvas", { width: PNG_WIDTH, height: Math.round((image.naturalHeight * PNG_WIDTH) / image.naturalWidth) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}
