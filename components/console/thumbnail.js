// A still picture of a VM's screen with its age: a new one every 30 seconds, but only while it is in sight.

const EVERY = 30_000; // milliseconds
const LONG = 3600; // seconds after which it is told that nothing has moved

export default {
  template: `
    <figure class="x-thumb" :class="{ 'x-thumb-old': !live }" ref="root">
      <img v-if="src" :src="src" :alt="words.alt" draggable="false">
      <span v-else class="x-thumb-none">{{ none }}</span>
      <figcaption>{{ caption }}</figcaption>
    </figure>`,
  props: { url: String, live: Boolean, words: Object },

  data() {
    return { src: "", caption: "", none: "" };
  },

  mounted() {
    this.taken = this.since = this.asked = 0;
    this.inSight = false;
    this.watching = new IntersectionObserver(([entry]) => {
      this.inSight = entry.isIntersecting;
      this.look();
    });
    this.watching.observe(this.$refs.root);
    this.timer = setInterval(() => this.tick(), 1000);
  },

  unmounted() {
    this.watching.disconnect();
    clearInterval(this.timer);
    URL.revokeObjectURL(this.src);
  },

  watch: {
    live() {
      this.asked = 0;
      this.look();
    },
  },

  methods: {
    tick() {
      if (document.hidden) return;
      this.look();
      this.tell();
    },

    async look() {
      if (!this.live || !this.inSight || document.hidden || Date.now() - this.asked < EVERY) return;
      this.asked = Date.now();
      const answer = await fetch(this.url).catch(() => null);
      if (answer?.status !== 200) {
        this.none = this.words.none;
        if (answer?.status === 205) this.forget(); // it may not be seen any more
        return;
      }
      const before = this.src;
      this.src = URL.createObjectURL(await answer.blob());
      URL.revokeObjectURL(before);
      this.taken = Number(answer.headers.get("x-taken"));
      this.since = Number(answer.headers.get("x-since"));
      this.tell();
    },

    forget() {
      URL.revokeObjectURL(this.src);
      this.src = this.caption = "";
      this.taken = 0;
    },

    tell() {
      if (!this.taken) return;
      const still = xoDash.now() - this.since, age = xoDash.duration(xoDash.now() - this.taken);
      this.caption = still > LONG ? `${age} · ${this.words.unchanged.replace("{duration}", xoDash.duration(still))}` : age;
    },
  },
};
