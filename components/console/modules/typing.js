// A text, typed key by key as a person would: the guest's layout decides what appears. It is kept nowhere.
import keysyms from "./novnc/core/input/keysymdef.js";

const PACE = 20; // milliseconds from one key to the next
const NAMED = { "\n": 0xff0d, "\t": 0xff09, "\b": 0xff08 };

export function keysymOf(char) {
  return NAMED[char] ?? keysyms.lookup(char.codePointAt(0));
}

export class Typist {
  /** `send(keysym, code, down)`; `progress({ line, lines, left, share })` after each key, null at the end. */
  constructor(send, progress) {
    Object.assign(this, { send, progress, isTyping: false });
  }

  async type(text) {
    const chars = [...text.replaceAll("\r\n", "\n")];
    const lines = chars.filter((char) => char === "\n").length + (chars.at(-1) === "\n" ? 0 : 1);
    this.isTyping = true;
    let line = 1;
    for (const [at, char] of chars.entries()) {
      if (!this.isTyping) break;
      const keysym = keysymOf(char);
      this.send(keysym, null, true);
      this.send(keysym, null, false);
      this.progress({ line, lines, left: Math.ceil(((chars.length - at) * PACE) / 1000), share: (at + 1) / chars.length });
      if (char === "\n") line += 1;
      await new Promise((done) => setTimeout(done, PACE));
    }
    this.stop();
  }

  stop() {
    if (!this.isTyping) return;
    this.isTyping = false;
    this.progress(null);
  }
}
