// Controls: native inputs, each with its label, in one look.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

// An instrument's root: a shadow tree, so that the theme's styles stay out.
export function stage(el, css, name) {
  // JupyterLab would take keys for its shortcuts: seen from outside, no input has the focus here.
  const host = element("div", { class: "hear-the-mask", "data-lm-suppress-shortcuts": "true" });
  const root = host.attachShadow({ mode: "open" });
  const body = element("section", { class: "instrument", "aria-label": name });
  root.append(element("style", {}), body);
  root.firstChild.textContent = css;
  el.append(host);
  return body;
}

let count = 0;
const fresh = () => `control-${(count += 1)}`;

// curve: where values do not lie evenly along the slider, { to(value) a place, from(place) a value };
// min, max and step are places then.
export function slider({ label, min, max, step, value, show = String, input, curve = EVEN }) {
  const id = fresh();
  const range = element("input", { type: "range", id, min, max, step });
  const said = element("output", { for: id });
  let now = value;
  const describe = () => {
    said.textContent = show(now);
    range.setAttribute("aria-valuetext", said.textContent);
  };
  const move = (v) => {
    now = v;
    range.value = curve.to(v);
    describe();
  };
  move(value);
  range.addEventListener("input", () => {
    now = curve.from(Number(range.value));
    describe();
    input(now);
  });
  const field = element("div", { class: "field" }, element("label", { for: id }, label), range, said);
  return { field, get value() { return now; }, set value(v) { if (v !== now) move(v); } };
}

const EVEN = { to: (v) => v, from: (place) => place };

// Frequencies as evenly as the ear hears them apart, 200 places from 0 to the highest.
export function pitchCurve(highest) {
  const mel = (hertz) => Math.log1p(hertz / 700), most = mel(highest);
  const round = (hertz) => Math.round(hertz / (hertz < 1000 ? 10 : 50)) * (hertz < 1000 ? 10 : 50);
  return {
    min: 0, max: 200, step: 1,
    to: (hertz) => Math.round((200 * mel(Math.min(hertz, highest))) / most),
    from: (place) => (place >= 200 ? highest : round(700 * Math.expm1((place / 200) * most))),
  };
}

// Words for who cannot see what changes; said when the change has come to rest.
export function announcer(body, rest = 600) {
  const line = element("p", { class: "unseen", "aria-live": "polite" });
  let timer = 0;
  body.append(line);
  return {
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => { line.textContent = text; }, rest);
    },
    stop() { clearTimeout(timer); },
  };
}

export function choice({ label, options, value, input }) {
  const id = fresh();
  const select = element("select", { id, onchange: () => input(select.value) },
    ...options.map(([key, text]) => element("option", { value: key, selected: key === value }, text)));
  const field = element("div", { class: "field" }, element("label", { for: id }, label), select);
  return { field, get value() { return select.value; }, set value(v) { select.value = v; } };
}

export function tick({ label, value, input }) {
  const id = fresh();
  const box = element("input", { type: "checkbox", id, onchange: () => input(box.checked) });
  box.checked = value;
  const field = element("div", { class: "field tick" }, box, element("label", { for: id }, label));
  return { field, get value() { return box.checked; }, set value(v) { box.checked = v; } };
}

// One of several, told apart by pressing: what is heard, say.
export function switches({ label, options, value, input }) {
  const group = fresh(), inputs = new Map();
  const field = element("fieldset", { class: "switches" }, element("legend", {}, label));
  for (const [key, text] of options) {
    const id = fresh();
    const radio = element("input", { type: "radio", name: group, id, value: key,
                                     onchange: () => input(key) });
    radio.checked = key === value;
    inputs.set(key, radio);
    field.append(element("span", {}, radio, element("label", { for: id }, text)));
  }
  return { field, get value() { return [...inputs].find(([, r]) => r.checked)?.[0]; },
           set value(v) { inputs.get(v).checked = true; } };
}

// Play and pause of a Player; space does the same anywhere in the instrument, but on what it presses.
export function playButton(player, body) {
  const toggle = () => (player.playing ? player.pause() : player.play());
  const button = element("button", { type: "button", class: "play", onclick: toggle });
  const show = () => button.setAttribute("aria-label", player.playing ? "Pause" : "Play");
  body.addEventListener("keydown", (event) => {
    const pressed = event.target.matches?.(
      "button, select, summary, a, input[type=checkbox], input[type=radio]:not(:checked)");
    if (event.key === " " && !pressed) {
      event.preventDefault();
      if (!event.repeat) toggle();
    }
  });
  show();
  return { button, show };
}

export function decibels(value, digits = 1) {
  if (Number.isNaN(value)) return "undefined";
  if (!Number.isFinite(value)) return value > 0 ? "∞ dB" : "−∞ dB";
  return `${value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)} dB`;
}
