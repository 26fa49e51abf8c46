// The Markdown of the lessons as elements: headings, paragraphs, lists, tables, code, emphasis, links, pictures, footnotes.

import { html } from "./dom.js";

const INLINE = /(`[^`]*`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*|(?<![\w`])_[^_\s][^_]*_(?![\w`])|!?\[[^\]]*\]\([^)]*\)|\[\^[^\]]+\])/;

/** Words with code, emphasis and links; `tools.link` makes a link of words and target, `tools.note` a footnote's sign. */
function words(text, tools) {
  return text.split(INLINE).filter(Boolean).map((part) => {
    if (/^`.*`$/.test(part)) return html("code", { textContent: part.slice(1, -1) });
    if (/^\*\*.*\*\*$/s.test(part)) return html("strong", {}, ...words(part.slice(2, -2), tools));
    if (/^\*[^*]+\*$/s.test(part) || /^_[^_]+_$/s.test(part)) return html("em", {}, ...words(part.slice(1, -1), tools));
    if (/^\[\^/.test(part)) return tools.note(part.slice(2, -1));
    const [, inner, target] = /^!?\[([^\]]*)\]\(([^)]*)\)$/s.exec(part) ?? [];
    return target === undefined ? document.createTextNode(part) : tools.link(words(inner, tools), target);
  });
}

function list(lines, tools) {
  const begins = /^([-*]|\d+\.) /;
  const items = lines.reduce((items, line) => (begins.test(line) ? [...items, line.replace(begins, "")] : [...items.slice(0, -1), `${items.at(-1)} ${line.trim()}`]), []);
  return html(/^\d/.test(lines[0]) ? "ol" : "ul", {}, ...items.map((item) => html("li", {}, ...words(item, tools))));
}

function lessonTable(lines, tools) {
  const cells = (line) => line.trim().slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
  const [head, , ...rows] = lines;
  const cell = (name, text, more = {}) => html(name, more, ...text.split("<br>").flatMap((line, place) => (place ? [html("br"), ...words(line, tools)] : words(line, tools))));
  return html("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: "Table" }, html("table", {}, html("thead", {}, html("tr", {}, ...cells(head).map((text) => cell("th", text, { scope: "col" })))),
    html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells(row).map((text) => cell("td", text)))))));
}

/** The blocks of a text. `tools` has `link`, `picture` (of a target and words) and `command` (of the lines of a code block). */
export function blocks(text, tools) {
  const notes = new Map(), numbers = [];
  const body = text.replace(/<!--[^]*?-->/g, "").replace(/^\[\^([^\]]+)\]:\s*(.*(?:\n(?!\[\^|\n).+)*)/gm, (_, name, note) => { notes.set(name, note.replace(/\s+/g, " ")); return ""; });
  const note = (name) => {
    if (!numbers.includes(name)) numbers.push(name);
    return html("sup", {}, html("a", { href: `#note-${name}`, textContent: `${numbers.indexOf(name) + 1}`, ariaLabel: `Source ${numbers.indexOf(name) + 1}`, onclick: (event) => { event.preventDefault(); document.getElementById(`note-${name}`)?.scrollIntoView({ block: "center" }); } }));
  };
  const own = { ...tools, note }, made = [];
  for (const block of body.split(/\n{2,}/)) {
    const lines = block.trim().split("\n");
    if (!lines[0]) continue;
    const picture = /^!\[([^\]]*)\]\(([^)]*)\)$/.exec(lines[0]);
    if (/^-{3,}$/.test(lines[0])) made.push(html("hr"));
    else if (picture) made.push(tools.picture(picture[2], picture[1]));
    else if (lines[0].startsWith("```")) made.push(...tools.command(lines.slice(1).filter((line) => !line.startsWith("```"))));
    else if (/^#+ /.test(lines[0])) made.push(html(lines[0].startsWith("# ") ? "h2" : "h3", {}, ...words(lines[0].replace(/^#+ /, ""), own)));
    else if (lines[0].startsWith("|")) made.push(lessonTable(lines, own));
    else if (/^([-*]|\d+\.) /.test(lines[0])) made.push(list(lines, own));
    else made.push(html("p", {}, ...words(lines.join(" "), own)));
  }
  if (numbers.length) {
    const item = (name) => html("li", { id: `note-${name}` }, ...words(notes.get(name) ?? name, own));
    made.push(html("h3", { textContent: "Sources" }), html("ol", { className: "small" }, ...numbers.map(item)));
  }
  return made;
}
