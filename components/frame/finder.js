// The search in the bar: "/" or Ctrl+K goes to it, arrows move through what is found, Enter opens it.
// One of a page (`adds` is a name in its address) adds what is found to the list that the address has there.
export default {
  template: `
    <div class="x-finder" :class="{ 'x-finder-adds': adds }" role="search" :aria-label="words.label" @focusout="left">
      <i class="x-icon" v-html="icons.search"></i>
      <input ref="field" type="text" v-model="query" :placeholder="placeholder" :aria-label="words.label" spellcheck="false" autocomplete="off"
        role="combobox" aria-autocomplete="list" :aria-expanded="open" :aria-controls="name"
        :aria-activedescendant="open && flat.length ? name + '-' + at : null"
        @focus="entered" @input="typed" @keydown="key">
      <kbd v-if="!adds" class="x-kbd" aria-hidden="true">/</kbd>
      <div v-if="open" :id="name" ref="panel" class="x-found" role="listbox" :aria-label="words.label" @mousedown.prevent>
        <template v-for="group in groups" :key="group.title">
          <div class="x-found-title">{{ group.title }}<span class="x-count">{{ group.more }}</span></div>
          <a v-for="hit in group.hits" :key="hit.n" :id="name + '-' + hit.n" :href="hit.href" class="x-found-hit" role="option" tabindex="-1"
            :aria-selected="hit.n === at" @mousemove="at = hit.n" @mousedown.stop @contextmenu="menu(hit, $event)">
            <i v-if="hit.mark" :class="'x-mark x-screen x-mark-' + hit.mark" v-html="screens[hit.mark] || screens.unknown"></i>
            <i v-else class="x-icon" v-html="icons[hit.icon]"></i>
            <span class="x-found-name"><template v-for="(part, i) in split(hit.name)"><b v-if="i % 2">{{ part }}</b><template v-else>{{ part }}</template></template></span>
            <span class="x-found-why"><template v-for="(part, i) in split(hit.why)"><b v-if="i % 2">{{ part }}</b><template v-else>{{ part }}</template></template></span>
            <span class="x-found-where">{{ hit.where }}</span>
          </a>
        </template>
        <div v-if="!flat.length" class="x-found-nothing">{{ full ? words.full : words.nothing }}</div>
      </div>
    </div>`,
  props: { placeholder: String, screens: Object, icons: Object, words: Object, adds: String, most: Number },
  emits: ["ready", "query", "offer"],

  data() {
    return { query: "", groups: [], flat: [], at: 0, open: false, full: false };
  },
  computed: {
    name() {
      return this.adds ? "x-found-to-add" : "x-found";
    },
  },

  created() {
    this.number = 0;
    this.asked = false;
  },
  mounted() {
    if (!this.adds) addEventListener("keydown", this.shortcut);
  },
  beforeUnmount() {
    removeEventListener("keydown", this.shortcut);
  },

  methods: {
    shortcut(event) {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable=true]");
      const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
      const control = event.code === "KeyK" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if ((!slash && !control) || document.querySelector(".q-dialog")) return;
      event.preventDefault();
      this.$refs.field.focus();
      this.$refs.field.select();
    },

    entered() {
      if (!this.asked) this.$emit("ready");
      this.asked = true;
      if (this.query.trim() && this.flat.length) this.open = true;
    },

    left(event) {
      if (!this.$el.contains(event.relatedTarget)) this.open = false;
    },

    typed() {
      if (!this.query.trim()) {
        this.number++;
        this.open = false;
        this.groups = this.flat = [];
        return;
      }
      this.$emit("query", ++this.number, this.query.slice(0, 200));
    },

    show(number, groups) {
      if (number !== this.number) return; // an answer to what was typed before
      this.flat = [];
      const there = this.listed();
      this.full = Boolean(this.adds) && there.length >= this.most;
      for (const group of groups) {
        group.hits = this.full ? [] : group.hits.filter((hit) => !there.includes(hit.key));
        for (const hit of group.hits) {
          hit.n = this.flat.length;
          hit.href = this.adds ? this.adding([...there, hit.key]) : (window.path_prefix ?? "") + hit.path;
          this.flat.push(hit);
        }
      }
      this.groups = groups.filter((group) => group.hits.length);
      this.at = 0;
      this.open = document.activeElement === this.$refs.field;
    },

    /** What the address has already. */
    listed() {
      return (new URLSearchParams(location.search).get(this.adds) ?? "").split(",").filter(Boolean);
    },
    adding(keys) {
      const url = new URL(location);
      url.searchParams.set(this.adds, keys.join(","));
      return url.pathname + url.search.replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%40", "@");
    },

    split(text) {
      const words = this.query.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return escaped.length ? text.split(new RegExp(`(${escaped.join("|")})`, "i")) : [text];
    },

    /** What can be done to it, where the pointer is, or below it for the keyboard. */
    menu(hit, event) {
      if (this.adds || hit.row === undefined) return;
      event.preventDefault();
      const box = this.$refs.panel.querySelector(`#${this.name}-${hit.n}`).getBoundingClientRect();
      const pointed = event.clientX || event.clientY;
      this.$emit("offer", [this.number, hit.row, pointed ? event.clientX : box.left + 12, pointed ? event.clientY : box.bottom]);
    },

    key(event) {
      if (this.open && this.flat[this.at] && (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
        this.menu(this.flat[this.at], event);
      } else if (event.key === "Escape") {
        if (this.open) {
          this.open = false;
          this.number++; // an answer on its way does not open it again
        } else this.$refs.field.blur();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!this.flat.length) return;
        this.open = true;
        this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.flat.length) % this.flat.length;
        this.$nextTick(() => this.$refs.panel.querySelector(`#${this.name}-${this.at}`)?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Enter" && this.open && this.flat[this.at]) {
        event.preventDefault();
        const { href } = this.flat[this.at];
        if (event.ctrlKey || event.metaKey) window.open(href, "_blank");
        else location.href = href;
      }
    },
  },
};
