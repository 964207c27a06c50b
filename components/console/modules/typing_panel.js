// The panel in which a text is written that is then typed into the VM.
import { button, element, filled } from "./dom.js";
import { Typist } from "./typing.js";

export class TypingPanel {
  constructor(words, send, closed) {
    this.words = words;
    this.closed = closed;
    this.typist = new Typist(send, (progress) => this.progress(progress));
    this.count = element("span", { class: "x-dim" });
    this.field = element("textarea", {
      class: "x-console-text", rows: 4, spellcheck: "false", autocapitalize: "off", autocomplete: "off", "aria-label": words.type_title, oninput: () => this.counted(),
    });
    this.line = element("span", { class: "x-dim" });
    this.done = element("i");
    this.bar = element("div", { class: "x-console-progress" }, this.line, element("span", { class: "x-bar" }, this.done));
    this.go = button(words.type_go, () => this.start(), { kind: "primary" });
    this.root = element("section", { class: "x-console-type", "aria-label": words.type_title },
      element("div", { class: "x-row x-spread" }, element("strong", { text: words.type_title }), this.count),
      this.field, this.bar, element("p", { class: "x-dim", text: words.type_hint }),
      element("div", { class: "x-btns" }, this.go, button(words.close, () => this.close())));
    this.root.hidden = this.bar.hidden = true;
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    this.counted();
  }

  counted() {
    const text = this.field.value;
    const lines = text ? text.replace(/\n$/, "").split("\n").length : 0;
    this.count.textContent = filled(this.words.type_count, { lines, characters: [...text].length });
  }

  toggle() {
    if (!this.root.hidden) this.close();
    else {
      this.root.hidden = false;
      this.field.focus();
    }
  }

  start() {
    if (this.typist.isTyping) this.typist.stop();
    else if (this.field.value) this.typist.type(this.field.value);
  }

  stop() {
    this.typist.stop();
  }

  progress(now) {
    this.bar.hidden = !now;
    this.field.readOnly = Boolean(now);
    this.go.textContent = now ? this.words.type_stop : this.words.type_go;
    if (!now) return;
    this.line.textContent = filled(this.words.type_line, now);
    this.done.style.width = `${100 * now.share}%`;
  }

  close() {
    this.stop();
    this.field.value = "";
    this.counted();
    this.root.hidden = true;
    this.closed();
  }
}
