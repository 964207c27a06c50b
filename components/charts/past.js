// What was measured of one object: a bar of ranges, and for all but the last ten minutes the charts of its archives.

import { Archives } from "xo-charts/archive.js";
import { formats, roundUp } from "xo-charts/format.js";
import Plot from "xo-charts/plot.js";
import { evened, most, summary, valueAt } from "xo-charts/samples.js";
import { clocks } from "xo-charts/clock.js";
import { between, bounded, latest, marks, moved, RANGES, readAddress, spanOf, stretchFor, writeAddress, zoomed } from "xo-charts/window.js";

const FOLLOW = 15000; // milliseconds after which a range that ends now goes on
const SETTLE = 120; // ... after the last turn of a wheel

const now = () => globalThis.xoDash?.now() ?? Date.now() / 1000;

export default {
  components: { Plot },
  template: `
    <div class="x-past">
      <div class="x-past-bar">
        <div class="x-past-ranges" role="group" :aria-label="words.range">
          <button v-for="name in ranges" :key="name" type="button" :aria-pressed="chosen === name" @click="choose(name)">{{ words.ranges[name] }}</button>
        </div>
        <template v-if="view && !view.range"><span class="x-past-window">{{ clock.stretch(view) }}</span>
          <button type="button" class="x-btn x-btn-ghost" :data-tip="words.backTip" @click="wider">{{ words.back }}</button></template>
        <span class="x-grow"></span>
        <span v-if="view && step" class="x-dim x-small x-past-step" :title="words.hint">{{ words.steps[step] }}</span>
        <a class="x-link" :href="compare" :data-tip="words.compareTip">{{ words.compare }}</a>
      </div>
      <div v-show="!view" class="x-past-live"><slot></slot></div>
      <div v-if="view && note" class="x-past-note x-dim" role="status">{{ note }}</div>
      <div v-if="view" class="x-past-cards" :class="{ 'x-past-waits': waits }">
        <section v-for="card in cards" :key="card.name" class="x-card">
          <header class="x-card-head"><h2 class="x-card-title x-cut">{{ card.title }}</h2>
            <select v-if="card.devices.length > 1" class="x-past-device" :aria-label="words.device + ', ' + card.title" :value="card.device" @change="devices[card.name] = $event.target.value">
              <option v-for="one in card.devices" :key="one.key" :value="one.key">{{ one.name }}</option></select>
            <span v-else-if="pointed !== null" class="x-card-scope">{{ clock.exact(pointed, step) }}</span></header>
          <div class="x-chart-figures">
            <span v-for="(line, i) in card.lines" :key="line.name" class="x-chart-figure"><i v-if="card.lines.length > 1" :class="'x-chart-key x-chart-key-' + i"></i
              ><span class="x-figure-value">{{ line.figure }}</span><span class="x-figure-note">{{ line.note }}</span></span>
          </div>
          <Plot :view="view" :lines="card.lines" :top="card.top" :top-text="card.topText" :pointed="pointed" :marks="ticks" :says="card.says" :empty="card.empty"
            @point="pointed = $event" @choose="between" @zoom="zoom" @move="move" @wider="wider" />
        </section>
      </div>
    </div>`,
  props: { path: String, shown: String, panels: Array, numbers: Object, words: Object, first: String },

  data() {
    const asked = readAddress(location.search, now());
    return { view: asked ?? (this.first === "live" ? null : latest(this.first, now())), answer: null, waits: false, failed: false, pointed: null, devices: {}, width: 480 };
  },

  computed: {
    ranges() {
      return [this.first === "live" ? "live" : "10m", ...Object.keys(RANGES).slice(1)];
    },
    chosen() {
      return this.view ? this.view.range : "live";
    },
    step() {
      return this.answer?.step ?? this.answer?.stretch[0];
    },
    compare() {
      return `${globalThis.path_prefix ?? ""}/compare${writeAddress(this.view, `?o=${this.shown}`)}`;
    },
    ticks() {
      return this.clock.marks(marks(this.view, this.width), this.view);
    },
    note() {
      if (this.failed) return this.words.failed;
      if (this.answer?.why && !this.answer.grown?.length) return this.words.why[this.answer.why].replace("{name}", this.answer.name);
      return this.answer?.away?.length ? this.words.away.replace("{names}", this.answer.away.join(", ")) : "";
    },
    cards() {
      return this.panels.map((panel) => this.card(panel)).filter((card) => card.lines.length || !this.answer);
    },
  },

  created() {
    this.format = formats(this.numbers);
    this.clock = clocks(this.numbers.language);
    this.archives = new Archives();
    if (this.view) this.load();
  },
  mounted() {
    this.observer = new ResizeObserver(() => {
      const columns = innerWidth <= 860 ? 1 : 2;
      this.width = Math.max(160, this.$el.clientWidth / columns - 40);
    });
    this.observer.observe(this.$el);
    this.timer = setInterval(() => document.hidden || this.follow(), FOLLOW);
  },
  beforeUnmount() {
    this.observer.disconnect();
    clearInterval(this.timer);
    clearTimeout(this.settling);
  },

  methods: {
    // ---- which time

    choose(name) {
      this.set(name === "live" ? null : latest(name, now()));
    },
    between(a, b) {
      this.set(between(a, b, now()));
    },
    move(share) {
      this.set(moved(this.view, share, now()));
    },
    wider() {
      if (this.view.range) return;
      const middle = (this.view.from + this.view.to) / 2;
      const next = zoomed(this.view, middle, 4, now());
      this.set(spanOf(next) > spanOf(this.view) * 1.05 ? next : latest("year", now()));
    },
    zoom(t, factor) {
      this.view = zoomed(this.view, t, factor, now());
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.set(this.view), SETTLE);
    },
    follow() {
      if (this.view?.range) this.view = latest(this.view.range, now());
      if (this.view) this.load();
    },
    set(view) {
      this.view = view;
      this.pointed = null;
      history.replaceState(history.state, "", location.pathname + writeAddress(view, location.search) + location.hash);
      if (view) this.load();
    },

    async load() {
      const stretch = stretchFor(this.view, now());
      this.asked = stretch;
      const slow = setTimeout(() => (this.waits = this.asked === stretch), 300);
      try {
        const answer = await this.archives.get(this.path, stretch, now());
        if (this.asked !== stretch) return; // somebody looks elsewhere by now
        this.answer = Object.freeze(answer);
        this.failed = false;
      } catch {
        this.failed = this.asked === stretch;
      } finally {
        clearTimeout(slow);
        if (this.asked === stretch) this.waits = false;
      }
    },

    // ---- what one chart shows

    card(panel) {
      const { all, title, name, unit } = panel;
      const found = this.found(name);
      const chosen = found.find(([key]) => key === this.devices[name]) ?? found[0] ?? ["", []];
      const lines = this.answer ? chosen[1].map(([line, values, low, high, archive]) => this.line(panel, { name: line, values, low, high, archive: archive ?? this.answer }, chosen[1].length)) : [];
      const devices = found.map(([key]) => ({ key, name: key ? this.answer.names?.[key] ?? key : all }));
      const high = lines.length ? Math.max(...lines.map((line) => most(line.archive, [line], this.view))) : 0;
      const top = name === "used" && this.answer?.size ? Math.max(this.answer.size, high) : name === "memory" ? high || 1 : roundUp(high, unit) || 1;
      const empty = this.answer && high === 0 && lines.every((line) => line.summary.mean === null) ? this.words.why.nothing : "";
      const says = lines.map((line) => line.says).join(". ");
      return { name, title, lines, devices, device: chosen[0], top, topText: empty ? "" : this.format.write(top, unit), says, empty };
    },
    /** [[device, [[line, values, low, high, archive], ...]], ...] */
    found(name) {
      const found = this.answer?.panels?.[name];
      if (found || name !== "used" || !this.answer?.grown?.length) return found ?? [];
      const { archive, values } = evened(this.answer.grown, Math.max(60, this.step));
      return [["", [["used", values, null, null, archive]]]];
    },
    line(panel, line, of) {
      const { unit, lines, title } = panel;
      const write = (value) => this.format.write(value ?? NaN, unit);
      const label = of > 1 ? lines[line.name] ?? "" : "";
      const told = summary(line.archive, line, this.view);
      const said = this.words.says.replace("{title}", [title, label].filter(Boolean).join(", ")).replace("{mean}", write(told.mean)).replace("{least}", write(told.least))
        .replace("{most}", write(told.most)).replace("{now}", write(told.newest));
      if (this.pointed !== null) return { ...line, summary: told, says: said, figure: write(valueAt(line.archive, line.values, this.pointed)), note: this.spread(line, write) || label };
      if (line.name === "given") return { ...line, summary: told, says: said, figure: write(told.newest ?? told.most), note: label }; // a setting
      return { ...line, summary: told, says: said, figure: write(told.mean), note: `${label || this.words.average}, ${this.words.most.replace("{n}", write(told.most))}` };
    },
    /** From the least to the most at the moment one points at, where that is known. */
    spread(line, write) {
      if (!line.low || !line.high) return "";
      return `${write(valueAt(line.archive, line.low, this.pointed))} – ${write(valueAt(line.archive, line.high, this.pointed))}`;
    },
  },
};
