// Sound as a file that every program opens: 16 bits, little-endian.

export function wavOf(channels, rate, gain = 1) {
  const count = channels.length, length = channels[0].length, size = 2 * count * length;
  const view = new DataView(new ArrayBuffer(44 + size));
  const text = (at, word) => [...word].forEach((letter, k) => view.setUint8(at + k, letter.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + size, true); text(8, "WAVE");
  text(12, "fmt "); view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); view.setUint16(22, count, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * count * rate, true);
  view.setUint16(32, 2 * count, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, size, true);
  let at = 44;
  for (let n = 0; n < length; n++) {
    for (const x of channels) {
      view.setInt16(at, Math.max(-32768, Math.min(32767, Math.round(32767 * gain * x[n]))), true);
      at += 2;
    }
  }
  return new Blob([view.buffer], { type: "audio/wav" });
}
