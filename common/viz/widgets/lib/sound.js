// Sound of the page: one AudioContext, one player at a time, and every change is a linear fade, so
// that nothing clicks. (An equal-power fade of two like signals would bump by up to 3 dB.)

export const FADE = 0.02;

// A change is laid down this long before it is heard: the audio thread may be some blocks ahead of
// the time that it last told, and must not find the start of a fade in its past.
const LEAD = 0.01;

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
    this.started = null;                // the context's time at which `offset` sounds; null: silence
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
    if (this.started !== null) {
      const time = this.#soon();
      this.#stop(track, time);
      this.#start(track, time, this.#at(time));
    }
  }

  remove(name) {
    const track = this.tracks.get(name);
    if (!track) return;
    this.#stop(track, this.#soon());
    this.tracks.delete(name);
  }

  // Fade to these gains; tracks that are not named fade to silence.
  mix(gains) {
    for (const [name, track] of this.tracks) {
      track.gain = gains[name] ?? 0;
      track.fader?.fade(track.gain, this.#soon(), this.live.currentTime);
    }
  }

  get position() {
    return this.started === null ? this.offset : this.#at(this.live.currentTime);
  }

  async play() {
    if (this.playing) return;
    for (const other of page.players) if (other !== this) other.pause();
    const context = this.context;
    this.playing = true;                // at once, so that a second press means pause
    if (context.state !== "running" && !this.given) await context.resume();
    if (!this.playing || this.started !== null) return;
    const [start, end] = this.region ?? [0, this.duration];
    if (this.offset < start || this.offset >= end - 0.01) this.offset = start;
    this.#startAll();
    this.onChange();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    if (this.started !== null) this.offset = this.#stopAll();
    this.onChange();
  }

  seek(position) {
    const sounding = this.started !== null;
    if (sounding) this.#stopAll();
    this.offset = this.#whole(Math.min(Math.max(position, 0), this.duration));
    if (sounding) this.#startAll();
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
    const { master } = this;             // after the fade, or it would click
    if (master) setTimeout(() => master.disconnect(), 1000 * (LEAD + FADE) + 50);
  }

  // Times and positions in whole samples, or the browser would interpolate between them.
  #whole(seconds) { return Math.round(seconds * this.rate) / this.rate; }

  #soon() { return this.live ? this.#whole(this.live.currentTime + LEAD) : 0; }

  // The position in the clip at a time of the context.
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

  #startAll() {
    this.started = this.#soon();
    for (const track of this.tracks.values()) this.#start(track, this.started, this.offset);
  }

  #stopAll() {
    const time = this.#soon(), position = this.#whole(this.#at(time));
    for (const track of this.tracks.values()) this.#stop(track, time);
    this.started = null;
    return position;
  }

  #start(track, time, position) {
    const context = this.live;
    track.buffer ??= bufferOf(context, track.channels, this.rate);
    const source = context.createBufferSource(), gain = context.createGain();
    source.buffer = track.buffer;
    if (this.region) {
      source.loop = true;
      [source.loopStart, source.loopEnd] = this.region;
    }
    source.connect(gain).connect(track.out);
    const voice = { source, fader: new Fader(gain.gain, 0) };
    voice.fader.fade(1, time, context.currentTime);
    source.start(time, Math.min(position, this.duration));
    source.onended = () => {
      gain.disconnect();
      if (track.voice !== voice) return;
      track.voice = null;
      if (this.playing && [...this.tracks.values()].every((other) => !other.voice)) {
        this.playing = false;
        this.started = null;
        this.offset = 0;
        this.onChange();
      }
    };
    track.voice = voice;
  }

  #stop(track, time) {
    const voice = track.voice;
    if (!voice) return;
    track.voice = null;
    voice.fader.fade(0, time, this.live.currentTime);
    voice.source.stop(time + FADE);
  }
}

// A gain that moves in straight lines between points [time, value], known here and so continued
// without a step, wherever the last line is left.
class Fader {
  constructor(parameter, value) {
    this.parameter = parameter;
    this.points = [[0, value]];
    parameter.value = value;
  }

  at(time) {
    let [last, value] = this.points[0];
    for (const [when, next] of this.points) {
      if (when > time) return value + ((next - value) * (time - last)) / (when - last);
      [last, value] = [when, next];
    }
    return value;
  }

  // To `value` from `time` on; until then it goes on as it was going.
  fade(value, time, now) {
    const between = this.points.filter(([when]) => when > now && when < time);
    this.points = [[now, this.at(now)], ...between, [time, this.at(time)], [time + FADE, value]];
    this.parameter.cancelScheduledValues(now);
    this.points.forEach(([when, next], k) => {
      if (k === 0) this.parameter.setValueAtTime(next, when);
      else this.parameter.linearRampToValueAtTime(next, when);
    });
  }
}

function bufferOf(context, channels, rate) {
  const buffer = context.createBuffer(channels.length, channels[0].length, rate);
  channels.forEach((x, c) => buffer.copyToChannel(x, c));
  return buffer;
}
