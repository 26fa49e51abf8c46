// Charts over time as SVG, drawn from the values of the report.

const NS = "http://www.w3.org/2000/svg";

/** An SVG element with attributes. */
export function element(name, attributes = {}, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

/** An HTML element with properties and children. */
export function html(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** A number for people. */
export function number(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "s") {
    if (value === 0) return "0 s";
    if (value < 1e-3) return `${Number((value * 1e6).toPrecision(3))} µs`;
    if (value < 1) return `${Number((value * 1e3).toPrecision(3))} ms`;
    return value < 180 ? `${Number(value.toPrecision(3))} s` : `${Number((value / 60).toPrecision(3))} min`;
  }
  if (unit === "USD") return `${Number(value.toPrecision(3))} USD`;
  const scaled = value >= 1e6 ? `${Number((value / 1e6).toPrecision(3))} M` : value >= 1e4 ? `${Number((value / 1e3).toPrecision(3))} k` : `${Number(value.toPrecision(4))}`;
  return unit === "share" ? `${Number((value * 100).toPrecision(3))} %` : scaled;
}

/** The colour of a system. */
export const colour = (index) => `var(--c${index % 6})`;
const DASHES = ["", "9 4", "3 3", "12 4 3 4"];

function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}

/**
 * A chart over time. `lines` have `label`, `t`, `values`, `colour`, `dash` and `faded`; `until` is the end of the run.
 * It answers the pointer with the values at its instant.
 */
export function timeChart({ title, about, unit, lines, marks, until, width = 760, height = 250 }) {
  const [left, right, top, bottom] = [92, 12, 10, 34];
  const known = lines.flatMap((line) => line.values.filter((value) => value !== null));
  const most = roundUp(Math.max(unit === "share" ? 0.01 : 1e-9, ...known.reduce((most, v) => [Math.max(most[0], v)], [0])));
  const x = (t) => left + ((width - left - right) * t) / until;
  const y = (value) => height - bottom - ((height - top - bottom) * value) / most;
  const drawn = lines.map((line) => `${line.label}: at most ${number(Math.max(0, ...line.values.map((v) => v ?? 0)), unit)}`);
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}. ${drawn.join("; ")}.` });
  for (const [from, to, text] of marks) {
    const mark = element("rect", { x: x(from), y: top, width: Math.max(1.5, x(Math.min(to, until)) - x(from)), height: height - top - bottom, fill: "var(--c4)", opacity: 0.18 });
    mark.append(element("title", {}, text));
    svg.append(mark);
  }
  for (let step = 0; step <= 4; step += 1) {
    const value = (most * step) / 4;
    svg.append(element("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), stroke: "var(--line)" }));
    svg.append(element("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, number(value, unit)));
    const at = (until * step) / 4;
    svg.append(element("text", { x: x(at), y: height - 12, "text-anchor": step === 4 ? "end" : step ? "middle" : "start" }, number(at, "s")));
  }
  for (const line of lines) {
    let path = "", pen = false;
    line.values.forEach((value, place) => {
      if (value !== null) path += `${pen ? "L" : "M"}${x(line.t[place]).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = value !== null;
    });
    svg.append(element("path", { d: path, fill: "none", stroke: line.colour, "stroke-width": line.faded ? 1.2 : 2.2, "stroke-dasharray": line.dash ?? "", opacity: line.faded ? 0.55 : 1 }));
  }
  const cursor = element("line", { y1: top, y2: height - bottom, stroke: "var(--soft)", visibility: "hidden" });
  svg.append(cursor);
  const legend = html("div", { className: "legend" });
  const cells = lines.map((line) => {
    const swatch = html("i"), cell = html("span", { className: line.dash ? "dashed" : "" }, swatch, line.label), value = html("b");
    swatch.style.borderColor = line.colour;
    cell.append(" ", value);
    legend.append(cell);
    return value;
  });
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), at = (((event.clientX - box.left) / box.width) * width - left) / (width - left - right) * until;
    cursor.setAttribute("visibility", "visible");
    cursor.setAttribute("x1", x(at)); cursor.setAttribute("x2", x(at));
    lines.forEach((line, index) => {
      const place = line.t.findIndex((t) => t >= at);
      cells[index].textContent = place < 0 ? "" : number(line.values[place], unit);
    });
  });
  svg.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    cells.forEach((cell) => { cell.textContent = ""; });
  });
  return html("figure", {}, html("h3", { textContent: title }), legend, svg, html("figcaption", { textContent: about }));
}

/** The charts of a report; `before` is a report to compare with. */
export function charts(report, before) {
  const pick = (title, about, unit, get) => {
    const of = (data, faded) => data.systems.flatMap((system, index) => get(system, data).map(([label, values, solid], number) => ({
      label: `${faded ? "before: " : ""}${system.label}${label}`, t: system.t, values, faded, colour: colour(index), dash: solid ? "2 3" : DASHES[number % 4],
    })));
    const lines = [...(before ? of(before, true) : []), ...of(report, false)];
    const empty = lines.every((line) => line.values.every((value) => !value));
    return empty ? null : timeChart({ title, about, unit, lines, marks: report.marks, until: report.duration_s });
  };
  const readers = (get) => (system, data) => system.readers.map((reader) => [data.consumers.length > 1 ? `, ${data.consumers[reader.consumer]}` : "", get(reader)]);
  return [
    pick("Records offered and stored [records/s]", "Where the line of what is stored lies below the line of what is offered (dotted), records wait in clients or are refused.", "", (s) => [[" stored", s.stored], [" offered", s.offered, true]]),
    pick("Refused attempts [records/s]", "Each attempt that the platform turned away; a client tries again until its limits are reached.", "", (s) => [["", s.refused]]),
    pick("Records refused for good, expired in the client or lost [records/s]", "What no consumer can ever read.", "", (s) => [["", s.ended]]),
    pick("Delay until a consumer is done, 99th percentile", "From the instant at which the application meant to send until the end of processing.", "s", readers((reader) => reader.p99)),
    pick("Lag [records]", "Stored records that a consumer has not processed.", "", readers((reader) => reader.lag)),
    pick("Held back by clients [records]", "Records that producers keep until the platform takes them.", "", (s) => [["", s.held]]),
    pick("Bill since the beginning [USD]", "What the run has used so far, at the prices of us-east-1.", "USD", (s) => [["", s.cost]]),
  ].filter(Boolean);
}
