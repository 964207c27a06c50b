// A VM's text console in a terminal: bytes both ways over the websocket that graphic consoles have too.
import { Terminal, FitAddon } from "nicegui-xterm";

const INK = { background: "#05070b", foreground: "#d8dee9", cursor: "#d8dee9" };

export default {
  template: `
    <section class="x-text-console" :aria-label="words.label">
      <div class="x-text-console-screen" ref="screen"></div>
      <p v-if="note" class="x-text-console-note" role="status">{{ note }}</p>
      <footer class="x-console-foot"><span>{{ foot }}</span></footer>
    </section>`,
  props: { url: String, link: String, words: Object, resourcePath: String },

  data() {
    return { note: "", foot: "" };
  },

  async mounted() {
    this.terminal = new Terminal({ cols: 80, rows: 25, convertEol: true, cursorBlink: true, fontSize: 14, theme: INK, scrollback: 2000 });
    this.fitting = new FitAddon();
    this.terminal.loadAddon(this.fitting);
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: `${window.path_prefix ?? ""}${this.resourcePath}/xterm.css` });
    this.$refs.screen.append(style);
    this.terminal.open(this.$refs.screen);
    this.fitting.fit();
    const { Link } = await import(this.link);
    this.socket = new Link(this.url, {
      news: (told) => this.hear(told),
      bytes: (data) => this.terminal.write(new Uint8Array(data)),
      lost: () => this.say("lost", {}),
      ended: (_code, reason) => this.say(reason, {}),
    });
    const encoder = new TextEncoder();
    this.terminal.onData((text) => this.isOpen && this.socket.send(encoder.encode(text)));
  },

  unmounted() {
    this.socket?.close();
    this.terminal?.dispose();
  },

  methods: {
    hear(told) {
      if (!told.is) return;
      if (told.is !== "open") {
        this.say(told.is, told);
        return;
      }
      this.isOpen = true;
      this.note = "";
      this.foot = this.words.through.replace("{host}", told.host) + (told.may_use ? "" : ` · ${this.words.needs_operator}`);
      this.terminal.reset();
      this.terminal.options.disableStdin = !told.may_use;
      this.socket.ask({ ready: told.number });
      this.terminal.focus();
    },

    say(state, told) {
      this.isOpen = false;
      const [title, text] = this.words.states[state] ?? this.words.states.reconnecting;
      const fill = (sentence) => sentence.replace(/\{(\w+)\}/g, (whole, name) => told[name] ?? this.words.vm);
      this.note = [fill(title), fill(text)].filter(Boolean).join(". ");
      this.foot = "";
    },
  },
};
