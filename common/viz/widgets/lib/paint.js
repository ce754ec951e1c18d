// Painting a mask on a picture, with a pointer or with the keyboard.

import { element } from "./ui.js";
import { PATCH, patchesOf } from "./masks.js";

const TINT = 0x88ffee66;                // what is painted, seen through: alpha, blue, green, red

// A layer over a Heatmap. on: { cells() the bytes so far, size() of the brush in px, erasing(),
// changed(cells) while a stroke lasts, done() after it, say(text) for who cannot see the brush }.
export class Painter {
  constructor(map, grid, on) {
    Object.assign(this, { map, grid, on, ...patchesOf(grid), x: 0.5, y: 0.5, last: null });
    this.tint = element("canvas", { class: "tint", "aria-hidden": "true" });
    this.ring = element("div", { class: "ring" });
    this.layer = element("div", { class: "layer" }, this.tint, this.ring);
    this.tint.width = this.wide;
    this.tint.height = this.high;
    const surface = map.canvas;
    map.map.append(this.layer);
    map.map.addEventListener("click", (event) => {       // a stroke's end is no choice of a time
      if (this.active) event.stopPropagation();
    }, true);
    const listen = (name, listener) => surface.addEventListener(name, (event) => {
      if (this.active) listener(event);
    });
    listen("pointerdown", (event) => {
      event.preventDefault();
      surface.focus({ preventScroll: true });
      surface.setPointerCapture?.(event.pointerId);
      this.last = this.#place(event);
      this.#stroke(this.last, this.last);
    });
    listen("pointermove", (event) => {
      const place = this.#place(event);
      this.#move(place);
      if (!this.last) return;
      this.#stroke(this.last, place);
      this.last = place;
    });
    for (const name of ["pointerup", "pointercancel"]) {
      listen(name, () => {
        if (this.last) on.done();
        this.last = null;
      });
    }
    listen("keydown", (event) => this.#key(event));
  }

  set active(yes) {
    const { canvas, map } = this.map;
    map.classList.toggle("painting", yes);
    if (yes) {
      canvas.tabIndex = 0;
      canvas.setAttribute("role", "application");
      this.#move(this);
    } else {
      canvas.removeAttribute("tabindex");
      canvas.setAttribute("role", "img");
    }
  }

  get active() { return this.map.map.classList.contains("painting"); }

  // Show what is painted, up to the highest row that the picture shows.
  show(cells) {
    const { wide, high } = this, context = this.tint.getContext("2d");
    const image = context.createImageData(wide, high), pixels = new Uint32Array(image.data.buffer);
    for (let t = 0; t < wide; t++) for (let f = 0; f < high; f++) {
      if (cells[t * high + f]) pixels[(high - 1 - f) * wide + t] = TINT;
    }
    context.putImageData(image, 0, 0);
    const { width: columns, height: rows } = this.map.canvas;
    this.tint.style.width = `${(100 * wide * PATCH.frames) / columns}%`;
    this.tint.style.height = `${(100 * high * PATCH.bins) / rows}%`;
  }

  #place(event) {
    const box = this.map.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #move({ x, y }) {
    const within = (v) => Math.min(Math.max(v, 0), 1), size = this.on.size();
    Object.assign(this, { x: within(x), y: within(y) });
    Object.assign(this.ring.style, {
      left: `${100 * this.x}%`, top: `${100 * this.y}%`, width: `${size}px`, height: `${size}px`,
    });
  }

  #key(event) {
    const { columns, rows } = this.#size(), far = event.shiftKey ? 5 : 1;
    const steps = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (step) {
      this.#move({ x: this.x + (far * step[0] * PATCH.frames) / columns,
                   y: this.y + (far * step[1] * PATCH.bins) / rows });
    } else if (event.key === " " || event.key === "Enter") {
      this.#stroke(this, this);
      this.on.done();
    } else return;
    event.preventDefault();
    event.stopPropagation();
    const seconds = (this.x * this.map.seconds).toFixed(2);
    const hertz = Math.round(((1 - this.y) * this.map.top) / 10) * 10;
    const done = step ? "" : this.on.erasing() ? "erased at " : "painted at ";
    this.on.say(`${done}${seconds} s, ${hertz} Hz`);
  }

  #size() { return { columns: this.map.canvas.width, rows: this.map.canvas.height }; }

  // Discs of the brush's size along a straight line.
  #stroke(from, to) {
    this.#move(to);
    const box = this.map.canvas.getBoundingClientRect(), { columns, rows } = this.#size();
    const radius = this.on.size() / 2, count = this.wide * this.high, before = this.on.cells();
    const cells = before.length === count ? Uint8Array.from(before) : new Uint8Array(count);
    const value = this.on.erasing() ? 0 : 255;
    const far = Math.hypot((to.x - from.x) * box.width, (to.y - from.y) * box.height);
    const steps = Math.max(1, Math.ceil((2 * far) / radius));
    const cellWidth = (PATCH.frames * box.width) / columns;
    const cellHeight = (PATCH.bins * box.height) / rows;
    const under = (v, size, most) => Math.min(Math.max(Math.floor(v / size), 0), most - 1);
    const near = (v, size, most) => [under(v - radius, size, most), under(v + radius, size, most)];
    for (let k = 0; k <= steps; k++) {
      const x = (from.x + (k / steps) * (to.x - from.x)) * box.width;
      const y = (1 - (from.y + (k / steps) * (to.y - from.y))) * box.height;   // up from the bottom
      const [left, right] = near(x, cellWidth, this.wide);
      const [low, high] = near(y, cellHeight, this.high);
      const column = under(x, cellWidth, this.wide), row = under(y, cellHeight, this.high);
      for (let t = left; t <= right; t++) for (let f = low; f <= high; f++) {
        const dx = (t + 0.5) * cellWidth - x, dy = (f + 0.5) * cellHeight - y;
        const hit = column === t && row === f;           // however small the brush
        if (hit || dx * dx + dy * dy <= radius * radius) cells[t * this.high + f] = value;
      }
    }
    this.on.changed(cells);
  }
}
