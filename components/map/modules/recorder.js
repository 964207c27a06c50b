// A 2D context that writes an SVG drawing down instead of painting: as much of the canvas' interface as the map's painters use.

import { arrow, corner, round } from "./outlines.js";

const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g; // XML has no way to say them
const ESCAPED = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Data as the text of an element or attribute. */
export const escape = (text) => `${text}`.toWellFormed().replace(FORBIDDEN, "\ufffd").replace(/[&<>"']/g, (one) => ESCAPED[one]);

export class Recorder {
  /** @param pen  a 2D context that measures words; `shared`: of the drawing that this is a part of */
  constructor(pen, shared = { patterns: [], middles: new Map() }) {
    this.pen = pen;
    this.shared = shared;
    this.marks = [];
    this.path = [];
    this.at = null; // where the pen is
    this.dashes = [];
    this.turn = "";
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", globalAlpha: 1, lineWidth: 1, lineJoin: "miter", lineCap: "butt", font: "", textAlign: "start", textBaseline: "alphabetic" });
  }

  // ---- what is whole at the scale of 1 is not written down

  setTransform() {}
  scale() {}
  clearRect() {}

  // ---- only words are turned

  save() {}
  translate(x, y) { this.turn = `translate(${round(x)} ${round(y)})`; }
  rotate(angle) { this.turn += ` rotate(${round((angle * 180) / Math.PI)})`; }
  restore() { this.turn = ""; }

  setLineDash(dashes) { this.dashes = dashes; }

  // ---- paths

  beginPath() { this.path = []; this.at = null; }
  closePath() { this.path.push("Z"); }
  moveTo(x, y) { this.path.push(`M${round(x)} ${round(y)}`); this.at = [x, y]; }
  lineTo(x, y) { if (this.at) { this.path.push(`L${round(x)} ${round(y)}`); this.at = [x, y]; } else this.moveTo(x, y); }
  quadraticCurveTo(cx, cy, x, y) { this.path.push(`Q${round(cx)} ${round(cy)} ${round(x)} ${round(y)}`); this.at = [x, y]; }
  rect(x, y, w, h) { this.path.push(`M${round(x)} ${round(y)}h${round(w)}v${round(h)}h${round(-w)}Z`); this.at = [x, y]; }
  roundRect(x, y, w, h, radii = 0) { this.path.push(corner(x, y, w, h, radii)); this.at = [x, y]; }
  arc(x, y, r, from, to, counter = false) {
    const { start, end, path } = arrow(x, y, r, from, to, counter);
    this.lineTo(...start);
    this.path.push(path);
    this.at = end;
  }
  arcTo(x1, y1, x2, y2, r) {
    const [x0, y0] = this.at ?? [x1, y1], a = [x0 - x1, y0 - y1], b = [x2 - x1, y2 - y1], long = Math.hypot(...a), wide = Math.hypot(...b);
    const cosine = long && wide ? (a[0] * b[0] + a[1] * b[1]) / long / wide : 1, turn = a[0] * b[1] - a[1] * b[0];
    if (Math.abs(cosine) > 0.9999) { this.lineTo(x1, y1); return; }
    const reach = r / Math.tan(Math.acos(cosine) / 2);
    this.lineTo(x1 + (a[0] / long) * reach, y1 + (a[1] / long) * reach);
    this.at = [x1 + (b[0] / wide) * reach, y1 + (b[1] / wide) * reach];
    this.path.push(`A${round(r)} ${round(r)} 0 0 ${turn < 0 ? 1 : 0} ${this.at.map(round).join(" ")}`);
  }

  fill() { if (this.path.length) this.note(`<path d="${this.path.join("")}"${this.filled()}/>`); }
  stroke() { if (this.path.length) this.note(`<path d="${this.path.join("")}" fill="none"${this.stroked()}/>`); }
  fillRect(x, y, w, h) { if (w && h) this.note(`<rect${box(x, y, w, h)}${this.filled()}/>`); }
  strokeRect(x, y, w, h) { this.note(`<rect${box(x, y, w, h)} fill="none"${this.stroked()}/>`); }

  // ---- words

  measureText(text) { this.pen.font = this.font; this.pen.textBaseline = "alphabetic"; return this.pen.measureText(text); }

  fillText(text, x, y) {
    const [, weight, size] = this.font.match(/^(\S+) ([\d.]+)px/) ?? [null, 400, 12];
    const down = this.textBaseline === "middle" ? this.middle() : 0;
    this.note(`<text${this.turn ? ` transform="${this.turn}"` : ""} x="${round(x)}" y="${round(y + down)}" font-size="${size}" font-weight="${weight}" text-anchor="${ANCHORS[this.textAlign]}"${this.filled()}>${escape(text)}</text>`);
  }

  /** How far below the middle of a line its baseline is: viewers do not agree about other baselines. */
  middle() {
    const { middles } = this.shared, known = middles.get(this.font);
    if (known !== undefined) return known;
    const { pen } = this;
    pen.font = this.font;
    const [low, middle] = ["alphabetic", "middle"].map((line) => { pen.textBaseline = line; return pen.measureText("H").actualBoundingBoxAscent; });
    pen.textBaseline = "alphabetic";
    middles.set(this.font, low - middle);
    return low - middle;
  }

  // ---- patterns

  /** What a pattern is drawn on, of this size: see patterns.js. */
  sheet(width, height) {
    const inside = new Recorder(this.pen, this.shared);
    return { width, height, inside, getContext: () => inside };
  }

  createPattern({ width, height, inside }) {
    const id = `p${this.shared.patterns.length}`;
    this.shared.patterns.push(`<pattern id="${id}" width="${width}" height="${height}" patternUnits="userSpaceOnUse">${inside.marks.join("")}</pattern>`);
    return { id, setTransform() {} };
  }

  // ---- to the drawing

  note(mark) { this.marks.push(this.globalAlpha < 1 ? mark.replace(/(\/?)>/, ` opacity="${round(this.globalAlpha)}"$1>`) : mark); }
  filled() { return ` fill="${paint(this.fillStyle)}"`; }
  stroked() {
    const dashes = this.dashes.length ? ` stroke-dasharray="${this.dashes.join(" ")}"` : "";
    const ends = `${this.lineJoin === "miter" ? "" : ` stroke-linejoin="${this.lineJoin}"`}${this.lineCap === "butt" ? "" : ` stroke-linecap="${this.lineCap}"`}`;
    return ` stroke="${paint(this.strokeStyle)}" stroke-width="${round(this.lineWidth)}"${dashes}${ends}`;
  }

  /** What was painted from here on, in a window of its own. */
  part(x, y, width, height, draw) {
    this.marks.push(`<svg x="${x}" y="${y}" width="${width}" height="${height}" overflow="hidden">`);
    draw(this);
    this.marks.push("</svg>");
  }

  /** The whole drawing. */
  text(width, height, family, title) {
    const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escape(family)}" stroke-miterlimit="10" xml:space="preserve">`;
    return `${head}<title>${escape(title)}</title><defs>${this.shared.patterns.join("")}</defs>${this.marks.join("\n")}</svg>\n`;
  }
}

const paint = (style) => (typeof style === "string" ? escape(style) : `url(#${style.id})`);
const box = (x, y, w, h) => ` x="${round(Math.min(x, x + w))}" y="${round(Math.min(y, y + h))}" width="${round(Math.abs(w))}" height="${round(Math.abs(h))}"`;
