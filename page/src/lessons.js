// Lessons: the study pages, each with its experiments ready and its charts drawn from a run in this page.

import { html, button, coded, number } from "./dom.js";
import { ask } from "./engine.js";
import { charts, paint } from "./charts.js";
import { blocks } from "./markdown.js";

/** The runs whose charts were drawn, by scenario: the last few. */
const drawn = new Map();
const DRAWN_MOST = 4;

/** The charts of a shipped scenario at its full length, with one replication. */
async function chartsOf(scenario, heard) {
  if (!drawn.has(scenario.name)) {
    const answer = await ask("run", { name: scenario.name, text: scenario.text, replications: 1 }, { heard });
    if (answer.error) throw new Error(answer.stopped ? "The run was stopped." : answer.error);
    if (!answer.ok.charts) throw new Error("The scenario has problems.");
    drawn.set(scenario.name, answer.ok.charts);
    if (drawn.size > DRAWN_MOST) drawn.delete(drawn.keys().next().value);
  }
  return drawn.get(scenario.name);
}

/** The title of a lesson. */
export const titleOf = (lesson) => (lesson.text.match(/^# (.*)$/m) ?? [null, lesson.name])[1];

/** The chart of a command that makes many runs: the page does not draw it, and says so. */
const MAPS = ["atlas"];
const notDrawn = (chart, title) => html("p", { className: "picture" }, ...coded(`${title}: a page has no time for the many runs behind this map. The command \`streamduel ${chart}\` draws it.`));

/** The place of a chart in a lesson: it is drawn when it comes into view, or when its button is pressed. */
function picture(scenario, chart, title) {
  const box = html("div", { className: "picture" }), said = html("p", { role: "status" });
  const bar = html("progress", { max: 1, ariaLabel: `The run of ${scenario.name}`, hidden: true });
  let begun = false;
  const draw = async () => {
    if (begun) return;
    begun = true;
    again.hidden = true;
    bar.hidden = false;
    said.textContent = `${title}: ${scenario.name} runs in this page …`;
    try {
      const all = await chartsOf(scenario, ({ done, total }) => { bar.value = done / total; said.textContent = `${title}: ${scenario.name} runs in this page, ${number(done, "s")} of ${number(total, "s")} simulated.`; });
      paint(all.palette);
      const { root, state } = charts(all, { only: chart });
      box.replaceChildren(root);
      state.draw();
    } catch (error) {
      said.textContent = `${title} is not drawn. ${error.message}`;
      begun = false;
      again.hidden = false;
      bar.hidden = true;
    }
  };
  const again = button(`Run ${scenario.name} and draw the chart`, draw);
  box.append(said, bar, again);
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    if (box.isConnected) draw();
  });
  watch.observe(box);
  return box;
}

/**
 * Fills the section with the lessons; `open` takes the name of a scenario to the lab, `chosen` is told which lesson is
 * shown, and where `predict` answers yes, a lesson hides what it found until the reader has said what he expects.
 */
export function lessons(section, shelf, { open, chosen, predict }) {
  const scenario = (name) => shelf.scenarios.find((one) => one.name === name);
  const page = html("article", { className: "lesson" });
  const tools = {
    link: (inner, target) => {
      const lesson = shelf.lessons.find((one) => target.startsWith(`${one.name}.md`));
      if (lesson) return html("a", { href: `#part=lessons&lesson=${lesson.name}`, onclick: (event) => { event.preventDefault(); show(lesson); page.focus(); } }, ...inner);
      if (/^https:/.test(target)) return html("a", { href: target, rel: "noreferrer" }, ...inner);
      const named = scenario(/results\/([\w-]+)\/report\.md$|scenarios\/([\w-]+)\.toml$/.exec(target)?.slice(1).find(Boolean));
      if (named) return html("a", { href: `#from=${named.name}`, onclick: (event) => { event.preventDefault(); open(named.name); } }, ...inner);
      return html("span", {}, ...inner);
    },
    picture: (target, words) => {
      const [, name, chart] = /results\/([\w-]+)\/charts\/([\w-]+)\.svg$/.exec(target) ?? [];
      if (MAPS.includes(chart)) return notDrawn(chart, words);
      return scenario(name) ? picture(scenario(name), chart, words) : html("p", { textContent: words });
    },
    command: (lines) => {
      const named = lines.map((line) => scenario(/scenarios\/([\w-]+)\.toml/.exec(line)?.[1])).filter(Boolean);
      const buttons = named.map((one) => button(`Try ${one.name} in the lab`, () => open(one.name)));
      return [html("pre", { textContent: lines.join("\n") }), ...(buttons.length ? [html("div", { className: "row" }, ...buttons)] : [])];
    },
  };
  /** Hides what comes after the experiment until a prediction was made. */
  const guarded = (made) => {
    const from = made.findIndex((block) => block.tagName === "H3" && /^The chart|^What it shows/.test(block.textContent));
    if (!predict() || from < 0) return made;
    const guess = html("input", { id: "lesson-guess" });
    const box = html("div", { className: "guess" }, html("label", { htmlFor: "lesson-guess", textContent: "What do you expect? Write it down before you look." }), guess,
      button("Show what happened", () => box.replaceWith(html("p", { textContent: `You said: ${guess.value || "nothing"}` }), ...made.slice(from))));
    return [...made.slice(0, from), box];
  };
  const show = (lesson) => {
    pick.value = lesson.name;
    page.replaceChildren(...guarded(blocks(lesson.text, tools)));
    chosen(lesson.name);
  };
  const pick = html("select", { id: "lesson", onchange: () => show(shelf.lessons[pick.selectedIndex]) }, ...shelf.lessons.map((lesson) => html("option", { value: lesson.name, textContent: titleOf(lesson) })));
  page.tabIndex = -1;
  section.replaceChildren(html("label", { htmlFor: "lesson", textContent: "Lesson" }), pick, page);
  return (name) => { const lesson = shelf.lessons.find((one) => one.name === name) ?? shelf.lessons[0]; if (lesson) show(lesson); };
}
