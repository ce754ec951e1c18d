// The sounds of a page, decoded once from the AudioBank that the instruments refer to.

const decoded = ((globalThis.hearTheMask ??= {}).banks ??= new Map());

// model: the instrument's; its trait "bank" names the AudioBank. Returns { rate, sounds }, where
// sounds maps a name to its channels, [Float32Array, ...], sample for sample what Python encoded.
export async function openBank(model) {
  const id = String(model.get("bank")).replace("IPY_MODEL_", "");
  if (!decoded.has(id)) {
    const sounds = decodeBank(model);
    decoded.set(id, sounds);
    sounds.catch(() => decoded.delete(id));     // a later view may have more luck
  }
  return decoded.get(id);
}

// The AudioBank that an instrument refers to, not decoded yet.
export async function findBank(model) {
  try {
    const id = String(model.get("bank")).replace("IPY_MODEL_", "");
    return await model.widget_manager.get_model(id);
  } catch (error) {
    throw new Error("The sounds of this page are out of reach here: run its cells again from the " +
      `top. (${error.message ?? error})`);
  }
}

async function decodeBank(model) {
  const bank = await findBank(model), rate = bank.get("rate"), data = bank.get("data"), sounds = {};
  for (const entry of bank.get("entries")) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset + entry.offset, entry.size).slice();
    const context = new OfflineAudioContext(1, 1, rate);   // at this rate, nothing is resampled
    const buffer = await context.decodeAudioData(bytes.buffer);
    const channels = Array.from({ length: buffer.numberOfChannels }, (_, c) => buffer.getChannelData(c));
    sounds[entry.name] = entry.coding === "mp3" ? scaled(channels, entry) : exact(channels, entry);
  }
  return { rate, sounds };
}

function scaled(channels, { length, step }) {
  return channels.map((x) => Float32Array.from({ length }, (_, n) => (x[n] ?? 0) * step));
}

// Browsers decode the integer k to k / 32767 or to k / 32768, and not alike for both signs. The
// largest and least integer of the sound are known, so each sign's factor can be undone exactly.
function exact(channels, entry) {
  let high = 0, low = 0;
  for (const x of channels) for (const v of x) {
    if (v > high) high = v;
    if (v < low) low = v;
  }
  const up = high > 0 ? entry.high / high : 0, down = low < 0 ? entry.low / low : 0;
  return channels.map((x) => {
    const out = new Float32Array(entry.length);
    for (let n = 0; n < out.length; n++) {
      out[n] = Math.round(x[n] * (x[n] > 0 ? up : down)) * entry.step;
    }
    return out;
  });
}

// A bank of sounds that the page made itself, for `openBank` and `findBank` as any other.
export function bankOf(sounds, rate) {
  const id = `made-${(made += 1)}`;
  const entries = Object.entries(sounds).map(([name, channels]) => ({ name, length: channels[0].length }));
  decoded.set(id, Promise.resolve({ rate, sounds }));
  return { id, bank: { get: (name) => ({ rate, entries })[name] }, close: () => decoded.delete(id) };
}

let made = 0;
