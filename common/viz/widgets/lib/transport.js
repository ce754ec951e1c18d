// What every instrument with a clock has: play, the time, what is heard, and a slider over time.

import { element, playButton, switches } from "./ui.js";

export class Transport {
  // charts: whose lines follow the sound; options, value, choose: what can be heard; moved(seconds,
  // chosen): the sound stands elsewhere, chosen by the reader or where it came to.
  constructor(body, { player, seconds, charts, options, value, choose, moved = () => {} }) {
    Object.assign(this, { player, seconds, charts, moved });
    this.play = playButton(player, body);
    this.clock = element("span", { class: "clock", "aria-hidden": "true" });
    this.listen = switches({ label: "Listen to", options, value, input: choose });
    this.row = element("div", { class: "row transport" }, this.play.button, this.clock,
      this.listen.field);
    this.range = element("input", { type: "range", min: 0, max: seconds, value: 0,
      step: Math.min(0.01, seconds / 20), "aria-label": "Time",
      oninput: () => this.seek(Number(this.range.value)) });
    this.slider = element("div", { class: "seek" }, this.range);
    for (const chart of charts) {
      chart.surface.addEventListener("click", (event) => this.seek(chart.under(event).seconds));
    }
  }

  seek(seconds) {
    this.player.seek(seconds);
    this.moved(this.player.position, true);
  }

  // Where the sound is; goes on by itself while it plays.
  show() {
    const { player, range, seconds } = this, at = player.position;
    this.play.show();
    for (const chart of this.charts) chart.at(at);
    range.value = at;
    range.setAttribute("aria-valuetext", `${at.toFixed(2)} seconds`);
    this.clock.textContent = `${at.toFixed(1)} / ${seconds.toFixed(1)} s`;
    this.moved(at, !player.playing && this.played);
    this.played = player.playing;
    cancelAnimationFrame(this.next);
    if (player.playing) this.next = requestAnimationFrame(() => this.show());
  }

  dispose() {
    cancelAnimationFrame(this.next);
    this.player.dispose();
  }
}
