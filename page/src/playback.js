// Playback: the run drawn in time. Lanes fill up, leaders stand in their zones, refusals flash, lag grows.

import { element, html, coded, number, colour } from "./dom.js";
import { ask } from "./engine.js";

const LANES_MAX = 64;
/** The width of a bar that is used to its limit, in the units of the drawing. */
const BAR = 96;
const TICK = 100; // ms
/** How many steps the step button has from the beginning to the end. */
const STEPS = 60;
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
  const place = placeOf(system.lanes_t, at), width = 400, row = 22;
  const open = system.lanes.map((lane, number) => ({ lane, number })).filter(({ lane }) => lane.opened <= at && (lane.closed === null || lane.closed > at));
  const shown = open.slice(0, LANES_MAX);
  const svg = element("svg", { viewBox: `0 0 ${width} ${Math.max(1, shown.length) * row}`, role: "img", "aria-label": `${open.length} open lanes of ${system.label}` });
  shown.forEach(({ lane, number: index_ }, line) => {
    const used = lane.used[place] ?? 0, refused = lane.refused[place] ?? 0, y = line * row;
    const lead = system.tenures.length ? leader(system, index_, at) : undefined;
    const host = lead && lead.host !== null ? system.hosts[lead.host] : undefined;
    const words = lead ? (host ? `${host[0]}, az${host[1] + 1}, ${lead.copies} in sync` : "offline") : "";
    if (followed?.(lane, index_)) svg.append(element("rect", { x: 0, y, width, height: row - 3, fill: "none", stroke: "var(--link)", "stroke-width": 2 }));
    svg.append(element("rect", { x: 84, y: y + 2, width: BAR, height: row - 8, fill: "var(--panel)", stroke: "var(--line)" }));
    svg.append(element("rect", { x: 84, y: y + 2, width: BAR * Math.min(1, used), height: row - 8, fill: refused ? "var(--bad)" : colour(index) }));
    svg.append(element("text", { x: 226, y: y + 14, class: "lane-name", "text-anchor": "end" }, `${(used * 100).toFixed(used < 0.1 ? 1 : 0)} %`));
    svg.append(element("text", { x: 2, y: y + 14, class: "lane-name" }, lane.name.replace(/^shardId-0*(?=\d)/, "shard ").slice(0, 13)));
    if (host) svg.append(element("rect", { x: 233, y: y + 5, width: 9, height: 9, fill: `var(--system-${6 + (host[1] % 6)})` }));
    svg.append(element("text", { x: host ? 246 : 234, y: y + 14, class: "lane-name" }, refused ? `${number(refused)} refused` : words));
  });
  if (open.length > shown.length) return [svg, html("p", { textContent: `and ${open.length - shown.length} more` })];
  return [svg];
}

/** Draws everything at an instant. */
function frame(report, at, followed) {
  return report.systems.map((system, index) => {
    const place = placeOf(system.t, at);
    const lag = system.readers.map((reader) => `${report.consumers[reader.consumer]} is ${number(reader.lag[place])} records behind`);
    const events = system.events.filter(([t]) => t <= at).slice(-5).map(([t, entity, what, detail]) => html("li", {}, ...coded(`${number(t, "s")} ${entity}: ${what} ${detail}`)));
    return html("section", { ariaLabel: system.label },
      html("h3", { textContent: system.label }),
      html("p", { textContent: `Producers offer ${number(system.offered[place])} records/s, and ${number(system.held[place])} records wait in them. ${number(system.stored[place])} records/s are stored, ${number(system.refused[place])} attempts/s are refused.` }),
      html("p", { className: "small question", textContent: `Each bar is one ${system.lane}, filled as far as it uses its limit; red where it refused records.${system.hosts.length ? " The square has the colour of the zone in which its leader is." : ""}` }),
      ...drawLanes(system, index, at, followed?.[index]),
      html("p", { textContent: lag.join("; ") }), html("ul", {}, ...events));
  });
}

const ranged = (system) => system.lanes.some((lane) => lane.range);
const openAt = (lane, at) => lane.opened <= at && (lane.closed === null || lane.closed > at);
const plain = (name) => name.replace(/^shardId-0*(?=\d)/, "shard ");

/** The instants at which lanes open or close, from the beginning on. */
const turns = (system) => [...new Set([0, ...system.lanes.flatMap((lane) => [lane.opened, lane.closed ?? 0])])].sort((a, b) => a - b);

/** Where a key goes from when on: instant, number of the lane, how many lanes there are. */
async function journey(system, key) {
  const legs = [];
  for (const at of turns(system)) {
    const open = system.lanes.filter((lane) => openAt(lane, at)).length;
    const { ok, error } = await ask("hash", { key, partitions: Math.max(1, open) });
    if (error) return { error };
    const lane = ranged(system) ? system.lanes.findIndex((one) => openAt(one, at) && one.range[0] <= ok.share && ok.share <= one.range[1]) : ok.partition;
    if (lane !== legs.at(-1)?.lane) legs.push({ at, lane, open, hash: ok });
  }
  return { legs };
}

/** The hash key space, cut into the ranges of the open shards, with the place of the key. */
function ring(system, at, share) {
  const width = 600, svg = element("svg", { viewBox: `0 0 ${width} 46`, role: "img", "aria-label": `The key is ${number(share, "share")} of the way through the hash key space` });
  for (const lane of system.lanes.filter((one) => one.range && openAt(one, at))) {
    const [from, to] = lane.range, here = from <= share && share <= to;
    svg.append(element("rect", { x: from * width, y: 16, width: Math.max(1, (to - from) * width - 1), height: 20, fill: here ? "var(--link)" : "var(--panel)", stroke: "var(--line)" }));
    if ((to - from) * width > 60) svg.append(element("text", { x: ((from + to) / 2) * width, y: 31, "text-anchor": "middle", class: here ? "lane-name over" : "lane-name" }, plain(lane.name)));
  }
  svg.append(element("path", { d: `M${share * width - 6} 2h12l-6 12z`, fill: "var(--ink)" }));
  return svg;
}

/** What a key does in each system: its hash step by step, its lane now, and where it went over the run. */
function told(report, journeys, at) {
  return report.systems.flatMap((system, index) => {
    const { legs } = journeys[index], now = legs.findLast((leg) => leg.at <= at) ?? legs[0];
    const { md5, share, murmur2, partition } = now.hash, positive = murmur2 & 0x7fffffff;
    const steps = ranged(system)
      ? [`MD5 of the key is ${md5}. As a number, that is ${number(share, "share")} of the way from 0 to 2^128 - 1, which lies in the range of ${plain(system.lanes[now.lane]?.name ?? "no shard")}.`]
      : [`murmur2 of the key is ${murmur2}. Without its sign that is ${positive}, and ${positive} modulo ${now.open} partitions is ${partition}: partition ${partition}.`];
    const name = (leg) => (ranged(system) ? plain(system.lanes[leg.lane]?.name ?? "no shard") : `partition ${leg.lane}`);
    const road = legs.map((leg, place) => (place ? `from ${number(leg.at, "s")} on ${name(leg)}` : name(leg))).join(", ");
    const moved = legs.length > 1 ? (ranged(system) ? " Its consumer reads the parent shard to the end before the child, so the order of the key holds." : " What was stored before stays in the old partition, which another worker may read: the order of the key can break.") : " It stays there for the whole run.";
    return [html("p", {}, html("b", { textContent: `${system.label}: ` }), `${steps[0]} Over the run: ${road}.${moved}`), ...(ranged(system) ? [ring(system, at, share)] : [])];
  });
}

/** Which lane a key goes to, for each system. */
async function follow(report, key) {
  const journeys = await Promise.all(report.systems.map((system) => journey(system, key)));
  return { journeys, error: journeys.find((one) => one.error)?.error };
}

/** Fills the section with the playback of a report. */
export function playback(section, report) {
  clearInterval(timer);
  timer = undefined;
  const typed = document.getElementById("key")?.value;
  if (!report) {
    section.replaceChildren(html("p", { textContent: "Run something first." }));
    return;
  }
  const time = html("input", { type: "range", min: 0, max: report.duration_s, step: report.duration_s / 400, value: 0, ariaLabel: "Instant" });
  const shown = html("output"), stage = html("div", { className: "stage" });
  const play = html("button", { type: "button", textContent: "Play", id: "play" }), step = html("button", { type: "button", textContent: "Step" });
  const speed = html("select", { ariaLabel: "Speed" }, ...[["slow", 60], ["usual", 20], ["fast", 7]].map(([word, seconds]) => html("option", { textContent: `${word}: the run in ${seconds} s`, value: seconds, selected: word === "usual" })));
  const key = html("input", { id: "key", maxLength: 256, placeholder: "for example user-7" }), said = html("div", { id: "hashed" });
  // The slider rounds its value; the playback does not.
  let at = 0, followed;
  const draw = () => {
    const journeys = followed?.journeys;
    shown.textContent = ` ${number(at, "s")}`;
    time.setAttribute("aria-valuetext", number(at, "s"));
    const tests = journeys?.map(({ legs }) => { const now = legs.findLast((leg) => leg.at <= at); return (_, lane) => lane === now?.lane; });
    said.replaceChildren(...(followed ? (followed.error ? [html("p", { textContent: followed.error })] : told(report, journeys, at)) : []));
    stage.replaceChildren(...frame(report, at, tests));
  };
  const go = (to) => {
    at = Math.min(report.duration_s, to);
    time.value = at;
    if (at >= report.duration_s) halt();
    draw();
  };
  const halt = () => { clearInterval(timer); timer = undefined; play.textContent = "Play"; };
  play.onclick = () => {
    if (timer) { halt(); return; }
    if (at >= report.duration_s) go(0);
    play.textContent = "Pause";
    timer = setInterval(() => go(at + (report.duration_s * TICK) / (Number(speed.value) * 1e3)), TICK);
  };
  step.onclick = () => { halt(); go(at + report.duration_s / STEPS); };
  time.oninput = () => { at = Number(time.value); draw(); };
  key.oninput = async () => {
    const typed = key.value, found = typed ? await follow(report, typed) : undefined;
    if (typed !== key.value) return;
    followed = found;
    draw();
  };
  section.replaceChildren(html("h2", { textContent: report.title }), html("div", { className: "row" }, play, step, speed, shown), time,
    html("div", { className: "row" }, html("label", { htmlFor: "key", textContent: "Type a key to follow it" }), key), said, stage);
  draw();
  // A key stays while one changes the run.
  if (typed) { key.value = typed; key.oninput(); }
}
