// What lies over the picture while there is none: why, and what can be done about it.
import { button, element, filled } from "./dom.js";

const OFF = new Set(["halted", "suspended", "paused", "no_console", "idle", "busy", "refused", "certificate"]); // nothing turns
const AGE = 1000;

export class Veil {
  /** `words.states` has [title, text] of each; `verbs` {name: function}, `says` {name: label}. */
  constructor(words, verbs) {
    this.words = words;
    this.verbs = verbs;
    this.shown = "";
    this.title = element("strong", { class: "x-console-panel-title" });
    this.text = element("span", { class: "x-dim" });
    this.age = element("span", { class: "x-dim" });
    this.spinner = element("i", { class: "x-spinner" });
    this.verb = element("div", { class: "x-btns" });
    this.panel = element("div", { class: "x-console-panel", role: "status" }, this.spinner, this.title, this.text, this.age, this.verb);
    this.root = element("div", { class: "x-console-veil" }, this.panel);
    this.lastAt = 0;
    setInterval(() => this.tick(), AGE);
  }

  /** `state` is a key of the words; null lifts it. `verb` is [label, function], or nothing. */
  show(state, fields = {}, { verb = null, lastAt = 0, over = false } = {}) {
    this.root.hidden = state === null;
    if (state === null) return;
    const [title, text] = this.words.states[state] ?? this.words.states.reconnecting;
    this.title.textContent = filled(title, fields);
    this.text.textContent = filled(text, fields);
    this.spinner.hidden = over || OFF.has(state);
    this.lastAt = lastAt;
    this.verb.replaceChildren(...(verb ? [button(verb[0], verb[1], { kind: "primary" })] : []));
    this.tick();
  }

  tick() {
    if (this.root.hidden) return;
    const seconds = Math.round((Date.now() - this.lastAt) / 1000);
    this.age.hidden = !this.lastAt || seconds < 2;
    if (!this.age.hidden) this.age.textContent = filled(this.words.age, { age: this.words.duration(seconds) });
  }
}
