// What a mask makes of a mixture: estimate, residual, score and what is drawn, without a page.

import { istft, magnitudes, siSdr, stft, windowOf } from "./dsp.js";
import { levels } from "./draw.js";
import { Masks } from "./masks.js";

const WHOLE = { low: 0, high: Infinity, floor: null, smooth_time: 0, smooth_frequency: 0 };

// A gain's level in dB, by its place among 1024: near enough for a picture, and quick.
const GAIN_LEVELS = Float32Array.from({ length: 1024 }, (_, k) => 20 * Math.log10(k / 1023 + 1e-6));

export class Listening {
  // target, others: [Float32Array, ...], a channel each; others: a list of such. gains: a static
  // mask's, or null.
  constructor({ rate, target, others, config, gains }) {
    const rest = target.map((_, c) => total(others.map((sound) => sound[c])));
    Object.assign(this, { rate, target, rest, seconds: target[0].length / rate });
    this.mixture = target.map((x, c) => total([x, rest[c]]));
    this.masks = target.map((x, c) =>
      new Masks(stft(x, config), stft(rest[c], config), rate, gains));
    this.shape = { frames: this.masks[0].frames, bins: this.masks[0].bins, rate };
    const window = windowOf(config.window, config.windowLength);
    this.fullScale = window.reduce((sum, v) => sum + v, 0) / 2;
    this.loudness = this.levelsOf(null);
    this.figures = { mixture: siSdr(this.mixture, target) };
    if (gains) this.figures.static = this.#scoreOf((m) => m.make({ ...WHOLE, kind: "static" }));
    this.figures.ideal = this.#scoreOf((m) => m.ideal);
  }

  #scoreOf(gainsOf) {
    return siSdr(this.#masked(this.masks.map(gainsOf)), this.target);
  }

  #masked(gains) {
    return this.masks.map(({ X }, c) => istft(X, gains[c]));
  }

  // The mask of the settings, and what it makes. Returns how long each step took, in ms.
  compute(settings) {
    const times = {}, timed = (name, work) => {
      const start = performance.now(), made = work();
      times[name] = performance.now() - start;
      return made;
    };
    this.gains = timed("mask", () => this.masks.map((masks) => masks.make(settings)));
    this.estimate = timed("inverse", () => this.#masked(this.gains));
    this.score = timed("score", () => siSdr(this.estimate, this.target));
    this.residual = this.mixture.map((x, c) => difference(x, this.estimate[c]));
    return times;
  }

  // The gains that are drawn: of two channels, their mean.
  get shownGains() {
    const [left, right] = this.gains;
    return right ? left.map((v, k) => (v + right[k]) / 2) : left;
  }

  // Levels of the mixture, or of the mixture under gains; of two channels, of their mean power.
  levelsOf(gains) {
    if (this.masks.length > 1) return levels(this.#meanMagnitudes(gains), this.fullScale);
    if (!gains) return levels(magnitudes(this.masks[0].X), this.fullScale);
    const [mask] = gains, { loudness } = this;
    const out = (this.drawn ??= new Float32Array(loudness.length));
    for (let k = 0; k < out.length; k++) {
      out[k] = loudness[k] + GAIN_LEVELS[(mask[k] * 1023 + 0.5) | 0];
    }
    return out;
  }

  #meanMagnitudes(gains) {
    const out = new Float32Array(this.shape.frames * this.shape.bins);
    this.masks.forEach(({ X }, c) => {
      for (let k = 0; k < out.length; k++) {
        const gain = gains ? gains[c][k] : 1;
        out[k] += (gain * gain * (X.re[k] * X.re[k] + X.im[k] * X.im[k])) / this.masks.length;
      }
    });
    return out.map(Math.sqrt);
  }
}

function total(sounds) {
  const out = new Float32Array(sounds[0].length);
  for (const x of sounds) for (let n = 0; n < out.length; n++) out[n] += x[n];
  return out;
}

function difference(x, y) {
  const out = new Float32Array(x.length);
  for (let n = 0; n < out.length; n++) out[n] = x[n] - y[n];
  return out;
}
