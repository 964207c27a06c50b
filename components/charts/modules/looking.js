// Which time charts look at: what the bar of ranges, the wheel, a hand and the address say. Mixed into what shows charts.

import { clocks } from "./clock.js";
import { Archives } from "./archive.js";
import { formats } from "./format.js";
import { between, latest, marks, moved, RANGES, readAddress, spanOf, stretchFor, writeAddress, zoomed } from "./window.js";

const FOLLOW = 15000; // milliseconds after which a range that ends now goes on
const SETTLE = 120; // ... after the last turn of a wheel
const SLOW = 300; // ... after which waiting is shown

export const now = () => globalThis.xoDash?.now() ?? Date.now() / 1000;

// `aside`: for a look that the address does not keep. Whoever mixes it in has `first` (a range, or "live"), `paths()` and `took(answers)`; `view` is null while live.
export default {
  data() {
    const asked = readAddress(location.search, now());
    return { view: asked ?? (this.first === "live" ? null : latest(this.first, now())), waits: false, failed: false, pointed: null, width: 480, aside: false };
  },
  computed: {
    ranges() {
      return [this.first === "live" ? "live" : "10m", ...Object.keys(RANGES).slice(1)];
    },
    chosen() {
      return this.view ? this.view.range : "live";
    },
    ticks() {
      return this.clock.marks(marks(this.view, this.width), this.view);
    },
  },
  created() {
    this.format = formats(this.numbers);
    this.clock = clocks(this.numbers.language);
    this.archives = new Archives();
    if (this.view) this.load();
  },
  mounted() {
    this.observer = new ResizeObserver(() => {
      this.width = Math.max(160, this.$el.clientWidth / (innerWidth <= 860 ? 1 : 2) - 40);
    });
    this.observer.observe(this.$el);
    this.timer = setInterval(() => document.hidden || this.follow(), FOLLOW);
  },
  beforeUnmount() {
    this.observer.disconnect();
    clearInterval(this.timer);
    clearTimeout(this.settling);
  },
  methods: {
    choose(name) {
      this.set(name === "live" ? null : latest(name, now()));
    },
    between(a, b) {
      this.set(between(a, b, now()));
    },
    move(share) {
      this.set(moved(this.view, share, now()));
    },
    wider() {
      if (this.view.range) return;
      const next = zoomed(this.view, (this.view.from + this.view.to) / 2, 4, now());
      this.set(spanOf(next) > spanOf(this.view) * 1.05 ? next : latest("year", now()));
    },
    zoom(t, factor) {
      this.view = zoomed(this.view, t, factor, now());
      clearTimeout(this.settling);
      this.settling = setTimeout(() => this.set(this.view), SETTLE);
    },
    follow() {
      if (this.view?.range) this.view = latest(this.view.range, now());
      if (this.view) this.load();
    },
    set(view) {
      this.view = view;
      this.pointed = null;
      if (!this.aside) history.replaceState(history.state, "", location.pathname + writeAddress(view, location.search) + location.hash);
      if (view) this.load();
    },
    async load() {
      const stretch = stretchFor(this.view, now());
      this.asked = stretch;
      const slow = setTimeout(() => (this.waits = this.asked === stretch), SLOW);
      try {
        const answers = await Promise.all(this.paths().map((path) => this.archives.get(path, stretch, now())));
        if (this.asked !== stretch) return; // somebody looks elsewhere by now
        this.took(answers.map(Object.freeze));
        this.failed = false;
      } catch {
        this.failed = this.asked === stretch;
      } finally {
        clearTimeout(slow);
        if (this.asked === stretch) this.waits = false;
      }
    },
  },
};
