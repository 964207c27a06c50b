// One plot: a canvas of the chart library below, the crosshair and the chosen stretch above it, and what a hand or the keyboard does.

import { charts, colours } from "./archive.js";
import { option } from "./option.js";

const CLICK = 4; // pixels a pointer may move and still have pointed only

export default {
  template: `
    <div class="x-plot" :class="{ 'x-plot-none': empty }">
      <div ref="area" class="x-plot-area" tabindex="0" role="img" :aria-label="says" @pointermove="move" @pointerleave="leave" @pointerdown="down" @pointerup="up"
        @pointercancel="drag = null" @dblclick="$emit('wider')" @keydown="press" @wheel="wheel($event, true)">
        <div ref="canvas" class="x-plot-canvas" :style="{ height: height + 'px' }"></div>
        <span class="x-chart-top">{{ topText }}</span>
        <div v-if="cross !== null" class="x-plot-cross" :style="{ left: cross + '%' }"></div>
        <template v-if="cross !== null"><i v-for="(dot, i) in dots" :key="i" class="x-plot-dot" :class="'x-plot-dot-' + i" :style="{ left: cross + '%', top: dot + '%' }"></i></template>
        <div v-if="drag" class="x-plot-chosen" :style="chosen"></div>
        <div v-if="empty" class="x-plot-empty">{{ empty }}</div>
      </div>
      <div v-if="axis" class="x-chart-times x-plot-times" @wheel="wheel($event, false)"><span v-for="mark in marks" :key="mark.x" :style="{ left: mark.x + '%' }">{{ mark.text }}</span></div>
    </div>`,
  props: { view: Object, lines: Array, top: Number, topText: String, pointed: Number, marks: Array, says: String, empty: String,
           height: { type: Number, default: 112 }, axis: { type: Boolean, default: true } },
  emits: ["point", "choose", "zoom", "move", "wider", "enlarge"],

  data() {
    return { drag: null };
  },
  computed: {
    cross() {
      if (this.pointed === null || this.pointed < this.view.from || this.pointed > this.view.to) return null;
      return ((this.pointed - this.view.from) / (this.view.to - this.view.from)) * 100;
    },
    dots() {
      const values = this.lines.map(({ archive, values }) => values[Math.round((this.pointed - archive.first) / archive.step)]);
      return values.filter((value) => value !== null && value !== undefined).map((value) => (1 - Math.min(1, value / this.top)) * 100);
    },
    chosen() {
      const [a, b] = [this.drag.from, this.drag.to].sort((one, other) => one - other);
      return { left: `${a}px`, width: `${b - a}px` };
    },
  },
  watch: {
    view: "later", lines: "later", top: "later",
  },
  async mounted() {
    this.observer = new ResizeObserver(() => this.chart?.resize());
    this.observer.observe(this.$refs.canvas);
    this.dress = () => this.later();
    addEventListener("xo-theme", this.dress);
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.media.addEventListener("change", this.dress);
    const echarts = await charts();
    if (this.gone) return;
    this.chart = echarts.init(this.$refs.canvas, null, { renderer: "canvas" });
    this.draw();
  },
  beforeUnmount() {
    this.gone = true;
    this.observer.disconnect();
    removeEventListener("xo-theme", this.dress);
    this.media.removeEventListener("change", this.dress);
    cancelAnimationFrame(this.framed);
    this.chart?.dispose();
  },
  methods: {
    later() {
      this.framed ||= requestAnimationFrame(() => this.draw());
    },
    draw() {
      this.framed = 0;
      this.chart?.setOption(option({ window: this.view, top: this.top, lines: this.lines, colours: colours() }), true);
    },

    at(event) {
      const box = this.$refs.area.getBoundingClientRect();
      const x = Math.min(box.width, Math.max(0, event.clientX - box.left));
      return [x, this.view.from + (x / box.width) * (this.view.to - this.view.from)];
    },
    down(event) {
      if (event.button !== 0) return;
      const [x] = this.at(event);
      this.drag = { from: x, to: x };
      this.$refs.area.setPointerCapture(event.pointerId);
    },
    move(event) {
      const [x, t] = this.at(event);
      if (this.drag) this.drag.to = x;
      this.$emit("point", t);
    },
    leave() {
      if (!this.drag) this.$emit("point", null);
    },
    up(event) {
      const drag = this.drag;
      this.drag = null;
      if (!drag) return;
      if (Math.abs(drag.to - drag.from) < CLICK) return void this.$emit("enlarge");
      const span = this.view.to - this.view.from;
      const width = this.$refs.area.clientWidth;
      this.$emit("choose", ...[drag.from, drag.to].map((x) => this.view.from + (x / width) * span));
      if (event.pointerType !== "mouse") this.$emit("point", null);
    },
    wheel(event, modified) {
      if (modified && !(event.ctrlKey || event.shiftKey || event.altKey)) return; // or the page could not be scrolled past it
      event.preventDefault();
      const by = event.deltaY || event.deltaX;
      if (by) this.$emit("zoom", this.at(event)[1], by > 0 ? 1.25 : 0.8);
    },
    press(event) {
      const step = this.lines[0]?.archive.step ?? 60;
      const here = this.pointed ?? this.view.to;
      const acts = {
        ArrowLeft: () => this.$emit("point", Math.max(this.view.from, here - step)),
        ArrowRight: () => this.$emit("point", Math.min(this.view.to, here + step)),
        Home: () => this.$emit("point", this.view.from), End: () => this.$emit("point", this.view.to),
        "+": () => this.$emit("zoom", here, 0.5), "=": () => this.$emit("zoom", here, 0.5), "-": () => this.$emit("zoom", here, 2),
        PageUp: () => this.$emit("move", -0.5), PageDown: () => this.$emit("move", 0.5),
        Escape: () => this.$emit("point", null), Enter: () => this.$emit("enlarge"), Backspace: () => this.$emit("wider"),
      };
      if (event.ctrlKey || event.metaKey || event.altKey || !acts[event.key] || (event.key === "Escape" && this.pointed === null)) return;
      event.preventDefault();
      acts[event.key]();
    },
  },
};
