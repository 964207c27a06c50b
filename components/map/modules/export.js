// The current view as a file: the picture, what it is above it, and below it what its marks say. The same painters as on the screen.

import { draw } from "./draw.js";
import { glyph } from "./marks.js";
import { CRITICAL, INFO, WARNING } from "./model.js";
import { Overlay } from "./overlay.js";
import { patterns } from "./patterns.js";
import { Recorder } from "./recorder.js";
import { Text } from "./text.js";

const FINE = 2;      // pixels of the file for one of the screen
const PAD = 24;
const HEAD = 64, HEAD_NARROW = 82;
const ROW = 26;      // of the legend
const NARROW = 640;
const SAMPLE = 16;   // a sample tile's side
const SCALE = 120;

/**
 * @param view  {theme, text, words, format, width, height, faint, model, plan, camera, look, above}: as paint and Overlay take them
 * @param told  {title, facts: what is shown and how, time, fill, scale: its ends or undefined}
 * @returns {Promise<Blob>}  a PNG
 */
export async function png(view, told) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d"), page = layOut(pen, view, told);
  const sheet = new OffscreenCanvas(view.width * FINE, page.height * FINE), ctx = sheet.getContext("2d", { alpha: false });
  ctx.setTransform(FINE, 0, 0, FINE, 0, 0);
  frame(ctx, view, told, page, patterns(ctx, view.theme, FINE));
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  for (const paint of [below, above]) {
    const layer = new OffscreenCanvas(view.width * FINE, view.height * FINE);
    paint(layer.getContext("2d"), view, FINE);
    ctx.drawImage(layer, 0, page.head * FINE);
  }
  return sheet.convertToBlob({ type: "image/png" });
}

/** The same as an SVG drawing: text as text, patterns as patterns. */
export function svg(view, told) {
  const pen = new OffscreenCanvas(1, 1).getContext("2d"), page = layOut(pen, view, told), ctx = new Recorder(pen);
  frame(ctx, view, told, page, patterns(ctx, view.theme, 1));
  ctx.part(0, page.head, view.width, view.height, () => { below(ctx, view, 1); above(ctx, view, 1); });
  return ctx.text(view.width, page.height, view.theme.family, `${told.title}, ${told.time}`);
}

/** What the file is called. */
export const nameOf = ({ title }, now, kind) => `${title.replace(/[^\p{L}\p{N}.-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 60) || "map"}-${stamp(now)}.${kind}`;

function stamp(now) {
  const two = (value) => `${value}`.padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}`;
}

// ---- the picture

function below(ctx, view, ratio) {
  const art = artOf(ctx, view, ratio);
  draw(art, view.model, view.plan, view.camera, { ...view.look, hover: -1, focus: -1, moved: (tile) => tile, over: undefined, pulse: undefined });
}

function above(ctx, view, ratio) {
  const overlay = new Overlay({ getContext: () => ctx, hidden: false });
  overlay.since = -Infinity; // ghosts are where they go
  overlay.paint(artOf(ctx, view, ratio), view.camera, view.above);
}

const artOf = (ctx, { theme, words, format, width, height, faint, model }, ratio) => ({
  ctx, theme, words, format, width, height, faint, ratio, text: new Text(theme.family), patterns: patterns(ctx, theme, ratio),
});

// ---- what is round it

/** Where everything stands: {head, height, rows: [[{item, x, w}]]}. */
function layOut(pen, view, told) {
  const text = new Text(view.theme.family), room = view.width - 2 * PAD, rows = [[]], head = view.width < NARROW ? HEAD_NARROW : HEAD;
  let x = PAD;
  for (const item of legend(view, told)) {
    const w = item.wide + text.width(pen, item.text, text.font(12)) + (item.end ? 8 + text.width(pen, item.end, text.font(12)) : 0);
    if (x > PAD && x + w > PAD + room) { rows.push([]); x = PAD; }
    rows.at(-1).push({ ...item, x, w });
    x += w + 22;
  }
  return { head, rows, height: head + view.height + 20 + rows.length * ROW + 8 };
}

function legend({ theme, words }, { fill, scale }) {
  const tile = (paint, text) => ({ wide: SAMPLE + 8, text, paint });
  const items = scale ? [{ wide: SCALE + 8, text: `${fill}: ${scale[0]}`, end: scale[1], scale: true }] : [];
  items.push(tile(running, words.states[1]), tile(halted, words.states[0]), tile(paused, words.states[2]), tile(suspended, words.states[3]), tile(unknown, words.states[4]));
  items.push(tile(free, words.freeMemory), tile(system, words.picture.system));
  for (const level of [INFO, WARNING, CRITICAL]) items.push({ wide: 18, text: words.table.levels[level], paint: ({ ctx, theme }, x, y) => glyph(ctx, theme, level, x, y - 5, 10) });
  return items;
}

function frame(ctx, view, told, page, grain) {
  const { theme, width, height } = view, text = new Text(theme.family), art = { ctx, theme, patterns: grain, text };
  ctx.globalAlpha = 1;
  ctx.fillStyle = theme.ground;
  ctx.fillRect(0, 0, width, page.height);
  const narrow = width < NARROW, timeWide = narrow ? 0 : text.width(ctx, told.time, text.font(12));
  text.put(ctx, told.title, PAD, 24, width - 2 * PAD - timeWide - 24, { size: 18, weight: 600, colour: theme.text });
  text.put(ctx, told.facts, PAD, 46, width - 2 * PAD, { size: 12, colour: theme.dim });
  if (narrow) text.put(ctx, told.time, PAD, 64, width - 2 * PAD, { size: 12, colour: theme.dim });
  else text.put(ctx, told.time, width - PAD, 24, timeWide + 4, { size: 12, colour: theme.dim, align: "right" });
  ctx.fillStyle = theme.line;
  ctx.fillRect(0, page.head - 1, width, 1);
  ctx.fillRect(0, page.head + height, width, 1);
  page.rows.forEach((row, i) => {
    const y = page.head + height + 14 + i * ROW + ROW / 2;
    for (const item of row) key(art, item, y);
  });
}

function key(art, item, y) {
  const { ctx, theme, text } = art, { x } = item, style = { size: 12, colour: theme.dim };
  if (!item.scale) {
    item.paint(art, x, y);
    text.put(ctx, item.text, x + item.wide, y, item.w, style);
    return;
  }
  const used = text.put(ctx, item.text, x, y, item.w, style), from = x + used + 8, step = SCALE / (theme.steps + 1);
  for (let i = 0; i <= theme.steps; i++) { // each a little wider, so that nothing shows between them
    ctx.fillStyle = theme.fills[i];
    ctx.fillRect(from + i * step, y - 5, i < theme.steps ? step + 0.5 : step, 10);
  }
  text.put(ctx, item.end, from + SCALE + 8, y, item.w, style);
}

// ---- samples of tiles, as tile.js and draw.js paint them

function square({ ctx }, x, y, fill, line, dashes = []) {
  if (fill) { ctx.beginPath(); ctx.roundRect(x, y - SAMPLE / 2, SAMPLE, SAMPLE, 2); ctx.fillStyle = fill; ctx.fill(); }
  if (!line) return;
  ctx.setLineDash(dashes);
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y - SAMPLE / 2 + 0.5, SAMPLE - 1, SAMPLE - 1, 2);
  ctx.strokeStyle = line;
  ctx.lineWidth = 1;
  ctx.stroke();
  ctx.setLineDash([]);
}

const colour = (theme) => theme.fills[theme.steps >> 1];
const running = (art, x, y) => square(art, x, y, colour(art.theme));
const halted = (art, x, y) => square(art, x, y, null, art.theme.outline);

function free(art, x, y) {
  square(art, x, y, null, art.theme.line);
  art.ctx.fillStyle = art.theme.dim;
  art.ctx.beginPath();
  for (const right of [5, 11]) for (const down of [-3, 3]) art.ctx.rect(x + right - 0.8, y + down - 0.8, 1.6, 1.6);
  art.ctx.fill();
}

function paused(art, x, y) {
  square(art, x, y, colour(art.theme));
  art.ctx.fillStyle = art.theme.inks[art.theme.steps >> 1];
  for (const by of [5, 9]) art.ctx.fillRect(x + by, y - 4, 2, 8);
}

function suspended(art, x, y) {
  square(art, x, y, art.theme.hatchFill, art.theme.outline);
  art.text.put(art.ctx, "z", x + SAMPLE / 2, y, SAMPLE, { size: 11, weight: 600, colour: art.theme.dim, align: "center" });
}

function unknown(art, x, y) {
  square(art, x, y, art.theme.still);
  square(art, x, y, art.patterns.cross, art.theme.unknown, [4, 3]);
}

function system(art, x, y) {
  square(art, x, y, art.theme.hatchFill);
  square(art, x, y, art.patterns.hatch);
}
