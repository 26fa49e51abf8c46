// Elements and numbers, used by every part of the page.

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

/** A button. */
export const button = (words, onclick, more = {}) => html("button", { type: "button", textContent: words, onclick, ...more });

/** Text with the words between back-ticks as code. */
export function coded(text) {
  return text.split("`").map((part, place) => (place % 2 ? html("code", { textContent: part }) : document.createTextNode(part)));
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
  const scaled = value >= 1e6 ? `${Number((value / 1e6).toPrecision(3))} M` : value >= 1e4 ? `${Number((value / 1e3).toPrecision(3))} k` : `${Number(value.toPrecision(4))}`;
  return unit === "share" ? `${Number((value * 100).toPrecision(3))} %` : scaled;
}

/** The colour of a system, as its charts have it. */
export const colour = (index) => `var(--system-${index % 12})`;

/** A table in a box that scrolls sideways if it must; columns from `from` on hold numbers. */
export function table(heads, rows, caption, from = 1) {
  const cell = (words, place) => html("td", { className: place >= from ? "n" : "", textContent: words });
  return html("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: caption }, html("table", {}, html("caption", { textContent: caption }), html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col", textContent: head })))),
    html("tbody", {}, ...rows.map((row) => html("tr", {}, ...row.map(cell))))));
}

/** What a reader may unfold; it is made when it is opened. */
export function folded(words, make) {
  const box = html("details", {}, html("summary", { textContent: words }));
  box.ontoggle = () => { if (box.open && box.children.length === 1) box.append(make()); };
  return box;
}

/** Gives a file to the reader. */
export function save(name, ...parts) {
  const link = html("a", { href: URL.createObjectURL(new Blob(parts)), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
