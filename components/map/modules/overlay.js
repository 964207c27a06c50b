// What lies over the picture for a while: lines of relations, arrows of moves, ghosts of what would move, a ring round what was found. A canvas of its own,
// so that none of it makes the picture below be painted again; hidden while there is nothing.

import { glyph } from "./marks.js";
import { CRITICAL } from "./model.js";
import { drawClear, drawFlying, drawHint, drawLanding, drawRing, drawVerdict, isStill } from "./verdicts.js";

const PULSE = 700;       // milliseconds
const FLIGHT = 400;
const MOST_PULSES = 400;
const BEND = 6;
const BOW = 60;          // pixels that an arrow is bent at most
const HEAD = 10;

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d");
    this.pulses = null;   // {boxes, at}
    this.since = 0;       // when the ghosts set out
  }

  resize(width, height, ratio) {
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  /** Ring these boxes once. */
  pulse(boxes) {
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.pulses = { boxes: boxes.slice(0, MOST_PULSES), at: performance.now() };
  }

  depart() { this.since = matchMedia("(prefers-reduced-motion: reduce)").matches ? -Infinity : performance.now(); }

  /**
   * @param art    as in draw.js
   * @param drawn  {lines, ghosts, lost: boxes of hosts, stranded: boxes of VMs, arrows: see arrows.js;
   *   rings, lifted: boxes of VMs, flying: what hangs at the pointer: see carriedDrawn in carrying.js}
   * @returns {boolean}  whether it goes on by itself
   */
  paint(art, camera, { lines, ghosts, lost, stranded, rings = [], lifted = [], arrows = [], flying = null, halting = [], copies = false }) {
    const now = performance.now();
    if (this.pulses && now - this.pulses.at > PULSE) this.pulses = null;
    const empty = !(lines.length || ghosts.length || lost.length || stranded.length || rings.length || lifted.length || arrows.length || this.pulses);
    if (empty && this.canvas.hidden) return false;
    this.canvas.hidden = empty;
    const { ctx } = this, { ratio } = art, over = { ...art, ctx }, screen = (box) => camera.project(box, ratio);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, art.width, art.height);
    for (const ring of rings) drawRing(over, screen(ring.box), ring, now);
    if (!copies) for (const box of lifted) drawLifted(over, screen(box));
    for (const box of lost) drawLost(over, camera.project(box, ratio));
    for (const box of stranded) drawStranded(over, camera.project(box, ratio));
    const part = 1 - (1 - Math.min(1, (now - this.since) / FLIGHT)) ** 3;
    for (const ring of rings) if (ring.host) drawClear(over, screen, ring);
    for (const box of halting) drawHint(over, screen(box));
    for (const ghost of ghosts) if (ghost.lands) drawLanding(over, screen(ghost)); else drawGhost(over, screen(between(ghost.from ?? ghost, ghost, part)), ghost.name);
    for (const ring of rings) if (ring.host) drawVerdict(over, screen, ring);
    if (flying) drawFlying(over, flying);
    drawLines(over, camera, lines);
    for (const arrow of arrows) drawArrow(over, camera, arrow);
    if (this.pulses) this.drawPulses(over, camera, (now - this.pulses.at) / PULSE);
    const waits = rings.some(({ how }) => how === "asked") && !isStill();
    return this.pulses !== null || waits || (ghosts.length > 0 && part < 1);
  }

  drawPulses({ ctx, theme, ratio }, camera, part) {
    ctx.strokeStyle = theme.accent;
    ctx.globalAlpha = 1 - part;
    ctx.lineWidth = 2;
    for (const box of this.pulses.boxes) {
      const { x, y, w, h } = camera.project(box, ratio), by = part * 8;
      ctx.strokeRect(x - by, y - by, w + 2 * by, h + 2 * by);
    }
    ctx.globalAlpha = 1;
  }
}

const between = (from, to, part) => ({
  x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part, w: from.w + (to.w - from.w) * part, h: from.h + (to.h - from.h) * part,
});

/** The place that what is carried leaves behind. */
function drawLifted({ ctx, theme }, { x, y, w, h }) {
  ctx.globalAlpha = 0.7;
  ctx.fillStyle = theme.ground;
  ctx.fillRect(x, y, w, h);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 1;
  ctx.setLineDash([4, 3]);
  ctx.strokeRect(x + 1, y + 1, Math.max(2, w - 2), Math.max(2, h - 2));
  ctx.setLineDash([]);
}

function drawLost({ ctx, theme }, { x, y, w, h }) {
  ctx.strokeStyle = theme.critical;
  ctx.lineWidth = 1.5;
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, Math.min(7, w / 6));
  ctx.stroke();
  ctx.setLineDash([]);
}

function drawStranded({ ctx, theme }, { x, y, w, h }) {
  ctx.strokeStyle = theme.critical;
  ctx.lineWidth = 2;
  ctx.strokeRect(x + 1, y + 1, Math.max(3, w - 2), Math.max(3, h - 2));
  if (w >= 16 && h >= 16) glyph(ctx, theme, CRITICAL, x + w - 13, y + 4, 9);
}

function drawGhost({ ctx, theme, text }, { x, y, w, h }, name) {
  const box = { x: x + 1, y: y + 1, w: Math.max(2, w - 2), h: Math.max(2, h - 2) };
  ctx.fillStyle = theme.surface;
  ctx.fillRect(x, y, w, h);
  ctx.beginPath();
  ctx.roundRect(box.x, box.y, box.w, box.h, Math.min(3, box.w / 4, box.h / 4));
  ctx.globalAlpha = 0.22;
  ctx.fillStyle = theme.accent;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 1;
  ctx.setLineDash([4, 3]);
  ctx.stroke();
  ctx.setLineDash([]);
  if (box.w >= 30 && box.h >= 18) text.put(ctx, name, box.x + 6, box.y + Math.min(12, box.h / 2), box.w - 10, { size: 11, weight: 520, colour: theme.text });
}

function drawLines({ ctx, theme, text, format }, camera, lines) {
  if (!lines.length) return;
  const seen = lines.map(({ points, ...line }) => ({ ...line, points: points.map(([x, y]) => [(x - camera.x) * camera.zoom, (y - camera.y) * camera.zoom]) }));
  for (const [colour, width] of [[theme.ground, 4], [theme.accent, 1.6]]) { // a border of the ground's colour, so that they are seen on any tile
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.lineJoin = ctx.lineCap = "round";
    for (const { points } of seen) {
      ctx.beginPath();
      ctx.moveTo(...points[0]);
      for (let i = 1; i < points.length - 1; i++) ctx.arcTo(...points[i], ...points[i + 1], BEND);
      ctx.lineTo(...points.at(-1));
      ctx.stroke();
    }
  }
  const ends = new Map(); // lines that end at the same place have one number
  for (const { points, count } of seen) {
    const end = points.at(-1), key = end.map(Math.round).join();
    dot({ ctx, theme }, end, 3.5);
    if (count === 1) dot({ ctx, theme }, points[0], 2.5);
    ends.set(key, { end, count: (ends.get(key)?.count ?? 0) + count, bundled: count > 1 || ends.get(key)?.bundled });
  }
  for (const { end, count, bundled } of ends.values()) if (bundled) badge({ ctx, theme, text }, end, format.number(count));
}

/** A bow from where it is to where it goes, full as far as the move has come, with the number of moves where there are several. */
export function drawArrow({ ctx, theme, text, format }, camera, { from, to, part, count }) {
  const [[ax, ay], [bx, by]] = [from, to].map(([x, y]) => [(x - camera.x) * camera.zoom, (y - camera.y) * camera.zoom]);
  const length = Math.hypot(bx - ax, by - ay);
  if (length < 8) return;
  const bow = Math.min(BOW, length / 5), cx = (ax + bx) / 2 + ((by - ay) / length) * bow, cy = (ay + by) / 2 - ((bx - ax) / length) * bow;
  const at = (t) => [(1 - t) ** 2 * ax + 2 * t * (1 - t) * cx + t * t * bx, (1 - t) ** 2 * ay + 2 * t * (1 - t) * cy + t * t * by];
  const angle = Math.atan2(by - cy, bx - cx), wing = (turn) => [bx - HEAD * Math.cos(angle + turn), by - HEAD * Math.sin(angle + turn)];
  ctx.lineJoin = ctx.lineCap = "round";
  for (const [colour, width] of [[theme.ground, 5], [theme.accent, 2]]) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.moveTo(ax, ay);
    ctx.quadraticCurveTo(cx, cy, bx, by);
    ctx.moveTo(...wing(0.45));
    ctx.lineTo(bx, by);
    ctx.lineTo(...wing(-0.45));
    ctx.stroke();
  }
  dot({ ctx, theme }, at(Math.min(1, Math.max(0, part))), 4);
  if (count > 1) badge({ ctx, theme, text }, at(0.5), format.number(count));
}

function badge({ ctx, theme, text }, [x, y], label) {
  const wide = Math.max(18, text.width(ctx, label, text.font(11, 600)) + 10);
  ctx.beginPath();
  ctx.roundRect(x - wide / 2, y - 9, wide, 18, 9);
  ctx.fillStyle = theme.accent;
  ctx.fill();
  text.put(ctx, label, x, y, wide, { size: 11, weight: 600, colour: theme.ground, align: "center" });
}

function dot({ ctx, theme }, [x, y], r) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.fillStyle = theme.accent;
  ctx.strokeStyle = theme.ground;
  ctx.lineWidth = 1.5;
  ctx.fill();
  ctx.stroke();
}
