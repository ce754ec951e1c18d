// Masks from the spectrograms of a target and of the rest, in the order of mask_listener.py: the
// kind, the range of frequencies, inversion, smoothing, the floor.

import { smooth } from "./dsp.js";

export const PATCH = { bins: 4, frames: 2 };         // what one byte of a painted mask covers

export function patchesOf({ frames, bins }) {
  return { wide: Math.ceil(frames / PATCH.frames), high: Math.ceil(bins / PATCH.bins) };
}

// The sum of two spectrograms.
export function sumOf(S, N) {
  const add = (a, b) => a.map((v, k) => v + b[k]);
  return { ...S, re: add(S.re, N.re), im: add(S.im, N.im) };
}

// The natural logarithm of |S| / |N|; where both are silent, the target has lost.
export function logRatios(S, N) {
  const out = new Float32Array(S.re.length);
  for (let k = 0; k < out.length; k++) {
    const s = S.re[k] * S.re[k] + S.im[k] * S.im[k], n = N.re[k] * N.re[k] + N.im[k] * N.im[k];
    out[k] = s === 0 ? -Infinity : 0.5 * Math.log(s / n);
  }
  return out;
}

// The real part of S / X, clipped to 0 to 1.
export function phaseSensitive(S, X) {
  const out = new Float32Array(S.re.length);
  for (let k = 0; k < out.length; k++) {
    const power = X.re[k] * X.re[k] + X.im[k] * X.im[k];
    const share = power === 0 ? 0 : (S.re[k] * X.re[k] + S.im[k] * X.im[k]) / power;
    out[k] = share < 0 ? 0 : share > 1 ? 1 : share;
  }
  return out;
}

// S, N, X: spectrograms of one channel. Ratios and the like are made when first asked for.
export class Masks {
  #ratios; #sensitive;

  constructor(S, N, rate, gains = null) {
    Object.assign(this, { S, N, rate, gains, X: sumOf(S, N), frames: S.frames, bins: S.bins });
  }

  get ratios() { return (this.#ratios ??= logRatios(this.S, this.N)); }

  get ideal() { return (this.#sensitive ??= phaseSensitive(this.S, this.X)); }

  // One gain a bin. settings: kind, threshold, exponent, low, high, invert, smooth_time,
  // smooth_frequency, floor, painted (a Uint8Array).
  make(settings) {
    const { frames, bins, rate } = this;
    const { windowLength, hop } = this.S.config;
    const { kind, low, high, invert, floor } = settings;
    let out = new Float32Array(frames * bins), from = 0, to = bins;
    while (from < bins && (from * rate) / windowLength < low) from++;
    if (kind !== "high-pass") while (to > from && ((to - 1) * rate) / windowLength > high) to--;
    this.#fill(out, from, to, settings);
    if (invert) for (let k = 0; k < out.length; k++) out[k] = 1 - out[k];
    out = smooth(out, frames, bins,
      Math.round(((settings.smooth_time / 1000) * rate) / hop),
      Math.round((settings.smooth_frequency * windowLength) / rate));
    if (floor !== null) {
      const least = 10 ** (floor / 20);
      for (let k = 0; k < out.length; k++) if (out[k] < least) out[k] = least;
    }
    return out;
  }

  #fill(out, from, to, { kind, threshold, exponent, painted }) {
    const { frames, bins, gains } = this;
    const each = (gain) => {
      for (let t = 0; t < frames; t++) {
        for (let f = from; f < to; f++) out[t * bins + f] = gain(t, f);
      }
    };
    if (kind === "binary") {            // the two that are moved most, as plain as can be
      const { ratios } = this, least = (threshold * Math.LN10) / 20;
      for (let t = 0; t < frames; t++) {
        for (let k = t * bins + from; k < t * bins + to; k++) out[k] = ratios[k] > least ? 1 : 0;
      }
    } else if (kind === "ratio") {      // s^p / (s^p + n^p) is the logistic of p ln(s / n)
      const { ratios } = this;
      for (let t = 0; t < frames; t++) {
        for (let k = t * bins + from; k < t * bins + to; k++) {
          out[k] = 1 / (1 + Math.exp(-exponent * ratios[k]));
        }
      }
    } else if (kind === "phase-sensitive") {
      const { ideal } = this;
      each((t, f) => ideal[t * bins + f]);
    } else if (kind === "static") {
      each((t, f) => gains[f]);
    } else if (kind === "painted") {
      const { high } = patchesOf(this);
      if (painted.length) {
        each((t, f) => painted[((t / PATCH.frames) | 0) * high + ((f / PATCH.bins) | 0)] / 255);
      }
    } else {
      each(() => 1);
    }
  }
}
