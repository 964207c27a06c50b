// Shapes that say something by themselves, without their colour: what is wrong (a dot, a triangle, a notched square), and small facts.

import { CRITICAL, INFO, WARNING } from "./model.js";

/** The side of a tile's mark: 5 pixels are seen of it, whatever the tile is. */
const markSize = (side) => Math.max(6, Math.min(11, side * 0.4));

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

export const PROTECTED = 1, PINNED = 2; // bits of a VM's flags
const PIP = 9;

/** Small facts in a row, as many as `room` allows: from `x` to the right, or ending there. */
export function pips(art, vm, x, y, room, ink, atEnd) {
  const { ctx, text } = art, count = vm.snapshots ? String(vm.snapshots) : "";
  let facts = [];
  if (count) facts.push([stack, PIP + 3 + text.width(ctx, count, text.font(11))]);
  if (vm.flags & PROTECTED) facts.push([shield, PIP]);
  if (vm.flags & PINNED) facts.push([chip, PIP]);
  if (!vm.agent) facts.push([mute, PIP]);
  let wide = facts.reduce((sum, [, width]) => sum + width + 5, -5);
  while (facts.length && wide > room) { wide -= facts.at(-1)[1] + 5; facts = facts.slice(0, -1); }
  if (!facts.length) return;
  let at = atEnd ? x - wide : x;
  ctx.globalAlpha = 0.8 * art.alpha;
  for (const [paint, width] of facts) {
    ctx.strokeStyle = ink;
    ctx.lineWidth = 1.1;
    ctx.beginPath();
    paint(ctx, at, y - PIP / 2);
    ctx.stroke();
    if (width > PIP) text.put(ctx, count, at + PIP + 3, y, width, { size: 11, colour: ink });
    at += width + 5;
  }
  ctx.globalAlpha = art.alpha;
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
