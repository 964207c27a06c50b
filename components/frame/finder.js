// The search in the bar: "/" or Ctrl+K goes to it, arrows move through what is found, Enter opens it.
export default {
  template: `
    <div class="x-finder" role="search" :aria-label="words.label" @focusout="left">
      <i class="x-icon" v-html="icons.search"></i>
      <input ref="field" type="text" v-model="query" :placeholder="placeholder" :aria-label="words.label" spellcheck="false" autocomplete="off"
        role="combobox" aria-autocomplete="list" :aria-expanded="open" aria-controls="x-found"
        :aria-activedescendant="open && flat.length ? 'x-found-' + at : null"
        @focus="entered" @input="typed" @keydown="key">
      <kbd class="x-kbd" aria-hidden="true">/</kbd>
      <div v-if="open" id="x-found" ref="panel" class="x-found" role="listbox" :aria-label="words.label" @mousedown.prevent>
        <template v-for="group in groups" :key="group.title">
          <div class="x-found-title">{{ group.title }}<span class="x-count">{{ group.more }}</span></div>
          <a v-for="hit in group.hits" :key="hit.n" :id="'x-found-' + hit.n" :href="hit.href" class="x-found-hit" role="option" tabindex="-1"
            :aria-selected="hit.n === at" @mousemove="at = hit.n" @mousedown.stop>
            <i v-if="hit.mark" :class="'x-mark x-screen x-mark-' + hit.mark" v-html="screens[hit.mark] || screens.unknown"></i>
            <i v-else class="x-icon" v-html="icons[hit.icon]"></i>
            <span class="x-found-name"><template v-for="(part, i) in split(hit.name)"><b v-if="i % 2">{{ part }}</b><template v-else>{{ part }}</template></template></span>
            <span class="x-found-why"><template v-for="(part, i) in split(hit.why)"><b v-if="i % 2">{{ part }}</b><template v-else>{{ part }}</template></template></span>
            <span class="x-found-where">{{ hit.where }}</span>
          </a>
        </template>
        <div v-if="!flat.length" class="x-found-nothing">{{ words.nothing }}</div>
      </div>
    </div>`,
  props: { placeholder: String, screens: Object, icons: Object, words: Object },
  emits: ["ready", "query"],

  data() {
    return { query: "", groups: [], flat: [], at: 0, open: false };
  },

  created() {
    this.number = 0;
    this.asked = false;
  },
  mounted() {
    addEventListener("keydown", this.shortcut);
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
      for (const group of groups) {
        for (const hit of group.hits) {
          hit.n = this.flat.length;
          hit.href = (window.path_prefix ?? "") + hit.path;
          this.flat.push(hit);
        }
      }
      this.groups = groups;
      this.at = 0;
      this.open = document.activeElement === this.$refs.field;
    },

    split(text) {
      const words = this.query.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return escaped.length ? text.split(new RegExp(`(${escaped.join("|")})`, "i")) : [text];
    },

    key(event) {
      if (event.key === "Escape") {
        if (this.open) {
          this.open = false;
          this.number++; // an answer on its way does not open it again
        } else this.$refs.field.blur();
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!this.flat.length) return;
        this.open = true;
        this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.flat.length) % this.flat.length;
        this.$nextTick(() => this.$refs.panel.querySelector(`#x-found-${this.at}`)?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Enter" && this.open && this.flat[this.at]) {
        event.preventDefault();
        const { href } = this.flat[this.at];
        if (event.ctrlKey || event.metaKey) window.open(href, "_blank");
        else location.href = href;
      }
    },
  },
};
