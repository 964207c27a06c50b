// What was measured of one object: a bar of ranges, and for all but the last ten minutes the charts of its archives.

import { charts, devicesOf, looking, Plot, told, topOf, writeAddress } from "xo-charts";

export default {
  components: { Plot },
  mixins: [looking],
  template: `
    <div class="x-past">
      <div v-show="!bare" class="x-past-bar">
        <div class="x-past-ranges" role="group" :aria-label="words.range" @pointerenter="warm" @focusin="warm">
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
              ><span class="x-figure-value">{{ line.figure }}</span><span class="x-figure-note" :title="line.low ? (card.name === 'cpu' && !card.device ? words.band : words.spread) : null">{{ line.note }}</span></span>
          </div>
          <Plot :view="view" :lines="card.lines" :top="card.top" :top-text="card.topText" :pointed="pointed" :marks="ticks" :says="card.says" :empty="card.empty"
            @point="pointed = $event" @choose="between" @zoom="zoom" @move="move" @wider="wider" />
        </section>
      </div>
    </div>`,
  props: { path: String, shown: String, panels: Array, numbers: Object, words: Object, first: String },

  data() {
    return { answer: null, devices: {} };
  },

  computed: {
    step() {
      return this.answer?.step ?? this.answer?.stretch[0];
    },
    /** Nothing was measured at all, and nobody asked for another time: ranges of nothing. */
    bare() {
      return Boolean(this.answer) && !this.cards.length && this.first !== "live" && this.chosen === this.first;
    },
    compare() {
      return `${globalThis.path_prefix ?? ""}/compare${writeAddress(this.view, `?o=${this.shown}`)}`;
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

  methods: {
    /** Whoever comes near the ranges will want the library. */
    warm() {
      charts();
    },
    paths() {
      return [this.path];
    },
    took([answer]) {
      this.answer = answer;
    },
    card(panel) {
      const found = devicesOf(this.answer, panel.name);
      const [device, drawn] = found.find(([key]) => key === this.devices[panel.name]) ?? found[0] ?? ["", []];
      const lines = told(panel, drawn, this);
      const top = topOf(panel, drawn, this.view, this.answer?.size);
      const empty = this.answer && lines.every((line) => line.empty) ? this.words.why.nothing : "";
      return {
        name: panel.name, title: panel.title, lines, device, empty, top: top || 1, topText: empty || !this.answer ? "" : this.format.write(top || 1, panel.unit),
        devices: found.map(([key]) => ({ key, name: key ? this.answer.names?.[key] ?? key : panel.all })), says: lines.map((line) => line.says).join(". "),
      };
    },
  },
};
