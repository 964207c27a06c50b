// A list of thousands of rows, of which those in sight are elements. An element that mixes it in has a `box` that scrolls, all its rows in
// `flat` (plain objects with an `id`, which never become reactive), and says
//   refresh()       what `flat` is now; `later` calls it with the next frame
//   dress(row, at)  what is drawn of one
//   settled()       what follows when rows have been in sight for a moment
//   rowHeight()     in pixels; covered(): pixels of the box that something else floats over
//   prepare()       before rows are dressed

const AROUND = 6; // rows drawn beyond the edges
const STILL = 150; // milliseconds that rows must stay in sight

export const sight = {
  data() {
    return { shown: [], total: 0, height: 29, active: 0, focused: false };
  },

  created() {
    this.flat = [];
    this.framed = 0;
    this.unseen = 0; // pixels, while the box has no height
  },
  mounted() {
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.$refs.box);
    this.resize();
  },
  beforeUnmount() {
    this.observer.disconnect();
    cancelAnimationFrame(this.framed);
    clearTimeout(this.settling);
  },

  methods: {
    prepare() {},
    covered() {
      return 0;
    },
    resize() {
      this.height = this.rowHeight();
      this.measure();
    },
    later() {
      if (this.framed) return;
      this.framed = requestAnimationFrame(() => {
        this.framed = 0;
        this.refresh();
      });
    },
    measure() {
      const box = this.$refs.box;
      if (!box) return;
      this.prepare();
      const from = Math.max(0, Math.floor(box.scrollTop / this.height) - AROUND);
      const to = Math.min(this.flat.length, Math.ceil((box.scrollTop + (box.clientHeight || this.unseen)) / this.height) + AROUND);
      this.shown = this.flat.slice(from, to).map((row, i) => this.dress(row, from + i));
      if (box.scrollTop !== this.scrolled) {
        clearTimeout(this.settling);
        this.settling = 0;
        this.scrolled = box.scrollTop;
      }
      this.settling ||= setTimeout(() => {
        this.settling = 0;
        this.settled();
      }, STILL);
    },

    /** The row of a key of the keyboard, from the one at `at`; undefined for other keys. */
    stepped(key, at) {
      const page = Math.max(1, Math.floor((this.$refs.box.clientHeight - this.covered()) / this.height) - 1);
      return { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: this.flat.length - 1, PageDown: at + page, PageUp: at - page }[key];
    },
    moveTo(at) {
      const to = Math.max(0, Math.min(this.flat.length - 1, at));
      if (!this.flat[to]) return;
      this.active = this.flat[to].id;
      this.scrollTo(to);
      this.measure();
    },
    /** Bring the row at `at` into sight, if it is not. */
    scrollTo(at, middle = false) {
      const box = this.$refs.box, top = at * this.height, room = box.clientHeight - this.covered();
      if (top >= box.scrollTop && top + this.height <= box.scrollTop + room) return;
      box.scrollTop = middle ? top - room / 2 : top < box.scrollTop ? top : top + this.height - room;
    },
  },
};
