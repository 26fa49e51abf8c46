// The quiz: the program's own questions, whose keys follow from figures of runs and from facts. Each has its experiments ready.

import { html, button, coded } from "./dom.js";
import { ask } from "./engine.js";

const LETTERS = ["A", "B", "C", "D"];
const COUNTS = [["5 questions", 5], ["10 questions", 10], ["all questions", ""]];

/** Fills the section with the quiz; `open` takes the name of a scenario to the lab. `options` reads and keeps topic, count, seed and whether the reader must say what he expects first. */
export function quiz(section, { open, options }) {
  const page = html("div", { id: "quiz-page", tabIndex: -1 });
  const topic = html("select", { id: "topic" }), count = html("select", { id: "count" }, ...COUNTS.map(([words, value]) => html("option", { textContent: words, value })));
  const seed = html("input", { id: "quiz-seed", type: "number", min: 0, step: 1 });
  let score = [], questions = [];

  const begin = async (only) => {
    options.keep({ topic: topic.value, count: count.value, quiz: seed.value });
    score = [];
    if (only) questions = only;
    else {
      const request = { seed: Number(seed.value) || 0, ...(topic.value && { topic: topic.value }), ...(count.value && { count: Number(count.value) }) };
      const answer = await ask("quiz", request);
      if (answer.error) { page.replaceChildren(html("p", { className: "bad", textContent: answer.error })); return; }
      questions = answer.ok.questions;
    }
    pose(0);
  };

  /** Asks question number `place`. */
  const pose = (place) => {
    const question = questions[place];
    if (!question) { sum(); return; }
    const choices = question.options.map(([text], index) => {
      const radio = html("input", { type: "radio", name: "option", id: `option-${index}`, value: index });
      return html("label", { htmlFor: `option-${index}`, className: "option" }, radio, html("b", { textContent: ` ${LETTERS[index]}. ` }), html("span", {}, ...coded(text)));
    });
    const list = html("fieldset", { className: "options" }, html("legend", { textContent: "One answer is right" }), ...choices);
    const said = html("div", { id: "feedback", role: "status" });
    const go = html("button", { type: "submit", className: "main", textContent: "Answer" });
    const form = html("form", { onsubmit: (event) => { event.preventDefault(); judge(); } }, list, html("div", { className: "row" }, go, html("span", { className: "question", textContent: "Keys: A to D choose, Enter answers." })));
    const judge = () => {
      const choice = form.elements.option.value;
      if (choice === "") { said.replaceChildren(html("p", { textContent: "Choose an answer first." })); return; }
      const right = Number(choice) === question.key;
      score.push({ question, right });
      list.disabled = true;
      choices.forEach((label, index) => label.classList.toggle(index === question.key ? "right" : "wrong", index === question.key || index === Number(choice)));
      const order = [question.key, ...[...question.options.keys()].filter((index) => index !== question.key)];
      const why = (index) => html("li", {}, html("b", { textContent: `${LETTERS[index]}${index === question.key ? ", right: " : ": "}` }), ...coded(question.options[index][1]));
      said.replaceChildren(html("p", { className: right ? "good" : "bad", textContent: right ? "Right." : `Wrong: it is ${LETTERS[question.key]}.` }), html("ul", {}, ...order.map(why)),
        html("div", { className: "row" }, ...question.run.map((name) => button(`See it: run ${name} in the lab`, () => open(name)))));
      go.replaceWith(next);
      next.focus();
    };
    const next = button(place + 1 < questions.length ? "Next question" : "Show the score", () => pose(place + 1), { className: "main", id: "next" });
    form.onkeydown = (event) => {
      const index = LETTERS.indexOf(event.key.toUpperCase());
      if (index < 0 || event.ctrlKey || event.metaKey || event.altKey || list.disabled || !choices[index]) return;
      event.preventDefault();
      form.elements.option[index].checked = true;
      form.elements.option[index].focus();
    };
    const head = html("p", { className: "question", textContent: `Question ${place + 1} of ${questions.length}: ${question.topic}` });
    const asked = html("h2", { id: "asked" }, ...coded(question.ask));
    if (!options.predict()) page.replaceChildren(head, asked, form, said);
    else {
      const guess = html("input", { id: "quiz-guess" });
      const show = () => { page.replaceChildren(head, asked, html("p", { textContent: `You said: ${guess.value || "nothing"}` }), form, said); form.elements.option[0].focus(); };
      page.replaceChildren(head, asked, html("form", { className: "guess", onsubmit: (event) => { event.preventDefault(); show(); } }, html("label", { htmlFor: "quiz-guess", textContent: "What do you think? Say it before you see the answers." }), guess, html("button", { type: "submit", textContent: "Show the answers" })));
      guess.focus();
      return;
    }
    form.elements.option[0].focus();
  };

  /** The score by topic, and what was wrong once more. */
  const sum = () => {
    const right = score.filter((one) => one.right).length, missed = score.filter((one) => !one.right).map((one) => one.question);
    const topics = [...new Set(score.map((one) => one.question.topic))];
    const line = (name) => { const of = score.filter((one) => one.question.topic === name); return html("li", { textContent: `${name}: ${of.filter((one) => one.right).length} of ${of.length}` }); };
    page.replaceChildren(html("h2", { textContent: `${right} of ${score.length} right` }), html("ul", {}, ...topics.map(line)),
      html("div", { className: "row" }, ...(missed.length ? [button("Ask what was wrong once more", () => begin(missed), { className: "main" })] : []), button("Other questions", () => { seed.value = (Number(seed.value) || 0) + 1; begin(); })));
    page.querySelector("button").focus();
  };

  const named = (words, control) => html("span", {}, html("label", { htmlFor: control.id, textContent: `${words} ` }), control);
  section.replaceChildren(html("div", { className: "row" }, named("Topic", topic), named("How many", count), named("Seed", seed), button("Begin", () => begin(), { id: "begin" })), page);
  let begun = false;
  /** Shows the quiz; asks for the topics the first time, and begins what a link names. */
  return async () => {
    if (begun) return;
    begun = true;
    page.replaceChildren(html("p", { textContent: "Each question is posed with the figures of the shipped runs and with facts of the services. A seed chooses numbers and order. Press Begin." }));
    const { ok, error } = await ask("quiz", { count: 0 });
    if (error) { begun = false; page.replaceChildren(html("p", { className: "bad", textContent: error })); return; }
    topic.replaceChildren(html("option", { value: "", textContent: "all topics" }), ...ok.topics.map(([name, of]) => html("option", { value: name, textContent: `${name} (${of})` })));
    const kept = options.kept();
    topic.value = ok.topics.some(([name]) => name === kept.topic) ? kept.topic : "";
    count.value = COUNTS.some(([, value]) => `${value}` === kept.count) ? kept.count : "5";
    seed.value = kept.quiz ?? "1";
    if (kept.topic || kept.quiz) begin();
  };
}
