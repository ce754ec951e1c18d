// The reader's own sound, from a file or the microphone. Nothing of it leaves the page.

import { peakOf } from "./dsp.js";

const LONGEST = 15;                     // minutes
const LARGEST = 500;                    // megabytes of a file

export class SongError extends Error {}

// A file to { name, channels }: one or two of them, at this rate.
export async function readSong(file, rate) {
  if (file.size > LARGEST * 1e6) {
    throw new SongError(`${file.name} has ${Math.round(file.size / 1e6)} MB; at most ${LARGEST} MB ` +
      "fit. Cut it, or save it as MP3.");
  }
  let buffer;
  try {
    buffer = await new OfflineAudioContext(1, 1, rate).decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new SongError(`${file.name} is no sound that this browser can read. Take a WAV, MP3, FLAC, ` +
      "Ogg or M4A file.");
  }
  if (buffer.duration > 60 * LONGEST) {
    throw new SongError(`${file.name} lasts ${Math.round(buffer.duration / 60)} minutes; at most ` +
      `${LONGEST} fit. Cut it, or use python -m common.separate, which takes any length.`);
  }
  const count = Math.min(2, buffer.numberOfChannels);
  const channels = Array.from({ length: count }, (_, c) => buffer.getChannelData(c));
  if (buffer.length === 0 || peakOf(channels) === 0) {
    throw new SongError(`${file.name} is silent: there is nothing to unmix.`);
  }
  return { name: file.name.replace(/\.[^.]*$/, ""), channels };
}

// Record until `stop` of what comes back is called; `heard` resolves to a file.
export async function record() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
  } catch (error) {
    throw new SongError(`The browser gives no microphone here (${error.name}). Allow it and try ` +
      "again, or choose a file.");
  }
  const recorder = new MediaRecorder(stream), parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const heard = new Promise((resolve) => {
    recorder.onstop = () => {
      for (const track of stream.getTracks()) track.stop();
      resolve(new File(parts, "recording.webm", { type: recorder.mimeType }));
    };
  });
  recorder.start();
  return { heard, stop: () => { if (recorder.state !== "inactive") recorder.stop(); } };
}
