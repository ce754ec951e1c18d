// What follows from the settings of a short-time Fourier transform: its spectrogram, one frame of
// it, its inverse and their figures, without a page.

import { LEAST_COVERAGE, coverageOf, istft, stft, windowOf, withPhases } from "./dsp.js";
import { levels } from "./draw.js";

export class Exploring {
  constructor({ rate, sounds }) {
    Object.assign(this, { rate, sounds });
  }

  // A spectrogram of each channel, their level (of two channels, the mean power), and its figures.
  analyse({ chosen, window_length: windowLength, hop_share: share, window }) {
    const config = { windowLength, hop: windowLength * share, window };
    this.config = config;
    this.sound = this.sounds[chosen];
    this.spectra = this.sound.map((x) => stft(x, config));
    [{ frames: this.frames, bins: this.bins }] = this.spectra;
    this.shape = windowOf(window, windowLength);
    this.fullScale = this.shape.reduce((sum, v) => sum + v, 0) / 2;
    const power = new Float32Array(this.frames * this.bins), count = this.spectra.length;
    for (const { re, im } of this.spectra) {
      for (let k = 0; k < power.length; k++) power[k] += (re[k] * re[k] + im[k] * im[k]) / count;
    }
    this.loudness = levels(power.map(Math.sqrt), this.fullScale);
    const sums = coverageOf(config), most = Math.max(...sums);
    this.coverage = [Math.min(...sums), most];
    this.uncovered = sums.filter((v) => v < LEAST_COVERAGE * most).length / sums.length;
  }

  invert({ phase, seed }) {
    this.inverse = this.spectra.map((X, c) => istft(withPhases(X, phase, seed, c * X.re.length)));
    let off = 0, power = 0;
    this.sound.forEach((x, c) => {
      for (let n = 0; n < x.length; n++) {
        off += (this.inverse[c][n] - x[n]) ** 2;
        power += x[n] ** 2;
      }
    });
    this.error = power > 0 ? 10 * Math.log10(off / power) : NaN;
  }

  frameAt(seconds) {
    const nearest = Math.round((seconds * this.rate) / this.config.hop);
    return Math.min(Math.max(nearest, 0), this.frames - 1);
  }

  // One frame of some channels, their mean: the samples under the window, 0 outside the sound.
  cut(channels, t) {
    const { windowLength: N, hop } = this.config, start = t * hop - N / 2;
    return Float32Array.from({ length: N }, (_, n) =>
      channels.reduce((sum, x) => sum + (x[start + n] ?? 0), 0) / channels.length);
  }
}
