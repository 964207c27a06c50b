// The list of VMs. All rows are plain data; only those in sight are elements, and only their loads are asked for.

import { formats, sparkPath } from "xo-charts";
import { fitting, isolated, least, ordered, synced, table, toAddress, wordsOf } from "xo-lists";
import { addressed, column, csv, fittingTags, haystack, isColumn, matcher, NOTHING, readAddress, save, tally, teller } from "xo-vms";

const inPath = (key) => encodeURIComponent(key).replace("%40", "@");

const leastOf = (columns) => least(columns, 12, 68); // pixels, with the box for choosing and the room at both sides

export default {
  mixins: [table, synced],
  template: `
    <div class="x-vms" :class="{ 'x-vms-narrow': narrow }">
      <div class="x-vms-tools" role="search">
        <label class="x-vms-find"><i class="x-icon" v-html="icons.search"></i>
          <input ref="find" type="search" v-model="filter.q" :placeholder="words.filter" :aria-label="words.find" :title="words.find" spellcheck="false" autocomplete="off"
            @input="refilter" @keydown.down.prevent="$refs.box.focus()" @keydown.esc="clear"></label>
        <div class="x-vms-states" role="group" :aria-label="words.state">
          <button v-for="one in states" :key="one.value" type="button" :class="{ 'x-none': !one.count }" :aria-pressed="filter.state === one.value"
            @click="set('state', filter.state === one.value ? '' : one.value)"><i v-if="one.value" :class="'x-mark x-mark-' + one.value" v-html="marks[one.value]"></i
            >{{ one.name }}<span class="x-count">{{ counted(one.count) }}</span></button>
          <button v-if="trash" type="button" @click="toTrash">{{ words.trash }}<span class="x-count">{{ trash }}</span></button>
        </div>
        <select v-for="one in selects" :key="one.name" class="x-vms-select" :class="{ 'x-vms-set': filter[one.name] }" :aria-label="one.title"
          :value="filter[one.name]" @change="set(one.name, $event.target.value)">
          <option value="">{{ one.title }}</option>
          <option v-for="option in one.options" :key="option.value" :value="option.value">{{ option.name }} ({{ counted(option.count) }})</option>
        </select>
        <span class="x-grow"></span>
        <details v-if="!narrow" ref="menu" class="x-vms-menu" @toggle="menuToggled" @keydown.esc="$refs.menu.open = false">
          <summary class="x-btn x-btn-ghost" :data-tip="words.columnsTip"><i class="x-icon" v-html="icons.columns"></i><span class="x-vms-word">{{ words.columns }}</span></summary>
          <div class="x-vms-panel"><label v-for="one in all" :key="one.key"><input type="checkbox" :checked="shownKeys.includes(one.key)"
            :disabled="one.key === 'name'" @change="toggleColumn(one.key)">{{ one.title }}</label>
            <button type="button" class="x-link" @click="chooseColumns(usual)">{{ words.usual }}</button></div>
        </details>
        <button v-if="!narrow" type="button" class="x-btn x-btn-ghost" :data-tip="words.csvTip" @click="download"><i class="x-icon" v-html="icons.download"></i><span class="x-vms-word">CSV</span></button>
        <a v-if="words.create" class="x-btn x-vms-new" :href="create()" :data-tip="words.create"><i class="x-icon" v-html="icons.plus"></i><span class="x-vms-word">{{ words.create }}</span></a>
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
              @click="click($event, row)" @contextmenu="offer(chosen.has(row.id) ? [...chosen] : [row.id], $event)">
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
      <div ref="bar" class="x-vms-chosen" role="region" :aria-label="words.chosenOnes" :hidden="!picked">
        <b>{{ said(words.chosen, picked) }}</b><span v-if="picked > most" class="x-warning">{{ words.tooMany }}</span>
        <div v-show="picked <= most" class="x-vms-verbs"><slot></slot></div>
        <button type="button" class="x-btn x-btn-ghost" @click="choose([])">{{ words.none }}</button>
      </div>
      <div class="x-only-read" aria-live="polite">{{ said(words.count, total) }}</div>
    </div>`,
  props: { url: String, words: Object, numbers: Object, marks: Object, icons: Object, paths: Object, titles: Object, usual: Array, wanted: Array, most: Number, trash: Number },
  emits: ["watch", "choose", "columns", "offer"],

  data() {
    const { filter, sort } = readAddress(location.search, isColumn);
    return {
      filter, sort, message: null, counts: tally([]),
      shownKeys: (this.wanted.length ? this.wanted : this.usual).filter(isColumn), pools: [],
    };
  },

  computed: {
    all() {
      return Object.entries(this.titles).map(([key, title]) => ({ key, title, ...column(key) }));
    },
    columns() {
      const chosen = this.all.filter((one) => this.shownKeys.includes(one.key));
      return this.shownKeys.length === this.usual.length && this.usual.every((key) => this.shownKeys.includes(key)) ? fitting(chosen, this.room, leastOf) : chosen;
    },
    tracks() {
      return ["28px", ...this.columns.map((one) => one.width)].join(" ");
    },
    least() {
      return leastOf(this.columns);
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
      return this.total > 0 && this.picked === this.total;
    },
    someChosen() {
      return this.picked > 0 && !this.allChosen;
    },
  },

  created() {
    // plain fields: thousands of rows must not become reactive
    this.places = new Map();
    this.traces = new Map();
    this.watching = "";
    this.format = formats(this.numbers);
    this.tell = teller(this);
  },
  mounted() {
    addEventListener("click", this.closeMenu);
  },
  beforeUnmount() {
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

    filled(whole) {
      this.names = whole.names;
      this.changed(whole.rows, [], whole.places);
    },
    changed(put, gone, places) {
      if (places) this.settle(places);
      for (const id of gone) this.traces.delete(id);
      for (const row of put) this.rows.set(row[0], this.read(row));
    },
    failed() {
      this.message = { title: this.words.failed, text: "" };
    },
    arrived() {
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

    measured(pairs) {
      for (const [id, value, trace] of pairs) {
        this.loads.set(id, value);
        if (trace !== undefined) this.traces.set(id, sparkPath(trace, 56, 18));
      }
      this.sort.key === "cpu" ? this.later() : this.measure();
    },

    // ---- what of it is shown

    refresh() {
      if (this.waiting) return;
      const rows = [...this.rows.values()];
      this.counts = tally(rows);
      this.flat = ordered(rows.filter(matcher(this.filter, wordsOf(this.filter.q))), (row) => this.tell.key(row, this.sort.key), (row) => row.name, this.sort.down);
      this.total = this.flat.length;
      this.keepChosen();
      this.message = this.total ? null : rows.length ? { ...this.words.nothing, clear: true } : this.pools.length ? this.words.empty : this.words.noPool;
      this.measure();
    },

    prepare() {
      this.tagRoom = this.$refs.box.querySelector("[data-column=tags]")?.clientWidth ?? 0;
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
        second: this.narrow ? [this.tell.text(row, "state"), first, row.host].filter(Boolean).map(isolated).join(" · ") : "",
      };
    },

    // What is in sight, and whose load is wanted: that of the rows in sight; of all, when that is what they are sorted by.
    settled() {
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
      this.write();
      this.$refs.box.scrollTop = 0;
      this.refresh();
    },
    write() {
      toAddress(addressed({ ...this.filter, pool: this.places.get(this.filter.pool)?.key ?? this.filter.pool }, this.sort));
    },
    clear() {
      Object.assign(this.filter, NOTHING);
      this.refilter();
    },
    sortBy(key) {
      const down = !column(key).up;
      this.sort = this.sort.key === key ? { key, down: !this.sort.down } : { key, down };
      this.write();
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

    chose() {
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.$emit("choose", this.picked <= this.most ? [...this.chosen] : []), 60);
    },
    pick(event, row) {
      event.preventDefault();
      this.tick(row.at, event.shiftKey || !this.chosen.has(row.id), event.shiftKey);
    },
    click(event, row) {
      if (event.target.closest("a")) return; // an ordinary link: a new tab works as everywhere
      if (event.ctrlKey || event.metaKey || event.shiftKey || this.picked) return void this.pick(event, row);
      this.active = row.id;
    },

    covered() {
      return (this.narrow ? 0 : 29) + this.$refs.bar.offsetHeight; // the head, and what floats over the lowest rows
    },
    press(event) {
      if (event.altKey || event.target !== this.$refs.box) return;
      const at = this.flat.findIndex((row) => row.id === this.active);
      const to = this.stepped({ j: "ArrowDown", k: "ArrowUp" }[event.key] ?? event.key, at);
      const row = this.flat[at];
      if ((event.ctrlKey || event.metaKey) && event.key === "a") this.choose(this.flat.map((one) => one.id));
      else if (event.ctrlKey || event.metaKey) return;
      else if (to !== undefined) this.moveTo(to);
      else if (event.key === "Escape" && this.picked) this.choose([]);
      else if (row && event.key === "Enter") location.href = this.dress(row, at).href;
      else if (row && (event.key === " " || event.key === "x")) this.pick(event, { id: row.id, at });
      else return;
      event.preventDefault();
    },
    said(words, n) {
      return words.replace("{n}", this.counted(n));
    },
  },
};
