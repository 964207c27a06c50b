// The space of an SR as areas: a squarified treemap of what is used, and what is free in one clean piece; keys go from tile to tile as on the map.

import { formats } from "xo-charts";
import { nearest } from "xo-map/places.js";
import { cut, sorted } from "xo-map/treemap.js";

const GAP = 2;                          // pixels between tiles
const NAMED = { w: 44, h: 20 };         // the least tile that has its name on it
const SIZED = { w: 62, h: 38 };         // ... and its size below it
const LABEL = { one: 19, two: 36 };     // heights of a label
const MOST_FREE = 0.25;                 // of the picture: what is used is to scale, and has to be read in an empty SR too
const CLEAR = ["current", "snapshots", "other", "free"]; // uses that words can be read on
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const sum = (amounts) => amounts.reduce((all, amount) => all + amount, 0);

export default {
  template: `
    <div class="x-areas" @keydown="press">
      <nav v-if="name" class="x-areas-path">
        <button type="button" class="x-link" ref="back" @click="open('')">{{ words.back }}</button><span aria-hidden="true">/</span>
        <a v-if="path" class="x-plain x-strong x-cut" dir="auto" :href="path">{{ name }}</a><strong v-else class="x-cut" dir="auto">{{ name }}</strong>
        <span class="x-dim x-num">{{ total }}</span>
      </nav>
      <div class="x-areas-box" ref="box" role="group" :aria-label="label">
        <component v-for="(tile, i) in drawn" :key="tile.key || tile.name" :is="tile.key ? 'button' : 'div'" :type="tile.key ? 'button' : null"
            :role="tile.key ? null : 'img'" :class="['x-area', 'x-area-' + tile.look]" :style="tile.style" :tabindex="tile.key ? (i === at ? 0 : -1) : null"
            :aria-label="tile.says" :data-tip="tile.tip" @click="tile.key && open(tile.key)" @focus="at = i">
          <i v-for="band in tile.bands" :class="'x-area-' + band.use" :style="{ flexGrow: band.amount }"></i>
          <span v-if="tile.label" class="x-area-label" :class="tile.label" aria-hidden="true"><b class="x-cut" dir="auto">{{ tile.name }}</b><span v-if="tile.two" class="x-cut">{{ tile.size }}</span></span>
        </component>
      </div>
    </div>`,
  props: { label: String, numbers: Object, words: Object },
  emits: ["ready", "open"],

  data() {
    return { drawn: [], name: "", path: "", total: "", at: 0 };
  },

  created() {
    this.format = formats(this.numbers);
    this.tiles = []; // plain: what the server told last
  },
  mounted() {
    this.observer = new ResizeObserver(() => this.layOut());
    this.observer.observe(this.$refs.box);
    this.$emit("ready");
  },
  beforeUnmount() {
    this.observer.disconnect();
  },

  methods: {
    /** From the server: tiles as [key, name, note, use, bytes, ...], and whose they are. */
    show(rows, name, path) {
      const other = name !== this.name, held = this.$refs.box.contains(document.activeElement) || document.activeElement === this.$refs.back;
      this.tiles = rows.map(([key, called, note, ...uses]) => {
        const bands = [];
        for (let i = 0; i < uses.length; i += 2) bands.push({ use: uses[i], amount: uses[i + 1] });
        return { key, name: called, note, bands, amount: sum(bands.map((band) => band.amount)) };
      });
      this.name = name;
      this.path = path;
      this.total = this.format.write(sum(this.tiles.map((tile) => tile.amount)), "size");
      if (other) this.at = 0;
      this.layOut();
      if (other && held) this.$nextTick(() => this.focus(0));
    },

    open(key) {
      this.$emit("open", key);
    },

    layOut() {
      const box = { x: 0, y: 0, w: this.$refs.box.clientWidth, h: this.$refs.box.clientHeight };
      if (!box.w || !box.h) return;
      const isFree = (tile) => tile.bands[0]?.use === "free", amounts = (tiles) => tiles.map((tile) => tile.amount);
      const free = this.tiles.filter(isFree), used = this.tiles.filter((tile) => !isFree(tile));
      const part = sum(amounts(free)) / sum(amounts(this.tiles)), shown = used.length ? Math.min(part, MOST_FREE) : 1;
      const [left, right] = cut(box, 1 - shown, shown);
      this.places = [...sorted(left, amounts(used)), ...free.map(() => right)];
      if (shown < part) for (const tile of free) tile.note = this.words.unscaled;
      this.drawn = [...used, ...free].map((tile, i) => this.draw(tile, this.places[i]));
      this.at = Math.min(this.at, Math.max(0, this.drawn.length - 1));
    },

    draw(tile, { x, y, w, h }) {
      const size = this.format.write(tile.amount, "size"), wide = w - GAP, high = h - GAP;
      const parts = tile.bands.length > 1 ? tile.bands.map(({ use, amount }) => `${this.words.uses[use]}: ${this.format.write(amount, "size")}`) : [tile.note].filter(Boolean);
      const two = wide >= SIZED.w && high >= SIZED.h, label = wide >= NAMED.w && high >= NAMED.h ? this.onto(tile, high, two ? LABEL.two : LABEL.one) : "";
      return {
        ...tile, size, two, label, look: tile.bands.length === 1 ? tile.bands[0].use : "mixed",
        style: { left: `${x}px`, top: `${y}px`, width: `${Math.max(1, wide)}px`, height: `${Math.max(1, high)}px` },
        says: [`${tile.name}, ${size}`, ...parts].join("; "), tip: [`${tile.name} · ${size}`, ...parts].join("\n"),
      };
    },

    /** How a label of this height reads on the topmost band that one can see: plain, light, or with a ground of its own. */
    onto(tile, high, label) {
      const tall = ({ amount }) => (high * amount) / tile.amount, top = tile.bands.find((band) => tall(band) >= 1);
      if (!top || tall(top) < label) return "x-area-grounded";
      return CLEAR.includes(top.use) ? "x-area-plain" : top.use === "bases" ? "x-area-light" : "x-area-grounded";
    },

    press(event) {
      if ((event.key === "Escape" || event.key === "Backspace") && this.name) {
        event.preventDefault();
        event.stopPropagation();
        this.open("");
      } else if (ARROWS[event.key] && this.$refs.box.contains(event.target)) {
        event.preventDefault();
        const boxes = this.places.map((place, i) => ({ ...place, i })).filter(({ i }) => this.drawn[i].key && i !== this.at);
        const next = nearest(this.places[this.at], boxes, ...ARROWS[event.key]);
        if (next) this.focus(next.i);
      }
    },

    focus(i) {
      this.at = i;
      this.$nextTick(() => (this.$refs.box.children[i]?.tagName === "BUTTON" ? this.$refs.box.children[i] : this.$refs.back)?.focus());
    },
  },
};
