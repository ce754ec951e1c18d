// MaskListener: mixture, mask and estimate, seen and heard, while the mask is in the reader's hands.

import css from "./lib/ui.css";
import listenerCss from "./mask_listener.css";
import { openBank } from "./lib/bank.js";
import { istft, magnitudes, peakOf, siSdr, stft, windowOf } from "./lib/dsp.js";
import { Heatmap, levels } from "./lib/draw.js";
import { Masks } from "./lib/masks.js";
import { Painter } from "./lib/paint.js";
import { Player } from "./lib/sound.js";
import { announcer, choice, decibels, element, pitchCurve, playButton, slider, stage, switches,
         tick } from "./lib/ui.js";

const LIMITS = [-80, 0];                // dB, of the spectrograms
const SETTINGS = ["kind", "threshold", "exponent", "low", "high", "invert", "smooth_time",
  "smooth_frequency", "floor", "painted"];
const KINDS = {
  binary: "binary: keep or drop",
  ratio: "ratio: share each bin",
  "phase-sensitive": "phase-sensitive",
  "high-pass": "high-pass",
  band: "brick-wall band",
  static: "static: one gain a frequency",
  painted: "painted by hand",
};
// The settings that say what the kind is; the others refine any mask.
const OF_KIND = {
  binary: ["threshold"], ratio: ["exponent"], "high-pass": ["low"], band: ["low", "high"],
};
const OPEN = ["kind", "threshold", "exponent", "listen"];

// The sounds of the instrument, and what follows from the settings: pictures of numbers, no page.
class Listening {
  constructor(model, { rate, sounds }) {
    this.model = model;
    this.rate = rate;
    this.target = sounds[model.get("target")];
    const rest = model.get("rest").map((name) => sounds[name]);
    const added = (lists) => lists[0].map((_, n) => lists.reduce((sum, x) => sum + x[n], 0));
    this.others = this.target.map((_, c) => added(rest.map((sound) => sound[c])));
    this.mixture = this.target.map((x, c) => added([x, this.others[c]]));
    this.seconds = this.mixture[0].length / rate;
    const config = model.get("config"), given = floatsOf(model.get("static"));
    this.masks = this.target.map((x, c) =>
      new Masks(stft(x, config), stft(this.others[c], config), rate, given));
    const { frames, bins } = this.masks[0];
    Object.assign(this, { frames, bins, fullScale: sumOfAll(windowOf(config.window, config.windowLength)) / 2 });
    this.loudness = this.levelsOf(null);
    this.figures = { mixture: siSdr(this.mixture, this.target) };
    if (given) {
      const all = { kind: "static", low: 0, high: Infinity, floor: null, smooth_time: 0, smooth_frequency: 0 };
      this.figures.static = siSdr(this.masked(this.masks.map((m) => m.make(all))), this.target);
    }
    this.figures.ideal = siSdr(this.masked(this.masks.map((m) => m.ideal)), this.target);
  }

  masked(gains) {
    return this.masks.map(({ X }, c) => istft(X, gains[c]));
  }

  // The mask of the settings, and all that it makes; `times` says how long each step took, in ms.
  compute(settings) {
    const times = {}, timed = (name, work) => {
      const start = performance.now(), made = work();
      times[name] = performance.now() - start;
      return made;
    };
    this.gains = timed("mask", () => this.masks.map((masks) => masks.make(settings)));
    this.estimate = timed("inverse", () => this.masked(this.gains));
    this.residual = this.mixture.map((x, c) => difference(x, this.estimate[c]));
    this.score = timed("score", () => siSdr(this.estimate, this.target));
    return times;
  }

  // The gains that are drawn: of two channels, their mean.
  get shownGains() {
    if (this.gains.length === 1) return this.gains[0];
    return this.gains[0].map((v, k) => (v + this.gains[1][k]) / 2);
  }

  // Levels of the mixture, or of the mixture under the gains; of two channels, their mean power.
  levelsOf(gains) {
    if (this.masks.length > 1) {
      const power = new Float32Array(this.frames * this.bins);
      this.masks.forEach(({ X }, c) => {
        const mask = gains?.[c];
        for (let k = 0; k < power.length; k++) {
          power[k] += (mask ? mask[k] * mask[k] : 1) * (X.re[k] * X.re[k] + X.im[k] * X.im[k]) / 2;
        }
      });
      return levels(power.map(Math.sqrt), this.fullScale);
    }
    if (!gains) return levels(magnitudes(this.masks[0].X), this.fullScale);
    const [mask] = gains, { loudness } = this, out = (this.drawn ??= new Float32Array(loudness.length));
    for (let k = 0; k < out.length; k++) out[k] = loudness[k] + GAIN_LEVELS[(mask[k] * 1023 + 0.5) | 0];
    return out;
  }
}

// A gain's level in dB, by its place among 1024: near enough for a picture, and quick.
const GAIN_LEVELS = Float32Array.from({ length: 1024 }, (_, k) => 20 * Math.log10(k / 1023 + 1e-6));

function floatsOf(view) {
  if (!view?.byteLength) return null;
  return Float32Array.from({ length: view.byteLength / 4 }, (_, k) => view.getFloat32(4 * k, true));
}

function bytesOf(view) {
  return view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : new Uint8Array();
}

function sumOfAll(values) {
  return values.reduce((sum, v) => sum + v, 0);
}

function difference(x, y) {
  const out = new Float32Array(x.length);
  for (let n = 0; n < out.length; n++) out[n] = x[n] - y[n];
  return out;
}

function finite(value) {
  return Number.isFinite(value) ? value : null;
}

// The page of a Listening.
class MaskListenerView {
  constructor(model, listening, body) {
    Object.assign(this, { model, listening, body, brush: 18, erasing: false, timings: [] });
    this.wanted = model.get("controls") ?? [...OPEN, ...SETTINGS];
    const { mixture, target, others, rate } = listening;
    this.gain = Math.min(1, 0.98 / Math.max(peakOf(mixture), peakOf(target), peakOf(others)));
    this.player = new Player(rate, { onChange: () => this.showTime() });
    this.fillPlayer(this.player);
    this.voice = announcer(body);
    this.brushVoice = announcer(body);
    const rows = [this.sounds(), this.pictures(), this.readOut(), this.kind(), this.refinements()];
    if (this.gain < 0.999) {
      rows.push(element("p", { class: "hint" },
        `All is played ${decibels(-20 * Math.log10(this.gain))} softer, so that nothing clips.`));
    }
    body.append(...rows.filter(Boolean));
    this.listeners = [...SETTINGS, "listen"].map((name) => {
      const listener = () => this.follow(name);
      model.on(`change:${name}`, listener);
      return () => model.off(`change:${name}`, listener);
    });
    this.showKind();
    this.update();
    this.player.mix({ [model.get("listen")]: this.gain });
  }

  get settings() {
    const values = Object.fromEntries(SETTINGS.map((name) => [name, this.model.get(name)]));
    return { ...values, painted: bytesOf(values.painted) };
  }

  wants(name) { return this.wanted.includes(name); }

  // A control was moved: the model knows first, then all else follows it.
  change(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  // A setting changed, here or in Python.
  follow(name) {
    const value = this.model.get(name);
    if (this.controls[name]) this.controls[name].value = value;
    if (name === "listen") return this.player.mix({ [value]: this.gain });
    if (name === "kind") this.showKind();
    this.changed ??= performance.now();
    this.frame ??= requestAnimationFrame(() => this.update());   // many moves, one picture
  }

  update() {
    const { listening } = this, start = performance.now();
    this.frame = null;
    const times = listening.compute(this.settings);
    const computed = performance.now();
    this.player.set("estimate", listening.estimate);
    this.player.set("residual", listening.residual);
    times.sound = performance.now() - computed;
    this.draw();
    this.showScore();
    times.paint = performance.now() - computed - times.sound;
    times.total = performance.now() - (this.changed ?? start);    // from the first move on
    this.changed = null;
    this.timings.push(times);
    if (this.timings.length > 200) this.timings.shift();
  }

  draw() {
    const { frames, bins, rate } = this.listening, shape = { frames, bins, rate };
    this.maps.mask.draw({ values: this.listening.shownGains, ...shape });
    this.maps.estimate.draw({ values: this.listening.levelsOf(this.listening.gains), ...shape });
    if (this.model.get("kind") === "painted") this.painters[0].show(this.settings.painted);
  }

  fillPlayer(player) {
    const { mixture, target, estimate, residual } = this.listening;
    const sounds = { mixture, estimate: estimate ?? mixture, residual: residual ?? mixture, truth: target };
    for (const [name, sound] of Object.entries(sounds)) player.set(name, sound, 0);
  }

  sounds() {
    const { model, body, player } = this, target = model.get("target");
    this.play = playButton(player, body);
    this.clock = element("span", { class: "clock", "aria-hidden": "true" });
    this.controls = {};
    const options = [["mixture", "Mixture"], ["estimate", "Estimate"], ["residual", "Residual"],
      ["truth", `True ${target}`]];
    const listen = switches({ label: "Listen to", options, value: model.get("listen"),
                              input: (value) => this.change("listen", value) });
    if (this.wants("listen")) this.controls.listen = listen;
    return element("div", { class: "row top" }, this.play.button, this.clock,
      this.wants("listen") ? listen.field : null);
  }

  pictures() {
    const { listening, model, player } = this, { seconds } = listening;
    const shape = { seconds, top: model.get("top"), limits: LIMITS, colors: "magma" };
    const target = model.get("target"), span = `over ${seconds.toFixed(1)} seconds`;
    this.maps = {
      mixture: new Heatmap({ ...shape, along: false, caption: "mixture",
                             label: `Spectrogram of the mixture ${span}` }),
      mask: new Heatmap({ ...shape, along: false, caption: "mask: bright is kept", colors: "cividis",
                          limits: [0, 1], label: `The mask for the ${target} ${span}: bright is kept` }),
      estimate: new Heatmap({ ...shape, caption: "estimate: mask × mixture",
                              label: `Spectrogram of the estimate ${span}` }),
    };
    const { frames, bins, rate } = listening;
    this.maps.mixture.draw({ values: listening.loudness, frames, bins, rate });
    this.painters = ["mixture", "mask"].map((name) => new Painter(this.maps[name], { frames, bins }, {
      cells: () => this.settings.painted,
      size: () => this.brush,
      erasing: () => this.erasing,
      changed: (cells) => model.set("painted", new DataView(cells.buffer)),
      done: () => model.save_changes(),
      say: (text) => this.brushVoice.say(text),
    }));
    for (const { canvas, under, map } of Object.values(this.maps).map((heatmap) =>
      ({ canvas: heatmap.canvas, map: heatmap.map, under: (event) => heatmap.under(event) }))) {
      canvas.addEventListener("click", (event) => {
        if (!map.classList.contains("painting")) player.seek(under(event).seconds);
      });
    }
    const range = element("input", { type: "range", min: 0, max: seconds, step: Math.min(0.05, seconds / 20),
      value: 0, "aria-label": "Time", oninput: () => player.seek(Number(range.value)) });
    this.range = range;
    return element("div", { class: "pile" }, ...Object.values(this.maps).map(({ map }) => map),
      element("div", { class: "time" }, range));
  }

  // Where the sound is; goes on by itself while it plays.
  showTime() {
    const { player, range, clock, listening } = this, at = player.position;
    this.play.show();
    for (const map of Object.values(this.maps)) map.at(at);
    range.value = at;
    clock.textContent = `${at.toFixed(1)} / ${listening.seconds.toFixed(1)} s`;
    range.setAttribute("aria-valuetext", `${at.toFixed(1)} seconds`);
    cancelAnimationFrame(this.moving);
    if (player.playing) this.moving = requestAnimationFrame(() => this.showTime());
  }

  readOut() {
    const { figures } = this.listening;
    this.yours = element("strong");
    this.better = element("span");
    const list = element("dl", {}, ...[["mixture", "mixture"], ["static", "static mask"],
      ["ideal", "ideal (phase-sensitive)"]].filter(([name]) => name in figures).map(([name, text]) =>
      element("div", {}, element("dt", {}, text), element("dd", {}, decibels(figures[name])))));
    this.filled = element("div", { class: "filled" });
    this.gauge = element("div", { class: "gauge", "aria-hidden": "true" }, this.filled);
    const { mixture, ideal } = figures;
    this.share = (value) => Math.min(Math.max((value - mixture) / (ideal - mixture), 0), 1);
    if (Number.isFinite(this.share(mixture)) && "static" in figures) {
      this.gauge.append(element("div", { class: "mark", style: `left:${100 * this.share(figures.static)}%` }));
    }
    this.gauge.hidden = !Number.isFinite(this.share(mixture));
    return element("div", { class: "read-out" },
      element("div", { class: "yours" }, element("div", {}, "SI-SDR of your mask (higher is better)"), this.yours, this.better),
      this.gauge, list);
  }

  showScore() {
    const { score, figures } = this.listening, gain = score - figures.mixture;
    const sign = gain > 0 ? "+" : "";
    this.yours.textContent = decibels(score);
    this.better.textContent = Number.isFinite(gain) ? `${sign}${decibels(gain)} on the mixture` : "";
    this.filled.style.width = `${100 * (score === -Infinity ? 0 : this.share(score))}%`;
    const words = Number.isFinite(gain) ? `, ${decibels(Math.abs(gain))} ${gain < 0 ? "below" : "above"} the mixture` : "";
    if (this.changed) this.voice.say(`SI-SDR ${decibels(score)}${words}`);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(), 300);
  }

  // Python may observe the scores, once they have come to rest.
  tell() {
    const { score, figures } = this.listening, scores = { estimate: finite(score) };
    for (const [name, value] of Object.entries(figures)) scores[name] = finite(value);
    this.model.set("scores", { ...scores, improvement: finite(score - figures.mixture) });
    this.model.save_changes();
  }

  // The kind of mask, and what only some kinds have.
  kind() {
    const { model, controls } = this, kinds = model.get("kinds");
    const value = (name) => model.get(name), set = (name) => (v) => this.change(name, v);
    const fields = [];
    if (this.wants("kind") && kinds.length > 1) {
      controls.kind = choice({ label: "Mask", options: kinds.map((kind) => [kind, KINDS[kind]]),
                               value: value("kind"), input: set("kind") });
      fields.push(controls.kind.field);
    }
    if (this.wants("threshold")) {
      controls.threshold = slider({ label: "Threshold", min: -40, max: 40, step: 0.5, value: value("threshold"),
                                    show: (v) => decibels(v), input: set("threshold") });
    }
    if (this.wants("exponent")) {
      controls.exponent = slider({ label: "Exponent", min: -10, max: 30, step: 1, value: value("exponent"),
                                   show: (v) => String(Number(v.toFixed(2))), input: set("exponent"),
                                   curve: EXPONENTS });
    }
    for (const name of ["threshold", "exponent"]) if (controls[name]) fields.push(controls[name].field);
    this.brushes = this.brushRow();
    return element("div", {}, element("div", { class: "grid" }, ...fields), this.brushes);
  }

  brushRow() {
    const brush = switches({ label: "Brush", options: [["paint", "Paint"], ["erase", "Erase"]], value: "paint",
                             input: (way) => { this.erasing = way === "erase"; } });
    const size = slider({ label: "Size", min: 4, max: 60, step: 2, value: this.brush,
                          show: (v) => `${v} px`, input: (v) => { this.brush = v; } });
    const clear = element("button", { type: "button",
      onclick: () => this.change("painted", new DataView(new ArrayBuffer(0))) }, "Clear");
    return element("div", { class: "brushes" },
      element("div", { class: "row" }, brush.field, clear, size.field),
      element("p", { class: "hint" }, "Paint on the mixture or the mask what is to be kept. With the " +
        "keyboard: arrows move the brush, with Shift by more; space or Enter paints."));
  }

  // What can be done to a mask of any kind.
  refinements() {
    const { model, controls, listening } = this, { rate } = listening;
    const value = (name) => model.get(name), set = (name) => (v) => this.change(name, v);
    const hertz = (v) => (v < 1000 ? `${Math.round(v)} Hz` : `${(v / 1000).toFixed(1)} kHz`);
    const pitch = pitchCurve(rate / 2);
    const push = (name, other, over) => (v) => {        // low and high do not cross
      if (over(v, model.get(other))) model.set(other, v);
      this.change(name, v);
    };
    const make = {
      low: () => slider({ label: "From", ...pitch, curve: pitch, value: value("low"), show: hertz,
                          input: push("low", "high", (v, high) => v > high) }),
      high: () => slider({ label: "Up to", ...pitch, curve: pitch, value: value("high"), show: hertz,
                           input: push("high", "low", (v, low) => v < low) }),
      smooth_time: () => slider({ label: "Blur time", min: 0, max: 300, step: 1000 * model.get("config").hop / rate,
                                  value: value("smooth_time"), show: (v) => `± ${Math.round(v)} ms`,
                                  input: set("smooth_time") }),
      smooth_frequency: () => slider({ label: "Blur frequency", min: 0, max: 500,
                                       step: rate / model.get("config").windowLength,
                                       value: value("smooth_frequency"), show: (v) => `± ${Math.round(v)} Hz`,
                                       input: set("smooth_frequency") }),
      floor: () => slider({ label: "Floor", min: -61, max: 0, step: 1, value: value("floor"),
                            show: (v) => (v === null ? "none" : decibels(v, 0)), input: set("floor"), curve: FLOORS }),
      invert: () => tick({ label: "Invert: keep what the mask drops", value: value("invert"), input: set("invert") }),
    };
    const names = Object.keys(make).filter((name) => this.wants(name));
    for (const name of names) controls[name] = make[name]();
    if (!names.length) return null;
    const grid = element("div", { class: "grid" }, ...names.map((name) => controls[name].field));
    if (model.get("controls")) return grid;
    this.more = element("details", { class: "more" }, element("summary", {}, "More: range, blur, floor, invert"), grid);
    return this.more;
  }

  showKind() {
    const kind = this.model.get("kind"), own = OF_KIND[kind] ?? [];
    for (const name of ["threshold", "exponent"]) {
      if (this.controls[name]) this.controls[name].field.hidden = !own.includes(name);
    }
    if (this.controls.high) this.controls.high.field.hidden = kind === "high-pass";
    if (this.more && own.includes("low")) this.more.open = true;
    this.brushes.hidden = kind !== "painted";
    for (const painter of this.painters) painter.active = kind === "painted";
  }

  dispose() {
    for (const off of this.listeners) off();
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.moving);
    clearTimeout(this.telling);
    this.voice.stop();
    this.brushVoice.stop();
    this.player.dispose();
  }
}

const EXPONENTS = { to: (p) => 10 * Math.log2(p), from: (place) => 2 ** (place / 10) };
const FLOORS = { to: (v) => v ?? -61, from: (place) => (place < -60 ? null : place) };

export default {
  async render({ model, el }) {
    const body = stage(el, css + listenerCss, model.get("label"));
    const waiting = element("p", { class: "hint" }, "Decoding the sounds …");
    body.append(waiting);
    try {
      const listening = new Listening(model, await openBank(model));
      const view = new MaskListenerView(model, listening, body);
      waiting.remove();
      view.showTime();
      // For tests: all that the instrument computed, its player, and a player like it on a context
      // of the caller's.
      body.getRootNode().host.instrument = {
        view, listening, player: view.player,
        playerOn(context) {
          const player = new Player(listening.rate, { context });
          view.fillPlayer(player);
          return player;
        },
      };
      return () => view.dispose();
    } catch (error) {
      body.replaceChildren(element("p", { class: "error" }, `This instrument does not work here: ${error.message ?? error}`));
      throw error;
    }
  },
};
