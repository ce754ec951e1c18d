// Scrubber: a sequence of masks, as training left them, dragged through and heard.

import baseStyle from "./lib/ui.css";
import transportStyle from "./lib/transport.css";
import scrubberStyle from "./scrubber.css";
import { openBank } from "./lib/bank.js";
import { peakOf } from "./lib/dsp.js";
import { Heatmap, Plot } from "./lib/draw.js";
import { Scrubbing, unpackMasks } from "./lib/scrubbing.js";
import { Player } from "./lib/sound.js";
import { Transport } from "./lib/transport.js";
import { announcer, decibels, element, stage } from "./lib/ui.js";

const LIMITS = [-80, 0];                // dB, of the spectrogram

// The page of a Scrubbing.
class ScrubberView {
  constructor(model, scrubbing, body) {
    Object.assign(this, { model, scrubbing, body, timings: [] });
    const { rate, seconds } = scrubbing;
    this.steps = model.get("steps");
    this.scores = model.get("scores");
    this.player = new Player(rate, { onChange: () => this.onPlayer() });
    this.voice = announcer(body);
    const pictures = this.pictures();
    this.transport = new Transport(body, {
      player: this.player, seconds, charts: Object.values(this.maps),
      options: [["mixture", "Mixture"], ["estimate", "Estimate"], ["residual", "Residual"]],
      value: model.get("listen"), choose: (value) => this.change({ listen: value }),
    });
    this.softer = element("p", { class: "hint" });
    body.append(this.transport.row, pictures, this.transport.slider, this.training(), this.softer);
    this.listeners = ["step", "listen", "running", "pace"].map((name) => {
      const listener = () => this.follow(name);
      model.on(`change:${name}`, listener);
      return () => model.off(`change:${name}`, listener);
    });
    this.update();
    if (model.get("running")) this.run();
  }

  change(values) {
    this.model.set(values);
    this.model.save_changes();
  }

  // A trait changed, here or in Python.
  follow(name) {
    const value = this.model.get(name);
    if (name === "listen") {
      this.transport.listen.value = value;
      this.mix();
    } else if (name === "step") {
      this.changed ??= performance.now();
      this.frame ??= requestAnimationFrame(() => this.update());     // many moves, one picture
    } else if (name === "running") {
      if (value) this.run();
      else this.rest();
    } else if (this.timer) this.schedule();
  }

  update() {
    const { scrubbing } = this, start = performance.now();
    this.frame = null;
    scrubbing.compute(this.model.get("step"));
    const computed = performance.now();
    this.fillPlayer(this.player);
    this.mix();
    const filled = performance.now();
    this.draw();
    this.showStep();
    const done = performance.now();
    this.timings.push({ mask: computed - start, sound: filled - computed, paint: done - filled,
                        total: done - (this.changed ?? start) });    // from the first move on
    if (this.timings.length > 200) this.timings.shift();
    this.changed = null;
  }

  fillPlayer(player) {
    const { mixture, estimate, residual } = this.scrubbing;
    for (const [name, channels] of Object.entries({ mixture, estimate, residual })) {
      const track = player.tracks.get(name);
      if (track?.channels !== channels) player.set(name, channels, track ? null : 0);
    }
  }

  // A mask in [0, 1] may still lift a peak: one gain for all, so that nothing clips.
  mix() {
    const { mixture, estimate, residual } = this.scrubbing;
    const gain = Math.min(1, 0.98 / Math.max(...[mixture, estimate, residual].map(peakOf)));
    this.player.mix({ [this.model.get("listen")]: gain });
    this.softer.textContent = gain < 0.999
      ? `All is played ${decibels(-20 * Math.log10(gain))} softer, so that nothing clips.` : "";
  }

  pictures() {
    const { seconds } = this.scrubbing, shape = { seconds, top: this.model.get("top") };
    const span = `over ${seconds.toFixed(1)} seconds`;
    this.maps = {
      mask: new Heatmap({ ...shape, along: false, colors: "cividis", limits: [0, 1],
                          caption: "mask: bright is kept",
                          label: `The mask ${span}: bright is kept` }),
      estimate: new Heatmap({ ...shape, colors: "magma", limits: LIMITS,
                              caption: "estimate: mask × mixture",
                              label: `Spectrogram of the estimate ${span}` }),
    };
    return element("div", { class: "pile" }, ...Object.values(this.maps).map(({ map }) => map));
  }

  draw() {
    const { frames, bins, rate, shownMask, shownLevels } = this.scrubbing;
    this.maps.mask.draw({ values: shownMask, frames, bins, rate });
    this.maps.estimate.draw({ values: shownLevels, frames, bins, rate });
  }

  // The slider over the steps, under the curve of the scores.
  training() {
    const { steps, model } = this, last = steps.length - 1;
    this.name = element("strong");
    this.score = element("span");
    this.button = element("button", { type: "button",
      onclick: () => this.change({ running: !model.get("running") }) });
    this.range = element("input", { type: "range", min: 0, max: Math.max(last, 1), step: 1,
      disabled: last === 0, "aria-label": "Step",
      oninput: () => this.change({ step: Number(this.range.value) }) });
    const known = this.scores.map((_, k) => k).filter((k) => this.scores[k] !== null);
    if (known.length) this.plot = this.curve(known);
    this.button.hidden = last === 0;
    return element("div", { class: this.plot ? "training" : "training bare" },
      element("div", { class: "now" }, this.name, this.score, this.button), this.plot?.map,
      element("div", { class: "seek" }, this.range),
      element("div", { class: "ends", "aria-hidden": "true" }, element("span", {}, steps[0]),
        last ? element("span", {}, steps[last]) : null));
  }

  curve(known) {
    const { scores, model } = this, values = known.map((k) => scores[k]);
    const low = Math.min(...values), high = Math.max(...values), room = 0.15 * (high - low || 1);
    const ends = `from ${this.say(values[0])} to ${this.say(values.at(-1))}`;
    const plot = new Plot({ label: `${model.get("measure")} over the steps, ${ends}` });
    plot.axes({ from: 0, to: Math.max(scores.length - 1, 1) },
              { from: low - room, to: high + room, unit: model.get("unit") || " ", most: 4 });
    this.curves = ["", "dots"].map((kind) => ({ kind, values, x: (k) => known[k] }));
    plot.surface.addEventListener("click", (event) => {
      const box = plot.surface.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      const step = Math.round(share * (scores.length - 1));
      this.change({ step: Math.min(Math.max(step, 0), scores.length - 1) });
    });
    return plot;
  }

  say(score) {
    const unit = this.model.get("unit");
    return unit === "dB" ? decibels(score) : `${score.toFixed(2)} ${unit}`.trim();
  }

  showStep() {
    const step = this.model.get("step"), score = this.scores[step] ?? null;
    const text = score === null ? "" : `${this.model.get("measure")} ${this.say(score)}`;
    this.name.textContent = this.steps[step];
    this.score.textContent = text;
    this.range.value = step;
    this.range.setAttribute("aria-valuetext", [this.steps[step], text].filter(Boolean).join(", "));
    if (this.plot) {
      this.plot.draw(score === null ? this.curves
        : [...this.curves, { kind: "dots large", values: [score], x: () => step }]);
      this.plot.at(step);
    }
    this.showRunning();
    if (this.changed && !this.model.get("running")) {
      this.voice.say([this.steps[step], text].filter(Boolean).join(", "));
    }
  }

  showRunning() {
    const running = this.model.get("running");
    this.button.textContent = running ? "Stop" : "Run through the steps";
  }

  // From step to step, with the sound going round; from the first again if it stands at the last.
  async run() {
    const { player, model, scrubbing } = this;
    if (model.get("step") === this.steps.length - 1) this.change({ step: 0 });
    this.showRunning();
    player.loop([0, scrubbing.seconds]);
    this.schedule();
    await player.play();
  }

  schedule() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const step = this.model.get("step"), last = this.steps.length - 1;
      if (step < last) this.change({ step: step + 1 });
      if (step + 1 < last) this.schedule();
      else this.change({ running: false });
    }, 1000 * this.model.get("pace"));
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.player.region) this.player.loop(null);
    this.showRunning();
  }

  onPlayer() {
    this.transport?.show();
    if (this.timer && !this.player.playing) this.change({ running: false });
  }

  dispose() {
    for (const off of this.listeners) off();
    clearTimeout(this.timer);
    this.timer = null;
    cancelAnimationFrame(this.frame);
    this.voice.stop();
    this.transport.dispose();
  }
}

export default {
  async render({ model, el }) {
    const body = stage(el, baseStyle + transportStyle + scrubberStyle, model.get("label"));
    const waiting = element("p", { class: "hint" }, "Decoding sound and masks …");
    body.append(waiting);
    try {
      const unpacking = unpackMasks(model.get("packed"), model.get("shape"));
      const [bank, gains] = await Promise.all([openBank(model), unpacking]);
      const scrubbing = new Scrubbing(model, bank, gains);
      const view = new ScrubberView(model, scrubbing, body);
      waiting.remove();
      view.transport.show();
      // For tests: all that the instrument computed, and its player.
      body.getRootNode().host.instrument = { view, scrubbing, player: view.player };
      return () => view.dispose();
    } catch (error) {
      const said = `This instrument does not work here: ${error.message ?? error}`;
      body.replaceChildren(element("p", { class: "error" }, said));
      throw error;
    }
  },
};
