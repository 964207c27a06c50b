// Words on the canvas: measured once, cut so that the digits at the end stay ("k8s-w…12").

const CACHE = 20000;
const LEAST = 3; // letters of the start, one less before digits: those alone name nothing

export class Text {
  constructor(family) {
    this.family = family;
    this.fonts = new Map();  // size and weight -> the font
    this.widths = new Map(); // font -> text -> width
    this.cuts = new Map();
  }

  font(size, weight = 450) {
    const key = size * 1000 + weight;
    let font = this.fonts.get(key);
    if (!font) this.fonts.set(key, (font = `${weight} ${size}px ${this.family}`));
    return font;
  }

  width(ctx, text, font) {
    let widths = this.widths.get(font);
    if (!widths) this.widths.set(font, (widths = new Map()));
    let width = widths.get(text);
    if (width === undefined) {
      ctx.font = font;
      width = ctx.measureText(text).width;
      if (widths.size > CACHE) widths.clear();
      widths.set(text, width);
    }
    return width;
  }

  /** `text` as much as fits into `room` pixels; empty if not even its first letters do. */
  fit(ctx, text, font, room) {
    if (this.width(ctx, text, font) <= room) return text;
    const key = `${font}${Math.floor(room)}|${text}`;
    let cut = this.cuts.get(key);
    if (cut === undefined) {
      cut = this.cut(ctx, text, font, room);
      if (this.cuts.size > CACHE) this.cuts.clear();
      this.cuts.set(key, cut);
    }
    return cut;
  }

  /** `text` in two lines, broken where its parts meet; null if they do not fit either, or one line does. */
  halves(ctx, text, font, room) {
    if (this.width(ctx, text, font) <= room) return null;
    const key = `${font}${Math.floor(room)}/${text}`;
    let found = this.cuts.get(key);
    if (found === undefined) {
      found = null;
      let widest = room;
      for (const { index } of text.matchAll(/[-_. ]/g)) {
        const parts = [text.slice(0, index + 1), text.slice(index + 1)], wide = Math.max(...parts.map((part) => this.width(ctx, part, font)));
        if (parts[1] && wide <= widest) { widest = wide; found = parts; }
      }
      if (this.cuts.size > CACHE) this.cuts.clear();
      this.cuts.set(key, found);
    }
    return found;
  }

  cut(ctx, text, font, room) {
    const tail = text.match(/\d{1,4}$/)?.[0] ?? "";
    const head = text.slice(0, text.length - tail.length);
    let low = 0, high = head.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.width(ctx, `${head.slice(0, middle)}…${tail}`, font) <= room) low = middle; else high = middle - 1;
    }
    if (low >= LEAST - (tail ? 1 : 0)) return `${head.slice(0, low).replace(/[\s._-]+$/, "") || head.slice(0, low)}…${tail}`;
    return "";
  }

  /** Draw `text` into `room` pixels from (x, y), y being the middle of the line; says how wide it became. `whole`: rather not at all than cut. */
  put(ctx, text, x, y, room, { size = 12, weight = 450, colour, align = "left", whole = false }) {
    const font = this.font(size, weight);
    if (whole && this.width(ctx, text, font) > room) return 0;
    const shown = this.fit(ctx, text, font, room);
    if (!shown) return 0;
    ctx.font = font;
    ctx.fillStyle = colour;
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    ctx.fillText(shown, x, y + 0.5);
    return this.width(ctx, shown, font);
  }
}
