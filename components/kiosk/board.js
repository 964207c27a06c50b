// The line above a kiosk's map: the time, and what is wrong. Every half minute it leads the map to one of the worst, and home again.

const THERE = 10_000, ROUND = 30_000;   // milliseconds at a problem; from one problem to the next
const SHIFT = 600_000;                  // the picture moves by two pixels so often, or it would burn into some screens
const PLACES = [[0, 0], [2, 0], [2, 2], [0, 2]];

export default {
  template: `
    <header class="xo-board" ref="root">
      <span class="xo-board-brand">xo<i>·</i>dash</span>
      <span class="xo-board-said" role="status" ref="said"></span>
      <span class="xo-board-now"><span class="xo-board-day" ref="day"></span><time class="xo-board-time" ref="time"></time></span>
    </header>`,
  props: { words: Object },

  mounted() {
    this.rows = [];
    this.turn = -1;
    this.place = 0;
    this.clock = new Intl.DateTimeFormat(navigator.languages, { hour: "2-digit", minute: "2-digit" });
    this.calendar = new Intl.DateTimeFormat(navigator.languages, { weekday: "short", day: "numeric", month: "short" });
    this.tick();
    this.timers = [setInterval(() => this.go(), ROUND), setInterval(() => this.shift(), SHIFT)];
    this.first = setTimeout(() => this.go(), 5000);
    this.$emit("ready");
  },

  unmounted() { this.timers.forEach(clearInterval); clearTimeout(this.minute); clearTimeout(this.first); clearTimeout(this.home); },

  methods: {
    /** rows: [[key on the map, mark, what it is, what it touches], ...], the worst first */
    show(rows) {
      const worst = rows[0]?.join() !== this.rows[0]?.join();
      this.rows = rows;
      if (worst) this.turn = -1; // it is led to next
      this.say(Math.max(0, Math.min(this.turn, rows.length - 1)));
    },

    say(turn) {
      const row = this.rows[turn], said = this.$refs.said;
      said.dataset.mark = row ? row[1] : "";
      said.textContent = row ? [row[2], row[3]].filter(Boolean).join(" · ") : this.words.calm;
    },

    go() {
      if (!this.rows.length) return;
      this.turn = (this.turn + 1) % this.rows.length;
      this.say(this.turn);
      const map = document.querySelector(".xo-map")?.map;
      if (!map) return;
      map.reveal(this.rows[this.turn][0]);
      clearTimeout(this.home);
      this.home = setTimeout(() => { map.point(-1); map.fit(); }, THERE);
    },

    /** The screen's own time, as its country writes it; looked at again when the minute is over. */
    tick() {
      const now = new Date();
      this.$refs.time.textContent = this.clock.format(now);
      this.$refs.day.textContent = this.calendar.format(now);
      this.minute = setTimeout(() => this.tick(), 60_000 - (now % 60_000) + 20);
    },

    shift() {
      this.place = (this.place + 1) % PLACES.length;
      const [x, y] = PLACES[this.place];
      document.querySelector(".xo-kiosk").style.translate = `${x}px ${y}px`;
    },
  },
};
