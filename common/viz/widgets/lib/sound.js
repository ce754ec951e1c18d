// Sound of the page: one AudioContext, one player at a time, and every change is a linear fade, so
// that nothing clicks. (An equal-power fade of two like signals would bump by up to 3 dB.)

export const FADE = 0.02;

// What all instruments of a page share, whichever bundle they came in.
const page = (globalThis.hearTheMask ??= {});
page.contexts ??= new Map();
page.players ??= new Set();

export function contextOf(rate) {
  if (!page.contexts.has(rate)) page.contexts.set(rate, new AudioContext({ sampleRate: rate }));
  return page.contexts.get(rate);
}

// Tracks that run together: the same time, each with its own gain.
export class Player {
  constructor(rate, { context = null, onChange = () => {} } = {}) {
    Object.assign(this, { rate, onChange, given: context });
    this.tracks = new Map();
    this.playing = false;
    this.offset = 0;                    // seconds into the clip, where playing starts or stopped
    this.region = null;                 // [start, end] in seconds, played round and round
    this.duration = 0;
    page.players.add(this);
  }

  // The context is made on first use: browsers want a click before there is sound.
  get context() {
    if (!this.master) {
      this.live = this.given ?? contextOf(this.rate);
      this.master = this.live.createGain();
      this.master.connect(this.live.destination);
      for (const track of this.tracks.values()) this.#open(track);
    }
    return this.live;
  }

  // channels: [Float32Array, ...]. A track that plays is cross-faded to its new sound.
  set(name, channels, gain = null) {
    const track = this.tracks.get(name) ?? { gain: gain ?? 0, out: null, voice: null };
    if (gain !== null) track.gain = gain;
    track.channels = channels;
    track.buffer = null;
    this.tracks.set(name, track);
    this.duration = Math.max(this.duration, channels[0].length / this.rate);
    if (this.master && !track.out) this.#open(track);
    if (this.playing) {
      const position = this.position;
      this.#stop(track);
      this.#start(track, position);
    }
  }

  remove(name) {
    const track = this.tracks.get(name);
    if (!track) return;
    this.#stop(track);
    track.out?.disconnect();
    this.tracks.delete(name);
  }

  // Fade to these gains; tracks that are not named fade to silence.
  mix(gains) {
    for (const [name, track] of this.tracks) {
      track.gain = gains[name] ?? 0;
      if (track.out) fade(track.out.gain, track.gain, this.live.currentTime);
    }
  }

  get position() {
    if (!this.playing) return this.offset;
    const run = Math.max(0, this.live.currentTime - this.started);
    const position = this.offset + run;
    if (!this.region) return Math.min(position, this.duration);
    const [start, end] = this.region;
    return position < end ? position : start + ((position - start) % (end - start));
  }

  async play() {
    if (this.playing) return;
    for (const other of page.players) if (other !== this) other.pause();
    const context = this.context;
    this.playing = true;                // at once, so that a second press means pause
    if (context.state === "suspended" && context.resume && !this.given) await context.resume();
    if (!this.playing) return;
    const [start, end] = this.region ?? [0, this.duration];
    if (this.offset < start || this.offset >= end - 0.01) this.offset = start;
    this.started = context.currentTime;
    for (const track of this.tracks.values()) this.#start(track, this.offset);
    this.onChange();
  }

  pause() {
    if (!this.playing) return;
    this.offset = this.position;
    this.playing = false;
    for (const track of this.tracks.values()) this.#stop(track);
    this.onChange();
  }

  seek(position) {
    const playing = this.playing;
    if (playing) for (const track of this.tracks.values()) this.#stop(track);
    this.offset = Math.min(Math.max(position, 0), this.duration);
    if (playing) {
      this.started = this.live.currentTime;
      for (const track of this.tracks.values()) this.#start(track, this.offset);
    }
    this.onChange();
  }

  loop(region) {
    const position = this.position;
    this.region = region;
    if (this.playing) this.seek(region ? Math.max(region[0], Math.min(position, region[1])) : position);
    else this.onChange();
  }

  dispose() {
    this.pause();
    page.players.delete(this);
    for (const track of this.tracks.values()) track.out?.disconnect();
    this.master?.disconnect();
  }

  #open(track) {
    track.out = this.live.createGain();
    track.out.gain.value = track.gain;
    track.out.connect(this.master);
  }

  #start(track, position) {
    const context = this.live;
    track.buffer ??= bufferOf(context, track.channels, this.rate);
    const source = context.createBufferSource(), gain = context.createGain();
    source.buffer = track.buffer;
    if (this.region) {
      source.loop = true;
      [source.loopStart, source.loopEnd] = this.region;
    }
    source.connect(gain).connect(track.out);
    gain.gain.setValueAtTime(0, context.currentTime);
    gain.gain.linearRampToValueAtTime(1, context.currentTime + FADE);
    source.start(context.currentTime, Math.min(position, this.duration));
    const voice = { source, gain };
    source.onended = () => {
      gain.disconnect();
      if (track.voice !== voice) return;
      track.voice = null;
      if (this.playing && [...this.tracks.values()].every((other) => !other.voice)) {
        this.playing = false;
        this.offset = 0;
        this.onChange();
      }
    };
    track.voice = voice;
  }

  #stop(track) {
    const voice = track.voice;
    if (!voice) return;
    track.voice = null;
    const now = this.live.currentTime;
    fade(voice.gain.gain, 0, now);
    voice.source.stop(now + FADE);
  }
}

function fade(parameter, value, now) {
  const from = parameter.value;
  parameter.cancelScheduledValues(now);
  parameter.setValueAtTime(from, now);
  parameter.linearRampToValueAtTime(value, now + FADE);
}

function bufferOf(context, channels, rate) {
  const buffer = context.createBuffer(channels.length, channels[0].length, rate);
  channels.forEach((x, c) => buffer.copyToChannel(x, c));
  return buffer;
}
