// Thousands of small rectangles, a colour at a time: setting the colour costs more than the rectangle.

export class Specks {
  constructor() { this.lists = new Map(); this.count = 0; }

  add(colour, x, y, w, h) {
    let list = this.lists.get(colour);
    if (!list) this.lists.set(colour, (list = []));
    list.push(x, y, w, h);
    this.count++;
  }

  /** Paint them, and be empty again. */
  flush(ctx) {
    if (!this.count) return;
    this.count = 0;
    for (const [colour, list] of this.lists) {
      if (!list.length) continue;
      ctx.fillStyle = colour;
      ctx.beginPath();
      for (let i = 0; i < list.length; i += 4) ctx.rect(list[i], list[i + 1], list[i + 2], list[i + 3]);
      ctx.fill();
      list.length = 0;
    }
  }
}

/** Two layers of them at full strength, and two for what steps back. */
export class Layers {
  constructor() { this.strong = [new Specks(), new Specks()]; this.weak = [new Specks(), new Specks()]; }

  below(art) { return (art.alpha < 1 ? this.weak : this.strong)[0]; }
  above(art) { return (art.alpha < 1 ? this.weak : this.strong)[1]; }

  flush(art) {
    const { ctx, alpha } = art;
    ctx.globalAlpha = 1;
    for (const specks of this.strong) specks.flush(ctx);
    ctx.globalAlpha = art.faint ?? 0.25;
    for (const specks of this.weak) specks.flush(ctx);
    ctx.globalAlpha = alpha;
  }
}
