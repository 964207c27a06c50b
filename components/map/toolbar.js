// What the map shows and how: fill, size and group, what is looked for, map or table. The map has the state; this shows it and asks for another.
export default {
  template: `
    <div class="xo-tools" role="group" :aria-label="words.tools">
      <div class="xo-views" role="group" :aria-label="words.view">
        <button v-for="[value, name] in words.views" :key="value" type="button" class="x-btn" :aria-pressed="state.view === value" @click="set({ view: value })">{{ name }}</button>
      </div>
      <template v-for="[key, title, values] in words.menus" :key="key">
        <label class="xo-pick" :class="{ 'xo-only-wide': key !== (state.view === 'map' ? 'fill' : 'group') }" v-show="state.view === 'map' || key === 'group'">
          <span>{{ title }}</span>
          <select :value="state[key]" @change="set({ [key]: $event.target.value })"><option v-for="[value, name] in values" :key="value" :value="value">{{ name }}</option></select>
        </label>
        <span v-if="key === 'fill' && words.scales[state.fill]" v-show="state.view === 'map'" class="xo-scale" role="img" :aria-label="scale">{{ words.scales[state.fill][0] }}<i></i>{{ words.scales[state.fill][1] }}</span>
      </template>
      <div class="xo-filter" role="search" :aria-label="words.filter">
        <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3 3"/></svg>
        <input ref="field" type="text" :value="state.filter" :placeholder="words.filter" :aria-label="words.filter" :title="words.grammar" maxlength="300" spellcheck="false" autocomplete="off" autocapitalize="off"
          @input="set({ filter: $event.target.value })" @keydown="key">
        <template v-if="found >= 0">
          <span class="xo-found" aria-live="polite">{{ counted }}</span>
          <button type="button" class="xo-filter-verb" :aria-pressed="state.only" :title="words.only" :aria-label="words.only" @click="set({ only: !state.only })"><svg viewBox="0 0 16 16"><path d="M2 3h12l-4.7 5.6V13l-2.6-1.4v-3z"/></svg></button>
          <button type="button" class="xo-filter-verb" :title="words.chooseAll" :aria-label="words.chooseAll" @click="map?.chooseFound()"><svg viewBox="0 0 16 16"><path d="M2.5 2.5h11v11h-11zM5 8l2 2 4-4.5"/></svg></button>
          <button type="button" class="xo-filter-verb" :title="words.clear" :aria-label="words.clear" @click="clear"><svg viewBox="0 0 16 16"><path d="m4 4 8 8M12 4l-8 8"/></svg></button>
        </template>
      </div>
      <button v-show="state.view === 'map'" type="button" class="x-btn xo-legend-button" :aria-pressed="legend" :aria-label="words.legend" @click="map?.showLegend(!legend)"><svg class="x-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d="M2 3h3v3H2zM2 10h3v3H2zM8 4.5h6M8 11.5h6"/></svg><span>{{ words.legend }}</span></button>
    </div>`,
  props: { words: Object, chart: Number },

  data() {
    return { state: { view: "map", fill: "cpu", size: "auto", group: "placement", filter: "", only: false }, found: -1, counted: "", legend: false };
  },

  computed: {
    scale() { const [low, high] = this.words.scales[this.state.fill]; return this.words.scale.replace("{low}", low).replace("{high}", high); },
  },

  created() { this.map = null; },
  mounted() {
    document.addEventListener("xo-map-view", this.follow);
    this.follow({ detail: document.getElementById(`c${this.chart}`)?.map });
  },
  beforeUnmount() { document.removeEventListener("xo-map-view", this.follow); },

  methods: {
    follow({ detail: map }) {
      if (map?.$el.id !== `c${this.chart}`) return;
      this.map = map;
      const { view, fill, size, group, filter, only } = map.state;
      this.state = { view, fill, size, group, filter, only };
      this.legend = !map.$refs.legend.hidden;
      this.found = map.found ? map.found.size : -1;
      this.counted = map.found ? map.format.number(map.found.size) : "";
      map.askFilter = () => { this.$refs.field.focus(); this.$refs.field.select(); };
    },
    set(wish) { this.map?.set(wish); },
    clear() { this.set({ filter: "", only: false }); this.$refs.field.focus(); },
    key(event) {
      if (event.key === "Enter") { event.preventDefault(); this.map?.nextFound(event.shiftKey ? -1 : 1); }
      else if (event.key === "Escape") { event.stopPropagation(); if (this.state.filter) this.clear(); else this.map?.$refs.focus.focus(); }
      else if (event.key === "ArrowDown") { event.preventDefault(); this.map?.$refs.focus.focus(); }
    },
  },
};
