// One picture of the last minutes: its figure, the curves over one pair of axes, and what was measured where one points.

import { formats, roundUp } from "xo-charts";

const HEIGHT = 96; // of the plot, without the line of times
const RIGHT = 0;
const LETTER = 6.4; // pixels, about: what is said stays within the plot
const GAP = 2.5; // steps without a sample: the curve is interrupted

const charts = new Set(); // those of the page: who points at a moment in one points at it in all

export default {
  template: `
    <div class="x-chart" :class="{ 'x-chart-none': none }">
      <div class="x-chart-figures">
        <template v-for="(curve, i) in curves" :key="i">
          <span class="x-chart-figure"><i v-if="curves.length > 1" :class="'x-chart-key x-chart-key-' + i"></i
            ><span class="x-figure-value">{{ figures[i] }}</span><span v-if="curve.label" class="x-figure-note">{{ curve.label }}</span></span>
        </template>
        <span v-if="note" class="x-figure-note">{{ note }}</span>
        <button type="button" class="x-chart-large" :aria-label="words.large" :data-tip="words.large"
          ><svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M9.5 2.5h4v4M6.5 13.5h-4v-4M13 3 9.5 6.5M3 13l3.5-3.5" /></svg></button>
      </div>
      <div ref="plot" class="x-chart-plot" @pointermove="point" @pointerleave="leave">
        <svg :viewBox="'0 0 ' + width + ' ' + ${HEIGHT}" :width="width" height="${HEIGHT}" aria-hidden="true">
          <g class="x-chart-grid">
            <line v-for="y in [0.5, ${HEIGHT} / 2, ${HEIGHT} - 0.5]" x1="0" :x2="width" :y1="y" :y2="y" />
          </g>
          <path v-for="(path, i) in areas" :key="'a' + i" class="x-chart-area" :d="path" />
          <path v-for="(path, i) in lines" :key="'l' + i" :class="'x-chart-line x-chart-line-' + i" :d="path" />
          <g v-if="pointed"><line class="x-chart-cross" :x1="pointed.x" :x2="pointed.x" y1="0" y2="${HEIGHT}" />
            <circle v-for="(y, i) in pointed.ys" :key="i" :class="'x-chart-dot x-chart-line-' + i" r="3" :cx="pointed.x" :cy="y" /></g>
        </svg>
        <span class="x-chart-top">{{ top }}</span>
        <div v-if="pointed" class="x-chart-says" :style="pointed.style">{{ pointed.text }}</div>
        <div class="x-chart-empty"><span v-if="words.idle" class="x-chart-idle">{{ words.idle }}</span><span>{{ words.nothing }}</span></div>
      </div>
      <div class="x-chart-times"><span v-for="time in times" :key="time.x" :style="{ left: time.x + 'px' }">{{ time.text }}</span></div>
    </div>`,
  props: { curves: Array, unit: String, limit: Number, note: String, span: Number, step: Number, words: Object, numbers: Object },
  emits: ["ready"],

  data() {
    return { width: 300, areas: [], lines: [], figures: [], times: [], top: "", pointed: null, none: true };
  },

  created() {
    this.points = this.curves.map(() => []); // plain: [[seconds, value], ...] oldest first
    this.room = 300; // pixels it has for the plot
    this.format = formats(this.numbers);
    this.clock = new Intl.DateTimeFormat(this.numbers.language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.exact = new Intl.DateTimeFormat(this.numbers.language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  },
  mounted() {
    this.observer = new ResizeObserver(([entry]) => {
      this.room = entry.contentRect.width; // to ask for it while drawing would have the whole page laid out, once for each chart
      this.later();
    });
    this.observer.observe(this.$refs.plot);
    charts.add(this);
    this.timer = setInterval(() => this.later(), 5000); // time goes on where nothing is measured, too
    document.addEventListener("visibilitychange", this.later);
    this.$emit("ready");
  },
  beforeUnmount() {
    charts.delete(this);
    this.observer.disconnect();
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.later);
  },

  methods: {
    // From the server: everything, or what is new; a list of [seconds, value...] with null for what was not measured.
    fill(rows) {
      this.points = this.curves.map(() => []);
      this.add(rows);
    },
    add(rows) {
      for (const [t, ...values] of rows)
        values.forEach((value, i) => {
          const points = this.points[i];
          while (points.length && points.at(-1)[0] >= t) points.pop();
          if (value !== null) points.push([t, value]);
        });
      this.later();
    },

    later() {
      if (this.framed || document.hidden) return;
      this.framed = requestAnimationFrame(() => {
        this.framed = 0;
        this.draw();
      });
    },

    draw() {
      const newest = Math.max(0, ...this.points.map((points) => points.at(-1)?.[0] ?? 0));
      const old = newest > 0 && this.$el?.closest?.(".x-old"); // its pool is away: what was last, as it was
      const now = old ? newest : Math.max(globalThis.xoDash?.now() ?? Date.now() / 1000, newest);
      this.start = now - this.span;
      this.width = Math.max(80, this.room - RIGHT);
      for (const points of this.points) while (points.length && points[0][0] < this.start - this.step) points.shift();
      const high = Math.max(0, ...this.points.flatMap((points) => points.map((point) => point[1])));
      this.high = this.limit > 0 ? Math.max(this.limit, high) : roundUp(high, this.unit) || 1;
      this.top = this.format.write(this.high, this.unit);
      this.none = newest < this.start;
      const recent = now - newest < this.span / 10;
      this.figures = this.points.map((points) => this.format.write(recent && points.at(-1)?.[0] === newest ? points.at(-1)[1] : NaN, this.unit));
      const drawn = this.points.map((points) => this.trace(points));
      this.lines = drawn.map(([line]) => line);
      this.areas = drawn.slice(0, 1).map(([, area]) => area);
      this.times = this.marks(now);
      if (this.pointed) this.show(this.pointed.t);
    },

    x(t) {
      return ((t - this.start) / this.span) * this.width;
    },
    y(value) {
      return (1 - Math.min(1, Math.max(0, value / this.high))) * (HEIGHT - 2) + 1;
    },

    trace(points) {
      let line = "";
      let area = "";
      let first = 0;
      points.forEach(([t, value], i) => {
        const begins = i === 0 || t - points[i - 1][0] > GAP * this.step;
        const ends = i === points.length - 1 || points[i + 1][0] - t > GAP * this.step;
        const at = `${this.x(t).toFixed(1)} ${this.y(value).toFixed(1)}`;
        line += (begins ? "M" : "L") + at;
        if (begins) {
          first = this.x(t);
          area += `M${first.toFixed(1)} ${HEIGHT}`;
          if (ends) line += "h1";
        }
        area += `L${at}`;
        if (ends) area += `L${this.x(t).toFixed(1)} ${HEIGHT}Z`;
      });
      return [line, area];
    },

    marks(now) {
      const every = (this.width < 260 ? 5 : 2) * 60;
      const found = [];
      for (let t = Math.ceil(this.start / every) * every; t < now; t += every) {
        const x = this.x(t);
        if (x > 14 && x < this.width - 14) found.push({ x: Math.round(x), text: this.clock.format(t * 1000) });
      }
      return found;
    },

    // ---- what was measured where one points

    point(event) {
      const x = event.clientX - this.$refs.plot.getBoundingClientRect().left;
      for (const chart of charts) chart.show(this.start + (x / this.width) * this.span);
    },
    leave() {
      for (const chart of charts) chart.pointed = null;
    },
    show(t) {
      let best = null;
      for (const points of this.points) for (const [at] of points) if (best === null || Math.abs(at - t) < Math.abs(best - t)) best = at;
      if (best === null || Math.abs(best - t) > this.step * GAP) return void (this.pointed = null);
      const values = this.points.map((points) => points.find(([at]) => at === best)?.[1]);
      const parts = values.map((value, i) => [this.curves[i].label, this.format.write(value ?? NaN, this.unit)].filter(Boolean).join(" "));
      const place = this.x(best);
      const right = place > this.width / 2;
      const text = `${this.exact.format(best * 1000)}  ${parts.join(" · ")}`;
      const within = (x) => Math.max(0, Math.min(x + 8, this.width - text.length * LETTER - 14));
      this.pointed = {
        t,
        x: place,
        ys: values.filter((value) => value !== undefined).map((value) => this.y(value)),
        text,
        style: right ? { right: `${within(this.width - place)}px` } : { left: `${within(place)}px` },
      };
    },
  },
};
