// The list of VMs. All rows are plain data; only those in sight are elements, and only their loads are asked for.

import { formats, sparkPath } from "xo-charts";
import {
  column, csv, fitting, fittingTags, haystack, isColumn, least, matcher, NOTHING, readAddress, save, sorted, tally, teller, writeAddress,
} from "xo-vms";

const inPath = (key) => encodeURIComponent(key).replace("%40", "@");
const NARROW = 640; // pixels; below, a row is two lines and needs no columns
const AROUND = 8;   // rows drawn beyond the edges

export default {
  template: `
    <div class="x-vms" :class="{ 'x-vms-narrow': narrow }">
      <div class="x-vms-tools" role="search">
        <label class="x-vms-find"><i class="x-icon" v-html="icons.search"></i>
          <input ref="find" type="search" v-model="filter.q" :placeholder="words.filter" :aria-label="words.find" :title="words.find" spellcheck="false" autocomplete="off"
            @input="refilter" @keydown.down.prevent="$refs.box.focus()" @keydown.esc="clear"></label>
        <div class="x-vms-states" role="group" :aria-label="words.state">
          <button v-for="one in states" :key="one.value" type="button" :class="{ 'x-none': !one.count }" :aria-pressed="filter.state === one.value"
            @click="set('state', filter.state === one.value ? '' : one.value)"><i v-if="one.value" :class="'x-mark x-mark-' + one.value" v-html="marks[one.value]"></i
            >{{ one.name }}<span class="x-count">{{ one.count }}</span></button>
          <button v-if="trash" type="button" @click="toTrash">{{ words.trash }}<span class="x-count">{{ trash }}</span></button>
        </div>
        <select v-for="one in selects" :key="one.name" class="x-vms-select" :class="{ 'x-vms-set': filter[one.name] }" :aria-label="one.title"
          :value="filter[one.name]" @change="set(one.name, $event.target.value)">
          <option value="">{{ one.title }}</option>
          <option v-for="option in one.options" :key="option.value" :value="option.value">{{ option.name }} ({{ option.count }})</option>
        </select>
        <span class="x-grow"></span>
        <details v-if="!narrow" ref="menu" class="x-vms-menu" @toggle="menuToggled" @keydown.esc="$refs.menu.open = false">
          <summary class="x-btn x-btn-ghost" :data-tip="words.columnsTip"><i class="x-icon" v-html="icons.columns"></i><span class="x-vms-word">{{ words.columns }}</span></summary>
          <div class="x-vms-panel"><label v-for="one in all" :key="one.key"><input type="checkbox" :checked="shownKeys.includes(one.key)"
            :disabled="one.key === 'name'" @change="toggleColumn(one.key)">{{ one.title }}</label>
            <button type="button" class="x-link" @click="chooseColumns(usual)">{{ words.usual }}</button></div>
        </details>
        <button v-if="!narrow" type="button" class="x-btn x-btn-ghost" :data-tip="words.csvTip" @click="download"><i class="x-icon" v-html="icons.download"></i><span class="x-vms-word">CSV</span></button>
        <a class="x-btn x-vms-new" :href="create()" :data-tip="words.create"><i class="x-icon" v-html="icons.plus"></i><span class="x-vms-word">{{ words.create }}</span></a>
      </div>
      <div ref="box" class="x-vms-box" role="grid" tabindex="0" :aria-label="words.label" :aria-rowcount="total + 1" aria-multiselectable="true"
        :aria-activedescendant="active ? 'vm-row-' + active : null" @scroll.passive="measure" @keydown="press" @focus="focused = true" @blur="focused = false">
        <div class="x-vms-wide" :style="{ '--tracks': tracks, minWidth: narrow ? 0 : least + 'px' }">
          <div class="x-vms-head" role="row" v-if="!narrow">
            <span role="columnheader"><input type="checkbox" :aria-label="words.all" :disabled="!total" :checked="allChosen" :indeterminate.prop="someChosen" @change="chooseAll"></span>
            <button v-for="one in columns" :key="one.key" type="button" role="columnheader" tabindex="-1" :data-column="one.key" :class="{ 'x-num': one.number, 'x-vms-sorted': sort.key === one.key }"
              :aria-sort="sort.key === one.key ? (sort.down ? 'descending' : 'ascending') : 'none'" @click="sortBy(one.key)"
              ><span class="x-cut">{{ one.title }}</span><i v-if="sort.key === one.key" class="x-icon" v-html="icons[sort.down ? 'down' : 'up']"></i></button>
          </div>
          <div class="x-vms-space" :style="{ height: total * height + 'px' }">
            <div v-for="row in shown" :key="row.id" :id="'vm-row-' + row.id" class="x-vms-row" role="row" :aria-rowindex="row.at + 2" :aria-selected="row.chosen"
              :class="{ 'x-old': row.old, 'x-active': focused && row.id === active, 'x-off': row.off }" :style="{ transform: 'translateY(' + row.top + 'px)' }"
              @click="click($event, row)" @contextmenu="offer($event, row)">
              <span role="gridcell" class="x-vms-check" @click.stop="pick($event, row)"><input type="checkbox" tabindex="-1" :checked="row.chosen" :aria-label="row.name"></span>
              <template v-if="narrow">
                <div class="x-vms-lines"><div class="x-row"><i :class="'x-mark x-mark-' + row.mark" v-html="marks[row.mark]"></i>
                  <a class="x-cut x-vms-name" :href="row.href" tabindex="-1" dir="auto">{{ row.name }}</a><span class="x-grow"></span><span>{{ row.cells.cpu }}</span></div>
                  <div class="x-dim x-small x-cut">{{ row.second }}</div></div>
              </template>
              <template v-else v-for="one in columns" :key="one.key">
                <a v-if="one.kind === 'name'" role="gridcell" class="x-cut x-vms-name" :href="row.href" tabindex="-1" dir="auto" :title="row.name">{{ row.name }}</a>
                <span v-else-if="one.kind === 'state'" role="gridcell" class="x-row x-vms-state"><i :class="'x-mark x-mark-' + row.mark" v-html="marks[row.mark]"></i><span class="x-cut">{{ row.cells.state }}</span></span>
                <span v-else-if="one.kind === 'cpu'" role="gridcell" class="x-vms-cpu"><svg v-if="row.load >= 0" class="x-trace" viewBox="0 0 56 18" aria-hidden="true"><path :d="row.trace" /></svg><span class="x-num">{{ row.cells.cpu }}</span></span>
                <a v-else-if="one.kind === 'host' && row.hostHref" role="gridcell" class="x-cut x-plain" :href="row.hostHref" tabindex="-1" dir="auto">{{ row.cells.host }}</a>
                <span v-else-if="one.kind === 'tags'" role="gridcell" class="x-vms-tags" :title="row.tagsAll"><span v-for="tag in row.tagsShown" :key="tag" class="x-chip" dir="auto">{{ tag }}</span
                  ><span v-if="row.tagsLeft" class="x-dim x-small">+{{ row.tagsLeft }}</span></span>
                <span v-else-if="one.kind === 'addresses'" role="gridcell" class="x-cut" :title="row.many">{{ row.cells.addresses }}</span>
                <span v-else role="gridcell" class="x-cut" dir="auto" :class="{ 'x-num': one.number, 'x-mono': one.kind === 'mono' }" :title="one.number ? null : row.cells[one.key]">{{ row.cells[one.key] }}</span>
              </template>
            </div>
          </div>
        </div>
        <div v-if="message" role="row" class="contents"><div role="gridcell" class="x-empty x-vms-message"><div class="x-empty-title">{{ message.title }}</div><div class="x-empty-text">{{ message.text }}</div>
          <div class="x-btns"><button v-if="message.clear" type="button" class="x-btn" @click="clear">{{ words.clear }}</button>
          <a v-if="message.add" class="x-btn x-btn-primary" :href="settings()">{{ message.add }}</a></div></div></div>
      </div>
      <div ref="bar" class="x-vms-chosen" role="region" :aria-label="words.chosenOnes" :hidden="!chosen.size">
        <b>{{ said(words.chosen, chosen.size) }}</b><span v-if="chosen.size > most" class="x-warning">{{ words.tooMany }}</span>
        <div v-show="chosen.size <= most" class="x-vms-verbs"><slot></slot></div>
        <button type="button" class="x-btn x-btn-ghost" @click="choose([])">{{ words.none }}</button>
      </div>
      <div class="x-only-read" aria-live="polite">{{ said(words.count, total) }}</div>
    </div>`,
  props: { url: String, words: Object, numbers: Object, marks: Object, icons: Object, paths: Object, titles: Object, usual: Array, wanted: Array, most: Number, trash: Number },
  emits: ["watch", "choose", "columns", "offer"],

  data() {
    const { filter, sort } = readAddress(location.search, isColumn);
    return {
      filter, sort, shown: [], total: 0, height: 29, room: 0, narrow: false, active: 0, focused: false, message: null, chosen: new Set(), counts: tally([]),
      shownKeys: (this.wanted.length ? this.wanted : this.usual).filter(isColumn), pools: [],
    };
  },

  computed: {
    all() {
      return Object.entries(this.titles).map(([key, title]) => ({ key, title, ...column(key) }));
    },
    columns() {
      const chosen = this.all.filter((one) => this.shownKeys.includes(one.key));
      return this.shownKeys.length === this.usual.length && this.usual.every((key) => this.shownKeys.includes(key)) ? fitting(chosen, this.room) : chosen;
    },
    tracks() {
      return ["28px", ...this.columns.map((one) => one.width)].join(" ");
    },
    least() {
      return least(this.columns);
    },
    states() {
      return ["running", "halted", "paused", "suspended", "unknown"].map((value) => ({ value, name: this.words.states[value], count: this.counts.state.get(value) ?? 0 }));
    },
    selects() {
      const pool = this.pools.map((place) => ({ value: place.id, name: place.name, count: this.counts.pool.get(place.id) ?? 0 }));
      const found = [["pool", pool], ["host", this.counts.host], ["tag", this.counts.tag], ["lacks", this.lacking()]].map(([name, options]) => ({ name, title: this.words.any[name], options }));
      return found.filter((one) => one.options.length > 1 || this.filter[one.name] || (["tag", "lacks"].includes(one.name) && one.options.length));
    },
    allChosen() {
      return this.total > 0 && this.chosen.size === this.total;
    },
    someChosen() {
      return this.chosen.size > 0 && !this.allChosen;
    },
  },

  created() {
    // plain fields: thousands of rows must not become reactive
    this.rows = new Map();
    this.places = new Map();
    this.loads = new Map();
    this.traces = new Map();
    this.flat = [];
    this.waiting = [];
    this.epoch = null;
    this.revision = 0;
    this.watching = "";
    this.format = formats(this.numbers);
    this.tell = teller(this);
  },
  mounted() {
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.$refs.box);
    this.resize();
    this.timer = setInterval(() => document.hidden || this.measure(), 30000); // times since go on
    addEventListener("click", this.closeMenu);
    setTimeout(() => this.fetch(), 0); // window.path_prefix is set after all is mounted
  },
  beforeUnmount() {
    this.observer.disconnect();
    clearInterval(this.timer);
    removeEventListener("click", this.closeMenu);
  },

  methods: {
    toTrash() {
      location.href = (window.path_prefix ?? "") + "/vms?state=trash";
    },
    create() {
      return (window.path_prefix ?? "") + "/new-vm";
    },
    settings() {
      return (window.path_prefix ?? "") + "/settings?add=server";
    },
    // ---- what there is

    async fetch() {
      try {
        const response = await fetch((window.path_prefix ?? "") + this.url);
        if (!response.ok) throw new Error(response.status);
        const whole = await response.json();
        this.epoch = whole.epoch;
        this.revision = whole.revision;
        this.names = whole.names;
        this.settle(whole.places);
        this.rows = new Map(whole.rows.map((row) => [row[0], this.read(row)]));
      } catch {
        this.message = { title: this.words.failed, text: "" };
        return;
      }
      const waiting = this.waiting;
      this.waiting = null;
      for (const delta of waiting) this.delta(...delta);
      this.refresh();
    },

    read(values) {
      const row = Object.fromEntries(this.names.map((name, i) => [name, values[i]]));
      this.call(row);
      row.hay = haystack(row, this.places.get(row.pool)?.name ?? "");
      return row;
    },

    settle(places) {
      this.pools = places.map(([id, name, live, key, ha]) => ({ id, name, live, key, ha }));
      this.places.clear();
      for (const place of this.pools) this.places.set(place.id, place);
      for (const row of this.rows.values()) this.call(row);
      this.filter.pool = this.pools.find(({ key }) => key === this.filter.pool)?.id ?? this.filter.pool;
    },

    /** What VMs may lack, where some do. */
    lacking() {
      const count = this.counts.lacks?.get("ha") ?? 0;
      return count || this.filter.lacks ? [{ value: "ha", name: this.words.noHa, count }] : [];
    },

    // What a row and its host are called in links: see data/identity.py.
    call(row) {
      const keyed = (uuid) => `${uuid}@${this.places.get(row.pool)?.key ?? ""}`;
      row.key = keyed(row.uuid);
      row.hostKey = row.host_uuid && keyed(row.host_uuid);
      row.lacks = this.places.get(row.pool)?.ha && !row.restarts ? "ha" : "";
    },

    delta(epoch, since, revision, put, gone, places) {
      if (this.waiting) return void this.waiting.push([epoch, since, revision, put, gone, places]);
      if (epoch === this.epoch && revision <= this.revision) return;
      if (epoch !== this.epoch || since > this.revision) {
        this.waiting = [];
        return void this.fetch();
      }
      this.revision = revision;
      if (places) this.settle(places);
      for (const id of gone) {
        this.rows.delete(id);
        this.loads.delete(id);
        this.traces.delete(id);
      }
      for (const row of put) this.rows.set(row[0], this.read(row));
      this.later();
    },

    measured(pairs) {
      for (const [id, value, trace] of pairs) {
        this.loads.set(id, value);
        if (trace !== undefined) this.traces.set(id, sparkPath(trace, 56, 18));
      }
      this.sort.key === "cpu" ? this.later() : this.measure();
    },

    // ---- what of it is shown

    later() {
      if (this.framed) return;
      this.framed = requestAnimationFrame(() => {
        this.framed = 0;
        this.refresh();
      });
    },

    refresh() {
      if (this.waiting) return;
      const rows = [...this.rows.values()];
      this.counts = tally(rows);
      this.flat = sorted(rows.filter(matcher(this.filter)), this.tell, this.sort);
      this.total = this.flat.length;
      this.keepChosen();
      this.message = this.total ? null : rows.length ? { ...this.words.nothing, clear: true } : this.pools.length ? this.words.empty : this.words.noPool;
      this.measure();
    },

    resize() {
      const style = getComputedStyle(this.$el);
      this.narrow = this.$el.clientWidth < NARROW;
      this.room = this.$refs.box.clientWidth;
      this.height = this.narrow ? 52 : parseFloat(style.getPropertyValue("--row-table")) || 29;
      this.measure();
      this.$nextTick(() => this.measure()); // columns are as wide as they are now
    },

    measure() {
      const box = this.$refs.box;
      if (!box) return;
      this.tagRoom = box.querySelector("[data-column=tags]")?.clientWidth ?? 0;
      const from = Math.max(0, Math.floor(box.scrollTop / this.height) - AROUND);
      const to = Math.min(this.flat.length, Math.ceil((box.scrollTop + box.clientHeight) / this.height) + AROUND);
      this.shown = this.flat.slice(from, to).map((row, i) => this.dress(row, from + i));
      clearTimeout(this.keeping);
      this.keeping = setTimeout(() => this.watch(), 150);
    },

    widthOf(text) {
      this.pen ??= Object.assign(document.createElement("canvas").getContext("2d"), { font: `12px ${getComputedStyle(this.$el).fontFamily}` });
      return this.pen.measureText(text).width;
    },
    dress(row, at) {
      const fit = fittingTags(row.tags, this.tagRoom, (text) => this.widthOf(text));
      const keys = this.narrow ? ["cpu"] : this.shownKeys;
      const [first, ...more] = row.addresses.split(" ");
      const cells = Object.fromEntries(keys.map((key) => [key, this.tell.text(row, key)]));
      if (more.length && cells.addresses) cells.addresses = `${first} +${more.length}`;
      const prefix = window.path_prefix ?? "";
      return {
        id: row.id, at, top: at * this.height, cells, name: row.name || "–", tags: row.tags, tagsShown: row.tags.slice(0, fit), tagsLeft: row.tags.length - fit, tagsAll: row.tags.length > fit ? row.tags.join("\n") : null, many: more.length ? row.addresses.replaceAll(" ", "\n") : null,
        mark: row.doing ? "busy" : row.state, load: this.tell.load(row), trace: this.traces.get(row.id) ?? "", chosen: this.chosen.has(row.id),
        href: prefix + this.paths.vm + inPath(row.key), hostHref: row.hostKey && prefix + this.paths.host + inPath(row.hostKey),
        old: this.places.get(row.pool)?.live === false, off: row.state === "halted" || row.state === "suspended",
        second: this.narrow ? [this.tell.text(row, "state"), first, row.host].filter(Boolean).join(" · ") : "",
      };
    },

    // What is in sight, and whose load is wanted: that of the rows in sight; of all, when that is what they are sorted by.
    watch() {
      const sight = this.shown.map((row) => row.id);
      const rows = this.sort.key === "cpu" ? this.flat : this.flat.filter((row) => this.shown.some((one) => one.id === row.id));
      const wanted = this.narrow || this.shownKeys.includes("cpu") || this.sort.key === "cpu" ? rows.filter((row) => row.state === "running") : [];
      const ids = wanted.map((row) => row.id);
      const watching = [[...sight].sort(), [...ids].sort()].join(";");
      if (watching === this.watching) return;
      this.watching = watching;
      this.$emit("watch", sight, ids);
    },

    // ---- what one wants to see

    set(name, value) {
      this.filter[name] = value;
      this.refilter();
    },
    refilter() {
      writeAddress({ ...this.filter, pool: this.places.get(this.filter.pool)?.key ?? this.filter.pool }, this.sort);
      this.$refs.box.scrollTop = 0;
      this.refresh();
    },
    clear() {
      Object.assign(this.filter, NOTHING);
      this.refilter();
    },
    sortBy(key) {
      const down = !column(key).up;
      this.sort = this.sort.key === key ? { key, down: !this.sort.down } : { key, down };
      writeAddress({ ...this.filter, pool: this.places.get(this.filter.pool)?.key ?? this.filter.pool }, this.sort);
      this.refresh();
    },
    toggleColumn(key) {
      const chosen = new Set(this.shownKeys);
      chosen.has(key) ? chosen.delete(key) : chosen.add(key);
      this.chooseColumns(Object.keys(this.titles).filter((one) => chosen.has(one)));
    },
    chooseColumns(keys) {
      this.shownKeys = keys;
      this.$emit("columns", keys);
      this.measure();
    },
    closeMenu(event) {
      if (this.$refs.menu?.open && !this.$refs.menu.contains(event.target)) this.$refs.menu.open = false;
    },
    menuToggled() {
      if (this.$refs.menu.open) this.$refs.menu.querySelector("input:not(:disabled)").focus();
    },
    download() {
      const keys = [...new Set([...this.shownKeys, "uuid", "pool"])]; // a uuid alone may be in two pools
      save(csv(this.flat, keys.map((key) => ({ key, title: this.titles[key] })), this.tell), "vms.csv");
    },

    // ---- what one chooses

    choose(ids) {
      this.chosen = new Set(ids);
      this.measure();
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.$emit("choose", this.chosen.size <= this.most ? [...this.chosen] : []), 60);
    },
    /** What is no longer listed is no longer chosen: nothing is done to what one does not see ticked. */
    keepChosen() {
      if (!this.chosen.size) return;
      const kept = this.flat.filter((row) => this.chosen.has(row.id)).map((row) => row.id);
      if (kept.length < this.chosen.size) this.choose(kept);
    },
    chooseAll() {
      this.choose(this.allChosen ? [] : this.flat.map((row) => row.id));
    },
    pick(event, row) {
      event.preventDefault();
      const last = this.flat.findIndex((one) => one.id === this.active);
      const ids = new Set(this.chosen);
      if (event.shiftKey && last >= 0) for (let at = Math.min(last, row.at); at <= Math.max(last, row.at); at++) ids.add(this.flat[at].id);
      else ids.has(row.id) ? ids.delete(row.id) : ids.add(row.id);
      this.active = row.id;
      this.choose(ids);
    },
    click(event, row) {
      if (event.target.closest("a")) return; // an ordinary link: a new tab works as everywhere
      if (event.ctrlKey || event.metaKey || event.shiftKey || this.chosen.size) return void this.pick(event, row);
      this.active = row.id;
    },

    /** The menu of what can be done to the row, or to all that are chosen with it, where the pointer is. */
    offer(event, row) {
      event.preventDefault();
      const box = event.currentTarget.getBoundingClientRect();
      const pointed = event.clientX || event.clientY;
      this.$emit("offer", [this.chosen.has(row.id) ? [...this.chosen] : [row.id], pointed ? event.clientX : box.left, pointed ? event.clientY : box.bottom]);
    },

    press(event) {
      if (event.altKey || event.target !== this.$refs.box) return;
      const at = this.flat.findIndex((row) => row.id === this.active);
      const page = Math.max(1, Math.floor(this.$refs.box.clientHeight / this.height) - 2);
      const moves = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: this.total - 1, PageDown: at + page, PageUp: at - page };
      const row = this.flat[at];
      if ((event.ctrlKey || event.metaKey) && event.key === "a") this.choose(this.flat.map((one) => one.id));
      else if (event.ctrlKey || event.metaKey) return;
      else if (event.key in moves) this.moveTo(at < 0 ? 0 : moves[event.key]);
      else if (event.key === "Escape" && this.chosen.size) this.choose([]);
      else if (row && event.key === "Enter") location.href = this.dress(row, at).href;
      else if (row && (event.key === " " || event.key === "x")) this.pick(event, { id: row.id, at });
      else return;
      event.preventDefault();
    },
    moveTo(at) {
      const to = Math.max(0, Math.min(this.total - 1, at));
      if (!this.flat[to]) return;
      this.active = this.flat[to].id;
      const box = this.$refs.box;
      const top = to * this.height;
      const room = box.clientHeight - (this.narrow ? 0 : 29) - this.$refs.bar.offsetHeight; // what floats over the lowest rows
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + this.height > box.scrollTop + room) box.scrollTop = top + this.height - room;
      this.measure();
    },

    said(words, n) {
      return words.replace("{n}", n);
    },
  },
};
