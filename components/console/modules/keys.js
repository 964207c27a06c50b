// Keys that a browser keeps for itself, and those that stay down: one press holds for the next key, two lock, three release.
import KeyTable from "./novnc/core/input/keysym.js";

const K = KeyTable;
export const STICKY = [
  ["Ctrl", K.XK_Control_L, "ControlLeft"],
  ["Alt", K.XK_Alt_L, "AltLeft"],
  ["Win", K.XK_Super_L, "MetaLeft"],
];
const CTRL = STICKY[0].slice(1), ALT = STICKY[1].slice(1);
const F = (n) => [K.XK_F1 + n - 1, `F${n}`];
export const PLAIN = [
  ["Tab", [K.XK_Tab, "Tab"]], ["Esc", [K.XK_Escape, "Escape"]],
  ["F1", F(1)], ["F2", F(2)], ["F5", F(5)], ["F10", F(10)], ["F11", F(11)], ["F12", F(12)],
  ["Print", [K.XK_Print, "PrintScreen"]],
  ["Alt+Tab", ALT, [K.XK_Tab, "Tab"]], ["Ctrl+C", CTRL, [K.XK_c, "KeyC"]], ["Ctrl+Alt+F1", CTRL, ALT, F(1)],
];
export const ARROWS = [
  ["↑", [K.XK_Up, "ArrowUp"]], ["↓", [K.XK_Down, "ArrowDown"]], ["←", [K.XK_Left, "ArrowLeft"]], ["→", [K.XK_Right, "ArrowRight"]],
];
export const CTRL_ALT_DEL = [CTRL, ALT, [K.XK_Delete, "Delete"]];
const MODIFIERS = /^(Control|Alt|Meta|Shift|CapsLock|AltGraph)/;

export const FREE = 0, HELD = 1, LOCKED = 2;

export class Keys {
  /** `send(keysym, code, down)`; `changed()` is called when another key is held. */
  constructor(send, changed) {
    Object.assign(this, { send, changed, states: STICKY.map(() => FREE), isAlone: false });
  }

  /** All down in this order, all up in the other. */
  chord(...keys) {
    for (const [keysym, code] of keys) this.send(keysym, code, true);
    for (const [keysym, code] of keys.toReversed()) this.send(keysym, code, false);
    this.used();
  }

  stick(index) {
    const next = (this.states[index] + 1) % 3;
    this.states[index] = next;
    if (next !== LOCKED) this.send(STICKY[index][1], STICKY[index][2], next === HELD);
    this.changed();
  }

  /** A key was pressed: what was held for it is released. */
  used() {
    this.release(HELD);
  }

  /** Nothing stays down: neither here nor in the VM. */
  release(...which) {
    this.states.forEach((state, index) => {
      if (state === FREE || (which.length && !which.includes(state))) return;
      this.states[index] = FREE;
      this.send(STICKY[index][1], STICKY[index][2], false);
    });
    this.changed();
  }

  get held() {
    return this.states.flatMap((state, index) => (state === FREE ? [] : [[STICKY[index][0], state]]));
  }

  /** Hears the keyboard before noVNC does. `free()` is called for right Ctrl alone, and for Ctrl+Alt+Shift. */
  listen(free) {
    addEventListener("keydown", (event) => {
      this.isAlone = event.code === "ControlRight";
      if (event.ctrlKey && event.altKey && event.shiftKey && MODIFIERS.test(event.key)) free();
    }, true);
    addEventListener("keyup", (event) => {
      if (event.code === "ControlRight" && this.isAlone) free();
      if (!MODIFIERS.test(event.key)) setTimeout(() => this.used()); // after noVNC's own
    }, true);
    addEventListener("pointerdown", () => (this.isAlone = false), true);
  }
}
