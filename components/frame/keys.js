// What the keyboard does, behind a button and "?" from wherever nobody is typing. The page adds its own: it hears "x-keys" and puts
// {title, keys: [[keys, what they do]]} to the list it gets; a space is between keys that do alike.
export default {
  template: `
    <button type="button" class="x-status x-keys-button" aria-haspopup="dialog" :aria-label="words.title" :data-tip="words.title + ' (?)'" @click="toggle"><kbd class="x-kbd" aria-hidden="true">?</kbd></button>
    <dialog ref="dialog" class="x-keys" :aria-label="words.title" @click="outside">
      <div class="x-keys-head"><h2 class="x-dialog-title">{{ words.title }}</h2><button type="button" class="x-btn" @click="$refs.dialog.close()">{{ words.close }}</button></div>
      <section v-for="section in sections" :key="section.title">
        <h3>{{ section.title }}</h3>
        <dl><template v-for="[keys, text] in section.keys" :key="keys"><dt><kbd v-for="key in keys.split(' ')" :key="key" class="x-kbd">{{ key }}</kbd></dt><dd>{{ text }}</dd></template></dl>
      </section>
    </dialog>`,
  props: { words: Object },

  data() {
    return { sections: [] };
  },

  mounted() { addEventListener("keydown", this.pressed); },
  beforeUnmount() { removeEventListener("keydown", this.pressed); },

  methods: {
    pressed(event) {
      if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, [contenteditable=true]")) return;
      if (document.querySelector(".q-dialog")) return;
      event.preventDefault();
      this.toggle();
    },

    toggle() {
      const { dialog } = this.$refs;
      if (dialog.open) { dialog.close(); return; }
      const detail = [];
      document.dispatchEvent(new CustomEvent("x-keys", { detail }));
      this.sections = [...detail, { title: this.words.everywhere, keys: this.words.keys }];
      dialog.showModal();
    },

    outside(event) { if (event.target === this.$refs.dialog) this.$refs.dialog.close(); },
  },
};
