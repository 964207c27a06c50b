// A list with columns, of whose rows some can be chosen; narrow, a row is two lines and needs no columns. What is chosen is told by `chose()`.

import { sight } from "./sight.js";

const NARROW = 640; // pixels
const TWO_LINES = 52;
const MORE_LINES = { wide: 44, narrow: 88 }; // where texts may take several: the styles hold to that
const AGING = 30000; // milliseconds after which times since go on

export const table = {
  mixins: [sight],

  data() {
    return { narrow: false, room: 0, picked: 0 };
  },

  created() {
    this.chosen = new Set();
  },
  mounted() {
    this.timer = setInterval(() => document.hidden || this.measure(), AGING);
  },
  beforeUnmount() {
    clearInterval(this.timer);
  },

  methods: {
    resize() {
      this.narrow = this.$el.clientWidth < NARROW;
      this.room = this.$refs.box.clientWidth;
      sight.methods.resize.call(this);
      this.$nextTick(() => this.measure()); // columns are as wide as they are now
    },
    rowHeight() {
      if (this.tall) return MORE_LINES[this.narrow ? "narrow" : "wide"];
      return this.narrow ? TWO_LINES : parseFloat(getComputedStyle(this.$el).getPropertyValue("--row-table")) || 29;
    },

    /** 1,654: as the page's language has it. */
    counted(count) {
      return count.toLocaleString(document.documentElement.lang || undefined);
    },

    chose() {},
    choose(ids) {
      this.chosen = new Set(ids);
      this.picked = this.chosen.size;
      this.measure();
      this.chose();
    },
    /** What is no longer listed is no longer chosen: nothing is done to what one does not see ticked. */
    keepChosen() {
      if (!this.picked) return;
      const kept = this.flat.filter((row) => this.chosen.has(row.id)).map((row) => row.id);
      if (kept.length < this.picked) this.choose(kept);
    },
    chooseAll() {
      this.choose(this.picked === this.total ? [] : this.flat.map((row) => row.id));
    },
    /** Tick the row at `at`, or clear it; `ranged`: all from the one before. */
    tick(at, on, ranged) {
      const last = ranged ? this.flat.findIndex((row) => row.id === this.active) : -1;
      const [from, to] = last < 0 ? [at, at] : [Math.min(last, at), Math.max(last, at)];
      const ids = new Set(this.chosen);
      for (const { id } of this.flat.slice(from, to + 1)) on ? ids.add(id) : ids.delete(id);
      this.active = this.flat[at].id;
      this.choose(ids);
    },

    /** The menu of what can be done to these, where the pointer is; by the keyboard, at the row. */
    offer(ids, event) {
      event.preventDefault();
      const box = event.currentTarget.getBoundingClientRect(), pointed = event.clientX || event.clientY;
      this.$emit("offer", [ids, pointed ? event.clientX : box.left, pointed ? event.clientY : box.bottom]);
    },
  },
};
