// The map in the browser: takes in what the server says, lays out and draws when something changed, and tells what was chosen.

import { arrange, refill, touched } from "xo-map/arrange.js";
import { Camera } from "xo-map/camera.js";
import { formats } from "xo-map/format.js";
import { Model } from "xo-map/model.js";
import { Motion } from "xo-map/motion.js";
import { Painter } from "xo-map/painter.js";
import { patterns } from "xo-map/patterns.js";
import { find, first, hit, holders, inside, neighbour, places } from "xo-map/places.js";
import { Text } from "xo-map/text.js";
import { readTheme } from "xo-map/theme.js";
import { describe, say, show } from "xo-map/tip.js";
import { Wanted } from "xo-map/wanted.js";
import { gestures, keys } from "xo-map/input.js";

const HOVER = 120;       // milliseconds until the tooltip

export default {
  template: `
    <div class="xo-map" ref="root">
      <canvas ref="canvas" aria-hidden="true"></canvas>
      <div class="xo-map-focus" ref="focus" tabindex="0" role="application" :aria-label="words.label" :aria-description="words.keys"></div>
      <div class="xo-map-band" ref="band" hidden></div>
      <div class="xo-map-tip" ref="tip" aria-hidden="true" hidden></div>
      <div class="xo-map-zoom">
        <button type="button" :aria-label="words.zoomIn" :title="words.zoomIn" @click="zoom(1.4)"><svg viewBox="0 0 16 16"><path d="M8 3v10M3 8h10"/></svg></button>
        <button type="button" :aria-label="words.zoomOut" :title="words.zoomOut" @click="zoom(1 / 1.4)"><svg viewBox="0 0 16 16"><path d="M3 8h10"/></svg></button>
        <button type="button" :aria-label="words.fit" :title="words.fit" @click="fit()"><svg viewBox="0 0 16 16"><path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/></svg></button>
      </div>
      <div class="xo-map-quiet" role="status" aria-live="polite" ref="live"></div>
      <ul class="xo-map-quiet" ref="summary"></ul>
      <slot></slot>
    </div>`,
  props: { words: Object, links: Object, language: String },

  mounted() {
    // Plain fields, not Vue's: nothing here may be made reactive.
    this.model = new Model();
    this.camera = new Camera();
    this.motion = new Motion();
    this.painter = new Painter();
    this.look = { hover: -1, focus: -1, selected: new Set(), dim: null, moved: (tile) => this.motion.at(tile) };
    this.how = {};
    this.plan = null;
    this.wanted = new Wanted();
    this.pending = 0;
    this.format = formats(this.language, this.words);
    this.ctx = this.$refs.canvas.getContext("2d", { alpha: false });
    this.$refs.root.map = this; // for tests and whoever opens the console
    this.dress();
    this.observe();
    gestures(this);
    keys(this);
    this.$emit("ready");
  },

  unmounted() { for (const stop of this.stops) stop(); cancelAnimationFrame(this.pending); },

  methods: {
    // ---- from the server

    patch(message) {
      const change = this.model.apply(message);
      if (change.lost) { this.$emit("ready"); return; }
      if (message.r) this.wanted = new Wanted();
      this.relay(change);
      this.tidy();
      this.refresh();
    },

    trails(rows) {
      this.model.trails(rows, Math.round(Date.now() / 5000));
      this.refresh();
    },

    /** Dim all but these uuids; null for none. */
    highlight(uuids) {
      const wanted = uuids && new Set(uuids);
      this.look.dim = wanted && new Set([...this.model.things.values()].filter((thing) => wanted.has(thing.uuid)).map((thing) => thing.id));
      this.refresh();
    },

    // ---- layout

    relay(change) {
      const boxes = this.plan && touched(this.plan, change);
      if (!boxes) { this.layOut(); return; }
      this.motion.note(boxes);
      refill(this.plan, this.model, change);
      this.motion.go(boxes);
    },

    layOut() {
      if (!this.width) return;
      this.plan = arrange(this.model, { w: this.width, h: this.height }, this.how);
      this.camera.keep(this.plan, this.width, this.height);
    },

    /** Show the same things in another size or in other containers, or in another order: see arrange.js. What is given changes. */
    arrange(how) {
      this.how = { ...this.how, ...how };
      if (!this.plan) return;
      this.motion.note(holders(this.plan));
      this.layOut();
      this.motion.go(holders(this.plan));
      this.moved();
    },

    /** Forget what is gone. */
    tidy() {
      const { things } = this.model;
      for (const pool of this.plan?.pools ?? []) pool.networks = pool.networks.map(({ id }) => things.get(id)).filter(Boolean);
      const before = this.look.selected.size;
      for (const id of this.look.selected) if (!things.has(id)) this.look.selected.delete(id);
      if (before !== this.look.selected.size) this.tellSelection();
      if (!things.has(this.look.focus)) this.look.focus = -1;
      if (!things.has(this.look.hover)) this.point(-1);
    },

    // ---- drawing

    refresh() { this.pending ||= requestAnimationFrame(() => { this.pending = 0; this.paint(); }); },

    paint() {
      if (!this.plan || !this.width) return;
      const art = {
        ctx: this.ctx, theme: this.theme, text: this.text, patterns: this.patterns, words: this.words, format: this.format,
        ratio: this.ratio, width: this.width, height: this.height,
      };
      const again = this.painter.paint(art, this.model, this.plan, this.camera, this.look);
      clearTimeout(this.paintTimer);
      if (again >= 0) this.paintTimer = setTimeout(() => this.refresh(), again);
      if (!this.$refs.tip.hidden) this.fillTip();
      if (this.motion.running) this.refresh();
      this.wantTrails();
      this.summarise();
    },

    /** Ask for the history of what is shown large enough and was not asked for yet. */
    wantTrails() {
      const wanted = this.wanted.find(this.plan, this.camera, this.width, this.height);
      if (wanted) this.$emit("trails", wanted);
    },

    // ---- what a screen reader gets

    summarise() {
      const lines = [];
      for (const id of this.model.pools.keys()) lines.push(say(describe(this.model, this.model.things.get(id), this.words, this.format)));
      const text = lines.join("\n");
      if (text === this.summary) return;
      this.summary = text;
      this.$refs.summary.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    },

    announce(id) {
      const thing = this.model.things.get(id);
      this.$refs.live.textContent = thing ? say(describe(this.model, thing, this.words, this.format)) : "";
    },

    // ---- looking around

    zoom(factor, x = this.width / 2, y = this.height / 2) {
      this.camera.zoomAt(x, y, factor);
      this.moved();
    },

    pan(dx, dy) { this.camera.pan(dx, dy); this.moved(); },

    fit() { this.camera.fit(); this.moved(); },

    moved() {
      if (this.plan) this.camera.keep(this.plan, this.width, this.height);
      this.refresh();
    },

    hitAt(x, y) {
      if (!this.plan) return null;
      const place = this.camera.at(x, y);
      return hit(this.plan, place.x, place.y);
    },

    /** The pointer is over `id`; the tooltip follows after a moment. */
    point(id, x = 0, y = 0) {
      this.pointer = { x, y };
      if (id === this.look.hover) { if (!this.$refs.tip.hidden) this.placeTip(); return; }
      this.look.hover = id;
      this.$refs.focus.style.cursor = id >= 0 && this.model.things.get(id)?.kind !== "pool" ? "pointer" : "default";
      clearTimeout(this.hoverTimer);
      this.$refs.tip.hidden = true;
      if (id >= 0) this.hoverTimer = setTimeout(() => { this.fillTip(); this.relate(id); }, HOVER);
      this.relate(-1);
      this.refresh();
    },

    /** An SR or a network keeps what uses it lit, the rest steps back. */
    relate(id) {
      const thing = this.model.things.get(id);
      const lit = thing?.kind === "sr" || thing?.kind === "network" ? new Set([id]) : null;
      if (lit) {
        const field = thing.kind === "sr" ? "srs" : "networks";
        for (const vm of this.model.pools.get(thing.pool).vms.values()) if (vm[field].includes(id)) lit.add(vm.id);
      }
      if (lit || this.look.dim) { this.look.dim = lit; this.refresh(); }
    },

    fillTip() {
      const thing = this.model.things.get(this.look.hover);
      if (!thing) return;
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

    /** Bring one thing into view and light what uses it, until the pointer comes. */
    reveal(uuid) {
      const thing = [...this.model.things.values()].find((one) => one.uuid === uuid);
      const box = thing && this.plan && find(this.plan, thing.id);
      if (!thing) return;
      if (box && Math.min(box.w, box.h) * this.camera.zoom < 40) this.camera.show({ x: box.x - box.w, y: box.y - box.h, w: 3 * box.w, h: 3 * box.h }, this.width, this.height);
      this.look.hover = thing.id;
      this.relate(thing.id);
      this.announce(thing.id);
      this.moved();
    },

    // ---- choosing

    choose(id, add) {
      const { selected } = this.look;
      if (!add) selected.clear();
      if (id >= 0) { if (add && selected.has(id)) selected.delete(id); else selected.add(id); }
      this.tellSelection();
      this.refresh();
    },

    chooseAll(ids, add) {
      if (!add) this.look.selected.clear();
      for (const id of ids) this.look.selected.add(id);
      this.tellSelection();
      this.refresh();
    },

    /** The selection comes from outside: a list of uuids. */
    select(uuids) {
      const wanted = new Set(uuids);
      this.look.selected = new Set([...this.model.things.values()].filter((thing) => wanted.has(thing.uuid)).map((thing) => thing.id));
      this.refresh();
    },

    tellSelection() {
      this.$emit("choose", [...this.look.selected].map((id) => this.model.things.get(id)).filter((thing) => thing?.uuid).map(({ kind, uuid }) => [kind, uuid]));
    },

    chooseInside(from, to, add) {
      const a = this.camera.at(Math.min(from.x, to.x), Math.min(from.y, to.y)), b = this.camera.at(Math.max(from.x, to.x), Math.max(from.y, to.y));
      this.chooseAll(inside(this.plan, { x: a.x, y: a.y, w: b.x - a.x, h: b.y - a.y }), add);
    },

    open(id, elsewhere) {
      const thing = this.model.things.get(id), link = thing?.uuid && this.links[thing.kind];
      if (!link) return;
      const url = (window.path_prefix ?? "") + link.replace("{uuid}", encodeURIComponent(thing.uuid));
      if (elsewhere) window.open(url, "_blank", "noopener"); else window.location.href = url;
    },

    menu(id, x, y) {
      if (id >= 0 && !this.look.selected.has(id)) this.choose(id, false);
      this.$emit("menu", { x, y });
    },

    step(dx, dy) {
      if (!this.plan) return;
      this.setFocus(this.look.focus >= 0 ? neighbour(this.plan, this.look.focus, dx, dy) : first(this.plan));
    },

    setFocus(id) {
      this.look.focus = id;
      const box = id >= 0 && find(this.plan, id);
      if (box) {
        const seen = this.camera.project(box, this.ratio);
        if (seen.x < 0 || seen.y < 0 || seen.x + seen.w > this.width || seen.y + seen.h > this.height) {
          this.camera.x = box.x + box.w / 2 - this.width / this.camera.zoom / 2;
          this.camera.y = box.y + box.h / 2 - this.height / this.camera.zoom / 2;
        }
      }
      this.announce(id);
      this.moved();
    },

    // ---- surroundings

    dress() {
      this.theme = readTheme(this.$refs.root);
      this.text = new Text(this.theme.family);
      this.ratio = window.devicePixelRatio || 1;
      this.patterns = patterns(this.ctx, this.theme, this.ratio);
      this.refresh();
    },

    resize() {
      const { clientWidth: width, clientHeight: height } = this.$refs.root;
      const ratio = window.devicePixelRatio || 1;
      if (width === this.width && height === this.height && ratio === this.ratio) return;
      if (ratio !== this.ratio) this.dress();
      [this.width, this.height] = [width, height];
      this.$refs.canvas.width = Math.round(width * ratio);
      this.$refs.canvas.height = Math.round(height * ratio);
      this.layOut();
      this.paint();
    },

    observe() {
      const sizes = new ResizeObserver(() => this.resize());
      sizes.observe(this.$refs.root);
      const dress = () => requestAnimationFrame(() => this.dress());
      const scheme = matchMedia("(prefers-color-scheme: dark)"), contrast = matchMedia("(prefers-contrast: more)");
      scheme.addEventListener("change", dress);
      contrast.addEventListener("change", dress);
      addEventListener("xo-theme", dress);
      document.fonts?.ready.then(dress);
      const ages = setInterval(() => { if ([...this.model.pools.keys()].some((id) => this.model.things.get(id)?.standing === 2)) this.refresh(); }, 1000);
      this.stops = [
        () => sizes.disconnect(), () => scheme.removeEventListener("change", dress), () => contrast.removeEventListener("change", dress),
        () => removeEventListener("xo-theme", dress), () => clearInterval(ages), () => clearTimeout(this.hoverTimer), () => clearTimeout(this.paintTimer),
      ];
      this.resize();
    },

    /** For tests and export: every place on the map by uuid. */
    rectangles() {
      return this.plan ? Object.fromEntries([...places(this.plan)].map(({ id, box }) => [this.model.things.get(id)?.uuid, [box.x, box.y, box.w, box.h]])) : {};
    },
  },
};
