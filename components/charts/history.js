// What was measured of one object: a bar of ranges, and for all but the last ten minutes the charts of its archives.

import { charts, devicesOf, looking, marks, Plot, told, topOf, writeAddress } from "xo-charts";

// Parts that the small charts and the large one share.
const DEVICE = `
<select v-if="card.devices.length > 1" class="x-past-device" :aria-label="words.device + ', ' + card.title" :value="card.device" @change="devices[card.name] = $event.target.value">
  <option v-for="one in card.devices" :key="one.key" :value="one.key">{{ one.name }}</option></select>`;
const FIGURES = `
<div class="x-chart-figures">
  <span v-for="(line, i) in card.lines" :key="line.name" class="x-chart-figure"><i v-if="card.lines.length > 1" :class="'x-chart-key x-chart-key-' + i"></i
    ><span class="x-figure-value">{{ line.figure }}</span><span class="x-figure-note" :title="line.low ? (card.name === 'cpu' && !card.device ? words.band : words.spread) : null">{{ line.note }}</span></span>
</div>`;
const STRETCH = `
<template v-if="view && !view.range"><span class="x-past-window">{{ clock.stretch(view) }}</span>
  <button type="button" class="x-btn x-btn-ghost" :data-tip="words.backTip" @click="wider">{{ words.back }}</button></template>`;
const ROOM = 270; // pixels around a large plot, above and below
const TALLEST = 560;

export default {
  components: { Plot },
  mixins: [looking],
  template: `
    <div class="x-past">
      <div v-show="!bare" class="x-past-bar">
        <div class="x-past-ranges" role="group" :aria-label="words.range" @pointerenter="warm" @focusin="warm">
          <button v-for="name in ranges" :key="name" type="button" :aria-pressed="(aside ? 'live' : chosen) === name" @click="choose(name)">{{ words.ranges[name] }}</button>
        </div>
        <template v-if="!aside">${STRETCH}</template>
        <span class="x-grow"></span>
        <span v-if="view && !aside && step" class="x-dim x-small x-past-step" :title="words.hint">{{ words.steps[step] }}</span>
        <a class="x-link" :href="compare" :data-tip="words.compareTip">{{ words.compare }}</a>
      </div>
      <div v-show="!view || aside" ref="live" class="x-past-live" @click="fromLive"><slot></slot></div>
      <div v-if="view && !aside && note" class="x-past-note x-dim" role="status">{{ note }}</div>
      <div v-if="view && !aside" class="x-past-cards" :class="{ 'x-past-waits': waits }">
        <section v-for="card in cards" :key="card.name" class="x-card">
          <header class="x-card-head"><h2 class="x-card-title x-cut"><button type="button" :aria-label="card.title + ': ' + words.large" :data-tip="words.large" @click="enlarge(card.name)">{{ card.title }}</button></h2>
${DEVICE}<span v-else-if="pointed !== null" class="x-card-scope">{{ clock.exact(pointed, step) }}</span></header>
          ${FIGURES}
          <Plot :view="view" :lines="card.lines" :top="card.top" :top-text="card.topText" :pointed="pointed" :marks="ticks" :says="card.says" :empty="card.empty"
            @point="pointed = $event" @choose="between" @zoom="zoom" @move="move" @wider="wider" @enlarge="view.range && enlarge(card.name)" />
        </section>
      </div>
      <dialog ref="dialog" class="x-large" :aria-label="large[0]?.title" @close="closed" @click="$event.target === $refs.dialog && $refs.dialog.close()">
        <section v-for="card in large" :key="card.name">
          <header class="x-card-head"><h2 class="x-dialog-title x-cut">{{ card.title }}</h2><span class="x-grow"></span>${DEVICE}
            <button type="button" class="x-btn" @click="$refs.dialog.close()">{{ words.close }}</button></header>
          <div class="x-past-bar">
            <div class="x-past-ranges" role="group" :aria-label="words.range">
              <button v-for="name in spans" :key="name" type="button" :aria-pressed="chosen === name" @click="choose(name)">{{ words.ranges[name] }}</button>
            </div>
            ${STRETCH}
            <span class="x-grow"></span>
            <span v-if="step" class="x-dim x-small">{{ pointed === null ? words.steps[step] : clock.exact(pointed, step) }}</span>
          </div>
          <div v-if="note" class="x-past-note x-dim" role="status">{{ note }}</div>
          ${FIGURES}
          <Plot :class="{ 'x-past-waits': waits }" :view="view" :lines="card.lines" :top="card.top" :top-text="card.topText" :pointed="pointed" :marks="broad" :says="card.says" :empty="card.empty" :height="tall"
            @point="pointed = $event" @choose="between" @zoom="zoom" @move="move" @wider="wider" />
          <p class="x-dim x-small x-large-hint">{{ words.hint }}</p>
        </section>
      </dialog>
    </div>`,
  props: { path: String, shown: String, panels: Array, numbers: Object, words: Object, first: String },

  data() {
    return { answer: null, devices: {}, enlarged: "", tall: TALLEST, breadth: 900 };
  },

  computed: {
    step() {
      return this.answer?.step ?? this.answer?.stretch[0];
    },
    /** Nothing was measured at all, and nobody asked for another time: ranges of nothing. */
    bare() {
      return this.first !== "live" && this.chosen === this.first && Boolean(this.answer) && !this.cards.length;
    },
    spans() {
      return ["10m", ...this.ranges.slice(1)];
    },
    large() {
      return this.view ? this.panels.filter((panel) => panel.name === this.enlarged).map((panel) => this.card(panel)) : [];
    },
    broad() {
      return this.clock.marks(marks(this.view, this.breadth), this.view);
    },
    compare() {
      return `${globalThis.path_prefix ?? ""}/compare${writeAddress(this.view, `?o=${this.shown}`)}`;
    },
    note() {
      if (this.failed) return this.words.failed;
      if (this.answer?.why && !this.answer.grown?.length) return this.words.why[this.answer.why].replace("{name}", this.answer.name);
      return this.answer?.away?.length ? this.words.away.replace("{names}", this.answer.away.join(", ")) : "";
    },
    /** While there is a `view`. */
    cards() {
      return this.panels.map((panel) => this.card(panel)).filter((card) => card.lines.length || !this.answer);
    },
  },

  methods: {
    /** One chart over the page. Of the last ten minutes it is those that hosts keep, and the page stays live behind it. */
    async enlarge(name) {
      this.aside = !this.view;
      if (this.aside) this.choose("10m");
      this.tall = Math.max(160, Math.min(innerHeight - ROOM, TALLEST));
      this.breadth = Math.min(innerWidth, 1200) - 60;
      this.enlarged = name;
      await this.$nextTick();
      this.$refs.dialog.showModal();
      this.$refs.dialog.querySelector(".x-plot-area")?.focus();
    },
    closed() {
      this.enlarged = "";
      this.pointed = null;
      if (this.aside) this.view = null;
      this.aside = false;
    },
    /** The charts of the last ten minutes stand in the order of the panels. */
    fromLive({ target }) {
      const card = target.closest(".x-chart-plot, .x-chart-large")?.closest(".x-card");
      const panel = card && this.panels[[...this.$refs.live.children].indexOf(card)];
      if (panel) this.enlarge(panel.name);
    },
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
