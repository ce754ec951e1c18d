// Pictures of spectrograms and masks on a canvas, with axes in the page's own type and colours.

import { element } from "./ui.js";

// Each map of matplotlib at 33 places, RGB in hexadecimal.
const MAPS = {
  magma:
    "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7faa337d" +
    "b73779c43c75d0416fdc4869e75263ef5d5ef56b5cf9795dfc8961fd9869fea772feb67cfec488fed395fde2a3fcf0b2fcfdbf",
  cividis:
    "00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f7073767676" +
    "7d7c788482798c8878938e789b9476a39a74aba072b4a76fbcae6cc4b468cdbb63d5c25edec958e7d150f0d846f9e03afee838",
  signed:
    "0530610e41791752901f63a82a71b23480b93f8ec0529dc86bacd184bcd99bc9e0aed3e6c2ddecd4e6f1e0ecf3ecf2f5" +
    "f7f6f6f9eee7fbe5d8fddcc9fbccb4f8bb9ef5aa89ee9677e48066db6b55d05548c53e3dba2832ab162a930e267c072267001f",
};

const tables = new Map();
function tableOf(name) {
  if (!tables.has(name)) {
    const hex = MAPS[name], places = hex.length / 6 - 1;
    const stop = (k, c) => parseInt(hex.slice(6 * k + 2 * c, 6 * k + 2 * c + 2), 16);
    const table = new Uint8ClampedArray(256 * 4);
    for (let v = 0; v < 256; v++) {
      const x = (v / 255) * places, k = Math.min(Math.floor(x), places - 1);
      for (let c = 0; c < 3; c++) table[4 * v + c] = stop(k, c) + (x - k) * (stop(k + 1, c) - stop(k, c));
      table[4 * v + 3] = 255;
    }
    tables.set(name, new Uint32Array(table.buffer));
  }
  return tables.get(name);
}

// A picture over time, with its axes, a line where the sound is and a band over what is looped.
class Chart {
  constructor(surface, { seconds, top = null, along = true }) {
    Object.assign(this, { surface, seconds, top });
    this.line = element("div", { class: "line" });
    this.band = element("div", { class: "band", hidden: true });
    this.map = element("div", { class: along ? "map" : "map bare" }, surface, this.band, this.line,
      top && scale("up", [0, top / 1000], "kHz"),
      along ? timeScale(seconds) : null);
    this.at(0);
  }

  // Where the sound is.
  at(seconds) {
    this.line.style.left = this.#across(seconds);
  }

  // region: [start, end] in seconds, or null.
  mark(region) {
    this.band.hidden = !region;
    if (!region) return;
    this.band.style.left = this.#across(region[0]);
    this.band.style.right = `calc(100% - ${this.#across(region[1])})`;
  }

  // Another highest frequency.
  reach(top) {
    if (top === this.top) return;
    this.top = top;
    this.map.querySelector(".ticks.up")?.replaceWith(scale("up", [0, top / 1000], "kHz"));
  }

  // The time in s and the frequency in Hz under a pointer.
  under(event) {
    const box = this.surface.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
    return { seconds: within(x) * this.seconds, hertz: (1 - within(y)) * this.top };
  }

  #across(seconds) {
    return `calc(var(--gutter) + ${within(seconds / this.seconds)} * (100% - var(--gutter)))`;
  }
}

function within(share) {
  return Math.min(Math.max(share, 0), 1);
}

// A picture of values[t * bins + f] between two limits, up to a highest frequency. caption: a few
// words in its corner.
export class Heatmap extends Chart {
  constructor({ label, colors, limits, seconds, top, height = null, along = true, caption = null }) {
    super(element("canvas", { role: "img", "aria-label": label }), { seconds, top, along });
    Object.assign(this, { colors, limits, canvas: this.surface });
    if (height) this.canvas.style.height = height;
    if (caption) this.map.append(element("span", { class: "caption", "aria-hidden": "true" }, caption));
  }

  draw({ values, frames, bins, rate }) {
    if (frames > WIDEST) return this.draw({ ...narrowed(values, frames, bins), bins, rate });
    const rows = Math.max(1, Math.min(bins, Math.round((this.top / (rate / 2)) * (bins - 1)) + 1));
    if (this.canvas.width !== frames || this.canvas.height !== rows) {
      this.canvas.width = frames;
      this.canvas.height = rows;
      this.context = this.canvas.getContext("2d");
      this.image = this.context.createImageData(frames, rows);
    }
    const { context, image } = this;
    const pixels = new Uint32Array(image.data.buffer), table = tableOf(this.colors);
    const [low, high] = this.limits, factor = 255 / (high - low);
    for (let t = 0; t < frames; t++) {
      for (let f = 0; f < rows; f++) {
        const v = (values[t * bins + f] - low) * factor;
        pixels[(rows - 1 - f) * frames + t] = table[v <= 0 ? 0 : v >= 255 ? 255 : v | 0];
      }
    }
    context.putImageData(image, 0, 0);
  }
}

// More columns than any browser's canvas is sure to have: each of fewer is the mean of neighbours.
const WIDEST = 16384;

function narrowed(values, frames, bins) {
  const group = Math.ceil(frames / WIDEST), columns = Math.ceil(frames / group);
  const out = new Float32Array(columns * bins);
  for (let t = 0; t < frames; t++) {
    const column = Math.floor(t / group), size = Math.min(group, frames - column * group);
    for (let f = 0; f < bins; f++) out[column * bins + f] += values[t * bins + f] / size;
  }
  return { values: out, frames: columns };
}

// A waveform: what lies between its least and its greatest sample, column by column, in one colour.
export class Trace extends Chart {
  constructor({ label, seconds, color = "", height = null, along = true }) {
    const surface = drawing("svg", { role: "img", "aria-label": label, preserveAspectRatio: "none" });
    super(surface, { seconds, along });
    surface.style.color = color;
    if (height) surface.style.height = height;
  }

  // channels: [Float32Array, ...]; peak: what reaches the edges of the picture.
  draw({ channels, peak }) {
    const samples = channels[0].length, columns = Math.min(800, samples);
    const upper = [], lower = [];
    for (let k = 0; k < columns; k++) {
      const end = Math.max(Math.floor(((k + 1) * samples) / columns), 1);
      let low = Infinity, high = -Infinity;
      for (const x of channels) {
        for (let n = Math.floor((k * samples) / columns); n < end; n++) {
          if (x[n] < low) low = x[n];
          if (x[n] > high) high = x[n];
        }
      }
      const y = (v) => (100 - (98 * v) / (peak || 1)).toFixed(1);
      upper.push(`${k} ${y(high)}`);
      lower.push(`${k} ${y(low)}`);
    }
    const path = `M${[...upper, ...lower.reverse()].join("L")}Z`;
    this.surface.setAttribute("viewBox", `0 0 ${Math.max(columns - 1, 1)} 200`);
    this.surface.replaceChildren(drawing("path", { d: path, "vector-effect": "non-scaling-stroke" }));
  }
}

function drawing(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Curves over one another, on axes that may change.
export class Plot {
  constructor({ label, height = null }) {
    this.surface = drawing("svg", { role: "img", "aria-label": label, preserveAspectRatio: "none",
                                    viewBox: "0 0 1000 1000" });
    if (height) this.surface.style.height = height;
    this.line = element("div", { class: "line", hidden: true });
    this.map = element("div", { class: "map plot" }, this.surface, this.line);
  }

  // x, y: { from, to, unit, most }, the values at both ends of an axis, and how many marks it takes;
  // without a unit it has none.
  axes(x, y) {
    if (JSON.stringify([x, y]) === JSON.stringify([this.x, this.y])) return;
    Object.assign(this, { x, y });
    for (const marks of this.map.querySelectorAll(".ticks")) marks.remove();
    if (y.unit) this.map.append(scale("up", [y.from, y.to], y.unit, y.most));
    if (x.unit) this.map.append(scale("along", [x.from, x.to], x.unit, x.most));
  }

  // curves: [{ kind, values, x(index) }]; kind is a class of theirs, x the place of a value. A kind
  // that holds "filled" lies between its values and their negatives; one that holds "dots" is not
  // joined up.
  draw(curves) {
    const { from: left, to: right } = this.x, { from: low, to: high } = this.y;
    this.surface.replaceChildren(...curves.map(({ kind, values, x }) => {
      const point = (k, v) => {
        const up = Math.min(Math.max((v - low) / (high - low), -0.1), 1.1);
        return `${((1000 * (x(k) - left)) / (right - left)).toFixed(1)} ${(1000 * (1 - up)).toFixed(1)}`;
      };
      const kept = thinned(values), points = kept.map(([k, v]) => point(k, v));
      if (kind.includes("filled")) points.push(...kept.map(([k, v]) => point(k, -v)).reverse());
      const d = kind.includes("dots") ? points.map((at) => `M${at}h0`).join("")
        : points.length ? `M${points.join("L")}` : "";
      return drawing("path", { class: kind, d, "vector-effect": "non-scaling-stroke" });
    }));
  }

  // A line at a place along the plot.
  at(place) {
    const share = within((place - this.x.from) / (this.x.to - this.x.from || 1));
    this.line.hidden = false;
    this.line.style.left = `calc(var(--gutter) + ${share} * (100% - var(--gutter)))`;
  }
}

// [index, value] of all values, or of the least and the greatest of each few neighbours.
function thinned(values) {
  const group = Math.ceil(values.length / 600), out = [];
  if (group < 3) return Array.from(values, (v, k) => [k, v]);
  for (let start = 0; start < values.length; start += group) {
    let low = start, high = start;
    for (let k = start; k < Math.min(start + group, values.length); k++) {
      if (values[k] < values[low]) low = k;
      if (values[k] > values[high]) high = k;
    }
    for (const k of [Math.min(low, high), Math.max(low, high)]) out.push([k, values[k]]);
  }
  return out;
}

export function timeScale(seconds) {
  return scale("along", [0, seconds], "s");
}

const SPACINGS = [0.01, 0.1, 1, 10, 100, 1000].flatMap((ten) => [ten, 2 * ten, 5 * ten]);

function scale(side, [from, to], unit, most = 6) {
  const span = to - from, step = SPACINGS.find((s) => span / s <= most + 0.001) ?? span;
  const marks = element("div", { class: `ticks ${side}`, "aria-hidden": "true" });
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9; k++) {
    const v = k * step, last = v + step > to + 1e-9;
    const text = `${Number(v.toFixed(2))}${last ? ` ${unit}` : ""}`.replace("-", "−");
    const share = (100 * (v - from)) / span;
    marks.append(element("span", { style: `${side === "up" ? "bottom" : "left"}:${share}%` }, text));
  }
  return marks;
}

// 20 log10 of magnitudes over a reference.
export function levels(magnitudes, reference) {
  const out = new Float32Array(magnitudes.length);
  for (let k = 0; k < out.length; k++) out[k] = 20 * Math.log10(magnitudes[k] / reference + 1e-12);
  return out;
}
