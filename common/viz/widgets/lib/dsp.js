// Signal processing on plain arrays. Spectrograms are frame by frame: bin f of frame t lies at
// t * bins + f. The transform is that of common/stft.py, number for number.

export const LEAST_COVERAGE = 0.02;                     // of the peak, as in common/stft.py
export const WINDOWS = ["sqrt_hann", "hann", "hamming", "blackman", "boxcar"];

const kept = new Map();                 // what is computed once: windows, transforms, coverages
function once(key, make) {
  if (!kept.has(key)) {
    if (kept.size > 40) kept.clear();
    kept.set(key, make());
  }
  return kept.get(key);
}

export function windowOf(name, length) {
  return once(`window ${name} ${length}`, () => makeWindow(name, length));
}

function makeWindow(name, length) {
  const w = new Float64Array(length);
  for (let n = 0; n < length; n++) {
    const c = Math.cos((2 * Math.PI * n) / length);
    const hann = 0.5 - 0.5 * c;
    w[n] =
      name === "hann" ? hann
      : name === "sqrt_hann" ? Math.sqrt(hann)
      : name === "hamming" ? 0.54 - 0.46 * c
      : name === "blackman" ? 0.42 - 0.5 * c + 0.08 * (2 * c * c - 1)
      : 1;
  }
  return w;
}

// A complex FFT of one power-of-two length, in place: radix 4, then radix 2 where one is left over.
export class FFT {
  constructor(length) {
    if (length < 2 || length & (length - 1)) throw new Error(`FFT length ${length}: a power of two`);
    this.length = length;
    this.cos = new Float64Array(length);
    this.sin = new Float64Array(length);
    for (let k = 0; k < length; k++) {
      this.cos[k] = Math.cos((2 * Math.PI * k) / length);
      this.sin[k] = Math.sin((2 * Math.PI * k) / length);
    }
    const bits = Math.log2(length);
    this.order = new Uint32Array(length);
    for (let k = 0; k < length; k++) {
      let reversed = 0;
      for (let b = 0; b < bits; b++) if (k & (1 << b)) reversed |= 1 << (bits - 1 - b);
      this.order[k] = reversed;
    }
  }

  // sign -1: forward; +1: inverse, not divided by the length.
  transform(re, im, sign) {
    const { length: N, cos, sin, order } = this;
    for (let k = 0; k < N; k++) {
      const j = order[k];
      if (j > k) {
        let swap = re[k]; re[k] = re[j]; re[j] = swap;
        swap = im[k]; im[k] = im[j]; im[j] = swap;
      }
    }
    let half = 1;
    if (Math.log2(N) % 2 === 1) {
      for (let a = 0; a < N; a += 2) {
        const b = a + 1, xr = re[b], xi = im[b];
        re[b] = re[a] - xr; im[b] = im[a] - xi;
        re[a] += xr; im[a] += xi;
      }
      half = 2;
    }
    for (; half < N; half *= 4) {       // two radix-2 stages in one pass
      const step = N / (4 * half);
      for (let k = 0; k < half; k++) {
        const c1 = cos[2 * k * step], s1 = sign * sin[2 * k * step];
        const c2 = cos[k * step], s2 = sign * sin[k * step];
        for (let a = k; a < N; a += 4 * half) {
          const b = a + half, c = b + half, d = c + half;
          const br = re[b] * c1 - im[b] * s1, bi = re[b] * s1 + im[b] * c1;
          const dr = re[d] * c1 - im[d] * s1, di = re[d] * s1 + im[d] * c1;
          const pr = re[a] + br, pi = im[a] + bi, qr = re[a] - br, qi = im[a] - bi;
          const ur = re[c] + dr, ui = im[c] + di, vr = re[c] - dr, vi = im[c] - di;
          const tr = ur * c2 - ui * s2, ti = ur * s2 + ui * c2;
          const wr = vr * c2 - vi * s2, wi = vr * s2 + vi * c2;
          re[a] = pr + tr; im[a] = pi + ti;
          re[c] = pr - tr; im[c] = pi - ti;
          re[b] = qr - sign * wi; im[b] = qi + sign * wr;
          re[d] = qr + sign * wi; im[d] = qi - sign * wr;
        }
      }
    }
  }
}

function fftOf(length) {
  return once(`fft ${length}`, () => new FFT(length));
}

export function framesOf(samples, hop) {
  return 1 + Math.ceil(samples / hop);
}

// x: Float32Array. Returns { re, im, bins, frames, length, config }.
export function stft(x, config) {
  const { windowLength: N, hop, window } = config;
  const w = windowOf(window, N), fft = fftOf(N), bins = N / 2 + 1, frames = framesOf(x.length, hop);
  const re = new Float32Array(frames * bins), im = new Float32Array(frames * bins);
  const a = new Float64Array(N), b = new Float64Array(N);
  for (let t = 0; t < frames; t += 2) {               // two real frames in one complex transform
    const start = t * hop - N / 2, next = start + hop, both = t + 1 < frames;
    let first = 0, second = 0;
    for (let n = 0; n < N; n++) {
      const p = start + n, q = next + n;
      a[n] = p >= 0 && p < x.length ? w[n] * x[p] : 0;
      b[n] = both && q >= 0 && q < x.length ? w[n] * x[q] : 0;
      first += a[n] * a[n];
      second += b[n] * b[n];
    }
    if (first === 0 && second === 0) continue;
    fft.transform(a, b, -1);
    for (let f = 0; f < bins; f++) {
      const g = (N - f) % N, at = t * bins + f;
      if (first > 0) {                  // silence stays exactly 0, whatever its neighbour rounds to
        re[at] = 0.5 * (a[f] + a[g]);
        im[at] = 0.5 * (b[f] - b[g]);
      }
      if (second > 0) {
        re[at + bins] = 0.5 * (b[f] + b[g]);
        im[at + bins] = 0.5 * (a[g] - a[f]);
      }
    }
  }
  return { re, im, bins, frames, length: x.length, config };
}

// The signal of mask * X, or of X where there is no mask. mask: one gain a bin.
export function istft(X, mask = null) {
  const { re, im, bins, frames, length, config } = X;
  const { windowLength: N, hop, window } = config;
  const w = windowOf(window, N), fft = fftOf(N), scale = scaleOf(frames, config);
  const y = new Float64Array((frames - 1) * hop + N);
  const a = new Float64Array(N), b = new Float64Array(N);
  for (let t = 0; t < frames; t += 2) {               // two real frames in one complex transform
    const both = t + 1 < frames, at = t * bins, next = at + bins;
    for (let f = 0; f < bins; f++) {
      const m = mask ? mask[at + f] : 1, n = both ? (mask ? mask[next + f] : 1) : 0;
      const ar = m * re[at + f], br = both ? n * re[next + f] : 0;
      if (f === 0 || f === N / 2) {
        a[f] = ar; b[f] = br;
        continue;
      }
      const ai = m * im[at + f], bi = both ? n * im[next + f] : 0;
      a[f] = ar - bi; b[f] = ai + br;
      a[N - f] = ar + bi; b[N - f] = br - ai;
    }
    fft.transform(a, b, 1);
    const start = t * hop;
    for (let n = 0; n < N; n++) y[start + n] += w[n] * a[n];
    if (both) for (let n = 0; n < N; n++) y[start + hop + n] += w[n] * b[n];
  }
  const out = new Float32Array(length);
  for (let n = 0; n < length; n++) out[n] = y[N / 2 + n] * scale[N / 2 + n];
  return out;
}

// One over the squared windows added up, and over the length that the inverse FFT leaves in. What is
// all but uncovered (common/stft.py allows no such config) is left silent.
function scaleOf(frames, config) {
  const { windowLength: N, hop, window } = config;
  return once(`scale ${frames} ${N} ${hop} ${window}`, () => {
    const least = LEAST_COVERAGE * Math.max(...coverageOf(config));
    const w = windowOf(window, N), sums = new Float64Array((frames - 1) * hop + N);
    for (let t = 0; t < frames; t++) {
      for (let n = 0; n < N; n++) sums[t * hop + n] += w[n] * w[n];
    }
    return sums.map((c) => (c >= least ? 1 / (c * N) : 0));
  });
}

// The coverage of each sample from one frame to the next, far from the edges (NOLA).
export function coverageOf({ windowLength: N, hop, window }) {
  const sums = new Float64Array(hop);
  windowOf(window, N).forEach((v, n) => { sums[n % hop] += v * v; });
  return sums;
}

// Number k of the sequence mulberry32 from a seed, in [0, 1).
export function randomAt(seed, k) {
  const a = (seed + Math.imul(k + 1, 0x6d2b79f5)) | 0;
  let t = Math.imul(a ^ (a >>> 15), 1 | a);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

// A spectrogram with other phases: all 0, or 2 pi times random numbers, from number `first` on.
export function withPhases(X, kind, seed = 0, first = 0) {
  if (kind === "kept") return X;
  const re = new Float32Array(X.re.length), im = new Float32Array(X.re.length);
  for (let k = 0; k < re.length; k++) {
    const magnitude = Math.sqrt(X.re[k] * X.re[k] + X.im[k] * X.im[k]);
    if (kind === "zero") {
      re[k] = magnitude;
      continue;
    }
    const angle = 2 * Math.PI * randomAt(seed, first + k);
    re[k] = magnitude * Math.cos(angle);
    im[k] = magnitude * Math.sin(angle);
  }
  return { ...X, re, im };
}

export function magnitudes(X) {
  const out = new Float32Array(X.re.length);
  for (let k = 0; k < out.length; k++) out[k] = Math.hypot(X.re[k], X.im[k]);
  return out;
}

// Scale-invariant SDR in dB of arrays of channels, means removed, averaged over channels: that of
// common/evaluation, with the same word on silence.
export function siSdr(estimate, reference) {
  const scores = reference.map((s, c) => siSdrOf(estimate[c], s));
  if (scores.some(Number.isNaN)) return NaN;
  if (scores.includes(-Infinity)) return -Infinity;
  return scores.reduce((sum, score) => sum + score) / scores.length;
}

function siSdrOf(e, s) {
  const n = s.length, constant = 1e-24;
  let e1 = 0, s1 = 0, e2 = 0, s2 = 0;
  for (let k = 0; k < n; k++) { e1 += e[k]; s1 += s[k]; e2 += e[k] * e[k]; s2 += s[k] * s[k]; }
  e1 /= n; s1 /= n;
  let es = 0, ss = 0, ee = 0;
  for (let k = 0; k < n; k++) {
    const x = e[k] - e1, y = s[k] - s1;
    es += x * y; ss += y * y; ee += x * x;
  }
  if (ss <= constant * s2) return NaN;
  if (ee <= constant * e2) return -Infinity;
  const alpha = es / ss;
  let off = 0;                          // on its own: ee - alpha * es would cancel
  for (let k = 0; k < n; k++) {
    const d = e[k] - e1 - alpha * (s[k] - s1);
    off += d * d;
  }
  return 10 * Math.log10((alpha * alpha * ss) / off);
}

export function peakOf(channels) {
  let peak = 0;
  for (const x of channels) for (let k = 0; k < x.length; k++) peak = Math.max(peak, Math.abs(x[k]));
  return peak;
}

// Moving average over `reach` neighbours on each side, as many as there are: over bins, then frames.
export function smooth(values, frames, bins, overFrames, overBins) {
  let out = values;
  if (overBins > 0) {
    const from = out;
    out = new Float32Array(from.length);
    for (let t = 0; t < frames; t++) average(from, out, t * bins, bins, 1, 1, overBins);
  }
  if (overFrames > 0) {
    const from = out;
    out = new Float32Array(from.length);
    average(from, out, 0, frames, bins, bins, overFrames);
  }
  return out;
}

// Averages of `count` rows that lie `stride` apart, `width` numbers each.
function average(from, to, start, count, stride, width, reach) {
  const sums = new Float64Array(width);
  const add = (k, sign) => {
    const at = start + k * stride;
    for (let i = 0; i < width; i++) sums[i] += sign * from[at + i];
  };
  for (let k = 0; k < Math.min(reach, count); k++) add(k, 1);
  for (let k = 0; k < count; k++) {
    if (k + reach < count) add(k + reach, 1);
    if (k > reach) add(k - reach - 1, -1);
    const size = Math.min(k + reach, count - 1) - Math.max(k - reach, 0) + 1, at = start + k * stride;
    for (let i = 0; i < width; i++) to[at + i] = sums[i] / size;
  }
}
