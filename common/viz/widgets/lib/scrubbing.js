// A sequence of masks unpacked, brought to full size, and what each makes of a mixture, without a
// page.

import { istft, stft, windowOf } from "./dsp.js";
import { levels } from "./draw.js";

// The masks as packing.py packed them: shape (step, channel, frame, freq), one byte a gain.
export async function unpackMasks(view, [steps, channels, frames, bins]) {
  const packed = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const q = new Uint8Array(await new Response(stream).arrayBuffer());
  const plane = frames * bins, step = channels * plane;
  if (q.length !== steps * step) throw new Error(`${q.length} gains rather than ${steps * step}`);
  for (let start = 0; start < q.length; start += plane) {
    for (let k = bins; k < plane; k++) q[start + k] += q[start + k - bins];
  }
  for (let k = step; k < q.length; k++) q[k] += q[k - step];
  return q;
}

// For each of n places along an axis: the patches that it lies between, and the second's share.
function placesOf(n, patch, patches, how) {
  const low = new Int32Array(n), high = new Int32Array(n), share = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    const place = Math.min(Math.max((k - (patch - 1) / 2) / patch, 0), patches - 1);
    low[k] = Math.floor(how === "nearest" ? k / patch : place);
    high[k] = Math.min(low[k] + 1, patches - 1);
    share[k] = how === "nearest" ? 0 : place - low[k];
  }
  return { low, high, share };
}

// Mixture and masks, and what follows from them: numbers, no page.
export class Scrubbing {
  constructor(model, { rate, sounds }, gains) {
    const config = model.get("config");
    Object.assign(this, { rate, gains, shape: model.get("shape") });
    this.mixture = sounds[model.get("sound")];
    this.seconds = this.mixture[0].length / rate;
    this.spectra = this.mixture.map((x) => stft(x, config));
    [{ frames: this.frames, bins: this.bins }] = this.spectra;
    const window = windowOf(config.window, config.windowLength);
    this.fullScale = window.reduce((sum, v) => sum + v, 0) / 2;
    const [, , wide, high] = this.shape, [patchBins, patchFrames] = model.get("pool");
    this.alongFrames = placesOf(this.frames, patchFrames, wide, model.get("upsampling"));
    this.alongBins = placesOf(this.bins, patchBins, high, model.get("upsampling"));
  }

  // The mask of a step at full size: one for each channel, or one for all.
  maskOf(step) {
    const [, channels, wide, high] = this.shape, { frames, bins, gains } = this;
    return Array.from({ length: channels }, (_, c) => {
      const start = (step * channels + c) * wide * high, out = new Float32Array(frames * bins);
      const { low: left, high: right, share: across } = this.alongFrames;
      const { low: below, high: above, share: up } = this.alongBins;
      for (let t = 0; t < frames; t++) {
        const a = start + left[t] * high, b = start + right[t] * high, w = across[t];
        for (let f = 0; f < bins; f++) {
          const i = below[f], j = above[f], v = up[f];
          const first = v ? gains[a + i] * (1 - v) + gains[a + j] * v : gains[a + i];
          const second = w ? (v ? gains[b + i] * (1 - v) + gains[b + j] * v : gains[b + i]) : 0;
          out[t * bins + f] = (w ? first * (1 - w) + second * w : first) / 255;
        }
      }
      return out;
    });
  }

  compute(step) {
    this.masks = this.maskOf(step);
    this.estimate = this.spectra.map((X, c) => istft(X, this.masks[c] ?? this.masks[0]));
    this.residual = this.mixture.map((x, c) => x.map((v, n) => v - this.estimate[c][n]));
  }

  // What is drawn: of two channels, the mean of the masks and of the powers.
  get shownMask() {
    const [first, second] = this.masks;
    return second ? first.map((v, k) => (v + second[k]) / 2) : first;
  }

  get shownLevels() {
    const power = new Float32Array(this.frames * this.bins), count = this.spectra.length;
    this.spectra.forEach(({ re, im }, c) => {
      const mask = this.masks[c] ?? this.masks[0];
      for (let k = 0; k < power.length; k++) {
        power[k] += (mask[k] * mask[k] * (re[k] * re[k] + im[k] * im[k])) / count;
      }
    });
    for (let k = 0; k < power.length; k++) power[k] = Math.sqrt(power[k]);
    return levels(power, this.fullScale);
  }
}
