// A song through a Masker: window by window, as common/separation.py does it, number for number.

import { istft, magnitudes, stft } from "./dsp.js";
import { Masker } from "./network.js";

const CHUNK = 30, CONTEXT = 8;          // seconds

// channels: [Float32Array, ...]. Yields the share done; returns for each source its channels.
export function* unmix(weights, settings, rate, channels, options = {}) {
  const { chunk = CHUNK, context = CONTEXT, simd = true } = options, { config } = settings;
  const [step, margin] = [chunk, context].map((seconds) =>
    Math.max(1, Math.round((seconds * rate) / config.hop)) * config.hop);
  const length = channels[0].length, whole = config.hop * Math.ceil(length / config.hop);
  const window = Math.min(step + 2 * margin, whole);
  const masker = new Masker(weights, settings, 1 + window / config.hop, { simd });
  const estimates = Array.from({ length: settings.sources }, () => []);
  for (const [c, x] of channels.entries()) {
    const full = new Float32Array(whole);
    full.set(x);
    const parts = inWindows(masker, full, config, window, step, margin);
    let turn = parts.next();
    for (; !turn.done; turn = parts.next()) yield (c + turn.value) / channels.length;
    turn.value.forEach((part, s) => estimates[s].push(part.slice(0, length)));
  }
  makeConsistent(estimates, channels);
  return estimates;
}

function* inWindows(masker, x, config, window, step, margin) {
  const last = x.length - window, firsts = [], fade = Math.min(config.windowLength, margin);
  for (let first = 0; first < last; first += step) firsts.push(first);
  firsts.push(last);
  const whole = Array.from({ length: masker.sources }, () => new Float32Array(x.length));
  for (const [i, first] of firsts.entries()) {
    const X = stft(x.subarray(first, first + window), config);
    const masks = masker.masks(magnitudes(X), X.frames);
    let turn = masks.next();
    for (; !turn.done; turn = masks.next()) yield (i + turn.value) / firsts.length;
    turn.value.forEach((mask, s) => join(whole[s], istft(X, mask), first, i && i * step + margin, fade));
  }
  return whole;
}

// A new window fades in around `seam`, over the one before, whose last context falls away.
function join(whole, fresh, first, seam, fade) {
  if (seam === 0) return whole.set(fresh, first);
  const begin = seam - fade;
  for (let n = begin; n < first + fresh.length; n++) {
    const share = Math.min(1, (n - begin + 0.5) / (2 * fade));
    whole[n] += share * (fresh[n - first] - whole[n]);
  }
}

// Deal out what the estimates lack to add up to the mixture, in proportion to their mean squares.
function makeConsistent(estimates, channels) {
  const powers = estimates.map((source) => source.reduce((sum, x) => sum + powerOf(x), 0));
  const total = powers.reduce((sum, power) => sum + power);
  for (const [c, x] of channels.entries()) {
    for (let n = 0; n < x.length; n++) {
      const rest = estimates.reduce((left, source) => left - source[c][n], x[n]);
      estimates.forEach((source, s) => {
        source[c][n] += rest * (total > 0 ? powers[s] / total : 1 / estimates.length);
      });
    }
  }
}

function powerOf(x) {
  let sum = 0;
  for (let n = 0; n < x.length; n++) sum += x[n] * x[n];
  return sum;
}
