// Shows the widgets of a built page without a kernel: reads the state that the notebook left in
// the page, and gives each widget's own module a model that keeps it.

const page = (globalThis.hearTheMask ??= {});
const PREFIX = "application/vnd.jupyter.widget-";

class Model {
  #state; #listeners = new Map(); #changed = new Set();

  constructor(state, manager) {
    this.#state = state;
    this.widget_manager = manager;
  }

  get(name) { return this.#state[name]; }

  set(name, value) {
    const values = typeof name === "object" ? name : { [name]: value };
    for (const [key, given] of Object.entries(values)) {
      if (Object.is(this.#state[key], given)) continue;
      this.#state[key] = given;
      this.#changed.add(key);
      this.#tell(`change:${key}`, given);
    }
    if (this.#changed.size) this.#tell("change");
  }

  save_changes() { this.#changed.clear(); }

  send() {}

  on(names, listener) {
    for (const name of names.split(" ")) {
      if (!this.#listeners.has(name)) this.#listeners.set(name, new Set());
      this.#listeners.get(name).add(listener);
    }
  }

  off(names, listener) {
    if (!names) return this.#listeners.clear();
    for (const name of names.split(" ")) {
      if (listener) this.#listeners.get(name)?.delete(listener);
      else this.#listeners.delete(name);
    }
  }

  #tell(name, ...values) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(this, ...values);
  }
}

function readModels() {
  const models = new Map(), texts = {};
  const manager = {
    async get_model(id) {
      if (!models.has(id)) throw new Error(`this page has no widget ${id}`);
      return models.get(id);
    },
  };
  for (const script of document.querySelectorAll(`script[type="${PREFIX}state+json"]`)) {
    const { state, texts: shared } = JSON.parse(script.textContent);
    Object.assign(texts, shared);
    for (const [id, { state: values, buffers = [] }] of Object.entries(state)) {
      for (const { path, data } of buffers) {
        const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
        const holder = path.slice(0, -1).reduce((inner, key) => inner[key], values);
        holder[path.at(-1)] = new DataView(bytes.buffer);
      }
      values._esm = texts[values._esm] ?? values._esm;
      models.set(id, new Model(values, manager));
    }
  }
  return models;
}

const modules = new Map();
function moduleOf(code) {
  if (!modules.has(code)) {
    const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    modules.set(code, import(address).finally(() => URL.revokeObjectURL(address)));
  }
  return modules.get(code);
}

async function show(script, models) {
  const el = document.createElement("div");
  el.className = "widget";
  script.replaceWith(el);
  try {
    const { model_id: id } = JSON.parse(script.textContent), model = models.get(id);
    if (!model) throw new Error(`this page has no widget ${id}`);
    let { default: widget } = await moduleOf(model.get("_esm"));
    if (typeof widget === "function") widget = await widget();
    await widget.initialize?.({ model });
    await widget.render({ model, el });
    el.dataset.widget = "ready";
  } catch (error) {
    el.dataset.widget = "failed";
    el.textContent = `This instrument does not work here: ${error.message ?? error}`;
    console.error(error);
  }
}

async function start() {
  const scripts = document.querySelectorAll(`script[type="${PREFIX}view+json"]`);
  const models = readModels();
  page.models = models;
  await Promise.all([...scripts].map((script) => show(script, models)));
  document.documentElement.dataset.widgets = "done";
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
