// Fingers: a phone's own keyboard, which speaks to text fields alone, and two fingers that zoom and move the picture.
import KeyTable from "./novnc/core/input/keysym.js";
import { keysymOf } from "./typing.js";

const FILL = "_".repeat(50); // something for Backspace to take away

/** A field that nobody sees; what a phone writes into it is sent as keys. */
export function touchKeyboard(field, send, used) {
  const tap = (keysym) => {
    send(keysym, null, true);
    send(keysym, null, false);
  };
  const reset = () => {
    field.value = FILL;
    field.setSelectionRange(FILL.length, FILL.length);
  };
  field.addEventListener("focus", reset);
  field.addEventListener("input", () => {
    let same = 0;
    while (same < FILL.length && field.value[same] === FILL[same]) same += 1;
    for (let gone = FILL.length - same; gone > 0; gone -= 1) tap(KeyTable.XK_BackSpace);
    for (const char of field.value.slice(same)) tap(keysymOf(char));
    used();
    reset();
  });
}

const MOST = 4;

/** Two fingers on `pane` make `screen` larger, up to four times, and move it. */
export function pinch(pane, screen) {
  let zoom = 1, before = null;

  function seen(touches) {
    const [a, b] = touches;
    const at = pane.getBoundingClientRect();
    return { apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), x: (a.clientX + b.clientX) / 2 - at.left, y: (a.clientY + b.clientY) / 2 - at.top };
  }
  function moved(event) {
    if (event.touches.length !== 2) {
      before = null;
      return;
    }
    event.preventDefault();
    event.stopPropagation(); // noVNC would scroll the guest
    const now = seen(event.touches);
    if (before) {
      const next = Math.min(MOST, Math.max(1, (zoom * now.apart) / before.apart)), grown = next / zoom;
      const left = (pane.scrollLeft + before.x) * grown - now.x, top = (pane.scrollTop + before.y) * grown - now.y;
      zoom = next;
      screen.style.width = screen.style.height = `${100 * zoom}%`;
      pane.scrollTo(left, top);
    }
    before = now;
  }
  for (const type of ["touchstart", "touchmove", "touchend", "touchcancel"]) pane.addEventListener(type, moved, { capture: true, passive: false });
}
