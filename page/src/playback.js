// Playback: the run drawn in time. Lanes fill up, leaders stand in their zones, refusals flash, lag grows.

import { element, html, number, colour } from "./chart.js";
import { ask } from "./engine.js";

const LANES_MAX = 64;
let timer;

/** The place in `t` of the last instant at or before `at`. */
const placeOf = (t, at) => Math.max(0, t.findLastIndex((instant) => instant <= at));

/** Who leads a lane at an instant. */
function leader(system, lane, at) {
  const last = system.tenures.findLast(([t, of]) => of === lane && t <= at);
  return last && { host: last[2], copies: last[3] };
}

/** The lanes of a system at an instant, as a drawing. */
function drawLanes(system, index, at, followed) {
  const place = placeOf(system.lanes_t, at), width = 360, row = 22;
  const open = system.lanes.map((lane, number) => ({ lane, number })).filter(({ lane }) => lane.opened <= at && (lane.closed === null || lane.closed > at));
  const shown = open.slice(0, LANES_MAX);
  const svg = element("svg", { viewBox: `0 0 ${width} ${Math.max(1, shown.length) * row}`, role: "img", "aria-label": `${open.length} open lanes of ${system.label}` });
  shown.forEach(({ lane, number: index_ }, line) => {
    const used = lane.used[place] ?? 0, refused = lane.refused[place] ?? 0, y = line * row;
    const lead = system.tenures.length ? leader(system, index_, at) : undefined;
    const host = lead && lead.host !== null ? system.hosts[lead.host] : undefined;
    const words = lead ? (host ? `${host[0]}, az${host[1] + 1}, ${lead.copies} in sync` : "offline") : "";
    if (followed?.(lane, index_)) svg.append(element("rect", { x: 0, y, width, height: row - 3, fill: "none", stroke: "var(--link)", "stroke-width": 2 }));
    svg.append(element("rect", { x: 84, y: y + 2, width: 140, height: row - 8, fill: "var(--panel)", stroke: "var(--line)" }));
    svg.append(element("rect", { x: 84, y: y + 2, width: 140 * Math.min(1, used), height: row - 8, fill: refused ? "var(--bad)" : colour(index) }));
    svg.append(element("text", { x: 2, y: y + 14, class: "lane-name" }, lane.name.replace(/^shardId-0*(?=\d)/, "shard ").slice(0, 13)));
    svg.append(element("text", { x: 230, y: y + 14, class: "lane-name" }, refused ? `${number(refused)} refused` : words || number(used, "share")));
  });
  if (open.length > shown.length) return [svg, html("p", { textContent: `and ${open.length - shown.length} more` })];
  return [svg];
}

/** Draws everything at an instant. */
function frame(report, at, followed) {
  return report.systems.map((system, index) => {
    const place = placeOf(system.t, at);
    const lag = system.readers.map((reader) => `${report.consumers[reader.consumer]} is ${number(reader.lag[place])} records behind`);
    const events = system.events.filter(([t]) => t <= at).slice(-5).map(([t, entity, what, detail]) => html("li", { textContent: `${number(t, "s")} ${entity}: ${what} ${detail}` }));
    return html("section", { ariaLabel: system.label },
      html("h3", { textContent: system.label }),
      html("p", { textContent: `Producers offer ${number(system.offered[place])} records/s and hold ${number(system.held[place])}. ${number(system.stored[place])} are stored, ${number(system.refused[place])} attempts refused.` }),
      ...drawLanes(system, index, at, followed?.[index]),
      html("p", { textContent: lag.join("; ") }), html("ul", {}, ...events));
  });
}

/** Which lanes a key goes to, for each system. */
async function follow(report, key, at) {
  const places = await Promise.all(report.systems.map(async (system) => {
    const partitions = system.lanes.filter((lane) => lane.opened <= at && lane.closed === null).length || 1;
    return ask("hash", { key, partitions });
  }));
  const broken = places.find((place) => place.error);
  if (broken) return { words: broken.error };
  const ranged = (system) => system.lanes.some((lane) => lane.range);
  const words = report.systems.map((system, index) => {
    const { md5, share, murmur2, partition } = places[index].ok;
    return ranged(system) ? `${system.label}: MD5 ${md5}, which is ${number(share, "share")} of the way through the hash key space.` : `${system.label}: murmur2 ${murmur2}; without its sign and modulo the number of partitions, that is partition ${partition}.`;
  });
  const tests = report.systems.map((system, index) => {
    const { share, partition } = places[index].ok;
    return ranged(system) ? (lane) => lane.range && lane.range[0] <= share && share <= lane.range[1] : (_, number) => number === partition;
  });
  return { words: words.join(" "), tests };
}

/** Fills the section with the playback of a report. */
export function playback(section, report) {
  clearInterval(timer);
  if (!report) {
    section.replaceChildren(html("p", { textContent: "Run something first." }));
    return;
  }
  const time = html("input", { type: "range", min: 0, max: report.duration_s, step: report.duration_s / 400, value: 0, ariaLabel: "Instant" });
  const shown = html("output"), stage = html("div", { className: "stage" });
  const play = html("button", { type: "button", textContent: "Play", id: "play" }), step = html("button", { type: "button", textContent: "Step" });
  const speed = html("select", { ariaLabel: "Speed" }, ...[["slow", 60], ["usual", 20], ["fast", 7]].map(([word, seconds]) => html("option", { textContent: word, value: seconds, selected: word === "usual" })));
  const key = html("input", { id: "key", maxLength: 256, placeholder: "user-7" }), said = html("p", { id: "hashed", ariaLive: "polite" });
  let tests;
  const draw = () => {
    const at = Number(time.value);
    shown.textContent = ` ${number(at, "s")}`;
    stage.replaceChildren(...frame(report, at, tests));
  };
  const move = (by) => {
    time.value = Math.min(report.duration_s, Number(time.value) + by);
    if (Number(time.value) >= report.duration_s) halt();
    draw();
  };
  const halt = () => { clearInterval(timer); timer = undefined; play.textContent = "Play"; };
  play.onclick = () => {
    if (timer) { halt(); return; }
    if (Number(time.value) >= report.duration_s) time.value = 0;
    play.textContent = "Pause";
    timer = setInterval(() => move(report.duration_s / (Number(speed.value) * 10)), 100);
  };
  step.onclick = () => { halt(); move(report.duration_s / 60); };
  const hash = async () => {
    const found = key.value ? await follow(report, key.value, Number(time.value)) : { words: "" };
    tests = found.tests;
    said.textContent = found.words;
  };
  time.oninput = async () => { if (tests) await hash(); draw(); };
  key.oninput = async () => { await hash(); draw(); };
  section.replaceChildren(html("h2", { textContent: report.title }), html("div", { className: "row" }, play, step, speed, shown), time,
    html("div", { className: "row" }, html("label", { htmlFor: "key", textContent: "Follow a key" }), key), said, stage);
  draw();
}
