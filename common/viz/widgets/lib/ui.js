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
  const host = element("div", { class: "hear-the-mask" });
  const root = host.attachShadow({ mode: "open" });
  const body = element("section", { class: "instrument", "aria-label": name });
  root.append(element("style", {}), body);
  root.firstChild.textContent = css;
  el.append(host);
  return body;
}

let count = 0;
const fresh = () => `control-${(count += 1)}`;

export function slider({ label, min, max, step, value, show = String, input }) {
  const id = fresh();
  const range = element("input", { type: "range", id, min, max, step, value });
  const said = element("output", { for: id }, show(Number(value)));
  const describe = () => {
    said.textContent = show(Number(range.value));
    range.setAttribute("aria-valuetext", said.textContent);
  };
  describe();
  range.addEventListener("input", () => { describe(); input(Number(range.value)); });
  const field = element("div", { class: "field" }, element("label", { for: id }, label), range, said);
  return { field, get value() { return Number(range.value); },
           set value(v) { range.value = v; describe(); } };
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
    const pressed = event.target.matches?.("button, select, summary, a, input[type=checkbox]");
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
