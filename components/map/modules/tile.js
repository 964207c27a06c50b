// A VM's tile: lightness is what was chosen (fills.js), pattern is power, the bottom edge is memory used in the guest, the right edge disk
// and network. How much is shown depends on the tile's size on the screen alone.

import { card } from "./card.js";
import { curve } from "./curves.js";
import { alarmed } from "./fill.js";
import { colourOf, inkOf, stepOf } from "./fills.js";
import { mark, pips } from "./marks.js";
import { GAP, HALTED, LOST, PAUSED, RUNNING, SUSPENDED, flow, share } from "./model.js";
import { SIDE } from "./screens.js";
import { isOutlined, outline } from "./shapes.js";

/** Sides from which on more is shown. */
export const L1 = 9, L2 = 22, L3 = 54, L4 = 160;
/** From this side on the lower and the right edge have room for something. */
export const EDGES = 32;
/** Up to this side a tile has no round corners and is painted with thousands of others. */
export const PLAIN = 16;

/**
 * Draw `vm` into the box {x, y, w, h} (CSS pixels, gaps already taken off), as strongly as `art.alpha`. `look.side`: its side before rounding.
 * What is small, and what comes on top of tiles, is painted by `finish`.
 */
export function drawTile(art, vm, box, how) {
  const look = !how.stale && art.gone.has(vm.pool) ? { ...how, stale: true } : how; // among VMs of other pools
  const { theme } = art, side = look.side ?? Math.min(box.w, box.h);
  const step = stepOf(theme, vm, look.fill), colour = colourOf(theme, step, look.stale);
  if (side < PLAIN) speck(art, vm, box, colour, step, side); else body(art, vm, box, colour, step);
  if (says(vm, box, side) || vm.mark || isOutlined(vm.id, look)) art.onTop.push({ vm, box, side, step, look, alpha: art.alpha });
}

/** Whether there is more to it than its fill. */
const says = (vm, box, side) => side >= PLAIN || isUpright(box) || (side >= L1 && (vm.state === PAUSED || vm.state === SUSPENDED || vm.task >= 0)) || (box.h >= 15 && box.w >= 26);

/** Paint what has been left: small tiles, then what is on tiles, then marks, so that no neighbour covers one that is larger than its tile. */
export function finish(art) {
  const { ctx, theme, layers, onTop } = art;
  layers.flush(art);
  for (const { vm, box, side, step, look, alpha } of onTop) {
    ctx.globalAlpha = art.alpha = alpha;
    if (side >= L1) details(art, vm, box, side, step, look);
  }
  for (const { vm, box, side, look, alpha } of onTop) {
    ctx.globalAlpha = art.alpha = Math.max(alpha, 0.6); // what is wrong never fades away
    if (vm.mark && !look.stale) mark(ctx, theme, vm.mark, look.hull ? alarmed(box, look.hull) : box, side, look.pulse?.(vm.id) ?? 0);
    ctx.globalAlpha = art.alpha = 1;
    outline(ctx, theme, box, 3, vm.id, look);
  }
  onTop.length = 0;
}

function details(art, vm, box, side, step, look) {
  const ink = inkOf(art.theme, step, look.stale);
  if (vm.state === PAUSED) bars(art.ctx, box, ink, side);
  const own = seen(art, box); // of a tile at the edge of the screen as much as there is room for
  if (own.h >= 15 && own.w >= 26) words(art, vm, own, ink, side, look);
  else if (isUpright(own)) upright(art, vm, own, ink, side);
  if (side >= EDGES && vm.state === RUNNING && !look.stale) edges(art, vm, box, step, ink, side);
  if (look.more && side >= L2) folded(art, box, ink);
  if (vm.task >= 0 && !look.stale) progress(art.ctx, art.theme, box, vm.task);
  if (!vm.mark && vm.state === SUSPENDED && side >= 12) art.text.put(art.ctx, "z", box.x + box.w - 5, box.y + Math.min(10, box.h / 2), 12, { size: 11, weight: 600, colour: art.theme.dim, align: "right" });
}

/** What a VM leaves behind while it moves to another host: its outline, emptying as the other fills. */
export function drawGhost(art, vm, box) {
  const { ctx, theme, text } = art;
  const left = 1 - Math.max(0, vm.task) / 100;
  ctx.fillStyle = theme.ghost;
  ctx.fillRect(box.x, box.y + box.h * (1 - left), box.w, box.h * left);
  ctx.setLineDash([3, 3]);
  ctx.strokeStyle = theme.outline;
  ctx.lineWidth = 1;
  ctx.strokeRect(box.x + 0.5, box.y + 0.5, Math.max(1, box.w - 1), Math.max(1, box.h - 1));
  ctx.setLineDash([]);
  if (box.h >= 15 && box.w >= 26) text.put(ctx, vm.name, box.x + (box.w >= 60 ? 7 : 4), box.y + Math.min(13, box.h / 2), box.w - 10, { size: 11, colour: theme.dim });
}

/** A tile of few pixels: its fill, as cheap as can be, for there are thousands. */
function speck(art, vm, { x, y, w, h }, colour, step, side) {
  const { theme, patterns, layers } = art, above = layers.above(art), below = layers.below(art);
  if (step > -2 && !(vm.state === LOST || theme.contrast)) { above.add(colour, x, y, w, h); return; }
  const lost = vm.state === LOST;
  below.add(lost ? theme.unknown : side < L1 ? theme.thin : theme.outline, x, y, w, h);
  const inner = step > -2 && !lost ? colour : vm.state === SUSPENDED ? theme.hatchFill : lost ? theme.still : theme.ground;
  above.add(inner, x + 1, y + 1, Math.max(0, w - 2), Math.max(0, h - 2));
  if (lost) above.add(patterns.cross, x + 1, y + 1, Math.max(0, w - 2), Math.max(0, h - 2));
}

function body({ ctx, theme, patterns }, vm, box, colour, step) {
  ctx.beginPath();
  ctx.roundRect(box.x, box.y, box.w, box.h, Math.min(3, box.w / 10, box.h / 10));
  if (step > -2 || vm.state === SUSPENDED) {
    ctx.fillStyle = step > -2 ? colour : theme.hatchFill;
    ctx.fill();
  }
  if (vm.state === LOST) { ctx.fillStyle = patterns.cross; ctx.fill(); }
  if (step > -2 && vm.state !== LOST && !theme.contrast) return;
  if (vm.state === LOST) ctx.setLineDash([4, 3]);
  ctx.beginPath();
  ctx.roundRect(box.x + 0.5, box.y + 0.5, box.w - 1, box.h - 1, Math.min(3, box.w / 10, box.h / 10));
  ctx.strokeStyle = vm.state === LOST ? theme.unknown : theme.outline;
  ctx.lineWidth = 1;
  ctx.stroke();
  ctx.setLineDash([]);
}

/** It is in other groups as well: a corner is turned over. */
function folded({ ctx, alpha }, { x, y, w, h }, ink) {
  const size = Math.min(8, w / 4, h / 4);
  ctx.globalAlpha = 0.55 * alpha;
  ctx.fillStyle = ink;
  ctx.beginPath();
  ctx.moveTo(x, y + h - size);
  ctx.lineTo(x + size, y + h);
  ctx.lineTo(x, y + h);
  ctx.fill();
  ctx.globalAlpha = alpha;
}

/** The part of a box that is on the screen, for what must be read. */
function seen({ width, height }, box) {
  const x = Math.max(0, box.x), y = Math.max(0, box.y);
  return { x, y, w: Math.min(width, box.x + box.w) - x, h: Math.min(height, box.y + box.h) - y };
}

/** Whether a sign stands beside the name, in the corner; else it has the tile, or its upper end, for itself. */
const hasCorner = (box) => box.w >= 44 && box.h >= 22;

function bars(ctx, box, ink, side) {
  const h = Math.min(10, side * 0.45), w = Math.max(1.5, h * 0.3), corner = hasCorner(box), margin = side < L3 ? 5 : 8;
  const x = corner ? box.x + box.w - margin - w * 2.5 : box.x + box.w / 2 - w * 1.25;
  const y = corner || isUpright(box) ? box.y + margin : box.y + box.h / 2 - h / 2;
  ctx.fillStyle = ink;
  ctx.fillRect(x, y, w, h);
  ctx.fillRect(x + w * 1.6, y, w, h);
}

/** Name, address, small facts, and in a large tile figures and curves. */
function words(art, vm, box, ink, side, look) {
  const { ctx, text } = art;
  if (vm.state === PAUSED && !hasCorner(box) && !isUpright(box)) return;
  const large = side >= L4 && box.w >= 130;
  const bench = vm.state === HALTED || vm.state === SUSPENDED;
  const beside = vm.mark ? 12 : vm.state === SUSPENDED ? 9 : vm.state === PAUSED ? 14 : 0;
  const y = bench || box.h < 26 ? box.y + box.h / 2 : box.y + (large ? 18 : 13);
  const style = { size: large ? 14 : box.h < 20 || box.w < 84 ? 11 : 12, weight: large ? 600 : 520, colour: ink };
  const font = text.font(style.size, style.weight), inTwo = !bench && box.h >= 28 && !large;
  const fits = (room) => text.width(ctx, vm.name, font) <= room || (inTwo && text.halves(ctx, vm.name, font, room) !== null);
  const usual = large ? 12 : box.w >= 84 ? 7 : box.w >= 46 ? 4 : 3, pad = [usual, 4, 2].find((one) => one <= usual && fits(box.w - 2 * one - beside)) ?? Math.min(usual, 3);
  const room = box.w - 2 * pad - beside; // the margin gives way before the name does
  const halves = inTwo ? text.halves(ctx, vm.name, font, room) : null;
  const top = halves && box.h < 34 ? box.y + box.h / 2 - 6.5 : y;
  const named = text.put(ctx, halves?.[0] ?? vm.name, box.x + pad, top, room, style);
  if (!named && box.h > box.w && isUpright(box)) { upright(art, vm, box, ink, side); return; }
  if (halves) text.put(ctx, halves[1], box.x + pad, top + 13, room, style);
  if (bench) return;
  let used = 0;
  if (vm.address && !halves && box.h >= 44 && box.w >= L3) {
    ctx.globalAlpha = (art.theme.contrast ? 1 : 0.82) * art.alpha;
    used = text.put(ctx, vm.address, box.x + pad, box.y + (large ? 36 : 28), room, { size: large ? 12 : 11, colour: ink, whole: true });
    ctx.globalAlpha = art.alpha;
  }
  if (side >= L3) {
    const y = box.y + (large ? 36 : 28) + (halves ? 13 : 0), inside = box.w - 2 * pad;
    if (used && used + 40 > inside && box.h >= 84) pips(art, vm, box.x + pad, y + 15, inside, ink, false); // under the address, or beside it
    else pips(art, vm, box.x + box.w - pad, y, inside - used - 8, ink, true);
  }
  if (vm.state !== RUNNING || look.stale) return;
  if (large) inside(art, vm, { x: box.x + pad, y: box.y + 54, w: box.w - 2 * pad, h: box.h - 54 - pad - 3 }, side, ink);
  else if (side >= L3 && box.h >= 60 && vm.trail) curve(art, vm.trail, { x: box.x + pad, y: box.y + box.h - 8 - Math.min(22, box.h * 0.24), w: box.w - 2 * pad, h: Math.min(22, box.h * 0.24) }, ink, false);
}

/** How its screen looks, where there is room, and its figures. */
function inside(art, vm, box, side, ink) {
  const above = side >= SIDE ? art.screens?.draw(art, vm, box) ?? 0 : 0;
  card(art, vm, { ...box, y: box.y + above, h: box.h - above }, ink);
}

/** Too narrow for a name, and high enough for one that goes up. */
const isUpright = (box) => box.w >= 13 && box.h >= 38;

function upright(art, vm, box, ink, side) {
  const taken = (vm.mark ? 14 : 0) + (vm.state === PAUSED ? 14 : 0), foot = 6;
  art.text.putUp(art.ctx, vm.name, box.x + box.w / 2 - 1, box.y + box.h - foot, box.h - foot - 4 - taken, { size: 11, weight: 520, colour: ink });
}

function edges({ ctx, theme, alpha }, vm, box, step, ink, side) {
  const thick = side >= L3 ? 3 : 2, corner = 1.5;
  ctx.fillStyle = step > 0.62 * theme.steps ? ink : theme.load100;
  if (vm.memory !== GAP) {
    ctx.globalAlpha = 0.9 * alpha;
    ctx.fillRect(box.x + corner, box.y + box.h - thick, Math.round((box.w - 2 * corner) * share(vm.memory)), thick);
  }
  const h = Math.round(busy(vm) * (box.h - thick - 2 * corner));
  if (h > 0) {
    ctx.globalAlpha = 0.55 * alpha;
    ctx.fillRect(box.x + box.w - thick + 1, box.y + box.h - thick - corner - h, thick - 1, h);
  }
  ctx.globalAlpha = alpha;
}

/** Disk and network together, 0 to 1 of a scale from 32 KiB/s to 1 GiB/s. */
export const busy = (vm) => Math.min(1, Math.max(0, Math.log2(1 + (flow(vm.disk) || 0) + (flow(vm.network) || 0)) - 15) / 15);

/** A task runs on it: a line around the tile, clockwise from the top left as far as the task is. */
function progress(ctx, theme, { x, y, w, h }, percent) {
  const line = Math.min(w, h) < 14 ? 1 : 2, in_ = line / 2;
  const corners = [[x + in_, y + in_], [x + w - in_, y + in_], [x + w - in_, y + h - in_], [x + in_, y + h - in_], [x + in_, y + in_]];
  let left = 2 * (w + h - 2 * line) * Math.max(0.06, percent / 100);
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = line;
  ctx.beginPath();
  ctx.moveTo(...corners[0]);
  for (let i = 1; i < 5 && left > 0; i++) {
    const [fromX, fromY] = corners[i - 1], [toX, toY] = corners[i], length = Math.abs(toX - fromX) + Math.abs(toY - fromY);
    const part = Math.min(1, left / (length || 1));
    ctx.lineTo(fromX + (toX - fromX) * part, fromY + (toY - fromY) * part);
    left -= length;
  }
  ctx.stroke();
}
