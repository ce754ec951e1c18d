// StftExplorer: window, hop and shape changed live; the spectrogram, one frame of it, and what the
// inverse gives back.

import baseStyle from "./lib/ui.css";
import transportStyle from "./lib/transport.css";
import explorerStyle from "./stft_explorer.css";
import { openBank } from "./lib/bank.js";
import { WINDOWS, peakOf } from "./lib/dsp.js";
import { Heatmap, Plot } from "./lib/draw.js";
import { Exploring } from "./lib/exploring.js";
import { Player } from "./lib/sound.js";
import { Transport } from "./lib/transport.js";
import { announcer, choice, decibels, element, pitchCurve, slider, stage,
         switches } from "./lib/ui.js";

const SHARES = [1, 0.75, 0.5, 0.375, 0.25, 0.125];
const FRACTIONS = ["1", "3/4", "1/2", "3/8", "1/4", "1/8"];
const NAMES = { sqrt_hann: "root of Hann", hann: "Hann", hamming: "Hamming", blackman: "Blackman",
                boxcar: "boxcar (none)" };
const CUT = ["chosen", "window_length", "hop_share", "window"];   // what makes another spectrogram
const MADE = [...CUT, "phase", "seed"];                           // and what makes another inverse
const LEAST_ERROR = -120, LEAST_SPAN = 10;                        // dB

const milliseconds = (v) => `${v < 10 ? v.toFixed(1) : Math.round(v)} ms`;
const hertz = (v) =>
  v < 1000 ? `${v < 100 ? v.toFixed(1) : Math.round(v)} Hz` : `${(v / 1000).toFixed(1)} kHz`;

// The page of an Exploring.
class StftExplorerView {
  constructor(model, exploring, body) {
    Object.assign(this, { model, exploring, body, timings: [], controls: {}, hover: null });
    const { rate } = exploring;
    this.seconds = Object.values(exploring.sounds)[0][0].length / rate;
    this.player = new Player(rate, { onChange: () => this.transport?.show() });
    this.voice = announcer(body);
    const pictures = this.pictures(), frame = this.framePictures(), readOut = this.readOut();
    this.transport = new Transport(body, {
      player: this.player, seconds: this.seconds, charts: [this.map],
      options: [["original", "Original"], ["inverse", "Inverse"]],
      value: model.get("listen"), choose: (value) => this.change({ listen: value }),
      moved: (seconds, settled) => this.move(seconds, settled),
    });
    this.controls.listen = this.transport.listen;
    this.softer = element("p", { class: "hint" });
    body.append(this.transport.row, pictures, this.transport.slider, frame, readOut,
      this.choices(), this.drawing(), this.softer);
    this.listeners = [...MADE, "listen", "levels", "top", "time"].map((name) => {
      const listener = () => this.follow(name);
      model.on(`change:${name}`, listener);
      return () => model.off(`change:${name}`, listener);
    });
    this.stale = new Set(MADE);
    this.update();
    this.player.seek(model.get("time"));
  }

  get settings() {
    return Object.fromEntries(MADE.map((name) => [name, this.model.get(name)]));
  }

  change(values) {
    this.model.set(values);
    this.model.save_changes();
  }

  // A trait changed, here or in Python.
  follow(name) {
    const value = this.model.get(name);
    if (name === "levels") [this.controls.darkest.value, this.controls.brightest.value] = value;
    else if (this.controls[name]) this.controls[name].value = value;
    if (name === "listen") return this.mix();
    if (name === "time") {
      if (Math.abs(this.player.position - value) > 0.005) this.player.seek(value);
      return;
    }
    this.stale.add(name);
    this.changed ??= performance.now();
    this.frame ??= requestAnimationFrame(() => this.update());      // many moves, one picture
  }

  update() {
    const { exploring, stale, settings } = this, start = performance.now(), times = {};
    const timed = (name, work) => {
      const begin = performance.now();
      work();
      times[name] = performance.now() - begin;
    };
    this.frame = null;
    if (CUT.some((name) => stale.has(name))) timed("analysis", () => exploring.analyse(settings));
    if (MADE.some((name) => stale.has(name))) {
      timed("inverse", () => exploring.invert(settings));
      timed("sound", () => this.fillPlayer(this.player));
      this.mix();
    }
    timed("paint", () => this.draw());
    times.total = performance.now() - (this.changed ?? start);       // from the first move on
    stale.clear();
    this.changed = null;
    this.timings.push(times);
    if (this.timings.length > 200) this.timings.shift();
  }

  fillPlayer(player) {
    const { sound, inverse } = this.exploring;
    for (const [name, channels] of Object.entries({ original: sound, inverse })) {
      const track = player.tracks.get(name);
      if (track?.channels !== channels) player.set(name, channels, track?.gain ?? 0);
    }
  }

  // One gain for both, so that nothing clips and they can be compared.
  mix() {
    const { sound, inverse } = this.exploring;
    const gain = Math.min(1, 0.98 / Math.max(peakOf(sound), peakOf(inverse)));
    this.player.mix({ [this.model.get("listen")]: gain });
    this.softer.textContent = gain < 0.999
      ? `Both are played ${decibels(-20 * Math.log10(gain))} softer, so that nothing clips.` : "";
  }

  pictures() {
    this.holder = element("div", { class: "pictures" });
    this.map = new Heatmap({ label: this.describe(), colors: "magma", seconds: this.seconds,
                             limits: this.model.get("levels"), top: this.model.get("top") });
    this.holder.append(this.map.map);
    const { surface } = this.map;
    surface.addEventListener("pointermove", (event) => {
      this.hover = this.map.under(event).seconds;
      this.drawFrame();
    });
    for (const name of ["pointerleave", "pointercancel"]) {
      surface.addEventListener(name, () => { this.hover = null; this.drawFrame(); });
    }
    return this.holder;
  }

  framePictures() {
    this.wave = new Plot({ label: "The frame: the sound, its windowed samples, and the inverse" });
    this.spectrum = new Plot({ label: "The spectrum of the frame in decibels" });
    this.place = element("figcaption");
    return element("div", { class: "frame" },
      element("figure", {}, this.place, this.wave.map),
      element("figure", {}, element("figcaption", {}, "its spectrum"), this.spectrum.map));
  }

  describe() {
    return `Spectrogram of ${this.model.get("chosen")} over ${this.seconds.toFixed(1)} seconds`;
  }

  draw() {
    const { exploring, model, map } = this, { frames, bins, rate } = exploring;
    const top = Math.min(model.get("top"), rate / 2);
    map.surface.setAttribute("aria-label", this.describe());
    map.limits = model.get("levels");
    map.reach(top);
    map.draw({ values: exploring.loudness, frames, bins, rate });
    this.shown = null;
    this.drawFrame();
    this.showFigures();
  }

  // The frame under the pointer, else the one where the sound is.
  drawFrame() {
    const { exploring, model } = this, { config, rate, bins, shape } = exploring;
    const t = exploring.frameAt(this.hover ?? this.player.position);
    if (t === this.shown) return;
    this.shown = t;
    const { windowLength: N, hop } = config, middle = (t * hop) / rate, half = N / 2 / rate;
    const original = exploring.cut(exploring.sound, t), back = exploring.cut(exploring.inverse, t);
    const peak = Math.max(peakOf([original]), 0.02 * peakOf(exploring.sound)) || 1;
    const span = 1000 * N / rate, along = (k) => (1000 * k) / rate;
    this.wave.axes({ from: 0, to: span, unit: "ms" },
                   { from: -1.05 * peak, to: 1.05 * peak, unit: " " });
    this.wave.draw([
      { kind: "filled", values: shape.map((v) => v * peak), x: along },
      { kind: "faint", values: original, x: along },
      { kind: "second", values: back, x: along },
      { kind: "", values: original.map((v, n) => v * shape[n]), x: along },
    ]);
    const [low, high] = model.get("levels"), top = Math.min(model.get("top"), rate / 2) / 1000;
    const count = Math.min(bins, Math.ceil((1000 * top * N) / rate) + 1);
    this.spectrum.axes({ from: 0, to: top, unit: "kHz" }, { from: low, to: high, unit: "dB" });
    const values = exploring.loudness.subarray(t * bins, t * bins + count);
    this.spectrum.draw([{ kind: "", values, x: (k) => (k * rate) / N / 1000 }]);
    this.map.mark([middle - half, middle + half]);
    this.place.replaceChildren(`frame ${t} at ${middle.toFixed(2)} s: `, key("faint", "sound"),
      ", ", key("", "windowed"), ", ", key("second", "inverse"));
  }

  move(seconds, settled) {
    if (this.exploring.spectra) this.drawFrame();
    if (settled) this.change({ time: Number(seconds.toFixed(4)) });
  }

  readOut() {
    this.figures = {};
    const names = { frame: "a frame lasts", hop: "a hop", spacing: "bins are apart",
                    frames: "frames × bins", coverage: "coverage", error: "error of the inverse" };
    const list = element("dl", { class: "figures" });
    for (const [name, text] of Object.entries(names)) {
      this.figures[name] = element("dd");
      list.append(element("div", {}, element("dt", {}, text), this.figures[name]));
    }
    this.warning = element("p", { class: "warning", hidden: true });
    return element("div", {}, list, this.warning);
  }

  showFigures() {
    const { exploring, figures } = this, { config, rate, coverage, error, uncovered } = exploring;
    const { windowLength, hop } = config, [least, most] = coverage;
    const texts = {
      frame: milliseconds((1000 * windowLength) / rate),
      hop: `${hop} = ${milliseconds((1000 * hop) / rate)}`,
      spacing: hertz(rate / windowLength),
      frames: `${exploring.frames} × ${exploring.bins}`,
      coverage: `${most - least < 5e-4 * most ? "" : `${short(least)} to `}${most.toFixed(2)}`,
      error: error <= LEAST_ERROR ? `below ${decibels(LEAST_ERROR, 0)}` : decibels(error),
    };
    for (const [name, text] of Object.entries(texts)) figures[name].textContent = text;
    const share = `${Math.max(1, Math.round(100 * uncovered))} %`;
    this.warning.hidden = uncovered === 0;
    this.warning.textContent = uncovered === 0 ? "" : `No inverse (NOLA fails): ${share} of the ` +
      "samples are all but uncovered by windows, and nothing can bring them back. They are " +
      "silent in what you hear.";
    this.redraw.hidden = this.model.get("phase") !== "random";
    if (this.changed) {
      this.voice.say(`${windowLength} samples, hop ${hop}, error of the inverse ${texts.error}` +
        (uncovered ? `, ${share} of the samples uncovered` : ""));
    }
  }

  choices() {
    const { model, controls } = this, names = Object.keys(this.exploring.sounds);
    const value = (name) => model.get(name), set = (name) => (v) => this.change({ [name]: v });
    const fields = [];
    if (names.length > 1) {
      controls.chosen = choice({ label: "Sound", options: names.map((name) => [name, name]),
                                 value: value("chosen"), input: set("chosen") });
    }
    controls.window_length = slider({ label: "Window length", min: 7, max: 13, step: 1,
      value: value("window_length"), input: set("window_length"),
      curve: { to: Math.log2, from: (place) => 2 ** place } });
    controls.hop_share = slider({ label: "Hop / window", min: 0, max: SHARES.length - 1, step: 1,
      value: value("hop_share"), input: set("hop_share"), show: (v) => FRACTIONS[SHARES.indexOf(v)],
      curve: { to: (v) => SHARES.indexOf(v), from: (place) => SHARES[place] } });
    controls.window = choice({ label: "Window shape", value: value("window"), input: set("window"),
                               options: WINDOWS.map((name) => [name, NAMES[name]]) });
    controls.phase = switches({ label: "Phase", value: value("phase"), input: set("phase"),
      options: [["kept", "kept"], ["zero", "zero"], ["random", "random"]] });
    this.redraw = element("button", { type: "button",
      onclick: () => this.change({ seed: (value("seed") + 1) % 2 ** 31 }) }, "Draw again");
    for (const name of ["chosen", "window", "window_length", "hop_share"]) {
      if (controls[name]) fields.push(controls[name].field);
    }
    return element("div", { class: "grid" }, ...fields,
      element("div", { class: "row phases" }, controls.phase.field, this.redraw));
  }

  // How it is drawn: the range of levels and of frequencies.
  drawing() {
    const { model, controls, exploring } = this, pitch = pitchCurve(exploring.rate / 2);
    const level = (label, at, min, max, input) =>
      slider({ label, min, max, step: 5, value: model.get("levels")[at], input,
               show: (v) => decibels(v, 0) });
    controls.darkest = level("Darkest", 0, -120, 0, (v) =>
      this.change({ levels: [v, Math.max(model.get("levels")[1], v + LEAST_SPAN)] }));
    controls.brightest = level("Brightest", 1, -110, 20, (v) =>
      this.change({ levels: [Math.min(model.get("levels")[0], v - LEAST_SPAN), v] }));
    controls.top = slider({ label: "Up to", ...pitch, min: 15, curve: pitch, show: hertz,
                            value: model.get("top"), input: (v) => this.change({ top: v }) });
    const fields = ["darkest", "brightest", "top"].map((name) => controls[name].field);
    return element("details", { class: "more" },
      element("summary", {}, "More: range of levels and frequencies"),
      element("div", { class: "grid" }, ...fields));
  }

  dispose() {
    for (const off of this.listeners) off();
    cancelAnimationFrame(this.frame);
    this.voice.stop();
    this.transport.dispose();
  }
}

const short = (v) => (v < 0.005 ? "0.00" : v.toFixed(2));

function key(kind, text) {
  return element("i", { class: kind }, text);
}

export default {
  async render({ model, el }) {
    const body = stage(el, baseStyle + transportStyle + explorerStyle, model.get("label"));
    const waiting = element("p", { class: "hint" }, "Decoding the sounds …");
    body.append(waiting);
    try {
      const exploring = new Exploring(await openBank(model));
      const view = new StftExplorerView(model, exploring, body);
      waiting.remove();
      view.transport.show();
      // For tests: all that the instrument computed, and its player.
      body.getRootNode().host.instrument = { view, exploring, player: view.player };
      return () => view.dispose();
    } catch (error) {
      const said = `This instrument does not work here: ${error.message ?? error}`;
      body.replaceChildren(element("p", { class: "error" }, said));
      throw error;
    }
  },
};
