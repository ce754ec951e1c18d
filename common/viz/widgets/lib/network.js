// The book's SkipMaskInference on plain numbers: levels, a projection, LSTMs in both directions, a
// skip past them, and a sigmoid for every bin of every source. common/architectures has it in torch.

import { kernelOf, packMatrix, padded } from "./kernel.js";

const EPSILON = 1e-5;                   // of torch's BatchNorm1d
const GATES = 4;                        // of an LSTM: input, forget, candidate, output
const SLICE = 400;                      // frames from one yield to the next

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const tanh = (x) => 1 - 2 / (1 + Math.exp(2 * x));

// Weights as Python packed them: numbers in single precision, then matrices in 8 bits. Each entry:
// name, shape, where its numbers start, and for a matrix where its whole numbers start.
export function unpackWeights(bytes, entries) {
  const whole = entries.filter((entry) => entry.codes != null);
  const first = Math.min(...whole.map((entry) => entry.codes));
  const numbers = new Float32Array(bytes.slice(0, first).buffer);
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Map(entries.map(({ name, shape, numbers: start, codes: at }) => {
    const [rows, columns = 1] = shape, own = numbers.subarray(start);
    return [name, { rows, columns, at: at == null ? (i) => own[i]
      : (i, j) => Math.fround(codes[at + i * columns + j] * own[i]) }];
  }));
}

export class Masker {
  // most: frames that a call may bring.
  constructor(weights, { reference, least, layers, sources }, most, { simd = true } = {}) {
    const [features, bins] = sizeOf(weights.get("project.weight"));
    const hidden = weights.get("recurrent.rnn.weight_hh_l0").columns;
    Object.assign(this, { weights, reference, least, sources, features, bins, hidden, layers });
    this.width = features + 2 * hidden;  // of what the masks are made from
    const matrices = [...weights].filter(([, { columns }]) => columns > 1);
    const places = new Map();
    let size = 0;
    const take = (count) => { size += padded(count); return size - padded(count); };
    for (const [name, { rows, columns }] of matrices) places.set(name, take(padded(rows) * padded(columns)));
    this.frame = take(bins);             // the levels of one frame
    this.out = take(sources * bins);     // its masks, before the sigmoid
    this.joined = take(most * this.width);
    this.gates = take(most * GATES * hidden);
    this.between = [take(most * 2 * hidden), take(most * 2 * hidden)];
    Object.assign(this, kernelOf(size, simd));
    for (const [name, { rows, columns, at }] of matrices) {
      packMatrix(this.numbers.subarray(places.get(name)), rows, columns, at);
    }
    this.places = places;
    const of = (name) => weights.get(`normalize.norm.${name}`).at;
    this.gain = Float64Array.from({ length: bins }, (_, f) =>
      of("weight")(f) / Math.sqrt(of("running_var")(f) + EPSILON));
    this.offset = Float64Array.from({ length: bins }, (_, f) =>
      of("bias")(f) - of("running_mean")(f) * this.gain[f]);
  }

  // Magnitudes, frame by frame, to a mask of the same layout for each source. Yields the share done.
  *masks(magnitudes, frames) {
    yield* this.#project(magnitudes, frames);
    for (let layer = 0; layer < this.layers; layer++) yield* this.#layer(layer, frames);
    return yield* this.#embed(frames);
  }

  // y = b + W x
  #linear(name, x, y) {
    const { rows, columns } = this.weights.get(`${name}.weight`), { numbers } = this;
    const bias = this.weights.get(`${name}.bias`).at;
    for (let k = 0; k < rows; k++) numbers[y + k] = bias(k);
    this.multiply(this.places.get(`${name}.weight`), x, y, rows, columns);
  }

  *#project(magnitudes, frames) {
    const { numbers, bins, features, frame, joined, width, gain, offset, least, reference } = this;
    for (let t = 0; t < frames; t++) {
      for (let f = 0; f < bins; f++) {
        const level = 20 * Math.log10(Math.max(magnitudes[t * bins + f], least) / reference);
        numbers[frame + f] = gain[f] * level + offset[f];
      }
      const to = joined + t * width;
      this.#linear("project", frame, to);
      for (let k = to; k < to + features; k++) numbers[k] = tanh(numbers[k]);
      if (t % SLICE === 0) yield (0.1 * t) / frames;
    }
  }

  *#layer(layer, frames) {
    const { numbers, hidden, features, width, layers } = this, last = layer === layers - 1;
    const first = layer === 0, input = first ? this.joined : this.between[(layer - 1) % 2];
    const inputStep = first ? width : 2 * hidden, step = last ? width : 2 * hidden;
    for (const [direction, suffix] of ["", "_reverse"].entries()) {
      const begin = 0.1 + (0.7 * (layer + direction / 2)) / layers;
      const output = (last ? this.joined + features : this.between[layer % 2]) + direction * hidden;
      this.#hear(`l${layer}${suffix}`, input, inputStep, frames);
      yield begin + 0.2 / layers;
      yield* this.#remember(`l${layer}${suffix}`, output, step, frames, direction ? -1 : 1, begin);
    }
  }

  // What the frames say to the gates: both biases, and W_ih x of all frames.
  #hear(name, input, step, frames) {
    const { numbers, weights, gates, hidden } = this, count = GATES * hidden;
    const [one, two] = ["ih", "hh"].map((kind) => weights.get(`recurrent.rnn.bias_${kind}_${name}`).at);
    const bias = Float32Array.from({ length: count }, (_, k) => one(k) + two(k));
    const key = `recurrent.rnn.weight_ih_${name}`, { rows, columns } = weights.get(key);
    for (let t = 0; t < frames; t++) {
      numbers.set(bias, gates + t * count);
      this.multiply(this.places.get(key), input + t * step, gates + t * count, rows, columns);
    }
  }

  // Frame after frame, in one direction: what was remembered, and what comes out.
  *#remember(name, output, step, frames, sign, begin) {
    const { numbers, gates, hidden } = this, count = GATES * hidden, cell = new Float64Array(hidden);
    const key = `recurrent.rnn.weight_hh_${name}`, place = this.places.get(key);
    for (let n = 0; n < frames; n++) {
      const t = sign > 0 ? n : frames - 1 - n, gate = gates + t * count, to = output + t * step;
      if (n > 0) this.multiply(place, to - sign * step, gate, count, hidden);
      for (let k = 0; k < hidden; k++) {
        const keep = sigmoid(numbers[gate + hidden + k]), write = sigmoid(numbers[gate + k]);
        cell[k] = keep * cell[k] + write * tanh(numbers[gate + 2 * hidden + k]);
        numbers[to + k] = sigmoid(numbers[gate + 3 * hidden + k]) * tanh(cell[k]);
      }
      if (n % SLICE === 0) yield begin + (0.2 + (0.15 * n) / frames) / this.layers;
    }
  }

  *#embed(frames) {
    const { numbers, bins, sources, joined, width, out } = this;
    const masks = Array.from({ length: sources }, () => new Float32Array(frames * bins));
    for (let t = 0; t < frames; t++) {
      this.#linear("embed.linear", joined + t * width, out);
      for (let f = 0; f < bins; f++) {  // of each bin, one number for every source
        for (let s = 0; s < sources; s++) masks[s][t * bins + f] = sigmoid(numbers[out + f * sources + s]);
      }
      if (t % SLICE === 0) yield 0.8 + (0.2 * t) / frames;
    }
    return masks;
  }
}

const sizeOf = ({ rows, columns }) => [rows, columns];
