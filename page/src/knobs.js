// What a scenario usually varies: sliders and switches that change its text through the program's own reader.

import { html, number } from "./dom.js";

const at = (values, path) => path.split(".").reduce((inside, step) => inside?.[step], values);
const text = (value) => JSON.stringify(value);
const UNITS = { B: 1, kB: 1e3, MB: 1e6, KiB: 1024, MiB: 1048576 };

/** The number in front of a unit. */
const amount = (value) => {
  const [, digits, unit] = /^([\d.]+)\s*(\S*)/.exec(value ?? "") ?? [];
  return digits && Number(digits) * (UNITS[unit] ?? 1);
};
/** Steps that grow by about a quarter, so that one slider reaches from the smallest to the largest. */
const ladder = (from, to) => {
  const steps = [];
  for (let step = from; step <= to; step *= 1.25) steps.push(Number(step.toPrecision(2)));
  return [...new Set(steps)];
};
const count = (to) => Array.from({ length: to }, (_, index) => index + 1);

const SHAPES = {
  constant: (rate) => `{ constant = "${rate} records/s" }`,
  poisson: (rate) => `{ poisson = "${rate} records/s" }`,
  "on-off": (rate) => `{ on-off = { rate = "${rate * 2} records/s", on = "5 s", off = "5 s" } }`,
  flash: (rate) => `{ flash = { base = "${rate} records/s", peak = "${rate * 3} records/s", at = "20 s", hold = "20 s", rise = "2 s", fall = "2 s" } }`,
};

/** The settings of a shape that its rate slider moves: the first one is shown, the others keep their ratio to it. */
const RATES = { "on-off": ["rate", "idle"], flash: ["base", "peak"] };

/** Rate and shape of the workload, where it has one of the usual ones; `change` gives the settings of another rate, and leaves the times of the shape as they are. */
function arrivals(values) {
  const law = values.workload?.arrivals ?? {}, shape = Object.keys(SHAPES).find((name) => law[name] !== undefined);
  if (!shape) return undefined;
  const own = law[shape], names = (RATES[shape] ?? []).filter((name) => amount(own[name])), rate = amount(names.length ? own[names[0]] : own);
  const scaled = (name, to) => [`workload.arrivals.${shape}.${name}`, text(`${Number(((amount(own[name]) * to) / rate).toPrecision(4))} records/s`)];
  const change = (to) => (names.length ? names.map((name) => scaled(name, to)) : [["workload.arrivals", SHAPES[shape](to)]]);
  return rate ? { shape, rate, change, mean: shape === "on-off" ? rate / 2 : rate } : undefined;
}

const slider = (name, path, steps, unit, write = String, read = Number) => ({ name, path, steps, unit, write, read });
const choice = (name, path, options) => ({ name, path, options, write: text });

/** The knobs of a system. */
function ofSystem(label, platform) {
  const path = `system.${label}.${platform}`;
  if (platform === "kinesis") {
    return [
      { ...choice("mode", `${path}.StreamMode`, ["PROVISIONED", "ON_DEMAND"]), also: (value) => [[`${path}.ShardCount`, value === "ON_DEMAND" ? null : "4"]] },
      { ...slider("shards", `${path}.ShardCount`, count(32)), unless: (values) => at(values, `${path}.StreamMode`) === "ON_DEMAND" },
      slider("retention", `${path}.RetentionPeriodHours`, [24, 48, 72, 168, 720, 8760], " h"),
    ];
  }
  return [
    slider("partitions", `${path}.topic.partitions`, count(48)),
    slider("brokers", `${path}.NumberOfBrokerNodes`, [3, 6, 9, 12]),
    choice("type", `${path}.InstanceType`, ["kafka.t3.small", "kafka.m5.large", "kafka.m7g.large", "kafka.m7g.xlarge", "kafka.m7g.2xlarge", "express.m7g.large"]),
    choice("acks", `${path}.producer.acks`, ["all", "1", "0"]),
    slider("min.insync.replicas", `${path}.topic.min.insync.replicas`, [1, 2, 3]),
    slider("linger.ms", `${path}.producer.linger.ms`, [0, 1, 5, 10, 25, 50, 100, 500], " ms"),
    slider("retention.ms", `${path}.topic.retention.ms`, [60000, 600000, 3600000, 86400000, 604800000], " ms"),
  ];
}

/** The knobs of the workload and of those who read it. */
function ofWorkload(values) {
  const knobs = [], law = arrivals(values), keys = values.workload?.keys;
  if (law) {
    knobs.push({ name: "rate", steps: ladder(50, 20000), value: law.rate, unit: ` records/s${{ "on-off": " while it is on", flash: " before the peak" }[law.shape] ?? ""}`, set: law.change });
    knobs.push({ name: "shape", options: Object.keys(SHAPES), value: law.shape, set: (shape) => [["workload.arrivals", SHAPES[shape](law.mean)]] });
  }
  if (law && (keys?.uniform || keys?.zipf)) {
    const of = keys.uniform?.count ?? keys.zipf.count ?? 10000;
    knobs.push({ name: "skew of keys", steps: [0, 0.5, 0.8, 1, 1.2, 1.5, 2], value: keys.zipf?.exponent ?? 0, words: (exponent) => (exponent ? `${exponent} (Zipf): few keys have most records` : "none: all keys are equally frequent"),
      set: (exponent) => [["workload.keys", exponent ? `{ zipf = { count = ${of}, exponent = ${exponent.toFixed(1)} } }` : `{ uniform = { count = ${of} } }`]] });
  }
  if (amount(values.workload?.sizes?.constant)) {
    knobs.push({ name: "record size", steps: ladder(50, 900000), value: amount(values.workload.sizes.constant), unit: " B", set: (size) => [["workload.sizes", `{ constant = "${size} B" }`]] });
  }
  (values.consumer ?? []).forEach((consumer, index) => {
    knobs.push({ name: `workers of ${consumer.name}`, steps: count(24), value: consumer.workers ?? 1, unit: "", set: (workers) => [[`consumer[${index}].workers`, `${workers}`]] });
  });
  return knobs;
}

/** A name that may go on in the next line behind a point. */
const breakable = (name) => name.split(/(?<=\.)/).flatMap((part) => [html("wbr"), part]);

/** A knob as a labelled control. */
function control(knob, change) {
  const id = `knob-${knob.group ?? ""}-${knob.name}`.replace(/\W+/g, "-"), label = html("label", { htmlFor: id }, ...breakable(knob.name));
  if (knob.options) {
    const own = knob.value === undefined || knob.options.includes(knob.value) ? [] : [knob.value];
    // What the scenario does not say, the service decides.
    const unset = knob.value === undefined ? [html("option", { value: "", textContent: "as the service sets it", selected: true })] : [];
    const pick = html("select", { id, onchange: () => { if (pick.value) change(knob.set(pick.value)); } }, ...unset, ...[...own, ...knob.options].map((option) => html("option", { textContent: option, selected: option === knob.value })));
    return html("div", { className: "knob" }, label, pick);
  }
  const near = knob.steps.reduce((best, step, place) => (Math.abs(step - knob.value) < Math.abs(knob.steps[best] - knob.value) ? place : best), 0);
  const input = html("input", { type: "range", id, min: 0, max: knob.steps.length - 1, step: 1 }), shown = html("output", { htmlFor: id });
  input.value = near;
  const say = (value) => { shown.textContent = value === undefined ? "as the service sets it" : knob.words?.(value) ?? `${number(value)}${knob.unit ?? ""}`; input.setAttribute("aria-valuetext", shown.textContent); };
  say(knob.value);
  input.oninput = () => { say(knob.steps[input.value]); };
  input.onchange = () => change(knob.set(knob.steps[input.value]));
  return html("div", { className: "knob" }, label, input, shown);
}

/** The systems of a scenario: label and platform. */
export const systemsOf = (values) => Object.entries(values.system ?? {}).map(([label, own]) => [label, own.kinesis ? "kinesis" : "kafka"]);

/** All knobs of a scenario in groups; `change` gets paths with their new values. */
export function knobs(values, change) {
  const group = (title, list) => html("fieldset", {}, html("legend", { textContent: title }), ...list.map((knob) => control({ ...knob, group: title }, change)));
  const groups = [group("Workload", ofWorkload(values))];
  for (const [label, platform] of systemsOf(values)) {
    const list = ofSystem(label, platform).filter((knob) => !knob.unless?.(values));
    const made = list.map((knob) => ({ ...knob, value: at(values, knob.path), set: (value) => [[knob.path, knob.write(value)], ...(knob.also?.(value) ?? [])] }));
    groups.push(group(label === platform ? label : `${label} (${platform})`, made));
  }
  return groups;
}
