// What is told in words: the tooltip, and what a screen reader gets. Methods of the component in map.js.

import { fill } from "./legend.js";
import { find } from "./places.js";
import { describe, say, show } from "./tip.js";

const HOVER = 120; // milliseconds until the tooltip and the relations
const MENU = 1000; // until a menu that was asked for is given up
const CARD = 200;  // pixels: a tile so large says all of it itself

export const tooltips = {
  /** The pointer is over `id`; the tooltip follows after a moment. */
  point(id, x = 0, y = 0, now = false) {
    if (id >= 0 && this.hasMenu()) id = -1;
    this.pointer = { x, y };
    this.touched = now;
    if (id === this.look.hover && !now) { if (!this.$refs.tip.hidden) this.placeTip(); return; }
    this.look.hover = id;
    this.$refs.focus.style.cursor = this.spaceHeld ? "grab" : id >= 0 && this.model.things.get(id)?.kind !== "pool" ? "pointer" : "default";
    clearTimeout(this.hoverTimer);
    this.$refs.tip.hidden = true;
    if (id >= 0) this.hoverTimer = setTimeout(() => { this.fillTip(); this.relate(id); }, now ? 0 : HOVER);
    this.relate(-1);
    this.refresh();
  },

  fillTip() {
    const thing = this.model.things.get(this.look.hover), box = thing?.kind === "vm" && this.plan && !this.touched && find(this.plan, thing.id);
    if (!thing) return;
    if (this.hasMenu()) { this.$refs.tip.hidden = true; return; }
    if (box && Math.min(box.w, box.h) * this.camera.zoom >= CARD) { this.$refs.tip.hidden = true; return; }
    show(this.$refs.tip, describe(this.model, thing, this.words, this.format));
    this.$refs.tip.hidden = false;
    this.placeTip();
  },

  /** Whether a menu is open or on its way: nothing is told beside it. */
  hasMenu() {
    if (!document.querySelector(".q-menu")) return performance.now() - (this.menuAsked ?? -Infinity) < MENU;
    this.menuAsked = -Infinity;
    return true;
  },

  placeTip() {
    const tip = this.$refs.tip, { x, y } = this.pointer;
    const left = x + 16 + tip.offsetWidth > this.width ? x - 12 - tip.offsetWidth : x + 16;
    const top = Math.min(y + 14, this.height - tip.offsetHeight - 8);
    tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  },

  announce(id) {
    const thing = this.model.things.get(id);
    this.say(thing ? say(describe(this.model, thing, this.words, this.format)) : "");
  },

  /** What the symbols mean, over the right edge; it stays while one works. `keep`: the server remembers it for whoever looks. */
  showLegend(shown, keep = true) {
    const held = this.$refs.legend.contains(document.activeElement);
    this.$refs.legend.hidden = !shown;
    this.fillLegend();
    if (!shown && held) this.$refs.focus.focus({ preventScroll: true });
    if (keep) this.$emit("legend", shown);
    this.tellView();
  },

  fillLegend() { if (!this.$refs.legend.hidden) fill(this.$refs.legendRows, this); },

  say(text) { this.$refs.live.textContent = text; },
};
