// MaskListener: mixture, mask and estimate, seen and heard, with the mask in the reader's hands.

import baseStyle from "./lib/ui.css";
import transportStyle from "./lib/transport.css";
import listenerStyle from "./mask_listener.css";
import { openBank } from "./lib/bank.js";
import { peakOf } from "./lib/dsp.js";
import { Heatmap } from "./lib/draw.js";
import { Listening } from "./lib/listening.js";
import { Painter } from "./lib/paint.js";
import { Player } from "./lib/sound.js";
import { Transport } from "./lib/transport.js";
import {
  announcer, choice, decibels, element, pitchCurve, slider, stage, switches, tick,
} from "./lib/ui.js";

const OF_MASK = ["kind", "threshold", "exponent", "low", "high", "invert", "smooth_time",
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
const FIGURES = { mixture: "mixture", static: "static mask", ideal: "ideal (phase-sensitive)" };
const EXPONENTS = { to: (p) => 10 * Math.log2(p), from: (place) => 2 ** (place / 10) };
const FLOORS = { to: (v) => v ?? -61, from: (place) => (place < -60 ? null : place) };

class MaskListenerView {
  constructor(model, listening, body) {
    Object.assign(this, { model, listening, body, brush: 18, erasing: false, timings: [] });
    const { mixture, target, rest, rate } = listening;
    this.gain = Math.min(1, 0.98 / Math.max(peakOf(mixture), peakOf(target), peakOf(rest)));
    this.voice = announcer(body);
    this.brushVoice = announcer(body);
    this.controls = {};
    this.player = new Player(rate, { onChange: () => this.transport?.show() });
    const pile = this.pictures(), readOut = this.readOut();
    this.transport = this.clockwork();
    body.append(this.transport.row, pile, this.transport.slider, readOut, this.kindRow(),
      this.brushRow(), this.refinements());
    if (this.gain < 0.999) {
      const softer = decibels(-20 * Math.log10(this.gain));
      body.append(element("p", { class: "hint" },
        `All is played ${softer} softer, so that nothing clips.`));
    }
    this.listeners = [...OF_MASK, "listen"].map((name) => {
      const listener = () => this.follow(name);
      model.on(`change:${name}`, listener);
      return () => model.off(`change:${name}`, listener);
    });
    this.showKind();
    this.update();
    this.fill(this.player);
    this.player.mix({ [model.get("listen")]: this.gain });
    this.transport.show();
  }

  // From the control to the model, and from the model, whoever changed it, to all that is shown.

  get settings() {
    const values = Object.fromEntries(OF_MASK.map((name) => [name, this.model.get(name)]));
    const { painted: view } = values;
    const painted = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : [];
    return { ...values, painted };
  }

  wants(name) { return this.model.get("controls")?.includes(name) ?? true; }

  change(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  follow(name) {
    const value = this.model.get(name);
    if (this.controls[name]) this.controls[name].value = value;
    if (name === "listen") return this.player.mix({ [value]: this.gain });
    if (name === "kind") this.showKind();
    this.changed ??= performance.now();
    this.frame ??= requestAnimationFrame(() => this.update());   // many moves, one picture
  }

  update() {
    const { listening, model, player } = this, start = performance.now();
    this.frame = null;
    const times = listening.compute(this.settings), computed = performance.now();
    player.set("estimate", listening.estimate);
    player.set("residual", listening.residual);
    const sounding = performance.now();
    const { mask, estimate } = this.maps, { shape, gains } = listening;
    mask.draw({ values: listening.shownGains, ...shape });
    estimate.draw({ values: listening.levelsOf(gains), ...shape });
    if (model.get("kind") === "painted") this.painters[0].show(this.settings.painted);
    this.showScore();
    const end = performance.now();
    this.timings.push({ ...times, sound: sounding - computed, paint: end - sounding,
                        total: end - (this.changed ?? start) });   // from the first move on
    if (this.timings.length > 200) this.timings.shift();
    this.changed = null;
  }

  fill(player) {
    const { mixture, target, estimate, residual } = this.listening;
    const sounds = { mixture, estimate, residual, truth: target };
    for (const [name, sound] of Object.entries(sounds)) player.set(name, sound);
  }

  // Pictures and sound.

  pictures() {
    const { listening, model } = this, { seconds, shape, loudness } = listening;
    const top = model.get("top"), target = model.get("target");
    const span = `over ${seconds.toFixed(1)} seconds`;
    const level = { seconds, top, limits: [-80, 0], colors: "magma" };
    this.maps = {
      mixture: new Heatmap({ ...level, along: false, caption: "mixture",
        label: `Spectrogram of the mixture ${span}` }),
      mask: new Heatmap({ seconds, top, limits: [0, 1], colors: "cividis", along: false,
        caption: "mask: bright is kept",
        label: `The mask for the ${target} ${span}: bright is kept` }),
      estimate: new Heatmap({ ...level, caption: "estimate: mask × mixture",
        label: `Spectrogram of the estimate ${span}` }),
    };
    this.maps.mixture.draw({ values: loudness, ...shape });
    this.painters = ["mixture", "mask"].map((name) => new Painter(this.maps[name], shape, {
      cells: () => this.settings.painted,
      size: () => this.brush,
      erasing: () => this.erasing,
      changed: (cells) => model.set("painted", new DataView(cells.buffer)),
      done: () => model.save_changes(),
      say: (text) => this.brushVoice.say(text),
    }));
    return element("div", { class: "pile" }, ...Object.values(this.maps).map(({ map }) => map));
  }

  clockwork() {
    const { body, model, player, listening } = this;
    const transport = new Transport(body, {
      player, seconds: listening.seconds, charts: Object.values(this.maps),
      options: [["mixture", "Mixture"], ["estimate", "Estimate"], ["residual", "Residual"],
        ["truth", `True ${model.get("target")}`]],
      value: model.get("listen"),
      choose: (value) => this.change("listen", value),
    });
    if (this.wants("listen")) this.controls.listen = transport.listen;
    else transport.listen.field.remove();
    return transport;
  }

  // The score, between that of the mixture and that of the ideal mask.

  readOut() {
    const { figures } = this.listening, { mixture, ideal } = figures;
    this.yours = element("strong");
    this.better = element("span");
    this.filled = element("div", { class: "filled" });
    this.share = (score) => Math.min(Math.max((score - mixture) / (ideal - mixture), 0), 1);
    const gauge = element("div", { class: "gauge", "aria-hidden": "true" }, this.filled);
    gauge.hidden = !Number.isFinite(this.share(mixture));
    const list = element("dl");
    for (const [name, value] of Object.entries(figures)) {
      const figure = element("div", { class: name }, element("dt", {}, FIGURES[name]),
        element("dd", {}, decibels(value)));
      if (name === "static" && !gauge.hidden) {
        const left = `${100 * this.share(value)}%`;
        gauge.append(element("div", { class: "mark", style: `left:${left}` }));
        figure.style.setProperty("--at", left);
      }
      list.append(figure);
    }
    const heading = element("div", {}, "SI-SDR of your mask (higher is better)");
    return element("div", { class: "read-out" },
      element("div", { class: "yours" }, heading, this.yours, this.better), gauge, list);
  }

  showScore() {
    const { score, figures } = this.listening, gain = score - figures.mixture;
    const known = Number.isFinite(gain), most = score === -Infinity ? 0 : this.share(score);
    this.yours.textContent = decibels(score);
    this.better.textContent = known ? `${gain > 0 ? "+" : ""}${decibels(gain)} on the mixture` : "";
    this.filled.style.width = `${100 * most}%`;
    const side = `, ${decibels(Math.abs(gain))} ${gain < 0 ? "below" : "above"} the mixture`;
    if (this.changed) this.voice.say(`SI-SDR ${decibels(score)}${known ? side : ""}`);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(), 300);
  }

  // Python may observe the scores, once they have come to rest.
  tell() {
    const { score, figures } = this.listening;
    const all = { estimate: score, ...figures, improvement: score - figures.mixture };
    const finite = ([name, value]) => [name, Number.isFinite(value) ? value : null];
    this.change("scores", Object.fromEntries(Object.entries(all).map(finite)));
  }

  // The controls.

  slider(name, options) {
    return (this.controls[name] = slider({
      value: this.model.get(name), input: (value) => this.change(name, value), ...options,
    }));
  }

  kindRow() {
    const { model } = this, kinds = model.get("kinds"), row = element("div", { class: "grid" });
    if (this.wants("kind") && kinds.length > 1) {
      this.controls.kind = choice({ label: "Mask", value: model.get("kind"),
        options: kinds.map((kind) => [kind, KINDS[kind]]),
        input: (value) => this.change("kind", value) });
      row.append(this.controls.kind.field);
    }
    if (this.wants("threshold")) {
      row.append(this.slider("threshold", { label: "Threshold", min: -40, max: 40, step: 0.5,
        show: (v) => decibels(v) }).field);
    }
    if (this.wants("exponent")) {
      row.append(this.slider("exponent", { label: "Exponent", min: -10, max: 30, step: 1,
        curve: EXPONENTS, show: (v) => String(Number(v.toFixed(2))) }).field);
    }
    return row;
  }

  brushRow() {
    const way = switches({ label: "Brush", options: [["paint", "Paint"], ["erase", "Erase"]],
      value: "paint", input: (value) => { this.erasing = value === "erase"; } });
    const size = slider({ label: "Size", min: 4, max: 60, step: 2, value: this.brush,
      show: (v) => `${v} px`, input: (v) => { this.brush = v; } });
    const clear = element("button", { type: "button",
      onclick: () => this.change("painted", new DataView(new ArrayBuffer(0))) }, "Clear");
    this.brushes = element("div", { class: "brushes" },
      element("div", { class: "row" }, way.field, clear, size.field),
      element("p", { class: "hint" }, "Paint on the mixture or the mask what is to be kept. " +
        "With the keyboard: arrows move the brush, with Shift by more; space or Enter paints."));
    return this.brushes;
  }

  // What can be done to a mask of any kind.
  refinements() {
    const { model, listening } = this, { rate } = listening, pitch = pitchCurve(rate / 2);
    const { hop, windowLength } = model.get("config");
    const hertz = (v) => (v < 1000 ? `${Math.round(v)} Hz` : `${(v / 1000).toFixed(1)} kHz`);
    const range = { ...pitch, curve: pitch, show: hertz };
    const push = (name, other, past) => (value) => {     // low and high do not cross
      if (past(value, model.get(other))) model.set(other, value);
      this.change(name, value);
    };
    const make = {
      low: () => this.slider("low", { ...range, label: "From",
        input: push("low", "high", (low, high) => low > high) }),
      high: () => this.slider("high", { ...range, label: "Up to",
        input: push("high", "low", (high, low) => high < low) }),
      smooth_time: () => this.slider("smooth_time", { label: "Blur time", min: 0, max: 300,
        step: (1000 * hop) / rate, show: (v) => `± ${Math.round(v)} ms` }),
      smooth_frequency: () => this.slider("smooth_frequency", { label: "Blur frequency", min: 0,
        max: 500, step: rate / windowLength, show: (v) => `± ${Math.round(v)} Hz` }),
      floor: () => this.slider("floor", { label: "Floor", min: -61, max: 0, step: 1, curve: FLOORS,
        show: (v) => (v === null ? "none" : decibels(v, 0)) }),
      invert: () => (this.controls.invert = tick({ label: "Invert: keep what the mask drops",
        value: model.get("invert"), input: (value) => this.change("invert", value) })),
    };
    const wanted = Object.keys(make).filter((name) => this.wants(name));
    const grid = element("div", { class: "grid" }, ...wanted.map((name) => make[name]().field));
    if (model.get("controls")) return grid;
    this.more = element("details", { class: "more" },
      element("summary", {}, "More: range, blur, floor, invert"), grid);
    return this.more;
  }

  // A kind has controls that others have not.
  showKind() {
    const kind = this.model.get("kind"), { controls, more } = this;
    const show = (name, yes) => { if (controls[name]) controls[name].field.hidden = !yes; };
    show("threshold", kind === "binary");
    show("exponent", kind === "ratio");
    show("high", kind !== "high-pass");
    if (more && (kind === "high-pass" || kind === "band")) more.open = true;
    this.brushes.hidden = kind !== "painted";
    for (const painter of this.painters) painter.active = kind === "painted";
  }

  dispose() {
    for (const off of this.listeners) off();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.telling);
    this.voice.stop();
    this.brushVoice.stop();
    this.transport.dispose();
  }
}

function materialOf(model, { rate, sounds }) {
  const given = model.get("static"), length = (given?.byteLength ?? 0) / 4;
  const gains = Float32Array.from({ length }, (_, k) => given.getFloat32(4 * k, true));
  return {
    rate, config: model.get("config"), gains: length ? gains : null,
    target: sounds[model.get("target")], others: model.get("rest").map((name) => sounds[name]),
  };
}

export default {
  async render({ model, el }) {
    const body = stage(el, baseStyle + transportStyle + listenerStyle, model.get("label"));
    const wait = element("p", { class: "hint" }, "Decoding the sounds …");
    body.append(wait);
    try {
      const listening = new Listening(materialOf(model, await openBank(model)));
      const view = new MaskListenerView(model, listening, body);
      wait.remove();
      // For tests: what was computed, how long it took (view.timings), the player, and a player
      // like it on a context of the caller's.
      const playerOn = (context) => {
        const player = new Player(listening.rate, { context });
        view.fill(player);
        return player;
      };
      body.getRootNode().host.instrument = { view, listening, player: view.player, playerOn };
      return () => view.dispose();
    } catch (error) {
      const said = `This instrument does not work here: ${error.message ?? error}`;
      body.replaceChildren(element("p", { class: "error" }, said));
      throw error;
    }
  },
};
