// What is looked for, what is lit because of it, and what hangs together. Methods of the component in map.js.

import { matches } from "./filter.js";
import { places, spot } from "./places.js";
import { lines, users } from "./relations.js";
import { standing } from "./whatif.js";

const FAINT = 0.25, GONE = 0.05; // of what is not lit; where nothing else is wanted

export const finding = {
  /** Look again: the filter or the things are others. */
  refind(anyhow = false) {
    const before = this.found, found = matches(this.state.filter, this.model.things);
    const same = before === found || (before && found && before.size === found.size && [...found].every((id) => before.has(id)));
    if (same && !anyhow) return;
    this.found = found;
    this.relight();
    this.tellView();
  },

  /** The filter changed: what it finds is ringed once. */
  pulse() {
    if (this.found?.size && this.plan) this.overlay.pulse([...places(this.plan)].filter(({ id }) => this.found.has(id)).map(({ box }) => box));
  },

  nextFound(by) {
    const all = this.found && this.plan ? [...places(this.plan)].map(({ id }) => id).filter((id) => this.found.has(id)) : [];
    if (!all.length) { this.say(this.words.nothing); return; }
    const at = all.indexOf(this.look.focus), next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length];
    this.show(next);
  },

  /** Fly to a thing, with its relations, and say what it is. */
  show(id, text = "") {
    this.look.focus = id;
    this.relate(id);
    this.bring(id);
    const box = this.plan && spot(this.plan, id);
    if (box) this.overlay.pulse([box]);
    if (text) this.say(text); else this.announce(id);
  },

  /** From outside: one thing by its key. */
  reveal(key, text = "") {
    const thing = this.model.named(key);
    if (thing) this.show(thing.id, text); else if (text) this.say(text);
  },

  /** The things that hang together with `id` are lit, or joined by lines; -1 for none. */
  relate(id) {
    if (id === this.related) return;
    this.related = id;
    this.relight();
  },

  /** What is lit: what would be left, else what uses a thing, else what was found; without any of these, all. */
  relight() {
    const { look, model } = this, chosen = this.chosen(), pointed = model.things.get(this.related);
    const using = users(model, pointed ?? (chosen.length === 1 ? chosen[0] : null));
    look.dim = this.outcome ? standing(model, this.outcome) : using ?? this.found;
    look.faint = !this.outcome && !using && this.state.only ? GONE : FAINT;
    this.linked = this.outcome ? [] : pointed?.kind === "vm" ? [pointed.id] : pointed ? [] : chosen.filter(({ kind }) => kind === "vm").map(({ id }) => id);
    this.refresh();
  },

  lines() { return this.plan && this.linked.length ? lines(this.plan, this.model, this.linked) : []; },
};
