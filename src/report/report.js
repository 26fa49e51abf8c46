// Draws the charts of a report from their descriptions, and lets a reader touch them: one cursor and one stretch of
// time for all charts, systems switched on and off, values at the cursor, and the table behind each chart.
// `streamduelCharts(document)` starts it; a page that draws its own descriptions calls `streamduelCharts.draw`,
// and `streamduelCharts.table` for the values of a panel.
"use strict";
(() => {
  const SVG_FONT = 12; // px
  const NARROW = 640; // px: below this width panels stand below each other
  const DASHES = { solid: "", long: "9 5", short: "3 4", "dash-dot": "9 4 2 4" };
  const MARKER_EVERY = 110; // px
  const EDGE = ' stroke="var(--soft)" stroke-width="0.7"';
  const escape = (text) =>
    String(text).replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const colour = (name) => (name.startsWith("#") ? name : `var(--${name})`);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  // Numbers for people, written as the tables of the report write them.
  const short = (v) => {
    const size = Math.abs(v);
    if (size === 0) return "0";
    return size < 9.995 ? v.toFixed(2) : size < 99.95 ? v.toFixed(1) : v.toFixed(0);
  };
  const plain = (v) => v.toFixed(2).replace(/\.?0+$/, "");
  const scaled = (v, write) => {
    const size = Math.abs(v);
    if (size >= 0.9995e9) return `${write(v / 1e9)} G`;
    if (size >= 0.9995e6) return `${write(v / 1e6)} M`;
    if (size >= 9999.5) return `${write(v / 1e3)} k`;
    return null;
  };
  const seconds = (v) => {
    const size = Math.abs(v);
    if (size === 0) return "0 s";
    if (size < 0.9995e-3) return `${short(v * 1e6)} µs`;
    if (size < 0.9995) return `${short(v * 1e3)} ms`;
    if (size < 180) return `${short(v)} s`;
    if (size < 3 * 3600) return `${short(v / 60)} min`;
    return `${short(v / 3600)} h`;
  };
  const significant = (v) => (v === 0 ? "0" : String(Number(v.toPrecision(3))));
  const VALUES = {
    number: (v) => scaled(v, short) ?? (v % 1 === 0 || Math.abs(v) >= 99.95 ? v.toFixed(0) : short(v)),
    whole: (v) => Math.round(v).toLocaleString("en-US"),
    seconds,
    share: (v) => `${Math.abs(v) < 0.1 ? (v * 100).toFixed(2) : (v * 100).toFixed(1)} %`,
    usd: (v) => `${significant(v)} USD`,
    name: () => "",
  };
  const TICKS = {
    number: (v) => scaled(v, plain) ?? plain(v),
    whole: (v) => scaled(v, plain) ?? plain(v),
    seconds: (v) => {
      const size = Math.abs(v);
      if (size === 0) return "0 s";
      if (size < 0.9995e-3) return `${plain(v * 1e6)} µs`;
      if (size < 0.9995) return `${plain(v * 1e3)} ms`;
      return `${plain(v)} s`;
    },
    share: (v) => `${plain(v * 100)} %`,
    usd: significant,
    name: () => "",
  };
  const heading = (axis) => (axis.unit ? `${axis.label} [${axis.unit}]` : axis.label);

  // Round values between two others, at most about `most` of them.
  const steps = (from, to, most) => {
    const raw = (to - from) / most;
    if (!(raw > 0)) return [];
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw * 0.999);
    const list = [];
    for (let n = Math.ceil(from / step - 1e-9); n * step <= to + step * 1e-9; n++) list.push(n * step);
    return list;
  };

  const ruler = document.createElement("canvas").getContext("2d");
  const widthOf = (text, size = SVG_FONT) => {
    ruler.font = `${size}px system-ui, "DejaVu Sans", Verdana, sans-serif`;
    return ruler.measureText(text).width * 1.05;
  };
  const fit = (text, room) => {
    if (widthOf(text) <= room) return text;
    let length = text.length;
    while (length > 1 && widthOf(`${text.slice(0, length)}…`) > room) length--;
    return `${text.slice(0, length)}…`;
  };

  // Names often differ in what stands at their end: they are cut in the middle.
  const fitInside = (text, room) => {
    let kept = text.length;
    const cut = () => (kept === text.length ? text : `${text.slice(0, Math.ceil(kept / 2))}…${text.slice(text.length - Math.floor(kept / 2))}`);
    while (kept > 1 && widthOf(cut()) > room) kept--;
    return cut();
  };

  // Where values of a panel lie in its picture.
  class View {
    constructor(panel, width, span) {
      this.panel = panel;
      const { x, y } = panel;
      this.from = x.is_time ? span[0] : x.from;
      this.to = x.is_time ? span[1] : x.to;
      this.names = y.format === "name";
      const labels = y.ticks.map((tick) => widthOf(tick.label));
      this.left = Math.ceil(clamp(Math.max(0, ...labels) + 10, 24, width * 0.32));
      this.right = width - 10;
      this.marks = place(panel.marks, this);
      this.top = 22 + this.marks.rows * 15;
      const high = panel.rows ? Math.max(150, Math.min(panel.rows * 17, 1100)) : width < 400 ? 150 : 190;
      this.bottom = this.top + high;
      this.width = width;
      this.height = this.bottom + 38;
    }
    x(value) {
      return this.left + ((value - this.from) / (this.to - this.from)) * (this.right - this.left);
    }
    valueAt(px) {
      return this.from + ((px - this.left) / (this.right - this.left)) * (this.to - this.from);
    }
    part(value) {
      const { y } = this.panel;
      if (y.scale !== "log") return (value - y.from) / (y.to - y.from);
      return Math.log(Math.max(value, y.from * 1e-9) / y.from) / Math.log(y.to / y.from);
    }
    y(value) {
      return this.bottom - clamp(this.part(value), 0, 1) * (this.bottom - this.top);
    }
    xTicks() {
      const { x } = this.panel;
      if (!x.is_time) return x.ticks;
      const most = Math.max(2, Math.floor((this.right - this.left) / 70));
      const unit = x.per_unit;
      return steps(this.from / unit, this.to / unit, most).map((at) => ({ at: at * unit, label: String(Number(at.toPrecision(6))) }));
    }
  }

  // Names of marks in rows above the data, the first row on top, where no curve crosses them and no line to a mark.
  function place(marks, view) {
    const names = [];
    const room = view.right - view.left;
    const covers = (name, x) => x >= name.x && x < name.end;
    const agree = (a, b) => {
      if (a.row === b.row) return a.x >= b.end + 10 || b.x >= a.end + 10;
      return a.row < b.row ? !covers(b, a.at) : !covers(a, b.at);
    };
    for (const mark of marks) {
      if (mark.to < view.from || mark.from > view.to) continue;
      const at = clamp(view.x(mark.from), view.left, view.right);
      const text = fit(mark.label, room * 0.8);
      const wide = widthOf(text);
      const x = Math.max(view.left, Math.min(at + 4, view.right - wide));
      const name = { x, end: x + wide, at, text, row: 0 };
      while (name.row < 4 && !names.every((other) => agree(name, other))) name.row++;
      if (name.row < 4) names.push(name);
    }
    return { names, rows: Math.max(0, ...names.map((name) => name.row + 1)) };
  }

  const line = (x1, y1, x2, y2, style) => `<path d="M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}" fill="none" ${style}/>`;
  const text = (words, x, y, anchor, style = 'fill="var(--ink)"') =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" ${style}>${escape(words)}</text>`;
  const stroke = (look) => {
    const dash = DASHES[look.dash] ? ` stroke-dasharray="${DASHES[look.dash]}"` : "";
    return `stroke="${colour(look.colour)}" stroke-width="${Math.max(1, look.width / 2)}" stroke-linejoin="round"${dash}`;
  };

  function marker(look, x, y) {
    const s = 4.5;
    const fill = `fill="${colour(look.colour)}"`;
    const corners = {
      square: [[-s, -s], [s, -s], [s, s], [-s, s]],
      triangle: [[0, -s * 1.3], [s * 1.2, s], [-s * 1.2, s]],
      diamond: [[0, -s * 1.4], [s * 1.4, 0], [0, s * 1.4], [-s * 1.4, 0]],
    }[look.marker];
    if (look.marker === "circle") return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${s}" ${fill}/>`;
    if (look.marker === "cross") {
      const style = `stroke="${colour(look.colour)}" stroke-width="2.2"`;
      return line(x - s, y - s, x + s, y + s, style) + line(x - s, y + s, x + s, y - s, style);
    }
    if (!corners) return "";
    return `<path d="M${corners.map(([a, b]) => `${(x + a).toFixed(1)} ${(y + b).toFixed(1)}`).join("L")}Z" ${fill}/>`;
  }

  // The points of a line in the picture; values of steps hold until the next.
  function places(part, view, isSteps) {
    const list = [];
    for (const [at, value] of part) {
      const x = view.x(at);
      const y = view.y(value);
      if (isSteps && list.length) list.push([x, list[list.length - 1][1]]);
      list.push([x, y]);
    }
    return list;
  }

  function lines(series, view, nth) {
    let out = "";
    let next = view.left + 18 + ((nth * 27) % MARKER_EVERY);
    for (const part of series.parts) {
      const list = places(part, view, series.kind === "steps");
      if (list.length === 1) {
        out += `<circle cx="${list[0][0].toFixed(1)}" cy="${list[0][1].toFixed(1)}" r="2.5" fill="${colour(series.look.colour)}"/>`;
        continue;
      }
      const path = list.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
      out += `<path d="M${path}" fill="none" ${stroke(series.look)}/>`;
      for (let n = 1; n < list.length && series.look.marker !== "none"; n++) {
        const [[x1, y1], [x2, y2]] = [list[n - 1], list[n]];
        for (; x2 > x1 && next < x2; next += MARKER_EVERY) {
          if (next >= x1) out += marker(series.look, next, y1 + ((y2 - y1) * (next - x1)) / (x2 - x1));
        }
      }
    }
    return out;
  }

  function band(series, view) {
    const shape = (part) => {
      const upper = part.map(([x, , high]) => `${view.x(x).toFixed(1)} ${view.y(high).toFixed(1)}`);
      const lower = part.map(([x, low]) => `${view.x(x).toFixed(1)} ${view.y(low).toFixed(1)}`).reverse();
      return `M${upper.concat(lower).join("L")}Z`;
    };
    const fill = `fill="${colour(series.look.colour)}" fill-opacity="${series.look.opacity}"`;
    return `<path d="${series.parts.map(shape).join("")}" ${fill}/>`;
  }

  function tiles(series, view) {
    const paths = series.classes.map(() => "");
    for (const [x1, x2, y1, y2, kind] of series.tiles) {
      if (view.panel.x.is_time && (x2 < view.from || x1 > view.to)) continue;
      const [left, top] = [view.x(x1), view.y(y2)];
      const wide = Math.max(view.x(x2) - left, 0.8);
      const high = view.y(y1) - top;
      paths[kind] += `M${left.toFixed(1)} ${top.toFixed(1)}h${wide.toFixed(1)}v${high.toFixed(1)}h-${wide.toFixed(1)}z`;
    }
    // The colours of bars are the same on dark ground, where the darkest need an edge.
    const edge = series.of === "bars" ? EDGE : "";
    return paths.map((d, n) => (d ? `<path d="${d}" fill="${colour(series.classes[n].colour)}"${edge}/>` : "")).join("");
  }

  function draw(series, view, nth) {
    if (series.kind === "band") return band(series, view);
    if (series.kind === "tiles") return tiles(series, view);
    if (series.kind !== "points") return lines(series, view, nth);
    return series.parts.flat().map(([x, y]) => marker(series.look, view.x(x), view.y(y))).join("");
  }

  // Ticks that have room: every one, every second, every third and so on.
  function roomy(ticks, fits) {
    for (let stride = 1; stride <= ticks.length; stride++) {
      const kept = ticks.filter((_, n) => n % stride === 0);
      if (kept.every((tick, n) => n === 0 || fits(kept[n - 1], tick))) return kept;
    }
    return [];
  }

  function axes(view) {
    const { panel } = view;
    const grid = 'stroke="var(--grid)" stroke-width="1"';
    const inside = ({ at }) => view.part(at) > -0.001 && view.part(at) < 1.001;
    const rows = roomy(panel.y.ticks.filter(inside), (a, b) => Math.abs(view.y(a.at) - view.y(b.at)) >= 15);
    let out = "";
    for (const { at, label } of rows) {
      if (!view.names) out += line(view.left, view.y(at), view.right, view.y(at), grid);
      out += text(fitInside(label, view.left - 6), view.left - 5, view.y(at) + 4, "end");
    }
    const across = view.xTicks().filter(({ at }) => at >= view.from - 1e-9 && at <= view.to * (1 + 1e-9));
    const columns = roomy(across, (a, b) => view.x(b.at) - view.x(a.at) >= (widthOf(a.label) + widthOf(b.label)) / 2 + 8);
    for (const { at, label } of columns) {
      if (panel.x.format !== "name") out += line(view.x(at), view.top, view.x(at), view.bottom, grid);
      const half = widthOf(label) / 2;
      out += text(label, Math.min(view.x(at), view.width - half), view.bottom + 15, "middle");
    }
    out += text(fit(heading(panel.x), view.right - view.left), (view.left + view.right) / 2, view.bottom + 31, "middle", 'fill="var(--soft)"');
    return out + text(heading(panel.y), 0, 12, "start", 'fill="var(--soft)"');
  }

  function marks(view) {
    let out = "";
    for (const { from, to } of view.panel.marks) {
      const [left, right] = [view.x(from), view.x(to)].map((x) => clamp(x, view.left, view.right));
      if (to > from && right > left)
        out += `<rect x="${left.toFixed(1)}" y="${view.top}" width="${(right - left).toFixed(1)}" height="${view.bottom - view.top}" fill="var(--shade)" fill-opacity=".18"/>`;
      else if (from >= view.from && from <= view.to)
        out += line(left, view.top, left, view.bottom, 'stroke="var(--shade)" stroke-dasharray="3 3"');
    }
    for (const { x, at, text: words, row } of view.marks.names) {
      const y = view.top - 4 - (view.marks.rows - 1 - row) * 15;
      out += line(at, y - 9, at, view.top, 'stroke="var(--shade)"') + text(words, x, y, "start");
    }
    return out;
  }

  // The picture of a panel.
  function picture(panel, view, hidden, id) {
    const shown = panel.series.filter((series) => !hidden.has(series.system));
    const box = `x="${view.left}" y="${view.top}" width="${view.right - view.left}" height="${view.bottom - view.top}"`;
    let out = `<clipPath id="${id}"><rect ${box}/></clipPath>${axes(view)}${marks(view)}`;
    out += `<g clip-path="url(#${id})">${shown.map((series, n) => draw(series, view, n)).join("")}</g>`;
    for (const { x, y, text: words, cell, colour: ink } of panel.labels) {
      const room = cell === null ? view.width : view.x(x + cell) - view.x(x);
      const wide = widthOf(words);
      const style = `fill="${colour(ink)}"`;
      if (cell === null) out += text(words, Math.min(view.x(x) + 6, view.right - wide), view.y(y) + 4, "start", style);
      else if (wide < room) out += text(words, view.x(x), view.y(y) + 4, "middle", style);
    }
    if (panel.note) out += text(panel.note, (view.left + view.right) / 2, (view.top + view.bottom) / 2, "middle");
    const frame = panel.stressed ? `<rect ${box} fill="none" stroke="var(--ink)" stroke-width="2"/>` : "";
    const edge = line(view.left, view.top, view.left, view.bottom, 'stroke="var(--ink)"') + line(view.left, view.bottom, view.right, view.bottom, 'stroke="var(--ink)"');
    return `${out}${frame}${edge}<path class="cursor" fill="none" stroke="var(--ink)" stroke-width="1" d=""/>`;
  }

  // The value of a series at an instant: of the nearest point at or before it for steps, of the nearest for lines.
  function valueAt(series, at, reach) {
    let best = null;
    for (const point of series.parts.flat()) {
      if (series.kind === "steps" && point[0] > at) break;
      const far = Math.abs(point[0] - at);
      if (!best || far <= best.far) best = { far, point };
    }
    if (!best || (series.kind !== "steps" && best.far > reach)) return null;
    return best.point[best.point.length - 1] - (series.kind === "band" ? best.point[1] : 0);
  }

  function tileAt(series, at, height) {
    const hit = series.tiles.findLast(([x1, x2, y1, y2]) => at >= x1 && at < x2 && height >= y1 && height < y2);
    return hit ? series.classes[hit[4]].label : null;
  }

  const swatch = ({ look, filled }) => {
    const inner = filled
      ? `<rect x="4" y="1" width="22" height="12" fill="${colour(look.colour)}" fill-opacity="${look.opacity}"${EDGE}/>`
      : line(0, 7, 30, 7, stroke({ ...look, width: clamp(look.width, 3, 6) })) + marker(look, 15, 7);
    return `<svg width="30" height="14" aria-hidden="true">${inner}</svg>`;
  };

  let count = 0;

  // A chart in a page. It has its size at once, and its content when it comes near the window.
  class Chart {
    constructor(root, description, state) {
      Object.assign(this, { root, description, state, id: `plot${count++}` });
      root.innerHTML = `<ul class="legend"></ul><div class="panels"></div>`;
      root.tabIndex = 0;
      root.setAttribute("role", "group");
      root.setAttribute("aria-label", `${description.title}. Arrow keys move the cursor, plus and minus zoom, Escape shows the whole run.`);
      this.panels = description.panels.map((panel, n) => this.panel(panel, n));
      root.querySelector(".panels").append(...this.panels.map((panel) => panel.box));
      root.addEventListener("keydown", (event) => this.key(event));
      // Only the chart that has the focus reads its values aloud.
      const live = (word) => this.panels.forEach(({ values }) => values.setAttribute("aria-live", word));
      root.addEventListener("focus", () => live("polite"));
      root.addEventListener("blur", () => live("off"));
    }

    panel(panel, n) {
      const box = document.createElement("div");
      box.className = "panel";
      box.innerHTML = `<p class="title">${escape(panel.title).replace(/ %/g, "&nbsp;%")}</p><svg role="img" aria-label="${escape(panel.title || this.description.title)}"></svg><p class="values"></p>`;
      const [, svg, values] = box.children;
      const own = { panel, box, svg, values, id: `${this.id}-${n}` };
      svg.addEventListener("pointerdown", (event) => this.press(own, event));
      svg.addEventListener("pointermove", (event) => this.move(own, event));
      svg.addEventListener("pointerup", (event) => this.release(own, event));
      svg.addEventListener("pointerleave", () => this.state.point(null));
      svg.addEventListener("dblclick", () => this.state.zoom(this.state.whole));
      return own;
    }

    // It comes near the window, or goes away from it.
    comes(isNear) {
      this.near = isNear;
      if (isNear) this.fill();
    }

    // Everything anew: after a change of width, of the stretch of time or of the systems.
    draw(width) {
      const { description, state, root } = this;
      if (!width) return;
      const columns = width < NARROW ? 1 : description.columns;
      root.querySelector(".panels").style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
      const entries = description.legend.filter((entry) => !state.hidden.has(entry.system));
      root.querySelector(".legend").innerHTML = entries.map((entry) => `<li>${swatch(entry)} ${escape(entry.label)}</li>`).join("");
      for (const own of this.panels) {
        own.box.hidden = own.panel.system !== null && state.hidden.has(own.panel.system);
        if (own.box.hidden) continue;
        const room = (width - (columns - 1) * 16) / columns;
        const view = new View(own.panel, Math.floor(room), state.span);
        own.view = view;
        own.svg.setAttribute("viewBox", `0 0 ${view.width} ${view.height}`);
        own.svg.setAttribute("width", view.width);
        own.svg.setAttribute("height", view.height);
      }
      this.stale = true;
      if (this.near) this.fill();
    }

    // The content of the panels, unless they have it.
    fill() {
      if (!this.stale) return;
      this.stale = false;
      for (const own of this.panels) {
        if (!own.box.hidden) own.svg.innerHTML = picture(own.panel, own.view, this.state.hidden, own.id);
      }
      this.cursor();
    }

    // The cursor and the values at it.
    cursor() {
      const { at } = this.state;
      if (this.stale) return;
      for (const own of this.panels) {
        const { view, panel, svg, values } = own;
        if (!view || own.box.hidden) continue;
        const isHere = at !== null && panel.x.is_time && at >= view.from && at <= view.to;
        const x = isHere ? view.x(at).toFixed(1) : 0;
        svg.querySelector(".cursor").setAttribute("d", isHere ? `M${x} ${view.top}V${view.bottom}` : "");
        const own_at = panel.x.is_time ? (isHere ? at : null) : own.at ?? null;
        values.textContent = own_at === null ? "" : this.words(own, own_at);
      }
    }

    words(own, at) {
      const { panel, view } = own;
      const reach = ((view.to - view.from) / (view.right - view.left)) * 30;
      const list = [];
      for (const series of panel.series) {
        if (this.state.hidden.has(series.system)) continue;
        if (series.kind === "tiles") {
          const kind = own.height === undefined ? null : tileAt(series, at, own.height);
          if (kind) list.push(kind);
          continue;
        }
        const value = valueAt(series, at, reach);
        if (value !== null) list.push(`${series.label} ${VALUES[panel.y.format](value)}`);
      }
      return [panel.x.is_time ? seconds(at) : "", ...new Set(list)].filter(Boolean).join(" · ");
    }

    at(own, event) {
      const box = own.svg.getBoundingClientRect();
      const { view } = own;
      const x = clamp(((event.clientX - box.left) / box.width) * view.width, view.left, view.right);
      const y = clamp(((event.clientY - box.top) / box.height) * view.height, view.top, view.bottom);
      const part = (view.bottom - y) / (view.bottom - view.top);
      own.height = view.panel.y.from + part * (view.panel.y.to - view.panel.y.from);
      return view.valueAt(x);
    }

    press(own, event) {
      if (!own.panel.x.is_time || event.pointerType === "touch") return;
      own.begin = this.at(own, event);
      own.svg.setPointerCapture(event.pointerId);
    }

    move(own, event) {
      const at = this.at(own, event);
      if (!own.panel.x.is_time) {
        own.at = at;
        return this.cursor();
      }
      this.state.point(at);
      if (own.begin !== undefined) {
        const [left, right] = [own.begin, at].map((t) => own.view.x(t)).sort((a, b) => a - b);
        own.svg.querySelector(".cursor").setAttribute("d", `M${left} ${own.view.top}H${right}V${own.view.bottom}H${left}Z`);
      }
    }

    release(own, event) {
      const { begin } = own;
      own.begin = undefined;
      if (begin === undefined) return;
      const end = this.at(own, event);
      const [from, to] = [Math.min(begin, end), Math.max(begin, end)];
      if (own.view.x(to) - own.view.x(from) > 8) this.state.zoom([from, to]);
    }

    key(event) {
      const { state } = this;
      const [from, to] = state.span;
      const step = (to - from) / 100;
      const at = state.at ?? from;
      const keys = {
        ArrowLeft: () => state.point(clamp(at - step, from, to)),
        ArrowRight: () => state.point(clamp(at + step, from, to)),
        Home: () => state.point(from),
        End: () => state.point(to),
        "+": () => state.scale(0.5),
        "-": () => state.scale(2),
        Escape: () => state.zoom(state.whole),
      };
      const act = keys[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    }
  }

  // What all charts share.
  class State {
    constructor(duration) {
      this.whole = [0, duration];
      this.span = this.whole;
      this.at = null;
      this.hidden = new Set();
      this.charts = [];
      // A reader who scrolls finds a chart drawn, because it is drawn one window ahead.
      const seen = (entries) => entries.forEach((entry) => this.of(entry.target)?.comes(entry.isIntersecting));
      this.watch = new IntersectionObserver(seen, { rootMargin: "100%" });
    }
    of(root) {
      return this.charts.find((chart) => chart.root === root);
    }
    add(root, description) {
      this.charts.push(new Chart(root, description, this));
      this.watch.observe(root);
    }
    // The widths are read before anything is written, so that the browser lays the page out once.
    draw() {
      const widths = this.charts.map((chart) => chart.root.clientWidth);
      this.charts.forEach((chart, n) => chart.draw(widths[n]));
    }
    // Draws what is far from the window, too: for paper and for pictures.
    fill() {
      this.charts.forEach((chart) => chart.fill());
    }
    point(at) {
      this.at = at;
      this.charts.forEach((chart) => chart.cursor());
    }
    zoom([from, to]) {
      this.span = [Math.max(from, 0), Math.min(to, this.whole[1])];
      this.draw();
    }
    // Half or twice the stretch, around the cursor.
    scale(factor) {
      const [from, to] = this.span;
      const at = this.at ?? (from + to) / 2;
      this.zoom([at - (at - from) * factor, at + (to - at) * factor]);
    }
    toggle(system, isShown) {
      if (isShown) this.hidden.delete(system);
      else this.hidden.add(system);
      this.draw();
    }
  }

  // The table behind a panel: a row for each place, a column for each series.
  function table(panel) {
    const cells = (row, tag) => `<tr>${row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("")}</tr>`;
    const write = VALUES[panel.y.format === "name" ? "number" : panel.y.format];
    let out = "";
    for (const series of panel.series.filter((series) => series.kind === "tiles")) {
      const rows = series.tiles.slice(0, 2000).map(([x1, x2, y1, y2, kind]) => [significant(x1), significant(x2), significant(y1), significant(y2), series.classes[kind].label]);
      out += cells([`${panel.x.label} from`, "to", `${panel.y.label || "row"} from`, "to", series.label], "th") + rows.map((row) => cells(row, "td")).join("");
    }
    const told = panel.series.filter((series) => series.kind !== "tiles");
    const rows = new Map();
    told.forEach((series, n) => {
      for (const point of series.parts.flat()) {
        if (!rows.has(point[0])) rows.set(point[0], told.map(() => ""));
        rows.get(point[0])[n] = write(point[point.length - 1] - (series.kind === "band" ? point[1] : 0));
      }
    });
    if (told.length) {
      const where = (x) => (panel.x.is_time ? seconds(x) : panel.x.ticks.find((tick) => tick.at === x)?.label ?? significant(x));
      const sorted = [...rows].sort((a, b) => a[0] - b[0]);
      out += cells([panel.x.label, ...told.map((series) => series.label)], "th") + sorted.map(([x, row]) => cells([where(x), ...row], "td")).join("");
    }
    return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(panel.title || "values")}"><table><caption>${escape(panel.title)}</caption>${out}</table></div>`;
  }

  function start(page) {
    const source = page.getElementById("charts-data");
    if (!source) return null;
    const collection = JSON.parse(source.textContent);
    const state = new State(collection.duration_s);
    for (const description of collection.charts) {
      const root = page.querySelector(`[data-chart="${description.name}"]`);
      if (!root) continue;
      state.add(root, description);
      const details = page.querySelector(`[data-table="${description.name}"]`);
      details?.addEventListener("toggle", () => {
        if (details.open && !details.querySelector("table")) details.insertAdjacentHTML("beforeend", description.panels.map(table).join(""));
      });
    }
    page.querySelectorAll("[data-system]").forEach((box) =>
      box.addEventListener("change", () => state.toggle(Number(box.dataset.system), box.checked)));
    page.querySelectorAll("[data-zoom]").forEach((button) =>
      button.addEventListener("click", () => (button.dataset.zoom === "whole" ? state.zoom(state.whole) : state.scale(Number(button.dataset.zoom)))));
    page.querySelectorAll("[data-at]").forEach((link) =>
      link.addEventListener("click", () => state.point(Number(link.dataset.at))));
    const theme = page.getElementById("theme");
    theme?.addEventListener("change", () => (page.documentElement.dataset.theme = theme.value));
    let width = page.body.clientWidth;
    state.draw();
    new ResizeObserver(() => {
      if (page.body.clientWidth === width) return;
      width = page.body.clientWidth;
      state.draw();
    }).observe(page.body);
    window.addEventListener("beforeprint", () => state.fill());
    page.querySelectorAll(".tools").forEach((tools) => (tools.hidden = false));
    return state;
  }

  window.streamduelCharts = Object.assign(start, { State, table, draw: (root, description, state) => state.add(root, description) });
  start(document);
})();
