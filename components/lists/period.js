// Which time a list is about. Whoever is around it hears `xo-period` with [from, to] in seconds since 1970, null where it is open.

const HOUR = 3600, DAY = 24 * HOUR, AGAIN = 60_000;
const EVENING = 20, MORNING = 8;   // what a night is
const LASTS = { hour: HOUR, day: DAY, week: 7 * DAY };

/** As a field of date and time wants it, in the browser's time. */
function local(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
const seconds = (text) => (Number.isFinite(Date.parse(text)) ? Date.parse(text) / 1000 : null);

export default {
  template: `
    <div class="x-period" role="group" :aria-label="words.title">
      <select :value="when" :aria-label="words.title" :title="when === 'night' ? words.hours : null" @change="choose($event.target.value)">
        <option v-for="[key, title] in options" :key="key" :value="key">{{ title }}</option></select>
      <template v-if="when === 'between'">
        <input type="datetime-local" :value="shown(from)" :aria-label="words.from" :title="words.from" @change="from = seconds($event.target.value); again()">
        <span aria-hidden="true">–</span>
        <input type="datetime-local" :value="shown(to)" :aria-label="words.to" :title="words.to" @change="to = seconds($event.target.value); again()">
      </template>
    </div>`,
  props: { options: Array, words: Object },
  emits: ["period"],

  data() {
    const asked = new URLSearchParams(location.search), when = asked.get("when") ?? "";
    const known = this.options.some(([key]) => key === when);
    return { when: known ? when : "", from: seconds(asked.get("from") ?? ""), to: seconds(asked.get("to") ?? "") };
  },

  mounted() {
    this.$el.addEventListener("clear", () => this.choose(""));
    this.timer = setInterval(() => this.when in LASTS && !document.hidden && this.tell(), AGAIN);
    if (this.when) this.tell();
  },
  unmounted() { clearInterval(this.timer); },

  methods: {
    seconds,
    shown(moment) { return moment === null ? "" : local(moment); },

    range() {
      const now = globalThis.xoDash.now();
      if (this.when in LASTS) return [now - LASTS[this.when], null];
      if (this.when === "between") return [this.from, this.to];
      if (this.when !== "night") return [null, null];
      const morning = new Date(now * 1000).setHours(MORNING, 0, 0, 0), evening = new Date(morning);
      evening.setDate(evening.getDate() - 1);
      return [evening.setHours(EVENING, 0, 0, 0) / 1000, morning / 1000];
    },

    choose(when) {
      if (when === "between") [this.from, this.to] = this.when ? this.range() : [globalThis.xoDash.now() - DAY, null];
      this.when = when;
      this.again();
    },

    again() {
      const url = new URL(location), absolute = this.when === "between";
      const iso = (moment) => (absolute && moment !== null ? new Date(moment * 1000).toISOString().slice(0, 16) + "Z" : "");
      for (const [name, value] of [["when", this.when], ["from", iso(this.from)], ["to", iso(this.to)]]) {
        value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
      }
      history.replaceState(history.state, "", url);
      this.tell();
    },

    tell() {
      const range = this.range();
      this.$el.dispatchEvent(new CustomEvent("xo-period", { bubbles: true, detail: range }));
      this.$emit("period", range);
    },
  },
};
