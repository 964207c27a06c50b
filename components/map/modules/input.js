// Pointer, touch and keys, into what the map is asked to do. `map` is the component.

const CLICK = 5;       // pixels a press may move and still be a click
const LONG = 500;      // milliseconds of a long press

export function gestures(map) {
  const surface = map.$refs.focus, band = map.$refs.band;
  const pointers = new Map();
  let press = null, pinch = 0, longTimer = 0;
  const place = (event) => { const box = surface.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };

  surface.addEventListener("pointerdown", (event) => {
    const at = place(event);
    pointers.set(event.pointerId, at);
    surface.setPointerCapture(event.pointerId);
    if (pointers.size === 2) { pinch = distance(pointers); press = null; clearTimeout(longTimer); return; }
    const target = map.hitAt(at.x, at.y);
    const touch = event.pointerType === "touch";
    const ground = !target || target.kind === "pool";
    const pans = touch || event.button === 1 || map.spaceHeld || (map.camera.zoom > 1.001 && ground && !event.shiftKey);
    press = { at, last: at, target, touch, pans, button: event.button, moved: false, add: event.ctrlKey || event.metaKey || event.shiftKey };
    if (touch) longTimer = setTimeout(() => { if (press && !press.moved) { map.menu(press.target?.id ?? -1, at.x, at.y); press = null; } }, LONG);
    if (event.button === 1) event.preventDefault();
  });

  surface.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, at);
    if (pointers.size === 2 && pinch) {
      const next = distance(pointers), [a, b] = [...pointers.values()];
      map.zoom(next / pinch, (a.x + b.x) / 2, (a.y + b.y) / 2);
      pinch = next;
      return;
    }
    if (!press) { if (event.pointerType !== "touch") { const target = map.hitAt(at.x, at.y); map.point(target && !target.ground ? target.id : -1, at.x, at.y); } return; }
    if (!press.moved && Math.hypot(at.x - press.at.x, at.y - press.at.y) < CLICK) return;
    press.moved = true;
    clearTimeout(longTimer);
    map.point(-1);
    if (press.pans) map.pan(at.x - press.last.x, at.y - press.last.y);
    else if (press.button === 0) frame(band, press.at, at);
    press.last = at;
  });

  const end = (event) => {
    pointers.delete(event.pointerId);
    pinch = 0;
    clearTimeout(longTimer);
    if (!press) return;
    const at = place(event), { moved, pans, button, target, add, at: from } = press;
    press = null;
    band.hidden = true;
    if (event.type === "pointercancel") return;
    if (moved) { if (!pans && button === 0) map.chooseInside(from, at, add); return; }
    if (button === 0) {
      map.look.focus = -1;
      map.choose(target && target.kind !== "pool" ? target.id : -1, add);
      if (event.pointerType === "touch" && target && !target.ground) { map.point(target.id, at.x, at.y); }
    } else if (button === 1 && target) map.open(target.id, true);
  };
  surface.addEventListener("pointerup", end);
  surface.addEventListener("pointercancel", end);
  surface.addEventListener("pointerleave", () => map.point(-1));
  surface.addEventListener("dblclick", (event) => { const at = place(event), target = map.hitAt(at.x, at.y); if (target && !target.ground) map.open(target.id, event.ctrlKey || event.metaKey); });
  surface.addEventListener("contextmenu", (event) => { event.preventDefault(); const at = place(event); map.menu(map.hitAt(at.x, at.y)?.id ?? -1, at.x, at.y); });
  surface.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = place(event), amount = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    if (map.plan && map.plan.height > map.height + 1 && map.camera.zoom === 1 && !event.ctrlKey) map.pan(0, -amount);
    else map.zoom(Math.exp(-amount * (event.ctrlKey ? 0.01 : 0.0022)), at.x, at.y);
  }, { passive: false });
}

function distance(pointers) {
  const [a, b] = [...pointers.values()];
  return Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
}

function frame(band, from, to) {
  band.hidden = false;
  Object.assign(band.style, {
    left: `${Math.min(from.x, to.x)}px`, top: `${Math.min(from.y, to.y)}px`, width: `${Math.abs(to.x - from.x)}px`, height: `${Math.abs(to.y - from.y)}px`,
  });
}

export function keys(map) {
  const surface = map.$refs.focus;
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const focused = () => (map.look.focus >= 0 ? map.look.focus : [...map.look.selected][0] ?? -1);
  const commands = {
    Enter: (event) => map.open(focused(), event.ctrlKey || event.metaKey),
    Escape: () => { map.choose(-1, false); map.setFocus(-1); },
    0: () => map.fit(),
    "+": () => map.zoom(1.4),
    "=": () => map.zoom(1.4),
    "-": () => map.zoom(1 / 1.4),
    ".": () => map.menu(focused(), map.width / 2, map.height / 2),
  };
  surface.addEventListener("keydown", (event) => {
    if (event.altKey) return;
    if (event.key === " ") {
      event.preventDefault();
      if (!event.repeat) { map.spaceHeld = true; if (map.look.focus >= 0) map.choose(map.look.focus, true); }
    } else if (arrows[event.key]) {
      event.preventDefault();
      map.step(...arrows[event.key]);
      if (event.shiftKey && map.look.focus >= 0) map.chooseAll([map.look.focus], true);
    } else if (commands[event.key] && !(event.ctrlKey && event.key !== "Enter")) {
      event.preventDefault();
      commands[event.key](event);
    }
  });
  surface.addEventListener("keyup", (event) => { if (event.key === " ") map.spaceHeld = false; });
  surface.addEventListener("blur", () => { map.spaceHeld = false; map.look.focus = -1; map.refresh(); });
}
