// A list of thousands of rows: all of them are here, those in sight are drawn.
// Of one that is `bound` the newest are here: it says how many fit, and asks for others when one searches, chooses, sorts or scrolls.

import { sparkPath } from "xo-charts";
import { fitting, isolated, least, ordered, table, toAddress, wordsOf } from "xo-lists";

const MORE = 500, TYPING = 200;
const said = (cell) => (typeof cell === "string" ? cell : cell.x);
const age = (moment) => globalThis.xoDash.duration(Math.max(0, globalThis.xoDash.now() - moment));

/** What a cell is sorted by; null: it says nothing. */
function key(cell) {
  const found = typeof cell === "string" ? cell : "k" in cell ? cell.k : "t" in cell ? -cell.t : cell.x;
  return found === "" ? null : found;
}

export default {
  mixins: [table],
  template: `
    <div class="x-list" @xo-period="within($event.detail)" :class="{ 'x-list-narrow': narrow, 'x-list-acts': choosing, 'x-list-tall': tall }">
      <div v-if="(find && (full || many || veiled)) || (offers && picked)" class="x-list-tools">
        <label class="x-list-find"><i class="x-icon" v-html="icons.search"></i>
          <input type="search" :value="q" :placeholder="find" :aria-label="find" spellcheck="false" maxlength="200" @input="seek($event.target.value)"><span v-if="size" class="x-list-total x-dim" aria-live="polite">{{ fit === size ? counted(size) : words.part.replace("{n}", counted(fit)).replace("{all}", counted(size)) }}</span></label>
        <div v-if="offered.length > 1" class="x-list-segments" role="group" :aria-label="words.title">
          <button v-for="one in offered" :key="one.key" type="button" :aria-pressed="segment === one.key" :class="{ 'x-none': loaded && !one.count }" @click="show(one.key)"
            >{{ one.title }} <span v-if="loaded" class="x-count">{{ counted(one.count) }}</span></button></div>
        <slot></slot>
        <button v-if="veiled" type="button" class="x-btn x-list-reveal" :aria-pressed="revealed" :data-tip="reveal.why" @click="toggleHidden">{{ reveal.show }} <span class="x-count">{{ counted(veiled) }}</span></button>
        <span class="x-grow"></span>
        <button v-if="offers && picked" type="button" class="x-btn" data-once @click="offer([...chosen], $event)">{{ offers }} <span class="x-count">{{ picked }}</span></button>
        <button v-if="acts && total" type="button" class="x-btn" data-once :aria-disabled="unfit ? 'true' : null" :data-tip="unfit ? acts.whyNot : null" @click="act">{{ picked || !acts.all ? acts.some : acts.all }} <span v-if="picked || acts.all" class="x-count">{{ counted(picked || fit) }}</span></button>
      </div>
      <div ref="box" class="x-list-box" tabindex="0" :role="total ? 'table' : 'group'" :aria-label="words.title" :aria-rowcount="total ? total + 1 : null" @scroll.passive="measure">
        <div class="x-list-wide" :style="{ '--tracks': tracks, minWidth: narrow ? null : leastOf(kept) + 'px' }">
          <div v-if="!narrow && (total || !loaded)" class="x-list-head" :role="total ? 'row' : null">
            <span v-if="choosing" :role="total ? 'columnheader' : null"><input type="checkbox" :checked="total > 0 && picked === total" :disabled="!total" :indeterminate.prop="picked > 0 && picked < total" :aria-label="words.every" @click="chooseAll"></span>
            <button v-for="one in kept" :key="one.at" type="button" :role="total ? 'columnheader' : null" :class="{ 'x-num': one.number, 'x-list-sorted': sort.at === one.at }"
              :aria-sort="!total ? null : sort.at === one.at ? (sort.down ? 'descending' : 'ascending') : 'none'" @click="sortBy(one.at)"
              ><span class="x-cut" :title="one.title">{{ one.title }}</span><i v-if="sort.at === one.at" class="x-icon" v-html="icons[sort.down ? 'down' : 'up']"></i></button>
          </div>
          <div class="x-list-space" :style="{ height: total * height + 'px' }">
            <div v-for="row in shown" :key="row.id" class="x-list-row" role="row" :aria-rowindex="row.at + 2" :class="{ 'x-list-old': row.old }"
              :style="{ transform: 'translateY(' + row.top + 'px)' }" @contextmenu="offers && offer(row.picked ? [...chosen] : [row.id], $event)">
              <span v-if="choosing" role="cell" class="x-list-pick"><input type="checkbox" :checked="row.picked" :aria-label="words.one" @click="tick(row.at, $event.target.checked, $event.shiftKey)"></span>
              <div v-for="(cell, i) in row.cells" :key="i" role="cell" class="x-list-cell" :class="[cell.c && 'x-list-' + cell.c, { 'x-num': cell.number, 'x-list-main': cell.main, 'x-list-meter': cell.s !== undefined }]" :title="cell.i">
                <i v-if="cell.m" :class="'x-mark x-mark-' + cell.m" aria-hidden="true" v-html="marks[cell.m]"></i>
                <svg v-if="cell.trace !== undefined" class="x-trace" viewBox="0 0 56 18" aria-hidden="true"><path :d="cell.trace" /></svg>
                <span v-else-if="cell.s !== undefined" class="x-bar" :class="cell.c && 'x-bar-' + cell.c"><i :style="{ width: Math.min(100, Math.max(0, cell.s * 100)) + '%' }"></i></span>
                <a v-if="cell.p" class="x-cut x-plain" :href="cell.p" dir="auto">{{ cell.x || "–" }}</a>
                <span v-else class="x-cut" dir="auto" :style="cell.s !== undefined && { minWidth: cell.beside + 'px' }">{{ cell.x }}</span>
              </div>
              <div v-if="narrow" class="x-list-second x-dim x-small x-cut">{{ row.second }}</div>
            </div>
          </div>
          <div v-if="sums.length && fit > 1 && fit === size && !narrow" class="x-list-sum" role="row"><span v-if="choosing" role="cell"></span>
            <span v-for="one in kept" :key="one.at" role="cell" class="x-cut" :class="{ 'x-num': one.number }">{{ sums[one.at] }}</span></div>
        </div>
        <div v-if="loaded && !total && !full" class="x-dim">{{ size || veiled ? words.unfit : words.nothing }}
          <button v-if="size || veiled" type="button" class="x-link" @click="clear">{{ words.clear }}</button></div>
        <div v-else-if="loaded && !total" class="x-empty"><div class="x-empty-title">{{ size || veiled ? words.unlike : words.empty }}</div>
          <div class="x-empty-text">{{ size || veiled ? words.unfit : words.nothing }}</div>
          <div class="x-btns"><button v-if="size || veiled" type="button" class="x-btn" @click="clear">{{ words.clear }}</button>
            <a v-else-if="words.add" class="x-btn x-btn-primary" :href="settings()">{{ words.add }}</a></div></div>
      </div>
    </div>`,
  props: { columns: Array, segments: Array, full: Boolean, tall: Boolean, traced: Boolean, first: Number, expected: Number, find: String, marks: Object, icons: Object, words: Object, acts: Object, offers: String, reveal: Object, bound: Boolean },
  emits: ["ready", "sight", "act", "reveal", "ask"],

  data() {
    const from = new URLSearchParams(this.full ? location.search : "");
    const at = this.columns.findIndex((_, i) => String(i) === (from.get("sort") ?? "").replace("-", ""));
    const segment = this.segments.some(([name]) => name === from.get("show")) ? from.get("show") : "";
    const sort = at < 0 ? { at: this.first, down: this.columns[this.first].down } : { at, down: from.get("sort").startsWith("-") };
    return { q: (from.get("q") ?? "").slice(0, 200), segment, sort, total: this.expected, fit: this.expected, size: this.expected, counts: {}, loaded: false, sums: [], veiled: 0, revealed: Boolean(this.reveal?.shown) };
  },

  computed: {
    many() {
      return this.size > 8;
    },
    /** Whether rows can be chosen. */
    choosing() {
      return Boolean(this.acts || this.offers);
    },
    /** Whether nothing can be done to so many. */
    unfit() {
      return this.picked || !this.acts.all ? this.picked < this.acts.least || this.picked > this.acts.most : false;
    },
    tracks() {
      return (this.choosing ? "16px " : "") + this.kept.map((one) => one.width).join(" ");
    },
    /** The columns there is room for. */
    kept() {
      return fitting(this.columns.map((one, at) => ({ ...one, at })), this.room, this.leastOf);
    },
    offered() {
      return this.segments.map(([name, title]) => ({ key: name, title, count: this.counts[name] ?? 0 }));
    },
  },

  created() {
    // plain fields: thousands of rows must not become reactive
    this.rows = new Map();
    this.unseen = 400; // of a page whose lists are as high as they have rows
    this.period = [null, null];
    this.traces = new Map();
    this.old = new Set();
    this.question = 0;
    this.answer = null;
    this.most = MORE;
  },
  mounted() {
    setTimeout(() => {
      if (this.bound) this.ask();
      this.$emit("ready");
    }, 0);
  },
  beforeUnmount() {
    clearTimeout(this.asking);
  },

  methods: {
    settings() {
      return (window.path_prefix ?? "") + "/settings?add=server";
    },
    leastOf(columns) {
      return least(columns, 20, this.choosing ? 64 : 28);
    },
    delta(put, gone, old, whole) {
      for (const id of gone) this.rows.delete(id);
      for (const [id, place, segments, words, cells, uuid, hidden] of put) {
        this.rows.set(id, { id, place, segments, cells, uuid, hidden, hay: words + "\n" + cells.map(said).join("\n").toLowerCase() });
      }
      this.old = new Set(old);
      this.loaded ||= whole;
      this.later();
    },
    measured(cells) {
      for (const [id, cell, at] of cells) if (this.rows.has(id)) this.rows.get(id).cells[at] = cell;
      cells.some(([, , at]) => at === this.sort.at) ? this.later() : this.measure();
    },
    summed(sums) {
      this.sums = sums;
    },
    /** What a bounded list answers: of which question, how many rows there are, how many fit, how many are of each segment. */
    sized(question, size, fit, counts) {
      this.answer = { question, size, fit, counts };
      this.later();
    },
    drawn(news) {
      for (const [id, trace] of news) this.traces.set(id, sparkPath(trace, 56, 18));
      this.measure();
    },
    refresh() {
      const words = wordsOf(this.q);
      const rows = [...this.rows.values()];
      const counts = {};
      for (const row of rows) for (const name of row.segments) counts[name] = (counts[name] ?? 0) + 1;
      const asked = this.revealed || this.segment || words.length > 0;
      const fits = (row) => this.isWithin(row) && (asked || !row.hidden) && (!this.segment || row.segments.includes(this.segment)) && words.every((word) => row.hay.includes(word) || (word.length > 3 && row.uuid.startsWith(word)));
      const { at, down } = this.sort;
      this.flat = ordered(rows.filter(fits), (row) => key(row.cells[at]), (row) => key(row.cells[this.first]), down);
      this.counts = counts;
      this.veiled = rows.filter((row) => row.hidden).length;
      this.size = this.loaded ? rows.length - (asked ? 0 : this.veiled) : Math.max(rows.length, this.expected);
      this.total = this.loaded ? this.flat.length : Math.max(this.flat.length, this.expected);
      this.fit = this.total;
      if (this.answer) {
        this.counts = this.answer.counts;
        this.size = this.answer.size;
        if (this.answered()) this.fit = this.answer.fit;
      }
      this.keepChosen();
      this.measure();
    },
    /** Tell whose traces are in sight, and ask for what comes after them. */
    settled() {
      if (this.shown.at(-1)?.at === this.flat.length - 1) this.askForMore();
      const ids = this.traced && !this.narrow ? this.shown.map((row) => row.id) : [];
      if (!ids.length || ids.join() === this.seen) return;
      this.seen = ids.join();
      this.$emit("sight", ids);
    },
    dress(row, at) {
      const prefix = window.path_prefix ?? "";
      const cells = row.cells.map((cell, i) => {
        const full = typeof cell === "string" ? { x: cell } : { ...cell };
        const { number, main, beside, dated } = this.columns[i];
        const text = !full.t ? full.x : dated ? globalThis.xoDash.dated(age(full.t), full.t) : age(full.t);
        if (full.t) full.i ||= globalThis.xoDash.moment(full.t);
        if (this.traced && !this.narrow && this.columns[i].measured && full.x) full.trace = this.traces.get(row.id) ?? "";
        return { ...full, x: text, p: full.p && prefix + full.p, i: full.i || (number ? null : text), number, main, beside };
      });
      if (this.narrow) {
        const main = cells.find((cell) => cell.main);
        const brief = cells.filter((cell, i) => this.columns[i].brief);
        main.m ||= (cells.find((cell) => cell.m && cell.c && cell.c !== "dim") ?? brief.find((cell) => cell.m))?.m;
      }
      const shown = this.narrow ? cells.filter((cell, i) => cell.main || this.aside(i)) : this.kept.map((one) => cells[one.at]);
      return { id: row.id, at, top: at * this.height, old: this.old.has(row.place), picked: this.chosen.has(row.id), second: this.narrow ? this.second(cells) : "", cells: shown };
    },
    /** Whether a narrow screen has it to the right of the name: what is measured all the time. */
    aside(i) {
      return this.columns[i].measured && this.columns[i].brief;
    },
    /** What a narrow screen says below the name; figures come with the title of their column. */
    second(cells) {
      const said = (cell, i) => (cell.x && this.columns[i].figure ? `${this.columns[i].short || this.columns[i].title} ${cell.x}` : cell.x);
      return cells.map((cell, i) => (this.columns[i].brief && !this.aside(i) ? said(cell, i) : "")).filter((text) => text && text !== "–").map(isolated).join(" · ");
    },

    /** What is done to the chosen rows, or to all that are in the list now. */
    act() {
      if (!this.unfit) this.$emit("act", this.picked ? [...this.chosen] : this.bound ? ["all", this.asked(null)] : this.flat.map((row) => row.id));
    },

    within(period) {
      this.period = period;
      this.$refs.box.scrollTop = 0;
      this.askAnew();
      this.later();
    },

    // ---- of a bounded list: what should be here

    asked(most) {
      return [this.q, this.segment, ...this.period, most, this.sort.down];
    },
    /** All rows, where they are not in the order of time. */
    ask() {
      this.$emit("ask", [this.question, this.asked(this.sort.at === this.first ? this.most : null)]);
    },
    askAnew() {
      if (!this.bound) return;
      this.question += 1;
      this.most = MORE;
      clearTimeout(this.asking);
      this.asking = setTimeout(() => this.ask(), TYPING);
    },
    askForMore() {
      if (!this.answered() || this.fit <= this.flat.length || this.most > this.flat.length) return;
      this.most += MORE;
      this.ask();
    },
    answered() {
      return this.answer?.question === this.question;
    },

    /** Whether it is of the time that the list is about: by the column that says when. */
    isWithin(row) {
      const [from, to] = this.period;
      if (from === null && to === null) return true;
      const at = row.cells[this.columns.findIndex((one) => one.dated)]?.t;
      return at !== undefined && (from === null || at >= from) && (to === null || at <= to);
    },

    seek(text) {
      this.q = text;
      this.again();
    },
    /** That segment alone, in sight: asked for from elsewhere on the page. */
    only(name) {
      this.q = "";
      this.segment = name;
      this.again();
      this.$el.scrollIntoView({ block: "nearest", behavior: "smooth" });
    },
    show(name) {
      this.segment = this.segment === name ? "" : name;
      this.again();
    },
    clear() {
      if (!this.q && !this.segment) return this.toggleHidden(); // all there are, are hidden ones
      this.q = this.segment = "";
      this.$el.querySelector(".x-period")?.dispatchEvent(new CustomEvent("clear"));
      this.again();
    },
    toggleHidden() {
      this.revealed = !this.revealed;
      this.$emit("reveal", this.revealed);
      this.again();
    },
    sortBy(at) {
      this.sort = { at, down: this.sort.at === at ? !this.sort.down : this.columns[at].down };
      this.again();
    },
    again() {
      this.$refs.box.scrollTop = 0;
      this.askAnew();
      this.refresh();
      if (!this.full) return;
      const sort = (this.sort.down ? "-" : "") + this.sort.at;
      const usual = this.sort.at === this.first && this.sort.down === this.columns[this.first].down;
      toAddress({ q: this.q, show: this.segment, sort: usual ? "" : sort });
    },
  },
};
