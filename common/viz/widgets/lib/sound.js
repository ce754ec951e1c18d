// Sound of the page: one AudioContext a rate, one player at a time, and every change is a linear
// fade, so that nothing clicks. (An equal-power fade of two like signals would bump by up to 3 dB.)

export const FADE = 0.02;     // seconds
const LEAD = 0.02;            // from a decision to what is heard of it: more than a device's block

// What all instruments of a page share, whichever bundle they came in.
const page = (globalThis.hearTheMask ??= {});
page.contexts ??= new Map();
page.players ??= new Set();

export function contextOf(rate) {
  if (!page.contexts.has(rate)) page.contexts.set(rate, openContext(rate));
  return page.contexts.get(rate);
}

function openContext(rate) {
  try {
    return new AudioContext({ sampleRate: rate });
  } catch {
    return new AudioContext();          // a device that cannot: the browser resamples
  }
}

// A gain that moves in straight lines, and knows where it is at any time to come: so a fade can
// begin in the middle of another without a step.
class Fader {
  constructor(parameter, value) {
    Object.assign(this, { parameter, from: value, to: value, start: 0, end: 0 });
    parameter.value = value;
  }

  at(time) {
    if (time >= this.end) return this.to;
    if (time <= this.start) return this.from;
    return this.from + ((this.to - this.from) * (time - this.start)) / (this.end - this.start);
  }

  fade(value, start) {
    const from = this.at(start);
    if (start > this.start || this.end === 0) {
      if (start < this.end) this.parameter.linearRampToValueAtTime(from, start);
      else this.parameter.setValueAtTime(from, start);
    }
    this.parameter.cancelScheduledValues(start + 1e-6);
    this.parameter.linearRampToValueAtTime(value, start + FADE);
    Object.assign(this, { from, to: value, start, end: start + FADE });
  }
}

// Tracks that run together: the same time, to the sample, each with its own gain.
export class Player {
  constructor(rate, { context = null, onChange = () => {} } = {}) {
    Object.assign(this, { rate, onChange, given: context });
    this.tracks = new Map();
    this.playing = false;
    this.offset = 0;                    // seconds into the clip, where playing starts or stopped
    this.started = null;                // the context's time at which that place sounds
    this.region = null;                 // [start, end] in seconds, played round and round
    page.players.add(this);
  }

  get duration() {
    return Math.max(0, ...[...this.tracks.values()].map((track) => track.channels[0].length)) / this.rate;
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
    const track = this.tracks.get(name) ?? { gain: 0, out: null, voice: null };
    track.channels = channels;
    track.buffer = null;
    this.tracks.set(name, track);
    if (gain !== null) track.gain = gain;
    if (this.master && !track.out) this.#open(track);
    else if (gain !== null && track.fader) track.fader.fade(gain, this.#soon());
    if (this.#sounds) {
      const when = this.#soon();
      this.#stop(track, when);
      this.#start(track, when, this.#at(when), true);
    }
  }

  remove(name) {
    const track = this.tracks.get(name);
    if (!track) return;
    this.#stop(track, this.master ? this.#soon() : 0);
    this.tracks.delete(name);
  }

  // Fade to these gains; tracks that are not named fade to silence.
  mix(gains) {
    for (const [name, track] of this.tracks) {
      const gain = gains[name] ?? 0;
      if (gain === track.gain) continue;
      track.gain = gain;
      track.fader?.fade(gain, this.#soon());
    }
  }

  get position() {
    return this.#sounds ? this.#at(this.live.currentTime) : this.offset;
  }

  async play() {
    if (this.playing) return;
    for (const other of page.players) if (other !== this) other.pause();
    const context = this.context, attempt = (this.attempt = {});
    this.playing = true;                // at once, so that a second press means pause
    if (context.state !== "running" && !this.given) await context.resume();
    if (this.attempt !== attempt || !this.playing) return;
    const [start, end] = this.region ?? [0, this.duration];
    if (this.offset < start || this.offset >= end - 0.01) this.offset = start;
    this.#startAll(this.#soon());
    this.onChange();
  }

  pause() {
    if (!this.playing) return;
    if (this.#sounds) {
      const when = this.#soon();
      this.offset = this.#at(when);
      for (const track of this.tracks.values()) this.#stop(track, when);
    }
    this.playing = false;
    this.started = null;
    this.onChange();
  }

  // While a region is looped, a place behind it is its start: there is no other way into the loop.
  seek(position) {
    const when = this.#sounds ? this.#soon() : 0;
    let place = Math.min(Math.max(position, 0), this.duration);
    if (this.region && place >= this.region[1]) place = this.region[0];
    this.offset = place;
    if (this.#sounds) this.#restart(when);
    this.onChange();
  }

  // region: [start, end] in seconds, or null to play on to the end.
  loop(region) {
    const when = this.#sounds ? this.#soon() : 0, position = this.#sounds ? this.#at(when) : this.offset;
    this.region = region && region.map((time) => this.#onGrid(time));
    if (this.#sounds) {
      const [start, end] = this.region ?? [0, this.duration];
      this.offset = position >= start && position < end ? position : start;
      this.#restart(when);
    }
    this.onChange();
  }

  dispose() {
    this.pause();
    page.players.delete(this);
    const { master } = this;
    if (master) setTimeout(() => master.disconnect(), 1000 * (LEAD + 2 * FADE));
  }

  get #sounds() {
    return this.started !== null;
  }

  #onGrid(time) {
    return Math.round(time * this.rate) / this.rate;
  }

  // The next time at which all that is decided now can still be in force, on a sample.
  #soon() {
    const { currentTime, sampleRate } = this.live;
    return Math.ceil((currentTime + LEAD) * sampleRate - 1e-6) / sampleRate;
  }

  // Where the sound is at a time of the context.
  #at(time) {
    const position = this.offset + Math.max(0, time - this.started);
    if (!this.region) return Math.min(position, this.duration);
    const [start, end] = this.region;
    return position < end ? position : start + ((position - start) % (end - start));
  }

  #open(track) {
    track.out = this.live.createGain();
    track.fader = new Fader(track.out.gain, track.gain);
    track.out.connect(this.master);
  }

  #startAll(when) {
    this.offset = this.#onGrid(this.offset);
    this.started = when;
    for (const track of this.tracks.values()) this.#start(track, when, this.offset, this.offset > 0);
  }

  #restart(when) {
    for (const track of this.tracks.values()) this.#stop(track, when);
    this.#startAll(when);
  }

  #start(track, when, position, fadeIn) {
    const context = this.live;
    track.buffer ??= bufferOf(context, track.channels, this.rate);
    const source = context.createBufferSource(), gain = context.createGain();
    source.buffer = track.buffer;
    if (this.region) {
      source.loop = true;
      [source.loopStart, source.loopEnd] = this.region;
    }
    source.connect(gain).connect(track.out);
    const voice = { source, fader: new Fader(gain.gain, fadeIn ? 0 : 1) };
    if (fadeIn) voice.fader.fade(1, when);
    source.start(when, this.#onGrid(position));
    source.onended = () => {
      gain.disconnect();
      if (track.voice !== voice) return;
      track.voice = null;
      if (this.playing && [...this.tracks.values()].every((other) => !other.voice)) this.#end();
    };
    track.voice = voice;
  }

  #end() {
    this.playing = false;
    this.started = null;
    this.offset = 0;
    this.onChange();
  }

  #stop(track, when) {
    const { voice } = track;
    if (!voice) return;
    track.voice = null;
    voice.fader.fade(0, when);
    voice.source.stop(when + FADE);
  }
}

function bufferOf(context, channels, rate) {
  const buffer = context.createBuffer(channels.length, channels[0].length, rate);
  channels.forEach((x, c) => buffer.copyToChannel(x, c));
  return buffer;
}
