// Which part of the map is on the screen: zoom 1 shows all of it.

const FLIGHT = 280; // milliseconds

export class Camera {
  constructor() { this.zoom = 1; this.x = 0; this.y = 0; this.most = 40; this.flight = null; } // x, y: what of the map is at the top left

  /** A box of the map on the screen, its edges on whole device pixels so that lines are sharp. */
  project({ x, y, w, h }, ratio) {
    const left = Math.round((x - this.x) * this.zoom * ratio) / ratio, top = Math.round((y - this.y) * this.zoom * ratio) / ratio;
    const right = Math.round((x + w - this.x) * this.zoom * ratio) / ratio, bottom = Math.round((y + h - this.y) * this.zoom * ratio) / ratio;
    return { x: left, y: top, w: right - left, h: bottom - top };
  }

  /** The place of the map under a point of the screen. */
  at(x, y) { return { x: x / this.zoom + this.x, y: y / this.zoom + this.y }; }

  /** Zoom by `factor`; what is under (x, y) stays there. */
  zoomAt(x, y, factor) {
    const fixed = this.at(x, y);
    this.flight = null;
    this.zoom = Math.min(this.most, Math.max(1, this.zoom * factor));
    this.x = fixed.x - x / this.zoom;
    this.y = fixed.y - y / this.zoom;
  }

  pan(dx, dy) { this.flight = null; this.x -= dx / this.zoom; this.y -= dy / this.zoom; }

  /** Where to be to show `box`, `part` of the screen large, or `zoom` times where that is said. */
  before(box, width, height, { part = 0.9, zoom = part * Math.min(width / box.w, height / box.h) } = {}) {
    const near = Math.min(this.most, Math.max(1, zoom));
    return { zoom: near, x: box.x + box.w / 2 - width / near / 2, y: box.y + box.h / 2 - height / near / 2 };
  }

  /** Go there: at once, or within a moment where motion is wanted and something was to be seen before. */
  go(to, plan, width, height, at = performance.now()) {
    const goal = held(to, plan, width, height);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const far = Math.abs(goal.zoom / this.zoom - 1) > 0.001 || Math.hypot(goal.x - this.x, goal.y - this.y) * this.zoom > 2;
    if (at < 0 || still || !far) { this.flight = null; Object.assign(this, goal); } else this.flight = { from: { zoom: this.zoom, x: this.x, y: this.y }, goal, at };
  }

  /** On its way: be where it is now. Whether there is more of the way. */
  fly(now = performance.now()) {
    if (!this.flight) return false;
    const { from, goal, at } = this.flight, part = Math.min(1, (now - at) / FLIGHT), eased = 1 - (1 - part) ** 3;
    const between = (a, b) => a + (b - a) * eased;
    this.zoom = 1 / between(1 / from.zoom, 1 / goal.zoom); // what is seen grows and shrinks evenly
    this.x = between(from.x, goal.x);
    this.y = between(from.y, goal.y);
    if (part >= 1) { this.flight = null; Object.assign(this, goal); }
    return this.flight !== null;
  }

  /** Stay over the map; the smallest tile can fill the screen, and no more. */
  keep(plan, width, height) {
    this.most = Math.min(60, Math.max(3, height / plan.least));
    if (this.flight) return;
    this.zoom = Math.min(this.zoom, this.most);
    Object.assign(this, held(this, plan, width, height));
  }

  /** The middle of the screen as parts of the map's width and height. */
  middle(plan, width, height) {
    const { zoom, x, y } = this.flight?.goal ?? this;
    return { zoom, x: clamp((x + width / zoom / 2) / plan.width, 0, 1), y: clamp((y + height / zoom / 2) / plan.height, 0, 1) };
  }
}

const held = ({ zoom, x, y }, plan, width, height) => ({ zoom, x: clamp(x, 0, plan.width - width / zoom), y: clamp(y, 0, plan.height - height / zoom) });
const clamp = (value, low, high) => Math.max(low, Math.min(value, Math.max(low, high)));
