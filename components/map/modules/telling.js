// What is told in words: the tooltip, and what a screen reader gets. Methods of the component in map.js.

import { find } from "./places.js";
import { describe, say, show } from "./tip.js";

const HOVER = 120; // milliseconds until the tooltip and the relations
const CARD = 200;  // pixels: a tile so large says all of it itself

export const telling = {
  /** The pointer is over `id`; the tooltip follows after a moment. */
  point(id, x = 0, y = 0, now = false) {
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
    if (box && Math.min(box.w, box.h) * this.camera.zoom >= CARD) { this.$refs.tip.hidden = true; return; }
    show(this.$refs.tip, describe(this.model, thing, this.words, this.format));
    this.$refs.tip.hidden = false;
    this.placeTip();
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

  say(text) { this.$refs.live.textContent = text; },

  /** The keys, in a dialog of the browser's own: Esc leaves, the focus comes back. */
  help() {
    const dialog = this.$refs.help, list = document.createElement("dl");
    for (const [key, text] of this.words.keyList) {
      const keys = document.createElement("dt");
      for (const one of key.split(" ")) keys.append(Object.assign(document.createElement("kbd"), { className: "x-kbd", textContent: one }));
      list.append(keys, Object.assign(document.createElement("dd"), { textContent: text }));
    }
    const close = Object.assign(document.createElement("button"), { type: "button", className: "x-btn", textContent: this.words.close });
    close.addEventListener("click", () => dialog.close());
    dialog.replaceChildren(Object.assign(document.createElement("h2"), { textContent: this.words.help, className: "x-dialog-title" }), list, close);
    dialog.showModal();
  },
};
