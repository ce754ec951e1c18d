// Unmixer: the reader's own song through a network, in the page. Nothing leaves the machine.

import baseStyle from "./lib/ui.css";
import unmixerStyle from "./unmixer.css";
import { bankOf, openBank } from "./lib/bank.js";
import { peakOf } from "./lib/dsp.js";
import { LocalModel } from "./lib/local.js";
import { SongError, readSong, record } from "./lib/songs.js";
import { stems } from "./lib/stems.js";
import { announcer, element, stage } from "./lib/ui.js";
import { wavOf } from "./lib/wav.js";
import { start } from "./lib/work.js";

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

async function render({ model, el }) {
  const rate = model.get("rate"), sources = model.get("sources");
  const body = stage(el, baseStyle + unmixerStyle, model.get("label"));
  let song = null, estimates = null, shown = null, work = null, recording = null, files = [], alive = true, where = null;

  // What the reader brings.
  const input = element("input", { type: "file", accept: "audio/*,video/mp4", hidden: true,
                                   onchange: () => take(input.files[0]) });
  const choose = element("button", { type: "button", onclick: () => input.click() }, "Choose a song");
  const recorder = navigator.mediaDevices?.getUserMedia && globalThis.MediaRecorder
    ? element("button", { type: "button", "aria-pressed": "false", onclick: toggleRecording }, "Record") : null;
  const zone = element("div", { class: "zone" },
    element("p", {}, "Drop a song here, or"), choose, recorder, input,
    element("p", { class: "hint" }, "It stays on your machine: this page has no server to send it to."));
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });

  // What happens to it.
  const title = element("span", { class: "song" });
  const run = element("button", { type: "button", class: "run", onclick: () => separate() }, "Unmix");
  const stop = element("button", { type: "button", onclick: () => work?.cancel(), hidden: true }, "Cancel");
  const bar = element("progress", { max: 1, value: 0, "aria-label": "Unmixed so far", hidden: true });
  const row = element("div", { class: "row" }, title, run, bar, stop);
  const place = element("div", { class: "result" });
  const saves = element("div", { class: "row saves" });
  const trouble = element("p", { class: "error", role: "alert", hidden: true });
  body.append(zone, row, trouble, place, saves);
  const voice = announcer(body, 0);

  function complain(error) {
    trouble.hidden = !error;
    trouble.textContent = error ? error.message ?? String(error) : "";
    if (error && !(error instanceof SongError)) console.error(error);
  }

  async function take(file) {
    if (!file) return;
    work?.cancel();
    complain(null);
    try {
      use(await readSong(file, rate));
    } catch (error) {
      return complain(error);
    }
    await separate();
  }

  async function toggleRecording() {
    if (recording) return recording.stop();
    complain(null);
    try {
      recording = await record();
      recorder.textContent = "Stop";
      recorder.setAttribute("aria-pressed", "true");
      const file = await recording.heard;
      if (alive) await take(file);
    } catch (error) {
      complain(error);
    } finally {
      recording = null;
      recorder.textContent = "Record";
      recorder.setAttribute("aria-pressed", "false");
    }
  }

  function use(given) {
    song = given;
    estimates = null;
    title.textContent = `${song.name}, ${minutes(song.channels[0].length / rate)}`;
    run.hidden = false;
    listen({ mixture: song.channels });
    offer();
  }

  async function separate(options = {}) {
    if (!song || work) return;
    complain(null);
    run.hidden = true;
    bar.hidden = stop.hidden = false;
    bar.value = 0;
    voice.say("Unmixing");
    const job = { data: model.get("data"), entries: model.get("weights"), rate, options,
                  settings: { ...model.get("settings"), config: model.get("spectrum") },
                  channels: song.channels };
    work = start(model.get("_esm"), job, (share) => { bar.value = share; });
    try {
      ({ estimates, where } = await work.done);
      listen({ mixture: song.channels,
               ...Object.fromEntries(sources.map((name, s) => [name, estimates[s]])) });
      offer();
      voice.say("Done: listen to the mixture and its parts");
    } catch (error) {
      if (error.name !== "AbortError") complain(error);
      run.hidden = false;
      voice.say("Not unmixed");
    } finally {
      work = null;
      bar.hidden = stop.hidden = true;
    }
  }

  // What comes of it: a StemPlayer, and files to keep.
  function listen(sounds) {
    shown?.close();
    const { id, bank, close } = bankOf(sounds, rate);
    const own = new LocalModel({
      bank: id, label: Object.keys(sounds).join(", "), mode: "A/B", shown: "waveform",
      chosen: Object.keys(sounds)[0], soloed: [], muted: [], gains: {}, region: null, matched: false,
      applied: {}, note: "", description: "", credit: song.credit ?? "", colors: model.get("colors"),
      spectrum: model.get("spectrum"),
    }, bank);
    place.replaceChildren();
    const view = { close: () => { view.closed = true; view.end?.(); close(); } };
    stems({ model: own, el: place }).then((end) => {
      view.end = end;
      if (view.closed) end();
    });
    shown = view;
  }

  function offer() {
    for (const address of files) URL.revokeObjectURL(address);
    files = [];
    const gain = estimates ? Math.min(1, 1 / Math.max(...estimates.map(peakOf))) : 1;
    saves.replaceChildren(...(estimates ?? []).map((channels, s) => {
      const address = URL.createObjectURL(wavOf(channels, rate, gain));
      files.push(address);
      return element("a", { href: address, download: `${song.name}-${sources[s]}.wav` }, `Save ${sources[s]}`);
    }));
    if (gain < 1) {
      saves.append(element("span", { class: "hint" },
        `all ${(-20 * Math.log10(gain)).toFixed(1)} dB softer, so that nothing clips`));
    }
  }

  const bank = await openBank(model).catch(complain);
  if (bank && !song) {
    const [[name, channels]] = Object.entries(bank.sounds);
    use({ name, channels, credit: model.get("credit") });
  }
  // For tests.
  const host = body.getRootNode().host;
  host.instrument = {
    model, separate, take,
    get player() { return place.querySelector(".hear-the-mask")?.instrument?.player; },
    get song() { return song; },
    get estimates() { return estimates; },
    get busy() { return Boolean(work); },
    get where() { return where; },
  };
  return () => {
    alive = false;
    recording?.stop();
    work?.cancel();
    shown?.close();
    voice.stop();
    for (const address of files) URL.revokeObjectURL(address);
  };
}

export default { render };
