// Several objects on one time axis: a card for each quantity, in it a strip for each object.

import { devicesOf, looking, Plot, told, topOf } from "xo-charts";

export default {
  components: { Plot },
  mixins: [looking],
  template: `
    <div class="x-past x-past-alone x-compare">
      <div class="x-past-bar">
        <div class="x-past-ranges" role="group" :aria-label="words.range">
          <button v-for="name in ranges" :key="name" type="button" :aria-pressed="chosen === name" @click="choose(name)">{{ words.ranges[name] }}</button></div>
        <div class="x-past-ranges" role="group" :aria-label="words.scale">
          <button type="button" :aria-pressed="!own" @click="scale(false)">{{ words.same }}</button><button type="button" :aria-pressed="own" @click="scale(true)">{{ words.own }}</button></div>
        <template v-if="!view.range"><span class="x-past-window">{{ clock.stretch(view) }}</span>
          <button type="button" class="x-btn x-btn-ghost" :data-tip="words.backTip" @click="wider">{{ words.back }}</button></template>
        <span class="x-grow"></span>
        <span class="x-dim x-small" :title="words.hint">{{ pointed !== null ? clock.exact(pointed, step) : words.steps[step] }}</span>
      </div>
      <div class="x-past-bar x-compare-objects"><span v-for="one in shown" :key="one.key" class="x-chip"><a :href="prefix + one.path" dir="auto">{{ one.name }}</a
        ><button v-if="shown.length > 1" type="button" :aria-label="words.remove.replace('{name}', one.name)" @click="leave(one)">×</button></span></div>
      <div v-for="note in notes" :key="note" class="x-past-note x-dim" role="status">{{ note }}</div>
      <div class="x-past-cards" :class="{ 'x-past-waits': waits }">
        <section v-for="card in cards" :key="card.name" class="x-card">
          <header class="x-card-head"><h2 class="x-card-title x-cut">{{ card.title }}</h2>
            <span class="x-card-scope"><template v-for="(name, i) in card.keys" :key="name"><i :class="'x-chart-key x-chart-key-' + i"></i>{{ name }}</template></span></header>
          <div v-for="(strip, i) in card.strips" :key="strip.key" class="x-strip">
            <div class="x-strip-head"><span class="x-cut" dir="auto">{{ strip.name }}</span><span class="x-grow"></span
              ><span v-for="line in strip.lines" :key="line.name" class="x-strip-figure">{{ line.figure }}</span></div>
            <Plot :view="view" :lines="strip.lines" :top="strip.top" :top-text="strip.topText" :pointed="pointed" :marks="ticks" :says="strip.name + ': ' + strip.says" :empty="strip.empty"
              :height="48" :axis="i === card.strips.length - 1" @point="pointed = $event" @choose="between" @zoom="zoom" @move="move" @wider="wider" />
          </div>
        </section>
      </div>
    </div>`,
  props: { objects: Array, panels: Array, numbers: Object, words: Object, first: String },

  data() {
    return { answers: {}, gone: [], own: new URLSearchParams(location.search).get("scale") === "own" };
  },
  computed: {
    prefix: () => globalThis.path_prefix ?? "",
    shown() {
      return this.objects.filter((one) => !this.gone.includes(one.key));
    },
    step() {
      return Object.values(this.answers).find((answer) => answer.step)?.step ?? "";
    },
    notes() {
      const why = this.shown.map((one) => [one, this.answers[one.key]]).filter(([, answer]) => answer?.why && !answer.grown?.length);
      return this.failed ? [this.words.failed] : why.map(([one, answer]) => `${one.name}: ${this.words.why[answer.why].replace("{name}", answer.name)}`);
    },
    cards() {
      return this.panels.map((panel) => this.card(panel)).filter((card) => card.strips.length);
    },
  },
  methods: {
    paths() {
      return this.shown.map((one) => one.past);
    },
    took(answers) {
      const shown = this.shown;
      if (answers.length === shown.length) this.answers = Object.fromEntries(shown.map((one, i) => [one.key, answers[i]]));
    },
    leave(one) {
      this.gone.push(one.key);
      this.address((asked) => asked.set("o", this.shown.map((other) => other.key).join(",")));
      this.load();
    },
    scale(own) {
      this.own = own;
      this.address((asked) => (own ? asked.set("scale", "own") : asked.delete("scale")));
    },
    address(change) {
      const url = new URL(location);
      change(url.searchParams);
      history.replaceState(history.state, "", url.pathname + url.search.replaceAll("%3A", ":").replaceAll("%2C", ",") + url.hash);
    },
    card(panel) {
      const found = this.shown.map((one) => ({ one, answer: this.answers[one.key], drawn: devicesOf(this.answers[one.key], panel.name)[0]?.[1] ?? [] })).filter((each) => each.drawn.length);
      const tops = found.map(({ drawn, answer }) => topOf(panel, drawn, this.view, answer.size));
      const highest = Math.max(0, ...tops);
      const strips = found.map(({ one, drawn }, i) => {
        const lines = told(panel, drawn, this);
        const empty = lines.every((line) => line.empty) ? this.words.why.nothing : "";
        const top = (this.own ? tops[i] : highest) || 1;
        const topText = empty || (!this.own && i) ? "" : this.format.write(top, panel.unit);
        return { key: one.key, name: one.name, lines, top, topText, empty, says: lines.map((line) => line.says).join(". ") };
      });
      const most = Math.max(0, ...strips.map(({ lines }) => lines.length));
      const keys = most > 1 ? (strips.find(({ lines }) => lines.length === most)?.lines ?? []).map((line) => line.label) : [];
      return { name: panel.name, title: panel.title, strips, keys };
    },
  },
};
