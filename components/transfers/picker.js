// Chooses a file, and sends of it what the server asks for: slices in any order, no faster than they are taken. The server keeps nothing,
// so after a cut it is asked what is wanted, and that is sent. Sending goes on when the field is gone, as long as the page is there.
// Until something is wanted the page waits to be told, by its socket: a browser has six connections for all its pages.

const SLICE = 32 * 2 ** 20;   // bytes of one request
const FIRST = 500, LONGEST = 15_000;   // milliseconds between two tries
const sending = new Set();

addEventListener("beforeunload", (event) => { if (sending.size) event.preventDefault(); });

const calls = new Map();   // by address: goes on with what waits there
addEventListener("xo-upload", ({ detail }) => calls.get(detail)?.());

/** Ends when something is wanted, or may be. */
const called = (url) => new Promise((resolve) => { calls.set(url, resolve); setTimeout(resolve, LONGEST); });

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Over extends Error {}   // it is not offered any more, or not by us

// by fetch: the page's progress bar follows every XMLHttpRequest, and these wait
async function request(method, url, body) {
  const answer = await fetch(url, { method, body, cache: "no-store" });
  if (answer.ok) return answer.json();
  throw [401, 403, 404].includes(answer.status) ? new Over() : new Error(`HTTP ${answer.status}`);
}

async function send(url, file) {
  let wait = FIRST;
  for (;;) {
    try {
      let call = called(url);   // before it is asked, so that none comes in between
      let wanted = await request("GET", url);
      while (!wanted.closed) {
        wait = FIRST;
        if (!wanted.length) { await call; call = called(url); wanted = await request("GET", url); continue; }
        sending.add(url);
        const { offset } = wanted, end = offset + Math.min(wanted.length, SLICE);
        wanted = await request("PUT", `${url}?offset=${offset}`, file.slice(offset, end));
      }
      return;
    } catch (error) {
      if (error instanceof Over) return;
      await pause(wait);
      wait = Math.min(2 * wait, LONGEST);
    }
  }
}

export default {
  template: `
    <div class="x-picker" :class="{ 'x-picker-over': over }" @dragover.prevent="over = true" @dragleave="over = false" @drop.prevent="dropped">
      <span class="x-picker-label">{{ words.label }}</span>
      <label class="x-picker-box" :class="{ 'x-picker-bad': fault }">
        <input ref="input" type="file" :accept="accept" :aria-label="words.label" @change="choose($event.target.files[0])">
        <span class="x-btn" aria-hidden="true">{{ words.button }}</span>
        <span class="x-picker-name">{{ name || words.drop }}</span>
        <span v-if="name" class="x-dim x-small">{{ size }}</span>
      </label>
      <span v-if="fault" class="x-critical x-small" role="alert">{{ fault }}</span>
    </div>`,
  props: { words: Object, accept: String, fault: String, size: String },
  emits: ["chosen"],
  data() { return { name: "", over: false }; },
  methods: {
    dropped(event) { this.over = false; this.choose(event.dataTransfer.files[0]); },
    choose(file) {
      if (!file) return;
      this.file = file;
      this.name = file.name;
      this.$emit("chosen", { name: file.name, size: file.size });
    },
    async offered(url) {
      try { await send(url, this.file); } finally { sending.delete(url); calls.delete(url); }
    },
  },
};
