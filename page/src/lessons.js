// Lessons: the study pages, each with the scenarios that it speaks of ready to run.

import { html } from "./chart.js";

/** Words with code, bold text and links without their targets. */
function words(text) {
  const parts = text.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").split(/(`[^`]*`|\*\*[^*]*\*\*)/);
  return parts.filter(Boolean).map((part) => {
    if (part.startsWith("`")) return html("code", { textContent: part.slice(1, -1) });
    return part.startsWith("**") ? html("strong", { textContent: part.slice(2, -2) }) : document.createTextNode(part);
  });
}

/** The blocks of a lesson: headings, paragraphs, lists, tables and code. */
function blocks(text) {
  const made = [];
  for (const block of text.replace(/<!--[^]*?-->/g, "").split(/\n{2,}/)) {
    const lines = block.trim().split("\n");
    if (!lines[0] || /^!\[/.test(lines[0])) continue;
    if (lines[0].startsWith("```")) made.push(html("pre", { textContent: lines.slice(1).filter((line) => !line.startsWith("```")).join("\n") }));
    else if (/^#+ /.test(lines[0])) made.push(html(lines[0].startsWith("# ") ? "h2" : "h3", {}, ...words(lines[0].replace(/^#+ /, ""))));
    else if (lines[0].startsWith("|")) made.push(lessonTable(lines));
    else if (/^([-*]|\d+\.) /.test(lines[0])) made.push(list(lines));
    else made.push(html("p", {}, ...words(lines.join(" "))));
  }
  return made;
}

function list(lines) {
  const items = lines.reduce((items, line) => (/^([-*]|\d+\.) /.test(line) ? [...items, line.replace(/^([-*]|\d+\.) /, "")] : [...items.slice(0, -1), `${items.at(-1)} ${line.trim()}`]), []);
  return html(/^\d/.test(lines[0]) ? "ol" : "ul", {}, ...items.map((item) => html("li", {}, ...words(item))));
}

function lessonTable(lines) {
  const cells = (line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [head, , ...rows] = lines;
  return html("div", { className: "scroll", tabIndex: 0 }, html("table", {}, html("thead", {}, html("tr", {}, ...cells(head).map((cell) => html("th", { scope: "col" }, ...words(cell))))),
    html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells(row).map((cell) => html("td", {}, ...words(cell))))))));
}

/** Fills the section with the list of lessons; `open` takes the name of a scenario to the lab. */
export function lessons(section, shelf, open) {
  const title = (lesson) => (lesson.text.match(/^# (.*)$/m) ?? [null, lesson.name])[1];
  const page = html("article", { className: "lesson" });
  const show = (lesson) => {
    const named = shelf.scenarios.map((scenario) => scenario.name).filter((name) => new RegExp(`[\`/(]${name}[\`.)/]`).test(lesson.text));
    const buttons = named.map((name) => html("button", { type: "button", textContent: `Try ${name}`, onclick: () => open(name) }));
    page.replaceChildren(html("div", { className: "row" }, ...buttons), ...blocks(lesson.text));
  };
  const pick = html("select", { id: "lesson", onchange: () => show(shelf.lessons[pick.selectedIndex]) }, ...shelf.lessons.map((lesson) => html("option", { textContent: title(lesson) })));
  section.replaceChildren(html("label", { htmlFor: "lesson", textContent: "Lesson" }), pick, page);
  if (shelf.lessons.length) show(shelf.lessons[0]);
}
