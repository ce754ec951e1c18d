// The state of an instrument that lives inside another: what a widget's model offers, in the page.

export class LocalModel {
  #values; #listeners = [];

  constructor(values, bank) {
    this.#values = values;
    this.widget_manager = { get_model: async () => bank };
  }

  get(name) { return this.#values[name]; }

  set(values) {
    for (const [name, value] of Object.entries(values)) {
      if (Object.is(this.#values[name], value)) continue;
      this.#values[name] = value;
      for (const [event, listener] of this.#listeners) if (event === `change:${name}`) listener();
    }
  }

  save_changes() {}

  on(event, listener) { this.#listeners.push([event, listener]); }

  off(event, listener) {
    this.#listeners = this.#listeners.filter(([e, l]) => e !== event || l !== listener);
  }
}
