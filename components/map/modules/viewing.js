// What is shown and how (fill, size, group, filter, view), kept in the address so that a link shows the same. Methods of the component in map.js.

import { CHOICES, read, write } from "./url.js";
import { find } from "./places.js";

const WRITE = 250; // milliseconds without a change until the address is written

export const viewing = {
  /** From the address, before anything is drawn. */
  start() {
    this.state = read(this.addressed === false ? "" : location.search);
    this.look.fill = this.state.fill;
    this.how = { size: this.state.size, group: this.state.group };
    this.restored = false;
  },

  /** ... and what needs the things: once they are here. */
  restore() {
    if (this.restored || !this.plan || !this.model.things.size) return;
    this.restored = true;
    const { selected, lost, fitted, zoom, x, y } = this.state;
    this.refind();
    if (selected.length) this.select(selected);
    if (lost.length) this.$emit("lose", lost);
    const thing = fitted && this.model.named(fitted);
    if (thing) this.fitThing(thing.id, true);
    else if (zoom > 1) this.fly({ zoom, x: x * this.plan.width - this.width / zoom / 2, y: y * this.plan.height - this.height / zoom / 2 }, -1, true);
    this.tellView();
    if (this.state.view !== "map") this.$emit("view", this.state.view);
  },

  /** Another fill, size, group, filter, view, or whether only what was found is shown. */
  set(wish) {
    const { state } = this, before = { ...state };
    for (const [key, value] of Object.entries(wish)) if (CHOICES[key] ? CHOICES[key].includes(value) : key in state) state[key] = value;
    const differs = (...keys) => keys.some((key) => state[key] !== before[key]);
    if (differs("fill")) this.look.fill = state.fill;
    if (differs("size", "group")) this.arrange({ size: state.size, group: state.group });
    if (differs("filter", "only")) { this.refind(differs("only")); if (differs("filter")) this.pulse(); }
    if (differs("view")) this.$emit("view", state.view);
    if (differs("fill", "size", "group")) this.fillLegend();
    this.tellView();
    this.noteAddress();
    this.refresh();
  },

  nextFill(by) {
    const values = CHOICES.fill, next = values[(values.indexOf(this.state.fill) + by + values.length) % values.length];
    this.set({ fill: next });
    this.say(this.words.fills[next]);
  },

  /** The toolbar, the table and whoever else follows: something of `state`, `found` or the selection is another. */
  tellView() {
    this.$refs.root.classList.toggle("xo-map-as-table", this.state.view === "table");
    document.dispatchEvent(new CustomEvent("xo-map-view", { detail: this }));
  },

  noteAddress() {
    if (!this.restored || this.addressed === false) return;
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => {
      const seen = this.plan ? this.camera.middle(this.plan, this.width, this.height) : {};
      const keyOf = (thing) => (thing?.uuid ? this.model.keyOf(thing) : "");
      const state = { ...this.state, ...seen, fitted: keyOf(this.model.things.get(this.fitted)), selected: this.chosen().map(keyOf), lost: this.outcome?.keys ?? [] };
      const query = write(state, location.search);
      if (query !== location.search) history.replaceState(history.state, "", location.pathname + query + location.hash);
    }, WRITE);
  },

  /** The screen became another: what filled it does so again. */
  refit() { if (this.fitted >= 0 && find(this.plan, this.fitted)) this.fitThing(this.fitted, true); },

  // ---- commands of the keyboard

  /** The second key after g; whether there is such a page. */
  goTo(key) {
    const thing = this.model.things.get(this.focused()), pool = this.model.things.get(thing?.pool ?? thing?.id) ?? [...this.model.things.values()].find(({ kind }) => kind === "pool");
    const page = key === "p" ? this.pathOf(pool) : this.links[`g ${key}`];
    if (page) this.visit(page);
    return Boolean(page);
  },

  /** Do something to the selection; where nothing is selected, to what the keyboard is on. */
  verb(action) {
    const id = this.focused();
    if (id >= 0 && !this.look.selected.has(id)) this.choose(id, false);
    if (this.look.selected.size) this.$emit("verb", action); else this.say(this.words.nothingSelected);
  },

  pin() {
    const thing = this.model.things.get(this.focused());
    if (thing?.uuid) this.$emit("pin", thing.kind, this.model.keyOf(thing));
  },
};
