// Entries of the audit, newest first. A click chooses one; arrows go from one to the next.

export default {
  template: `
    <div class="x-table-box"><table class="x-table x-audit">
      <thead><tr><th v-for="title in heads">{{ title }}</th></tr></thead>
      <tbody @keydown="walk">
        <tr v-for="(row, at) in rows" :key="at" :class="{ 'x-chosen': at === chosen }" @click="choose(at)">
          <td class="x-nowrap" :title="row.at">{{ moment(row.at) }}</td><td class="x-audit-who" dir="auto" :title="row.who">{{ row.who }}</td>
          <td class="x-dim">{{ row.from }}</td>
          <td><button type="button" class="x-audit-what" :aria-pressed="at === chosen">{{ row.what }}</button></td>
          <td class="x-audit-on" dir="auto" :title="row.on">{{ row.on }}</td>
          <td class="x-nowrap" :title="row.result"><span class="x-row"><i v-if="row.mark" :class="'x-mark x-mark-' + row.mark" aria-hidden="true" v-html="marks[row.mark]"></i>
            <span class="x-cut" dir="auto">{{ row.result }}</span></span></td>
        </tr>
      </tbody></table></div>`,
  props: { heads: Array, rows: Array, marks: Object },
  emits: ["choose"],
  data: () => ({ chosen: -1 }),
  watch: { rows() { this.chosen = -1; } },

  methods: {
    moment(at) {
      const format = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
      return new Date(at).toLocaleString(document.documentElement.lang, format);
    },
    choose(at) {
      this.chosen = at;
      this.$emit("choose", at);
      this.$el.querySelectorAll(".x-audit-what")[at]?.focus({ preventScroll: false });
    },
    walk(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.choose(Math.min(this.rows.length - 1, Math.max(0, this.chosen + step)));
    },
  },
};
