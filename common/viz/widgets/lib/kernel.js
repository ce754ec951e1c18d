// y += W x, the loop in which a network spends its time, four rows and four columns at a step: in
// WebAssembly with SIMD where there is that, else in plain JavaScript.

// A matrix as the loop reads it: for every four rows, for every four columns, their 16 numbers, row
// after row. What is missing to fours is 0.
export const padded = (count) => 4 * Math.ceil(count / 4);

export function packMatrix(into, rows, columns, at) {
  const width = padded(columns), height = padded(rows);
  let k = 0;
  for (let r = 0; r < height; r += 4) {
    for (let c = 0; c < width; c += 4) {
      for (let i = r; i < r + 4; i++) {
        for (let j = c; j < c + 4; j++) into[k++] = i < rows && j < columns ? at(i, j) : 0;
      }
    }
  }
}

// `size` numbers, and multiply(w, x, y, rows, columns): y += W x, each place counted in numbers.
export function kernelOf(size, simd = true) {
  if (simd) {
    try {
      const memory = new WebAssembly.Memory({ initial: Math.ceil((4 * size) / 65536) });
      const { multiply } = new WebAssembly.Instance(
        new WebAssembly.Module(moduleBytes()), { page: { memory } }).exports;
      return {
        numbers: new Float32Array(memory.buffer), simd,
        multiply: (w, x, y, rows, columns) =>
          multiply(4 * w, 4 * x, 4 * y, padded(rows) / 4, 4 * (x + padded(columns))),
      };
    } catch { /* no WebAssembly, or none with SIMD */ }
  }
  const numbers = new Float32Array(size);
  return { numbers, simd: false, multiply: (...places) => multiplyPlain(numbers, ...places) };
}

function multiplyPlain(m, w, x, y, rows, columns) {
  const end = x + padded(columns);
  for (let r = 0; r < rows; r += 4, y += 4) {
    let a = 0, b = 0, c = 0, d = 0;
    for (let p = x; p < end; p += 4, w += 16) {
      const x0 = m[p], x1 = m[p + 1], x2 = m[p + 2], x3 = m[p + 3];
      a += m[w] * x0 + m[w + 1] * x1 + m[w + 2] * x2 + m[w + 3] * x3;
      b += m[w + 4] * x0 + m[w + 5] * x1 + m[w + 6] * x2 + m[w + 7] * x3;
      c += m[w + 8] * x0 + m[w + 9] * x1 + m[w + 10] * x2 + m[w + 11] * x3;
      d += m[w + 12] * x0 + m[w + 13] * x1 + m[w + 14] * x2 + m[w + 15] * x3;
    }
    m[y] += a; m[y + 1] += b; m[y + 2] += c; m[y + 3] += d;
  }
}

// The same loop in WebAssembly's bytes. Locals: the five arguments (w, x, y, rows / 4, and where x
// ends, in bytes), a place in x, the four rows' sums and the four numbers of x.
function moduleBytes() {
  const [w, x, y, rows, end, place] = [0, 1, 2, 3, 4, 5], sums = [6, 7, 8, 9], four = 10;
  const I32 = 0x7f, V128 = 0x7b, EMPTY = 0x40, END = 0x0b;
  const get = (local) => [0x20, local], set = (local) => [0x21, local], tee = (local) => [0x22, local];
  const load = (offset) => [0xfd, 0x00, 4, offset], store = [0xfd, 0x0b, 4, 0];
  const zeros = [0xfd, 0x0c, ...Array(16).fill(0)];
  const add = [0xfd, 0xe4, 0x01], multiply = [0xfd, 0xe6, 0x01];              // f32x4
  const advance = (local, bytes) => [...get(local), 0x41, ...signed(bytes), 0x6a, ...set(local)];
  const signed = (n) => (n < 64 ? [n] : [(n & 127) | 128, n >> 7]);              // LEB128, up to 8191
  const again = [0x0d, 0], loop = (...body) => [0x03, EMPTY, ...body.flat(), END];
  const shuffle = (...lanes) =>
    [0xfd, 0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte))];
  // Two rows' sums side by side: each row's lanes 0 and 2, and 1 and 3, added.
  const pair = (a, b) => [...get(a), ...get(b), ...shuffle(0, 4, 1, 5),
                          ...get(a), ...get(b), ...shuffle(2, 6, 3, 7), ...add];
  const code = [
    ...loop(
      ...sums.map((sum) => [...zeros, ...set(sum)]),
      [...get(x), ...set(place)],
      loop(
        [...get(place), ...load(0), ...set(four)],
        ...sums.map((sum, k) =>
          [...get(sum), ...get(four), ...get(w), ...load(16 * k), ...multiply, ...add, ...set(sum)]),
        advance(w, 64),
        advance(place, 16),
        [...get(place), ...get(end), 0x49, ...again],
      ),
      [...get(y), ...get(y), ...load(0)],
      [...pair(sums[0], sums[1]), ...set(sums[0]), ...pair(sums[2], sums[3]), ...set(sums[2])],
      [...get(sums[0]), ...get(sums[2]), ...shuffle(0, 1, 4, 5)],
      [...get(sums[0]), ...get(sums[2]), ...shuffle(2, 3, 6, 7)],
      [...add, ...add, ...store],
      advance(y, 16),
      [...get(rows), 0x41, 1, 0x6b, ...tee(rows), ...again],
    ),
    END,
  ];
  const size = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...size(n >> 7)]);
  const list = (items) => [...size(items.length), ...items.flat()];
  const section = (id, items) => { const body = list(items); return [id, ...size(body.length), ...body]; };
  const text = (name) => list([...name].map((letter) => letter.charCodeAt(0)));
  const locals = list([[1, I32], [5, V128]]);
  return new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [[0x60, ...list(Array(5).fill(I32)), ...list([])]]),        // the function's type
    ...section(2, [[...text("page"), ...text("memory"), 2, 0, 1]]),
    ...section(3, [[0]]),
    ...section(7, [[...text("multiply"), 0, 0]]),
    ...section(10, [list([...locals, ...code])]),
  ]);
}
