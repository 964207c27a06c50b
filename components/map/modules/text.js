// Words on the canvas: measured once, cut so that the digits at the end stay ("k8s-w…12").

const CACHE = 6000; // words of one font: more than a screen has room for
const LEAST = 3; // letters of the start, one less before digits: those alone name nothing

/** What was asked for lately: at least the last `most` things, never more than twice as many. */
class Recent {
  constructor(most) {
    this.most = most;
    [this.young, this.old] = [new Map(), new Map()];
  }

  get(key) {
    let value = this.young.get(key);
    if (value === undefined && (value = this.old.get(key)) !== undefined) this.set(key, value);
    return value;
  }

  set(key, value) {
    if (this.young.size >= this.most) [this.young, this.old] = [new Map(), this.young];
    this.young.set(key, value);
  }
}

export class Text {
  constructor(family) {
    this.family = family;
    this.fonts = new Map();  // size and weight -> the font
    this.widths = new Map(); // font -> text -> width
    this.cuts = new Recent(CACHE);
  }

  font(size, weight = 450) {
    const key = size * 1000 + weight;
    let font = this.fonts.get(key);
    if (!font) this.fonts.set(key, (font = `${weight} ${size}px ${this.family}`));
    return font;
  }

  width(ctx, text, font) {
    let widths = this.widths.get(font);
    if (!widths) this.widths.set(font, (widths = new Recent(CACHE)));
    let width = widths.get(text);
    if (width === undefined) widths.set(text, (width = this.measure(ctx, text, font)));
    return width;
  }

  measure(ctx, text, font) {
    ctx.font = font;
    return ctx.measureText(text).width;
  }

  /** `text` as much as fits into `room` pixels; empty if not even its first letters do. `digits`: those at its end alone rather than nothing. */
  fit(ctx, text, font, room, digits = false) {
    if (this.width(ctx, text, font) <= room) return text;
    const key = `${font}${Math.floor(room)}|${text}`;
    let cut = this.cuts.get(key);
    if (cut === undefined) this.cuts.set(key, (cut = this.cut(ctx, text, font, room)));
    if (cut || !digits) return cut;
    const tail = text.match(/\d{1,4}$/)?.[0] ?? "";
    return [`…${tail}`, tail].find((end) => tail && this.width(ctx, end, font) <= room) ?? "";
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
        const parts = [text.slice(0, index + 1), text.slice(index + 1)], wide = Math.max(...parts.map((part) => this.measure(ctx, part, font)));
        if (parts[1] && wide <= widest) { widest = wide; found = parts; }
      }
      this.cuts.set(key, found);
    }
    return found;
  }

  /** `text` broken at blanks into `most` lines at most, of which the last is cut. */
  lines(ctx, text, font, room, most) {
    const key = `${font}${Math.floor(room)}/${most}/${text}`;
    let found = this.cuts.get(key);
    if (found !== undefined) return found;
    found = [];
    for (const word of text.split(/ +/)) {
      const line = found.length ? `${found.at(-1)} ${word}` : word;
      if (found.length && (found.length === most || this.measure(ctx, line, font) <= room)) found[found.length - 1] = line; else found.push(word);
    }
    this.cuts.set(key, found);
    return found;
  }

  cut(ctx, text, font, room) {
    const tail = text.match(/\d{1,4}$/)?.[0] ?? "";
    const head = text.slice(0, text.length - tail.length);
    let low = 0, high = head.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.measure(ctx, `${head.slice(0, middle)}…${tail}`, font) <= room) low = middle; else high = middle - 1;
    }
    if (low >= LEAST - (tail ? 1 : 0)) return `${head.slice(0, low).replace(/[\s._-]+$/, "") || head.slice(0, low)}…${tail}`;
    const end = `…${tail}`; // the digits tell it from its neighbours
    return tail.length > 1 && this.measure(ctx, end, font) <= room ? end : "";
  }

  /** The same going up from (x, y), x being the middle of the line. */
  putUp(ctx, text, x, y, room, style) {
    ctx.save();
    ctx.translate(x, y);
    ctx.rotate(-Math.PI / 2);
    const used = this.put(ctx, text, 0, 0, room, style);
    ctx.restore();
    return used;
  }

  /** Draw `text` into `room` pixels from (x, y), y being the middle of the line; says how wide it became. `whole`: rather not at all than cut. */
  put(ctx, text, x, y, room, { size = 12, weight = 450, colour, align = "left", whole = false, digits = false }) {
    const font = this.font(size, weight);
    if (whole && this.width(ctx, text, font) > room) return 0;
    const shown = this.fit(ctx, text, font, room, digits);
    if (!shown) return 0;
    ctx.font = font;
    ctx.fillStyle = colour;
    ctx.textAlign = align;
    ctx.textBaseline = "middle";
    ctx.fillText(shown, x, y + 0.5);
    return this.width(ctx, shown, font);
  }
}
