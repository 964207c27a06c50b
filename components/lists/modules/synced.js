// A list that all browsers have alike: fetched as a whole, then kept by deltas. A delta names its epoch and the revisions it lies between;
// who missed one fetches again. An element that mixes it in has a `url`, a list that can be made anew `later`, and says
//   changed(put, gone, more) what is another: rows as they came, ids, and what else is in a delta
//   filled(whole)            all of it, where that is more than rows
//   arrived(), failed()      after it has been fetched, or not

export const synced = {
  created() {
    this.rows = new Map();
    this.loads = new Map();
    this.waiting = []; // deltas, until the whole is here; null then
    this.epoch = null;
    this.revision = 0;
  },
  mounted() {
    setTimeout(() => this.fetch(), 0); // window.path_prefix is set after all is mounted
  },

  methods: {
    filled(whole) {
      this.changed(whole.rows, []);
    },
    async fetch() {
      try {
        const response = await fetch((window.path_prefix ?? "") + this.url);
        if (!response.ok) throw new Error(response.status);
        const whole = await response.json();
        this.epoch = whole.epoch;
        this.revision = whole.revision;
        this.rows = new Map();
        this.filled(whole);
      } catch {
        this.failed();
        return;
      }
      const waiting = this.waiting;
      this.waiting = null;
      for (const delta of waiting) this.delta(...delta);
      this.arrived();
    },

    delta(epoch, since, revision, put, gone, more) {
      if (this.waiting) return void this.waiting.push([epoch, since, revision, put, gone, more]);
      if (epoch === this.epoch && revision <= this.revision) return;
      if (epoch !== this.epoch || since > this.revision) {
        this.waiting = [];
        return void this.fetch();
      }
      this.revision = revision;
      for (const id of gone) {
        this.rows.delete(id);
        this.loads.delete(id);
      }
      this.changed(put, gone, more);
      this.later();
    },
  },
};
