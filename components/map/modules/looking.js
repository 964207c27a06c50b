// Looking around on the map: zooming, flying to things, the way back up. Methods of the component in map.js.

import { around, chain, path, share } from "./crumbs.js";
import { find, hit, spot } from "./places.js";

const INSIDE = 0.6;   // of the screen: a thing that fills so much of it is not flown to again
const LEGIBLE = 44;   // pixels of the shorter side that a thing is brought to when it is to be seen

export const looking = {
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    this.camera.zoomAt(x, y, factor);
    this.fitted = -1;
    this.moved();
  },

  pan(dx, dy) { this.camera.pan(dx, dy); this.fitted = -1; this.moved(); },

  /** All of it. */
  fit() { this.fly({ zoom: 1, x: 0, y: 0 }); },

  fly(to, fitted = -1, instantly = false) {
    if (!this.plan) return;
    this.fitted = fitted;
    this.camera.go(to, this.plan, this.width, this.height, instantly ? -1 : undefined);
    this.moved();
  },

  /** One thing, as large as the screen allows. */
  fitThing(id, instantly = false) {
    const box = this.plan && find(this.plan, id);
    if (box) this.fly(this.camera.before(box, this.width, this.height), id, instantly);
    return Boolean(box);
  },

  /** Enter and a double click: the thing itself fills the screen; where it does already, its page. */
  enter(id, elsewhere = false) {
    const box = this.plan && find(this.plan, id);
    const near = box && (share(box, this.camera.flight?.goal ?? this.camera, this.width, this.height) >= INSIDE || this.camera.zoom >= this.camera.most - 0.01);
    if (!box || near || elsewhere) this.open(id, elsewhere); else { this.fitThing(id); this.announce(id); }
  },

  /** To what this is in: from a VM to its host, to its pool, to all. */
  up() {
    const outer = this.inside().at(-2)?.box;
    if (outer) this.fly(this.camera.before(outer, this.width, this.height), outer.id); else this.fit();
  },

  /** What the screen shows a part of, from the outermost. */
  inside() { return (this.fitted >= 0 && path(this.plan, this.fitted)) || chain(this.plan, this.camera, this.width, this.height); },

  /** Where it can be seen, without coming nearer than that takes. */
  bring(id) {
    const box = this.plan && spot(this.plan, id);
    if (!box) return;
    const { zoom } = this.camera, side = Math.min(box.w, box.h), seen = this.camera.project(box, this.ratio);
    const large = side * zoom >= LEGIBLE || Math.max(box.w, box.h) * zoom >= 0.5 * Math.min(this.width, this.height);
    const there = seen.x >= 0 && seen.y >= 0 && seen.x + seen.w <= this.width && seen.y + seen.h <= this.height;
    if (large && there) { this.refresh(); return; }
    const context = around(this.plan, id), whole = context && 0.9 * Math.min(this.width / context.w, this.height / context.h);
    const near = large ? zoom : Math.max(zoom, whole && side * whole >= LEGIBLE ? whole : LEGIBLE / side);
    this.fly(this.camera.before(side * near >= LEGIBLE && context && near === whole ? context : box, this.width, this.height, { zoom: near }));
  },

  /** A swipe on a screen that is too small for all of it: to the next pool, or a screen further within a tall one. */
  swipe(by) {
    const tops = [...this.plan.pools, ...this.plan.groups].map((box) => box.y - this.plan.chrome.margin).sort((a, b) => a - b), at = this.camera.y;
    const page = at + by * 0.9 * this.height;
    const next = by > 0 ? tops.find((top) => top > at + 8) : tops.findLast((top) => top < at - 8);
    this.fly({ zoom: this.camera.zoom, x: this.camera.x, y: next === undefined ? page : by > 0 ? Math.min(next, page) : Math.max(next, page) });
  },

  moved() {
    if (this.plan) this.camera.keep(this.plan, this.width, this.height);
    this.noteAddress();
    this.refresh();
  },

  hitAt(x, y) {
    if (!this.plan) return null;
    const place = this.camera.at(x, y);
    return hit(this.plan, place.x, place.y);
  },

  /** Where one is, as buttons that lead out again. */
  showCrumbs() {
    const inside = this.camera.flight ? this.crumbs : this.inside().map(({ id, kind, box }) => ({ id, kind, box, name: kind === "group" ? box.name || this.words.noGroup : this.model.things.get(id)?.name ?? "" }));
    const text = inside.map(({ name }) => name).join("\n");
    if (text === this.crumbText) return;
    [this.crumbs, this.crumbText] = [inside, text];
    const step = (name, go) => {
      const item = document.createElement("li"), button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.addEventListener("click", () => { go(); this.$refs.focus.focus({ preventScroll: true }); });
      item.append(button);
      return item;
    };
    const steps = inside.map(({ box, name, id }) => step(name, () => this.fly(this.camera.before(box, this.width, this.height), id)));
    if (steps.length) steps.at(-1).firstChild.setAttribute("aria-current", "location");
    this.$refs.crumbs.replaceChildren(...(steps.length ? [step(this.words.all, () => this.fit()), ...steps] : []));
    this.$refs.crumbs.hidden = !steps.length;
  },
};
