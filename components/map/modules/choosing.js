// Choosing things and going from one to the next. Methods of the component in map.js.

import { find, first, holders, inside, neighbour, nextContainer } from "./places.js";

const MOST = 20000; // things in one selection

export const choosing = {
  choose(id, add) {
    const { selected } = this.look;
    if (!add) selected.clear();
    if (id >= 0) { if (add && selected.has(id)) selected.delete(id); else selected.add(id); }
    this.tellSelection();
  },

  chooseAll(ids, add) {
    if (!add) this.look.selected.clear();
    for (const id of ids) if (this.look.selected.size < MOST) this.look.selected.add(id);
    this.tellSelection();
  },

  /** What the filter found: of its VMs all, or where it found none whatever it did find. */
  chooseFound() {
    const { things } = this.model, vms = [...(this.found ?? things.keys())].filter((id) => things.get(id)?.kind === "vm");
    this.chooseAll(vms.length ? vms : this.found ?? [], false);
    this.say(this.words.selected.replace("{n}", this.format.number(this.look.selected.size)));
  },

  chooseInside(from, to, add) {
    const a = this.camera.at(Math.min(from.x, to.x), Math.min(from.y, to.y)), b = this.camera.at(Math.max(from.x, to.x), Math.max(from.y, to.y));
    this.chooseAll(inside(this.plan, { x: a.x, y: a.y, w: b.x - a.x, h: b.y - a.y }), add);
  },

  /** The selection comes from outside: a list of keys. */
  select(keys) {
    this.look.selected = new Set(keys.map((key) => this.model.named(key)?.id).filter((id) => id !== undefined));
    this.tellSelection();
  },

  tellSelection() {
    this.$emit("choose", this.chosen().map((thing) => [thing.kind, this.model.keyOf(thing)]));
    this.noteAddress();
    this.relight();
    this.tellView();
  },

  chosen() { return [...this.look.selected].map((id) => this.model.things.get(id)).filter((thing) => thing?.uuid); },

  open(id, elsewhere) {
    const path = this.pathOf(this.model.things.get(id));
    if (path) this.visit(path, elsewhere);
  },

  /** The page of a thing; "" if there is none. */
  pathOf(thing) {
    const link = thing?.uuid && this.links[thing.kind];
    return link ? link.replace("{key}", encodeURIComponent(this.model.keyOf(thing)).replace("%40", "@")) : "";
  },

  visit(path, elsewhere) {
    const url = (window.path_prefix ?? "") + path;
    if (elsewhere) window.open(url, "_blank", "noopener"); else window.location.href = url;
  },

  menu(id, x, y) {
    if (id >= 0 && !this.look.selected.has(id)) this.choose(id, false);
    this.menuAsked = performance.now();
    this.point(-1);
    this.$emit("menu", { x, y });
  },

  /** The verbs, beside what the keyboard is on. */
  menuHere() {
    const id = this.focused(), box = id >= 0 && find(this.plan, id), at = box && this.camera.project(box, this.ratio);
    if (at) this.menu(id, Math.min(this.width - 40, Math.max(0, at.x + at.w / 2)), Math.min(this.height - 40, Math.max(0, at.y + at.h / 2)));
  },

  /** What the keyboard is on: the focus, else what the pointer is on, else the first of the selection. */
  focused() {
    if (this.look.focus >= 0) return this.look.focus;
    return this.look.hover >= 0 ? this.look.hover : [...this.look.selected][0] ?? -1;
  },

  step(dx, dy) {
    if (this.plan) this.setFocus(this.look.focus >= 0 ? neighbour(this.plan, this.look.focus, dx, dy) : first(this.plan));
  },

  /** To the next host, bench, row of tanks or group; false at the end of all, where Tab leaves the map. */
  stepContainer(by) {
    if (!this.plan) return false;
    const next = this.look.focus >= 0 ? nextContainer(this.plan, this.look.focus, by) : first(this.plan);
    const ends = this.look.focus >= 0 && this.isFirst(next) === (by > 0) && (by > 0 || this.isFirst(this.look.focus));
    if (next < 0 || ends) return false;
    this.setFocus(next);
    return true;
  },

  /** Whether a thing is in the first container. */
  isFirst(id) {
    const [box] = holders(this.plan);
    return box !== undefined && (box.id === id || box.tiles.some((tile) => tile.id === id));
  },

  setFocus(id) {
    this.look.focus = id;
    const box = id >= 0 && find(this.plan, id);
    if (box) this.bringIntoView(box);
    this.refresh(); // the table's row of it is what a screen reader reads
  },

  /** As near as it is now. */
  bringIntoView(box) {
    const seen = this.camera.project(box, this.ratio);
    if (seen.x < 0 || seen.y < 0 || seen.x + seen.w > this.width || seen.y + seen.h > this.height) {
      this.fly(this.camera.before(box, this.width, this.height, { zoom: this.camera.zoom }));
    }
  },
};
