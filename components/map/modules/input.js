// Pointer and touch, into what the map is asked to do. `map` is the component.

const CLICK = 6;       // pixels a press may move and still be a click
const LONG = 500;      // milliseconds of a long press: it lifts a VM, which a finger then carries; let go in place it asks for the menu
const SWIPE = { time: 300, way: 40 }; // shorter than that and longer than so many pixels

export function gestures(map) {
  const surface = map.$refs.focus, band = map.$refs.band;
  const pointers = new Map();
  let press = null, pinch = 0, longTimer = 0, held = false;
  const place = (event) => { const box = surface.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };

  surface.addEventListener("pointerdown", (event) => {
    const at = place(event);
    pointers.set(event.pointerId, at);
    surface.setPointerCapture(event.pointerId);
    if (pointers.size === 2) { pinch = distance(pointers); press = null; clearTimeout(longTimer); return; }
    const target = map.hitAt(at.x, at.y);
    const touch = event.pointerType === "touch";
    const ground = !target || target.kind === "pool", keys = event.ctrlKey || event.metaKey || event.shiftKey;
    const head = event.button === 0 && !touch && !keys && !map.spaceHeld && map.canMove(handle(target)) ? handle(target) : null;
    const carried = head === null && event.button === 0 && !touch && !keys && !map.spaceHeld && map.canCarry(target) ? target.id : -1;
    const pans = head === null && carried < 0 && (touch || event.button === 1 || map.spaceHeld || (map.camera.zoom > 1.001 && ground && !event.shiftKey));
    press = { at, last: at, since: event.timeStamp, target, touch, pans, head, carried, button: event.button, moved: false, add: keys };
    if (touch) longTimer = setTimeout(() => {
      if (!press || press.moved) return;
      held = true;
      if (!map.carried && map.canCarry(target)) { Object.assign(press, { carried: target.id, pans: false }); map.carry(target.id, at, true); return; }
      map.menu(target?.id ?? -1, at.x, at.y);
      press = null;
    }, LONG);
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
    if (!press) {
      if (event.pointerType === "touch") return;
      const target = map.hitAt(at.x, at.y);
      map.point(target && !target.ground ? target.id : -1, at.x, at.y);
      const grab = map.canMove(handle(target));
      if (grab || surface.style.cursor === "grab") surface.style.cursor = grab || map.spaceHeld ? "grab" : "default";
      return;
    }
    if (!press.moved && Math.hypot(at.x - press.at.x, at.y - press.at.y) < CLICK) return;
    press.moved = true;
    clearTimeout(longTimer);
    map.point(-1);
    if (map.spaceHeld) map.spaceUsed = true;
    if (press.head !== null) map.dragHead(press.head, at);
    else if (press.carried >= 0) map.carry(press.carried, at, press.touch, { ask: event.altKey, copy: event.shiftKey });
    else if (press.pans) map.pan(at.x - press.last.x, at.y - press.last.y);
    else if (press.button === 0) frame(band, press.at, at);
    press.last = at;
  });

  const end = (event) => {
    pointers.delete(event.pointerId);
    pinch = 0;
    clearTimeout(longTimer);
    if (!press) return;
    const at = place(event), { moved, pans, head, carried, button, target, add, touch, since, at: from } = press;
    press = null;
    band.hidden = true;
    map.endDrag();
    if (event.type === "pointercancel") { map.endCarry(); return; }
    if (touch && carried >= 0 && !moved) { map.endCarry(); map.menu(carried, at.x, at.y); return; }
    if (map.carried?.held && button === 0 && !moved) { map.aimAt(map.targetAt(at)); return; }
    if (moved) {
      if (head !== null) { map.dropHead(head, at); return; }
      if (carried >= 0) { map.dropCarried({ ask: event.altKey, copy: event.shiftKey }); return; }
      if (!pans && button === 0) map.chooseInside(from, at, add);
      const way = from.y - at.y, quick = event.timeStamp - since < SWIPE.time && Math.abs(way) > Math.max(SWIPE.way, 2 * Math.abs(from.x - at.x));
      if (touch && quick && map.scrolls()) map.swipe(Math.sign(way));
      return;
    }
    if (button === 0) {
      map.look.focus = -1;
      map.choose(target && target.kind !== "pool" ? target.id : -1, add);
      if (touch) map.point(target && !target.ground ? target.id : -1, at.x, at.y, true);
    } else if (button === 1 && target) map.open(target.id, true);
  };
  surface.addEventListener("pointerup", end);
  surface.addEventListener("touchend", (event) => { if (held) event.preventDefault(); held = false; }, { passive: false }); // the click it would become closes the menu
  surface.addEventListener("pointercancel", end);
  surface.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") map.point(-1); }); // a tap leaves its sheet there
  surface.addEventListener("dblclick", (event) => { const at = place(event), target = map.hitAt(at.x, at.y); if (target && target.id >= 0) map.enter(target.id, event.ctrlKey || event.metaKey); else if (target?.group) map.fly(map.camera.before(target.box, map.width, map.height)); });
  surface.addEventListener("contextmenu", (event) => { event.preventDefault(); if (map.carried) { if (!press?.touch) map.carriedKey({ key: "Escape" }); return; } const at = place(event); map.menu(map.hitAt(at.x, at.y)?.id ?? -1, at.x, at.y); });
  surface.addEventListener("wheel", (event) => {
    event.preventDefault();
    const at = place(event), amount = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
    if (map.scrolls() && !event.ctrlKey) map.pan(0, -amount);
    else map.zoom(Math.exp(-amount * (event.ctrlKey ? 0.01 : 0.0022)), at.x, at.y);
  }, { passive: false });
}

/** What is dragged by the name that is under the pointer: see reorder.js. */
const handle = (target) => (target?.head ? target.group?.key ?? target.id : null);

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
