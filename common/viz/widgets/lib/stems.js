// The StemPlayer: tracks on one clock, one at a time or together, with a loop over what is dragged.

import { findBank, openBank } from "./bank.js";
import { magnitudes, peakOf, stft } from "./dsp.js";
import { Heatmap, Trace, levels, timeScale } from "./draw.js";
import { Player } from "./sound.js";
import { announcer, choice, element, playButton, stage, switches } from "./ui.js";
import baseStyle from "./ui.css";
import stemStyle from "./stems.css";

const SHORTEST_LOOP = 0.05, STEP = 0.5;         // seconds: of a drag that means a loop; of an arrow key
const FULLEST = 0.98;                           // what the sum of the tracks may reach
const SOFTEST = -30, LOUDEST = 12;              // dB, of the reader's own gain

const amplitude = (gain) => 10 ** (gain / 20);
const signed = (gain) => `${gain < 0 ? "−" : "+"}${Math.abs(gain).toFixed(1)} dB`;
const clock = (seconds) => seconds.toFixed(seconds < 10 ? 2 : 1);

export async function stems({ model, el }) {
  const bank = await findBank(model), rate = bank.get("rate"), entries = bank.get("entries");
  const names = entries.map((entry) => entry.name), several = names.length > 1;
  const duration = entries[0].length / rate;
  const body = stage(el, baseStyle + stemStyle, `Player: ${model.get("label")}`);
  body.classList.add("stems");
  const set = (values) => { model.set(values); model.save_changes(); };
  const peaks = new Map();
  let sounds = null, peak = 0, frame = 0;

  // What the reader hears of each track, in dB and in amplitudes.
  const mixed = () => model.get("mode") === "mix";
  const gainOf = (name) => (model.get("applied")[name] ?? 0) + (model.get("gains")[name] ?? 0);
  function heard(name) {
    if (!mixed()) return name === model.get("chosen");
    const soloed = model.get("soloed");
    return !model.get("muted").includes(name) && (!soloed.length || soloed.includes(name));
  }

  // One factor for all tracks, 1 unless something that can be heard would clip.
  function room() {
    if (!sounds) return 1;
    const single = Math.max(...names.map((name) => peaks.get(name) * amplitude(gainOf(name))));
    const most = mixed() ? Math.max(single, sumPeak(names), sumPeak(names.filter(heard))) : single;
    return most > FULLEST ? FULLEST / most : 1;
  }

  function sumPeak(some) {
    const sums = [0, 1].map((side) => {
      const out = new Float32Array(entries[0].length);
      for (const name of some) {
        const channels = sounds[name], x = channels[side] ?? channels[0], gain = amplitude(gainOf(name));
        for (let n = 0; n < x.length; n++) out[n] += gain * x[n];
      }
      return out;
    });
    return peakOf(sums);
  }

  // The bar on top.
  const player = new Player(rate, { onChange: () => onPlayer() });
  const play = playButton(player, body);
  const time = element("span", { class: "time" });
  const mode = several ? switches({
    label: "Hear one track at a time (A/B), or all together (mix)", options: [["A/B", "A/B"], ["mix", "mix"]],
    value: model.get("mode"), input: (value) => set({ mode: value }),
  }) : null;
  if (mode) mode.field.title = mode.field.querySelector("legend").textContent;
  const shown = choice({
    label: "Show", value: model.get("shown"), input: (value) => set({ shown: value }),
    options: [["waveform", "waveforms"], ["spectrogram", "spectrograms"], ["none", "no pictures"]],
  });
  const loop = element("button", { type: "button", "aria-keyshortcuts": "L", onclick: toggleLoop }, "Loop");
  play.button.setAttribute("aria-keyshortcuts", "Space");
  const bar = element("div", { class: "bar" }, play.button, time, mode?.field,
    element("span", { class: "end" }, shown.field, loop));

  // The tracks.
  const rows = names.map((name, k) => track(name, k));
  const list = element("div", { class: "tracks", role: "group", "aria-label": "Tracks" },
    ...rows.map((row) => row.node));

  function track(name, k) {
    const radio = element("input", { type: "radio", name: `heard-${names.join("|")}`,
                                     onchange: () => set({ chosen: name }) });
    const badge = element("span", { class: "badge" });
    const key = element("span", { class: "key", "aria-hidden": "true" }, k < 9 ? String(k + 1) : "·");
    const label = element("label", { class: "name" }, several ? radio : null, several ? key : null,
      element("span", {}, name));
    const solo = toggleButton("S", `Solo ${name}`, () => flip("soloed", name));
    const mute = toggleButton("M", `Mute ${name}`, () => flip("muted", name));
    const gain = element("input", {
      type: "range", min: SOFTEST, max: LOUDEST, step: 0.5, "aria-label": `Gain of ${name}`,
      oninput: () => setGain(name, Number(gain.value)), ondblclick: () => setGain(name, 0),
    });
    const picture = element("div", { class: "picture" });
    const node = element("div", { class: "track" },
      element("div", { class: "head" }, label, badge,
        several ? element("span", { class: "desk" }, solo, mute, gain) : null), picture);
    drag(picture, name);
    return { name, node, radio, badge, solo, mute, gain, picture, chart: null };
  }

  function toggleButton(text, label, press) {
    return element("button", { type: "button", class: "small", "aria-label": label, "aria-pressed": "false",
                               onclick: press }, text);
  }

  function flip(trait, name) {
    const on = model.get(trait);
    set({ [trait]: on.includes(name) ? on.filter((other) => other !== name) : [...on, name] });
  }

  function setGain(name, gain) {
    set({ gains: { ...model.get("gains"), [name]: gain } });
  }

  // The line of time under them: where the sound is, and the ends of the loop.
  const place = handle("Position", "place", (value) => player.seek(value));
  const from = handle("Start of the loop", "from", (value) =>
    setRegion(Math.min(value, model.get("region")[1] - SHORTEST_LOOP), model.get("region")[1]));
  const to = handle("End of the loop", "to", (value) =>
    setRegion(model.get("region")[0], Math.max(value, model.get("region")[0] + SHORTEST_LOOP)));
  const line = element("div", { class: "timeline" }, place, from, to, timeScale(duration));
  const keys = element("span", { class: "keys", "aria-hidden": "true" },
    `space · ${several ? `1–${Math.min(names.length, 9)} · ` : ""}← → · L`);
  const status = element("p", { class: "hint", "aria-live": "polite" });
  const about = model.get("description");
  if (about) list.setAttribute("aria-describedby", "about");
  body.append(bar, list, element("div", { class: "track last" }, keys, line),
    element("p", { class: "unseen", id: "about" }, about),
    element("p", { class: "hint" }, [model.get("note"), model.get("credit")].filter(Boolean).join(" ")), status);
  const voice = announcer(body);

  function handle(label, name, move) {
    const input = element("input", { type: "range", class: name, min: 0, max: duration, "aria-label": label,
                                     step: Math.min(0.01, duration), oninput: () => move(Number(input.value)) });
    return input;
  }

  function showHandle(input, seconds) {
    input.value = seconds;
    input.setAttribute("aria-valuetext", `${clock(seconds)} s of ${clock(duration)} s`);
  }

  // Loop: a region dragged over a picture, moved by its handles, or made and unmade by a button.
  function setRegion(start, end) {
    const ends = [Math.max(0, start), Math.min(duration, end)];
    set({ region: ends[1] > ends[0] ? ends : null });
  }

  function toggleLoop() {
    if (model.get("region")) return set({ region: null });
    const start = player.position < duration - SHORTEST_LOOP ? player.position : 0;
    setRegion(start, start + Math.max(duration / 4, SHORTEST_LOOP));
  }

  function drag(picture, name) {
    let begin = null, region = null;
    const seconds = (event) => chartOf(name).under(event).seconds;
    picture.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !chartOf(name)) return;
      begin = seconds(event);
      region = null;
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener("pointermove", (event) => {
      if (begin === null) return;
      const here = seconds(event), least = Math.min(SHORTEST_LOOP, duration / 4);
      if (Math.abs(here - begin) >= least || region) region = [Math.min(begin, here), Math.max(begin, here)];
      if (region) for (const row of rows) row.chart?.mark(region);
    });
    picture.addEventListener("pointerup", () => {
      if (begin === null) return;
      if (region && region[1] > region[0]) setRegion(...region);
      else {
        const now = model.get("region"), outside = now && (begin < now[0] || begin >= now[1]);
        set({ ...(mixed() ? {} : { chosen: name }), ...(outside ? { region: null } : {}) });
        player.seek(begin);
      }
      begin = null;
    });
    picture.addEventListener("pointercancel", () => { begin = null; onRegion(); });
  }

  const chartOf = (name) => rows.find((row) => row.name === name).chart;

  body.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = press(event.key, event.target);
    if (done) event.preventDefault();
  });

  function press(key, target) {
    const native = target !== place && target.matches("select, input[type=range], .switches input");
    const digit = "123456789".indexOf(key);
    if (digit >= 0 && digit < names.length && several) {
      if (mixed()) flip("soloed", names[digit]);
      else set({ chosen: names[digit] });
      return true;
    }
    if (key === "l" || key === "L") { toggleLoop(); return true; }
    if (key === "Escape" && model.get("region")) { set({ region: null }); return true; }
    if (native) return false;
    const places = { ArrowLeft: player.position - STEP, ArrowRight: player.position + STEP,
                     Home: 0, End: duration };
    if (!(key in places)) return false;
    player.seek(places[key]);
    return true;
  }

  // From the state to what is heard and seen.
  function amplitudes(factor = room()) {
    return Object.fromEntries(names.map((name) => [name, heard(name) ? factor * amplitude(gainOf(name)) : 0]));
  }

  function onMix() {
    const factor = room();
    for (const row of rows) {
      const on = heard(row.name), gain = gainOf(row.name), own = model.get("gains")[row.name] ?? 0;
      row.node.classList.toggle("heard", on && several);
      row.node.classList.toggle("silent", mixed() && !on);
      row.radio.checked = row.name === model.get("chosen");
      row.radio.disabled = mixed();
      row.badge.textContent = model.get("matched") ? signed(gain) : own ? signed(own) : "";
      row.gain.value = own;
      row.gain.setAttribute("aria-valuetext", signed(own));
      row.solo.setAttribute("aria-pressed", model.get("soloed").includes(row.name));
      row.mute.setAttribute("aria-pressed", model.get("muted").includes(row.name));
    }
    body.classList.toggle("mix", mixed());
    if (mode) mode.value = model.get("mode");
    player.mix(amplitudes(factor));
    status.textContent = factor < 0.995
      ? `All are played ${(-20 * Math.log10(factor)).toFixed(1)} dB softer still, so that nothing clips.` : "";
  }

  function onRegion() {
    const region = model.get("region") ?? null;
    for (const row of rows) row.chart?.mark(region);
    loop.setAttribute("aria-pressed", Boolean(region));
    loop.textContent = region ? `Loop ${clock(region[0])}–${clock(region[1])} s` : "Loop";
    for (const input of [from, to]) input.hidden = !region;
    if (region) {
      showHandle(from, region[0]);
      showHandle(to, region[1]);
    }
    if (String(region) !== String(player.wanted ?? null)) {
      player.wanted = region;
      player.loop(region);
    }
  }

  function onShown() {
    const kind = model.get("shown");
    shown.value = kind;
    body.dataset.shown = kind;
    for (const row of rows) {
      row.chart = kind === "none" ? null : chart(row.name, kind);
      row.picture.replaceChildren(...(row.chart ? [row.chart.map] : []));
    }
    onRegion();
    if (sounds) draw();
    onTime();
  }

  function chart(name, kind) {
    const common = { seconds: duration, along: false };
    if (kind === "waveform") {
      return new Trace({ ...common, label: `Waveform of ${name}.`, color: model.get("colors")[name] ?? "" });
    }
    const { limits, top } = model.get("spectrum");
    return new Heatmap({ ...common, label: `Spectrogram of ${name}.`, colors: "magma", limits, top });
  }

  function draw() {
    const kind = model.get("shown");
    for (const { name, chart } of rows) {
      if (kind === "waveform") chart.draw({ channels: sounds[name], peak });
      if (kind === "spectrogram") chart.draw(spectrum(sounds[name]));
    }
  }

  // Levels of a sound; of two channels, the root mean square.
  function spectrum(channels) {
    const config = model.get("spectrum"), spectra = channels.map((x) => stft(x, config));
    const [first, ...others] = spectra.map(magnitudes);
    if (others.length) {
      for (let k = 0; k < first.length; k++) {
        first[k] = Math.sqrt(others.reduce((sum, other) => sum + other[k] ** 2, first[k] ** 2) / spectra.length);
      }
    }
    const { frames, bins } = spectra[0];
    return { values: levels(first, config.fullScale), frames, bins, rate };
  }

  function onTime() {
    const now = player.position;
    for (const row of rows) row.chart?.at(now);
    showHandle(place, now);
    time.textContent = `${now.toFixed(1)} / ${duration.toFixed(1)} s`;
  }

  function onPlayer() {
    play.show();
    cancelAnimationFrame(frame);
    const tick = () => {
      onTime();
      if (player.playing) frame = requestAnimationFrame(tick);
    };
    tick();
  }

  // The sounds are decoded when the reader comes near: a page has many players.
  async function load() {
    nearby.disconnect();
    try {
      ({ sounds } = await openBank(model));
    } catch (error) {
      body.append(element("p", { class: "error", role: "alert" }, error.message ?? String(error)));
      return;
    }
    for (const name of names) {
      peaks.set(name, peakOf(sounds[name]));
      player.set(name, sounds[name]);
    }
    peak = Math.max(...peaks.values());
    onMix();
    draw();
    body.dataset.sounds = "ready";
  }
  const nearby = new IntersectionObserver(
    (seen) => { if (seen.some((one) => one.isIntersecting)) load(); }, { rootMargin: "600px" });
  nearby.observe(el);

  const say = () => voice.say(`Heard: ${names.filter(heard).join(", ") || "nothing"}`);
  const follow = [["mode", onMix], ["mode", say], ["chosen", onMix], ["chosen", say], ["soloed", say], ["muted", say], ["soloed", onMix], ["muted", onMix], ["gains", onMix],
                  ["region", onRegion], ["shown", onShown]];
  for (const [name, listener] of follow) model.on(`change:${name}`, listener);
  onShown();
  onMix();
  // For tests: the player, and one like it on a context of the caller's.
  body.getRootNode().host.instrument = {
    model, player, amplitudes, get sounds() { return sounds; },
    playerOn(context) {
      const other = new Player(rate, { context });
      for (const name of names) other.set(name, sounds[name]);
      other.mix(amplitudes());
      other.loop(model.get("region") ?? null);
      return other;
    },
  };
  return () => {
    for (const [name, listener] of follow) model.off(`change:${name}`, listener);
    nearby.disconnect();
    voice.stop();
    cancelAnimationFrame(frame);
    player.dispose();
  };
}
