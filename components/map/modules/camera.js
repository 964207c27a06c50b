// Which part of the map is on the screen: zoom 1 shows all of it.

export class Camera {
  constructor() { this.zoom = 1; this.x = 0; this.y = 0; this.most = 40; } // x, y: what of the map is at the top left

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
    this.zoom = Math.min(this.most, Math.max(1, this.zoom * factor));
    this.x = fixed.x - x / this.zoom;
    this.y = fixed.y - y / this.zoom;
  }

  pan(dx, dy) { this.x -= dx / this.zoom; this.y -= dy / this.zoom; }

  fit() { this.zoom = 1; this.x = this.y = 0; }

  /** Show `box` as large as it fits, with a little around it. */
  show(box, width, height) {
    this.zoom = Math.min(this.most, Math.max(1, 0.9 * Math.min(width / box.w, height / box.h)));
    this.x = box.x + box.w / 2 - width / this.zoom / 2;
    this.y = box.y + box.h / 2 - height / this.zoom / 2;
  }

  /** Stay over the map; the smallest tile can fill the screen, and no more. */
  keep(plan, width, height) {
    this.most = Math.min(60, Math.max(3, height / plan.least));
    this.zoom = Math.min(this.zoom, this.most);
    this.x = clamp(this.x, 0, plan.width - width / this.zoom);
    this.y = clamp(this.y, 0, plan.height - height / this.zoom);
  }
}

const clamp = (value, low, high) => Math.max(low, Math.min(value, Math.max(low, high)));
