// The map in the browser: takes in what the server says, lays out and draws when something changed, and tells what was chosen.

import {
  arrange, arrows, Camera, cards, carrying, choosing, failover, figuring, finding, formats, gestures, HistoryRequests,
  holders, journeys, keys, looking, Model, Motion, Overlay, Painter, places, refill, reordering, saving, Screens, SIDE,
  surroundings, Table, tooltips, touched, viewing,
} from "xo-map";

const ROWS = ["p", "h", "m", "s", "n", "x"]; // of a message: not measurements alone

export default {
  template: `
    <div class="xo-map" ref="root" data-bare>
      <canvas ref="canvas" aria-hidden="true"></canvas>
      <canvas ref="above" class="xo-map-above" aria-hidden="true" hidden></canvas>
      <div class="xo-map-focus" ref="focus" tabindex="0" role="application" aria-owns="xo-table" :aria-label="words.label" :aria-description="words.keys"></div>
      <div class="xo-table xo-map-quiet" ref="table"></div>
      <div class="xo-map-band" ref="band" hidden></div>
      <div class="xo-map-drop" ref="drop" hidden></div>
      <div class="xo-map-carry" ref="carry" hidden>
        <strong class="xo-carry-title" dir="auto"></strong><span class="xo-carry-words"></span>
        <small class="xo-carry-keys"><span class="xo-carry-esc"><kbd class="x-kbd">Esc</kbd> {{ words.carryCancel }}</span><span class="xo-carry-alt"><kbd class="x-kbd">Alt</kbd> {{ words.carryAsk }}</span><span class="xo-carry-shift"><kbd class="x-kbd">Shift</kbd> {{ words.carryCopy }}</span></small>
        <small class="xo-carry-rings" aria-hidden="true"><span><i></i>{{ words.ringLive }}</span><span data-how="disks"><i></i>{{ words.ringDisks }}</span><span data-how="no"><i></i>{{ words.ringNo }}</span></small>
        <small class="xo-carry-checked"></small><small class="xo-carry-undo">{{ words.carryUndo }}</small>
        <div class="xo-carry-verbs"><button type="button" class="x-btn" @click="dropCarried()">{{ words.drop }}</button><button type="button" class="x-btn x-btn-ghost" @click="endCarry()">{{ words.cancel }}</button></div>
      </div>
      <div class="xo-map-tip" ref="tip" aria-hidden="true" hidden></div>
      <ol class="xo-map-crumbs" ref="crumbs" :aria-label="words.where" hidden></ol>
      <div class="xo-map-zoom">
        <button type="button" ref="unorder" hidden :aria-label="words.unorder" :title="words.unorder" @click="unorder()"><svg viewBox="0 0 16 16"><path d="M2.5 6.5 4.5 2l2 4.5M3.2 5h2.6M2.5 9.5h4l-4 4.5h4M11 2.5v11M8.5 11l2.5 2.5 2.5-2.5"/></svg></button>
        <button type="button" ref="save" aria-haspopup="menu" :aria-label="words.picture.save" :title="words.picture.save" @click="askPicture()"><svg viewBox="0 0 16 16"><path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11"/></svg></button>
        <button type="button" :aria-label="words.zoomIn" :title="words.zoomIn" @click="zoom(1.4)"><svg viewBox="0 0 16 16"><path d="M8 3v10M3 8h10"/></svg></button>
        <button type="button" :aria-label="words.zoomOut" :title="words.zoomOut" @click="zoom(1 / 1.4)"><svg viewBox="0 0 16 16"><path d="M3 8h10"/></svg></button>
        <button type="button" :aria-label="words.fit" :title="words.fit" @click="fit()"><svg viewBox="0 0 16 16"><path d="M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3"/></svg></button>
      </div>
      <div class="xo-map-save" ref="saveMenu" popover role="menu" :aria-label="words.picture.save" @keydown="stepMenu">
        <button type="button" role="menuitem" tabindex="-1" @click="savePicture('png')">{{ words.picture.png }}</button>
        <button type="button" role="menuitem" tabindex="-1" @click="savePicture('svg')">{{ words.picture.svg }}</button>
      </div>
      <aside class="xo-map-legend" ref="legend" :aria-label="words.legend.title" hidden>
        <div class="xo-map-legend-head"><h2>{{ words.legend.title }}</h2><button type="button" class="x-btn x-btn-ghost x-btn-bare" :aria-label="words.legend.close" @click="showLegend(false)"><svg class="x-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5"><path d="m4 4 8 8M12 4l-8 8"/></svg></button></div>
        <div ref="legendRows" class="xo-map-legend-rows" tabindex="0" role="group" :aria-label="words.legend.title"></div>
      </aside>
      <div class="xo-map-quiet" role="status" aria-live="polite" ref="live"></div>
      <slot></slot>
    </div>`,
  props: { words: Object, rows: String, legend: Boolean, links: Object, language: String, addressed: Boolean, order: Array, arrangeable: Boolean, movable: Boolean },

  mounted() {
    // Plain fields, not Vue's: nothing here may be made reactive.
    this.model = new Model();
    this.camera = new Camera();
    this.motion = new Motion();
    this.painter = new Painter();
    this.overlay = new Overlay(this.$refs.above);
    this.look = { hover: -1, focus: -1, selected: new Set(), dim: null, fill: "cpu", moved: (tile) => this.motion.at(tile) };
    this.plan = null;
    this.wanted = new HistoryRequests();
    this.screens = new Screens((id) => this.links.screen.replace("{key}", this.model.keyOf(this.model.things.get(id))), () => this.redraw(), () => this.refresh());
    this.pending = 0;
    this.related = -1;     // what the pointer or a search is on
    this.linked = [];      // VMs whose lines are drawn
    this.found = null;     // ids that the filter finds
    this.outcome = null;   // of "what if"
    this.moves = [];       // under way, as the server tells
    this.toldMoves = [];
    this.carried = null;   // what the pointer holds
    this.putDown = false;
    this.came = null;      // where one was before it
    this.fitted = -1;      // what fills the screen
    this.crumbs = [];
    this.crumbText = "";
    this.figured = "";     // of what exact figures are kept, see figures.js
    this.format = formats(this.language, this.words);
    this.ctx = this.$refs.canvas.getContext("2d", { alpha: false });
    this.$refs.root.map = this; // for the toolbar, tests and whoever opens the console
    this.start();
    this.setOrder(this.order ?? []);
    this.table = new Table(this);
    this.dress();
    this.observe();
    gestures(this);
    keys(this);
    this.showLegend(this.legend && innerWidth > 760, false); // of a phone it would cover all
    this.tellView();
    if (this.rows) this.fetch();
    else this.$emit("ready", -1);
  },

  unmounted() { for (const stop of this.stops) stop(); this.table.stop(); this.screens.stop(); cancelAnimationFrame(this.pending); },

  methods: {
    ...surroundings, ...reordering, ...viewing, ...looking, ...choosing, ...carrying, ...finding, ...failover, ...figuring, ...tooltips, ...saving,

    // ---- from the server

    /** All of it, which the page's head asked for at this very address; what has changed since is told by the socket, or all of it. */
    async fetch() {
      const message = await fetch(this.rows).then((response) => response.ok && response.json()).catch(() => null); // also of an answer that breaks off
      if (!this.$refs.root) return; // it is gone
      if (message) this.patch(message);
      this.$emit("ready", this.model.revision);
    },

    patch(message) {
      const change = this.model.apply(message);
      if (change.lost) { this.$emit("ready", -1); return; }
      if (message.r) { this.wanted = new HistoryRequests(); this.figured = ""; this.showMoves(this.toldMoves); }
      this.$refs.root.toggleAttribute("data-bare", ![...this.model.pools.values()].some(({ hosts }) => hosts.size));
      this.relay(change);
      this.tidy();
      this.table.take(message);
      if (ROWS.some((key) => message[key])) this.refind();
      this.restore();
      this.refresh();
    },

    /** What moves, of which the rows do not tell: see arrows.js. */
    showMoves(told) {
      this.toldMoves = told;
      this.moves = journeys(this.model, told);
      this.refresh();
    },

    trails(rows) {
      this.model.trails(rows, Math.round((globalThis.xoDash?.now() ?? Date.now() / 1000) / 5));
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
      this.$refs.unorder.hidden = !this.isOrdered();
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
      if (this.related >= 0 && !things.has(this.related)) this.relate(-1);
      if (!things.has(this.look.hover)) this.point(-1);
    },

    // ---- drawing

    refresh() { this.pending ||= requestAnimationFrame(() => { this.pending = 0; this.paint(); }); },

    paint() {
      if (!this.plan || !this.width || this.table.paint()) return;
      const flying = this.camera.fly();
      const art = {
        ctx: this.ctx, theme: this.theme, text: this.text, patterns: this.patterns, words: this.words, format: this.format,
        ratio: this.ratio, width: this.width, height: this.height, faint: this.look.faint, screens: this.links.screen ? this.screens : null,
      };
      const again = this.painter.paint(art, this.model, this.plan, this.camera, this.look);
      const loss = this.lossDrawn(), under = arrows(this.plan, this.model, this.moves);
      const more = this.overlay.paint(art, this.camera, { lines: this.carried ? [] : this.lines(), ...loss, arrows: [...under, ...(loss.arrows ?? [])], ...this.carriedDrawn() });
      clearTimeout(this.paintTimer);
      if (flying || more || this.motion.running) this.refresh();
      else if (again >= 0) this.paintTimer = setTimeout(() => this.refresh(), again);
      if (!this.$refs.tip.hidden) this.fillTip();
      this.showCrumbs();
      this.wantTrails();
      this.wantScreens();
      this.wantFigures([this.look.hover, this.look.focus, ...cards(this.plan, this.camera, this.width, this.height)]);
    },

    /** Ask for the history of what is shown large enough and was not asked for yet. */
    wantTrails() {
      const wanted = this.wanted.find(this.plan, this.camera, this.width, this.height);
      if (wanted) this.$emit("trails", wanted);
    },

    /** Ask for pictures of the screens of what is shown large enough. */
    wantScreens() {
      if (!this.links.screen) return;
      const ids = [...cards(this.plan, this.camera, this.width, this.height, SIDE)];
      this.screens.want(ids.map((id) => this.model.things.get(id)).filter(Boolean));
    },

    /** All of it, though nothing that the painter knows of is other than it was. */
    redraw() { this.painter.view = null; this.refresh(); },

    /** For tests and export: every place on the map by uuid. */
    rectangles() {
      return this.plan ? Object.fromEntries([...places(this.plan)].map(({ id, box }) => [this.model.things.get(id)?.uuid, [box.x, box.y, box.w, box.h]])) : {};
    },
  },
};
