// Shapes that say something by themselves, without their colour: what is wrong (a dot, a triangle, a notched square), and small facts.

import { CRITICAL, INFO, WARNING } from "./model.js";

/** The side of a tile's mark: 5 pixels are seen of it, whatever the tile is. */
export const markSize = (side) => Math.max(6, Math.min(11, side * 0.4));

/** The worst finding of a tile, at its upper right; on a tile smaller than the mark, over its middle. `grow`: pixels it is larger just now. */
export function mark(ctx, theme, level, box, side, grow = 0) {
  const size = markSize(side) + grow, tight = side < 8;
  const x = tight ? box.x + box.w / 2 - size / 2 : box.x + box.w - size - Math.min(4, side / 8) + grow / 2;
  const y = tight ? box.y + box.h / 2 - size / 2 : box.y + Math.min(4, side / 8) - grow / 2;
  if (level === CRITICAL && !tight) {
    const line = 2 + grow / 2;
    ctx.strokeStyle = theme.critical;
    ctx.lineWidth = line;
    ctx.strokeRect(box.x + line / 2, box.y + line / 2, Math.max(3, box.w - line), Math.max(3, box.h - line));
  }
  glyph(ctx, theme, level, x, y, size);
}

export function glyph(ctx, theme, level, x, y, size) {
  ctx.beginPath();
  if (level === INFO) ctx.arc(x + size / 2, y + size / 2, Math.max(2.5, size * 0.36), 0, 7);
  else if (level === WARNING) { ctx.moveTo(x + size / 2, y); ctx.lineTo(x + size, y + size * 0.92); ctx.lineTo(x, y + size * 0.92); ctx.closePath(); }
  else { ctx.moveTo(x, y); ctx.lineTo(x + size * 0.6, y); ctx.lineTo(x + size, y + size * 0.4); ctx.lineTo(x + size, y + size); ctx.lineTo(x, y + size); ctx.closePath(); }
  ctx.strokeStyle = theme.ground;
  ctx.lineWidth = 2;
  ctx.stroke();
  ctx.fillStyle = level === INFO ? theme.accent : level === WARNING ? theme.warning : theme.critical;
  ctx.fill();
}

const PROTECTED = 1, PINNED = 2;
const PIP = 9;

/** Small facts in a row that ends at `right`, as many as `room` allows; how wide they are. */
export function pips(art, vm, right, y, room, ink) {
  const { ctx, text } = art;
  const facts = [];
  if (vm.flags & PROTECTED) facts.push(shield);
  if (vm.flags & PINNED) facts.push(chip);
  if (!vm.agent) facts.push(mute);
  const count = vm.snapshots ? String(vm.snapshots) : "", wide = count ? PIP + 3 + text.width(ctx, count, text.font(11)) : 0;
  let x = right;
  ctx.globalAlpha = 0.8 * art.alpha;
  ctx.strokeStyle = ctx.fillStyle = ink;
  ctx.lineWidth = 1.1;
  for (const paint of facts) {
    if (right - x + PIP + 4 > room) break;
    x -= PIP;
    ctx.beginPath();
    paint(ctx, x, y - PIP / 2);
    ctx.stroke();
    x -= 5;
  }
  if (count && right - x + wide <= room) {
    x -= wide;
    ctx.beginPath();
    stack(ctx, x, y - PIP / 2);
    ctx.stroke();
    text.put(ctx, count, x + PIP + 3, y, 40, { size: 11, colour: ink });
    x -= 5;
  }
  ctx.globalAlpha = art.alpha;
  return right - x;
}

/** High availability restarts it. */
function shield(ctx, x, y) {
  ctx.moveTo(x + 4.5, y + 0.5);
  ctx.lineTo(x + 8, y + 1.8);
  ctx.quadraticCurveTo(x + 8, y + 6.5, x + 4.5, y + 8.5);
  ctx.quadraticCurveTo(x + 1, y + 6.5, x + 1, y + 1.8);
  ctx.closePath();
}

/** It has a device of its host, and cannot leave it. */
function chip(ctx, x, y) {
  ctx.rect(x + 2, y + 2, 5, 5);
  for (const at of [3.5, 5.5]) {
    ctx.moveTo(x + at, y + 0.3); ctx.lineTo(x + at, y + 2); ctx.moveTo(x + at, y + 7); ctx.lineTo(x + at, y + 8.7);
    ctx.moveTo(x + 0.3, y + at); ctx.lineTo(x + 2, y + at); ctx.moveTo(x + 7, y + at); ctx.lineTo(x + 8.7, y + at);
  }
}

/** No agent in the guest. */
function mute(ctx, x, y) {
  ctx.arc(x + 4.5, y + 4.5, 3.6, 0, 7);
  ctx.moveTo(x + 2, y + 7);
  ctx.lineTo(x + 7, y + 2);
}

/** Snapshots: layers. */
function stack(ctx, x, y) {
  ctx.moveTo(x + 4.5, y + 1); ctx.lineTo(x + 8.5, y + 3); ctx.lineTo(x + 4.5, y + 5); ctx.lineTo(x + 0.5, y + 3); ctx.closePath();
  ctx.moveTo(x + 0.5, y + 5.4); ctx.lineTo(x + 4.5, y + 7.6); ctx.lineTo(x + 8.5, y + 5.4);
}
