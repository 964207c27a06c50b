// Tiles on their way from where they were to where they are. Only what really moved moves; nothing does for those who do not want motion.

const TIME = 250; // milliseconds

export class Motion {
  constructor() { this.from = new Map(); this.start = 0; }

  /** Note where the tiles of these boxes are now; `go` lets those that are elsewhere then go there. */
  note(boxes) {
    this.noted = new Map();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const box of boxes) for (const tile of box.tiles) this.noted.set(tile.id, this.at(tile));
  }

  go(boxes) {
    for (const box of boxes) {
      for (const tile of box.tiles) {
        const old = this.noted.get(tile.id);
        if (old && (old.x !== tile.x || old.y !== tile.y || old.w !== tile.w || old.h !== tile.h)) this.from.set(tile.id, old);
      }
    }
    if (this.from.size) this.start = performance.now();
  }

  get running() {
    if (this.from.size && performance.now() - this.start >= TIME) this.from.clear();
    return this.from.size > 0;
  }

  /** Where a tile is at this moment. */
  at(tile) {
    const old = this.from.get(tile.id);
    if (!old) return tile;
    const part = 1 - (1 - Math.min(1, (performance.now() - this.start) / TIME)) ** 3;
    const between = (a, b) => a + (b - a) * part;
    return { id: tile.id, x: between(old.x, tile.x), y: between(old.y, tile.y), w: between(old.w, tile.w), h: between(old.h, tile.h) };
  }
}

const PULSE = 700, PULSES = 3; // milliseconds, times

/** What has just become critical: three pulses, then it is still. */
export class Pulses {
  constructor() { this.since = new Map(); }

  begin(ids, now) {
    if (!ids.length || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    for (const id of ids) this.since.set(id, now);
  }

  running(now) {
    for (const [id, since] of this.since) if (now - since > PULSE * PULSES) this.since.delete(id);
    return this.since.size > 0;
  }

  /** Pixels by which a mark is larger at this moment. */
  grow(id, now) {
    const since = this.since.get(id);
    return since === undefined ? 0 : 6 * Math.sin((Math.PI * ((now - since) % PULSE)) / PULSE) ** 2;
  }
}
