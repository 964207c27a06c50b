// The infrastructure tree. All rows are plain data; only those in sight are elements.

import { collator, sight, synced } from "xo-lists";

const [ID, PARENT, KIND, MARK, NAME, UUID] = [0, 1, 2, 3, 4, 5];
const [POOL, HOST, VM, BENCH] = [0, 1, 2, 3];
const STORE = "xo-tree";
const MANY = 150; // with more VMs hosts are closed until one opens them

export default {
  mixins: [sight, synced],
  template: `
    <div class="x-tree">
      <div class="x-tree-filter" v-show="total || query || !known">
        <input ref="filter" type="search" :placeholder="words.filter" :aria-label="words.filter" v-model="query"
          spellcheck="false" autocomplete="off" @input="refilter" @keydown="filterKey">
      </div>
      <div ref="box" class="x-tree-box" role="tree" tabindex="0" :aria-label="words.tree" :aria-activedescendant="active ? 'tree-' + active : null"
        @scroll.passive="measure" @keydown="key" @focus="focused = true" @blur="focused = false">
        <div class="x-tree-space" :style="{ height: total * height + 'px' }">
          <a v-for="row in shown" :key="row.id" :id="'tree-' + row.id" class="x-tree-row" role="treeitem" tabindex="-1" draggable="false"
            :class="{ 'x-old': row.old, 'x-active': focused && row.id === active, 'x-off': row.off }" :href="row.href || null"
            :style="{ transform: 'translateY(' + row.top + 'px)', paddingLeft: row.indent + 'px' }"
            :aria-level="row.level" :aria-expanded="row.open === null ? null : row.open" :aria-selected="row.selected"
            :data-tip="row.tip || null" @click="click($event, row)" @contextmenu="menu($event, row)">
            <i v-if="row.open !== null" class="x-tree-twist" :class="{ 'x-open': row.open }" @click.prevent.stop="toggle(row.id)"></i>
            <i v-if="row.isVm" :class="'x-mark x-screen x-mark-' + row.mark" v-html="screens[row.mark] || screens.unknown"></i>
            <template v-else>
              <i class="x-icon" v-html="icons[row.kind]"></i>
              <i v-if="row.mark !== 'running'" :class="'x-mark x-mark-' + row.mark" v-html="marks[row.mark] || marks.unknown"></i>
            </template>
            <span class="x-tree-name" dir="auto"><template v-for="(part, i) in row.parts"><b v-if="i % 2" >{{ part }}</b><template v-else>{{ part }}</template></template></span>
            <span class="x-tree-end" :class="{ 'x-count': row.kind !== 2 }">{{ row.end }}</span>
          </a>
        </div>
        <div v-if="message" class="x-tree-message">{{ message }}</div>
      </div>
    </div>`,
  props: { url: String, selected: String, marks: Object, screens: Object, icons: Array, paths: Object, words: Object },
  emits: ["watch", "menu"],

  data() {
    return { query: "", known: false, message: "" };
  },

  created() {
    // plain fields: thousands of rows must not become reactive
    this.children = new Map();
    this.counts = new Map();
    this.sorted = new Set();
    this.toggled = this.recall();
    this.watching = "";
    this.inView = true;
  },

  mounted() {
    this.onScreen = new IntersectionObserver(([entry]) => {
      this.inView = entry.isIntersecting; // not while it is a drawer that is closed
      this.measure();
    });
    this.onScreen.observe(this.$refs.box);
  },
  beforeUnmount() {
    this.onScreen.disconnect();
  },

  methods: {
    // ---- what there is

    changed(put) {
      for (const row of put) this.rows.set(row[ID], row);
      this.reindex();
    },
    failed() {
      this.message = this.words.failed;
    },
    arrived() {
      this.refresh();
      this.reveal();
    },

    measured(pairs) {
      for (const [id, value] of pairs) this.loads.set(id, value);
      this.later();
    },

    reindex() {
      this.children = new Map();
      this.counts = new Map();
      this.sorted = new Set();
      this.vms = 0;
      for (const row of this.rows.values()) {
        const siblings = this.children.get(row[PARENT]);
        if (siblings) siblings.push(row);
        else this.children.set(row[PARENT], [row]);
        if (row[KIND] === VM) {
          this.vms++;
          for (let id = row[PARENT]; id; id = this.rows.get(id)?.[PARENT]) this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
        }
      }
    },

    below(id) {
      const rows = this.children.get(id) ?? [];
      if (!this.sorted.has(id)) {
        this.sorted.add(id);
        rows.sort((a, b) => (a[KIND] === BENCH) - (b[KIND] === BENCH) || collator.compare(a[NAME], b[NAME]) || a[ID] - b[ID]);
      }
      return rows;
    },

    // ---- what of it is shown

    isOpen(row) {
      const wanted = this.toggled[this.keyOf(row)];
      if (wanted !== undefined) return wanted;
      return row[KIND] === POOL || (row[KIND] === HOST && this.vms <= MANY);
    },

    rowHeight() {
      return parseFloat(getComputedStyle(this.$el).getPropertyValue("--row")) || 26;
    },

    refresh() {
      const flat = [];
      const needle = this.query.trim().toLowerCase();
      const walk = (id, level) => {
        for (const row of this.below(id)) {
          const has = (this.counts.get(row[ID]) ?? 0) > 0 || row[KIND] === POOL;
          if (row[KIND] === BENCH && !has) continue;
          const open = row[KIND] === VM ? null : this.children.has(row[ID]) && has ? this.isOpen(row) : null;
          flat.push({ id: row[ID], row, level, open });
          if (open) walk(row[ID], level + 1);
        }
      };
      const search = (id, level) => {
        let found = false;
        for (const row of this.below(id)) {
          const at = flat.length;
          const own = row[KIND] !== BENCH && row[NAME].toLowerCase().includes(needle);
          const entry = { id: row[ID], row, level, open: row[KIND] === VM ? null : true };
          flat.push(entry);
          const inner = row[KIND] !== VM && search(row[ID], level + 1);
          if (!inner && entry.open) entry.open = null;
          if (!own && !inner) flat.length = at;
          found ||= own || inner;
        }
        return found;
      };
      if (needle) search(0, 1);
      else walk(0, 1);
      this.flat = flat;
      this.total = flat.length;
      this.known = true;
      this.message = flat.length ? "" : needle ? this.words.nothing : this.words.empty;
      this.measure();
    },

    dress({ row, level, open }, at) {
      const [id, , kind, mark, name, uuid] = row, key = this.keyOf(row);
      const pool = this.poolOf(row);
      const load = this.loads.get(id) ?? -1;
      const running = mark === "running" || mark === "busy";
      const says = mark === "running" || kind === BENCH ? "" : this.words.marks[mark] ?? "";
      return {
        id, kind, mark, level, open, top: at * this.height, isVm: kind === VM || kind === BENCH,
        indent: (this.height > 30 ? 26 : 16) + (level - 1) * 14,
        href: uuid && kind !== BENCH ? (window.path_prefix ?? "") + this.paths[kind] + encodeURIComponent(key).replace("%40", "@") : kind === POOL ? (window.path_prefix ?? "") + "/settings" : "",
        parts: this.split(kind === BENCH ? this.words.bench : name || "–"),
        end: kind === VM ? (running && load >= 0 ? this.words.percent.replace("{n}", load) : "") : this.counts.get(id)?.toLocaleString(document.documentElement.lang || undefined) ?? "",
        tip: [name.length > 22 ? name : "", says].filter(Boolean).join("\n"),
        old: pool && pool[MARK] !== "running",
        off: kind === BENCH || (kind === VM && !running && mark !== "paused"),
        selected: key !== "" && key === this.selected,
      };
    },

    /** What a row is called in links: see data/identity.py. */
    keyOf(row) {
      return row[KIND] === HOST || row[KIND] === VM ? `${row[UUID]}@${this.poolOf(row)?.[UUID] ?? ""}` : row[UUID];
    },

    poolOf(row) {
      let at = row;
      while (at && at[PARENT]) at = this.rows.get(at[PARENT]);
      return at;
    },

    split(name) {
      const needle = this.query.trim().toLowerCase();
      const at = needle ? name.toLowerCase().indexOf(needle) : -1;
      return at < 0 ? [name] : [name.slice(0, at), name.slice(at, at + needle.length), name.slice(at + needle.length)];
    },

    // ---- what is kept: the place, and what is in sight

    settled() {
      const ids = this.inView ? this.shown.map((row) => row.id) : [];
      const watching = ids.join();
      if (watching !== this.watching) {
        this.watching = watching;
        this.$emit("watch", ids);
      }
      if (!this.waiting && this.placed && ids.length) sessionStorage.setItem(STORE, this.$refs.box.scrollTop);
    },

    recall() {
      try {
        return JSON.parse(localStorage.getItem(STORE)) ?? {};
      } catch {
        return {};
      }
    },

    toggle(id, wanted) {
      const row = this.rows.get(id);
      if (!row || row[KIND] === VM) return;
      this.toggled[this.keyOf(row)] = wanted ?? !this.isOpen(row);
      localStorage.setItem(STORE, JSON.stringify(this.toggled));
      this.refresh();
    },

    reveal() {
      const chosen = this.selected && [...this.rows.values()].find((row) => this.keyOf(row) === this.selected);
      for (let at = chosen && this.rows.get(chosen[PARENT]); at; at = this.rows.get(at[PARENT])) this.toggled[this.keyOf(at)] = true;
      if (chosen) this.refresh();
      this.$nextTick(() => {
        const box = this.$refs.box;
        box.scrollTop = +sessionStorage.getItem(STORE) || 0;
        const at = chosen ? this.flat.findIndex((entry) => entry.row === chosen) : -1;
        if (at >= 0) {
          this.active = chosen[ID];
          this.scrollTo(at, true);
        }
        this.placed = true;
        this.measure();
      });
    },

    // ---- what one does

    refilter() {
      this.$refs.box.scrollTop = 0;
      this.refresh();
      this.active = 0;
    },

    click(event, row) {
      this.active = row.id;
      if (row.href) return; // an ordinary link: a new tab works as everywhere
      event.preventDefault();
      this.toggle(row.id);
    },

    /** The menu of what can be done to it, where the pointer is; a long press of a finger comes here too. */
    menu(event, row) {
      if (row.kind === BENCH || event.shiftKey) return; // with shift the browser's own
      event.preventDefault();
      this.active = row.id;
      const box = document.getElementById("tree-" + row.id).getBoundingClientRect();
      const pointed = event.clientX || event.clientY;
      this.$emit("menu", [row.id, pointed ? event.clientX : box.left + row.indent, pointed ? event.clientY : box.bottom]);
    },

    filterKey(event) {
      if (event.key === "Escape" && this.query) {
        event.stopPropagation();
        this.query = "";
        this.refilter();
      } else if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        const first = this.flat.find(({ row }) => row[NAME].toLowerCase().includes(this.query.trim().toLowerCase()) && row[KIND] !== BENCH);
        if (!first) return;
        this.active = first.row[ID];
        if (event.key === "Enter") this.open(first);
        else this.$refs.box.focus();
      }
    },

    open({ row }) {
      const { href } = this.dress({ row, level: 1, open: null }, 0);
      if (href) location.href = href;
      else this.toggle(row[ID]);
    },

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const at = this.flat.findIndex(({ id }) => id === this.active);
      const entry = this.flat[at];
      const to = this.stepped(event.key, at);
      if (to !== undefined) this.moveTo(to);
      else if (!entry) return;
      else if (event.key === "Enter") this.open(entry);
      else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) this.menuByKey();
      else if (event.key === " ") this.toggle(entry.row[ID]);
      else if (event.key === "ArrowRight") entry.open === false ? this.toggle(entry.row[ID], true) : entry.open && this.moveTo(at + 1);
      else if (event.key === "ArrowLeft") {
        if (entry.open) this.toggle(entry.row[ID], false);
        else this.moveTo(this.flat.findIndex(({ row }) => row[ID] === entry.row[PARENT]));
      } else return;
      event.preventDefault();
    },

    menuByKey() {
      const row = this.shown.find((one) => one.id === this.active);
      if (row) this.menu({ preventDefault() {} }, row);
    },
  },
};
