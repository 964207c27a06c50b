// The bar above the picture: only what a keyboard cannot send, and how the picture is shown.
import { button, element, icon, press } from "./dom.js";
import { ARROWS, CTRL_ALT_DEL, HELD, PLAIN, STICKY } from "./keys.js";

/** Buttons of keys; `held` is a list to be filled with [button, index] of those that stay down. */
function keyButtons(keys, names, held) {
  return names.map(([label, ...chord]) => {
    const index = STICKY.findIndex(([name]) => name === label);
    if (index < 0) return button(label, () => keys.chord(...chord));
    const made = button(label, () => keys.stick(index));
    held.push([made, index]);
    return made;
  });
}

export class Bar {
  /** `page` has the words, the drawings and what each button does. */
  constructor(page, keys) {
    const { words, icons, does } = page;
    this.words = words;
    this.keys = keys;
    this.stuck = [];
    const keep = (made) => {
      made.addEventListener("pointerdown", (event) => event.preventDefault()); // the picture keeps the keyboard
      return made;
    };
    this.more = keep(button(words.keys, () => this.unfold(), { drawing: icons.keyboard, id: "more" }));
    this.type = button(words.type, does.type, { drawing: icons.edit });
    this.fit = keep(button(words.fit, () => does.fit(true)));
    this.full = keep(button("100%", () => does.fit(false)));
    this.look = keep(button(words.view_only, does.look, { drawing: icons.eye }));
    const cad = keep(button("Ctrl+Alt+Del", () => keys.chord(...CTRL_ALT_DEL)));
    this.sending = [cad, this.more, this.type];
    this.row = element("header", { class: "x-console-bar" }, ...this.who(page), ...this.sending,
      element("span", { class: "x-console-gap" }),
      element("span", { class: "x-console-two", role: "group", "aria-label": words.scale }, this.fit, this.full),
      this.look,
      element("span", { class: "x-console-icons" },
        button("", does.keyboard, { drawing: icons.keyboard, label: words.keyboard, id: "touch" }),
        button("", does.fullScreen, { drawing: icons.full, label: words.full_screen }),
        page.mode === "tab" && button("", does.leave, { drawing: icons.out, label: words.window })));
    this.hint = element("span", { class: "x-dim x-console-hint" });
    this.strip = element("div", { class: "x-console-keys", role: "toolbar", "aria-label": words.keys },
      ...keyButtons(keys, [...STICKY, ...PLAIN], this.stuck).map(keep), this.hint);
    this.strip.hidden = true;
    const few = [STICKY[0], STICKY[1], ...PLAIN.slice(0, 2), ...ARROWS, ["Ctrl+Alt+Del", ...CTRL_ALT_DEL], ...PLAIN.slice(2, 8)];
    this.thumbs = element("div", { class: "x-console-thumbs", role: "toolbar", "aria-label": words.keys },
      ...keyButtons(keys, few, this.stuck).map(keep));
  }

  /** Whose console it is; the tab has that above itself. */
  who({ mode, name, path, icons, words }) {
    if (mode !== "window") return [];
    const back = element("a", { class: "x-btn x-btn-ghost x-btn-bare x-console-back", href: path, "aria-label": words.back }, icon(icons.left));
    return [back, element("a", { class: "x-console-name x-cut", href: path, dir: "auto", text: name })];
  }

  unfold() {
    this.strip.hidden = !this.strip.hidden;
    this.more.setAttribute("aria-expanded", String(!this.strip.hidden));
  }

  /** `why` is the reason for which nothing is sent, or nothing. */
  show({ fits, looks, mayUse, why }) {
    press(this.fit, fits);
    press(this.full, !fits);
    press(this.look, looks || !mayUse);
    this.look.setAttribute("aria-disabled", String(!mayUse));
    this.look.dataset.tip = mayUse ? "" : this.words.needs_operator;
    for (const one of [...this.sending, ...this.strip.children, ...this.thumbs.children]) {
      if (one.tagName !== "BUTTON") continue;
      one.setAttribute("aria-disabled", String(Boolean(why)));
      one.dataset.tip = why ?? "";
    }
    for (const [made, index] of this.stuck) {
      press(made, this.keys.states[index] > 0);
      made.classList.toggle("x-console-locked", this.keys.states[index] > HELD);
    }
    const held = this.keys.held;
    this.hint.textContent = held.map(([name, state]) => (state === HELD ? this.words.held : this.words.locked).replace("{key}", name)).join(" ");
  }
}
