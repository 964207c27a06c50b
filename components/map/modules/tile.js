// A VM's tile: lightness is load, pattern is power, the bottom edge is memory used in the guest, the right edge disk and network.
// How much is shown depends on the tile's size on the screen alone.

import { CRITICAL, FULL, GAP, HALTED, INFO, LOST, PAUSED, RUNNING, SUSPENDED, TRAIL, WARNING, flow, share } from "./model.js";

const L1 = 9, L2 = 22, L3 = 52, L4 = 132;

/** Draw `vm` into the box {x, y, w, h} (CSS pixels, gaps already taken off), as strongly as `art.alpha`. `look.side`: its side before rounding. */
export function drawTile(art, vm, box, look) {
  const { ctx, theme } = art;
  const fill = fillOf(theme, vm, look.stale);
  const side = look.side ?? Math.min(box.w, box.h);
  if (side < L1) { speck(art, vm, box, fill); return; }
  shape(ctx, box, Math.min(3, box.w / 5, box.h / 5));
  if (vm.state === HALTED) {
    ctx.strokeStyle = theme.outline;
    ctx.lineWidth = 1;
    ctx.stroke();
  } else if (vm.state === SUSPENDED) {
    ctx.fillStyle = theme.hatchFill;
    ctx.fill();
    ctx.strokeStyle = theme.outline;
    ctx.lineWidth = 1;
    ctx.stroke();
  } else {
    ctx.fillStyle = fill.colour;
    ctx.fill();
    if (vm.state === LOST) { ctx.fillStyle = art.patterns.cross; ctx.fill(); }
    if (theme.contrast) { ctx.strokeStyle = theme.dim; ctx.lineWidth = 1; ctx.stroke(); }
  }
  if (vm.state === PAUSED) bars(ctx, box, fill.ink, side);
  if (box.h >= 15 && box.w >= 26) words(art, vm, seen(art, box), fill.ink, side);
  if (side >= L2 && vm.state === RUNNING && !look.stale) edges(art, vm, box, fill, side);
  if (vm.task >= 0) progress(ctx, theme, box, vm.task);
  if (vm.mark) mark(ctx, theme, vm.mark, box, side);
  else if (vm.state === SUSPENDED && side >= 12) art.text.put(ctx, "z", box.x + box.w - 5, box.y + Math.min(10, box.h / 2), 12, { size: 11, weight: 600, colour: theme.dim, align: "right" });
}

/** A tile of few pixels: its fill and its mark, as cheap as can be, for there are thousands. */
function speck({ ctx, theme, patterns }, vm, { x, y, w, h }, fill) {
  if (fill.colour) {
    ctx.fillStyle = vm.state === LOST ? patterns.cross : fill.colour;
    ctx.fillRect(x, y, w, h);
  } else {
    ctx.fillStyle = theme.outline;
    ctx.fillRect(x, y, w, h);
    ctx.fillStyle = vm.state === SUSPENDED ? theme.hatchFill : theme.ground;
    ctx.fillRect(x + 1, y + 1, Math.max(0, w - 2), Math.max(0, h - 2));
  }
  if (vm.mark) mark(ctx, theme, vm.mark, { x, y, w, h }, Math.min(w, h));
}

/** The part of a box that is on the screen, for what must be read. */
function seen({ width, height }, box) {
  const x = Math.max(0, box.x), y = Math.max(0, box.y);
  return { x, y, w: Math.min(width, box.x + box.w) - x, h: Math.min(height, box.y + box.h) - y };
}

function fillOf(theme, vm, stale) {
  if (vm.state === HALTED || vm.state === SUSPENDED) return { colour: null, ink: theme.dim };
  if (stale) return { colour: theme.faded, ink: theme.dim };
  if (vm.cpu === GAP || vm.state === LOST) return { colour: theme.still, ink: theme.text };
  const step = Math.round((vm.cpu / FULL) * theme.steps);
  return { colour: theme.fills[step], ink: theme.inks[step] };
}

function shape(ctx, { x, y, w, h }, radius) {
  ctx.beginPath();
  if (radius < 1) ctx.rect(x, y, w, h); else ctx.roundRect(x, y, w, h, radius);
}

function bars(ctx, box, ink, side) {
  const h = Math.min(10, side * 0.45), w = Math.max(1.5, h * 0.3);
  const x = side < L3 ? box.x + box.w / 2 - w * 1.25 : box.x + box.w - 8 - w * 2.5;
  const y = side < L3 ? box.y + box.h / 2 - h / 2 : box.y + 8;
  ctx.fillStyle = ink;
  ctx.fillRect(x, y, w, h);
  ctx.fillRect(x + w * 1.6, y, w, h);
}

/** Name, address, and in a large tile figures and curves. */
function words(art, vm, box, ink, side) {
  const { ctx, text } = art;
  const large = side >= L4 && box.w >= 170;
  const pad = large ? 12 : box.w >= 60 ? 7 : box.w >= 46 ? 4 : 3;
  const room = box.w - 2 * pad - (vm.mark ? 12 : vm.state === SUSPENDED ? 9 : vm.state === PAUSED && side >= L3 ? 14 : 0);
  const bench = vm.state === HALTED || vm.state === SUSPENDED;
  const y = bench || box.h < 26 ? box.y + box.h / 2 : box.y + (large ? 18 : 13);
  if (side < L3 && vm.state === PAUSED) return;
  text.put(ctx, vm.name, box.x + pad, y, room, { size: large ? 14 : box.h < 20 || box.w < 60 ? 11 : 12, weight: large ? 600 : 520, colour: ink });
  if (bench) return;
  ctx.globalAlpha = 0.82 * art.alpha;
  if (vm.address && box.h >= 44 && box.w >= L3) text.put(ctx, vm.address, box.x + pad, box.y + (large ? 36 : 28), room, { size: large ? 12 : 11, colour: ink, whole: true });
  ctx.globalAlpha = art.alpha;
  if (vm.state !== RUNNING) return;
  if (large) figures(art, vm, box, ink);
  else if (side >= L3 && box.h >= 60 && vm.trail) curve(art, vm.trail, { x: box.x + pad, y: box.y + box.h - 8 - Math.min(22, box.h * 0.24), w: box.w - 2 * pad, h: Math.min(22, box.h * 0.24) }, ink, false);
}

function figures(art, vm, box, ink) {
  const { ctx, text, words, format } = art;
  const rows = [
    [words.cpu, format.percent(share(vm.cpu))],
    [words.memory, vm.memory === GAP ? format.memory(vm.ram) : `${format.percent(share(vm.memory))} · ${format.memory(vm.ram)}`],
    [words.disk, format.rate(flow(vm.disk))],
    [words.network, format.rate(flow(vm.network))],
  ];
  const wide = box.w >= 300, line = 18, top = box.y + 62;
  const shown = wide ? rows : rows.slice(0, box.h >= 220 ? 4 : 2);
  const columns = wide ? 2 : 1, width = (box.w - 24) / columns;
  shown.forEach(([label, value], i) => {
    const x = box.x + 12 + (i % columns) * width, y = top + Math.floor(i / columns) * line;
    ctx.globalAlpha = 0.72 * art.alpha;
    text.put(ctx, label, x, y, 56, { size: 11, colour: ink });
    ctx.globalAlpha = art.alpha;
    text.put(ctx, value, x + 58, y, width - 64, { size: 12, weight: 520, colour: ink });
  });
  const from = top + Math.ceil(shown.length / columns) * line;
  const h = Math.min(0.42 * box.h, box.y + box.h - 16 - from);
  if (vm.trail && h >= 18) curve(art, vm.trail, { x: box.x + 12, y: box.y + box.h - 10 - h, w: box.w - 24, h }, ink, true);
}

/** The CPU of the last ten minutes; gaps stay gaps. */
export function curve(art, trail, box, ink, area) {
  const { ctx } = art;
  let from = 0;
  while (from < TRAIL && trail[from] === GAP) from++;
  const at = (i) => box.y + box.h - (trail[i] / FULL) * box.h;
  const stride = Math.max(1, Math.floor(TRAIL / Math.max(16, box.w / 1.5)));
  const path = () => {
    ctx.beginPath();
    let open = false, last = 0;
    for (let i = from; i < TRAIL; i += stride) {
      if (trail[i] === GAP) { open = false; continue; }
      const x = box.x + (i / (TRAIL - 1)) * box.w;
      if (open) ctx.lineTo(x, at(i)); else ctx.moveTo(x, at(i));
      open = true;
      last = x;
    }
    return last;
  };
  ctx.lineWidth = area ? 1.5 : 1.1;
  ctx.lineJoin = "round";
  ctx.strokeStyle = ink;
  if (area && from < TRAIL) {
    const end = path();
    ctx.lineTo(end, box.y + box.h);
    ctx.lineTo(box.x + (from / (TRAIL - 1)) * box.w, box.y + box.h);
    ctx.closePath();
    ctx.globalAlpha = 0.13 * art.alpha;
    ctx.fillStyle = ink;
    ctx.fill();
  }
  path();
  ctx.globalAlpha = 0.72 * art.alpha;
  ctx.stroke();
  ctx.globalAlpha = art.alpha;
}

function edges(art, vm, box, fill, side) {
  const { ctx, theme } = art;
  const thick = side >= L3 ? 3 : 2;
  ctx.save();
  shape(ctx, box, 3);
  ctx.clip();
  ctx.fillStyle = vm.cpu !== GAP && vm.cpu > 0.62 * FULL ? fill.ink : theme.load100;
  if (vm.memory !== GAP) {
    ctx.globalAlpha = 0.9 * art.alpha;
    ctx.fillRect(box.x, box.y + box.h - thick, box.w * share(vm.memory), thick);
  }
  const busy = Math.max(0, Math.log2(1 + (flow(vm.disk) || 0) + (flow(vm.network) || 0)) - 15) / 15; // from 32 KiB/s to 1 GiB/s
  if (busy > 0) {
    const h = Math.min(1, busy) * (box.h - thick);
    ctx.globalAlpha = 0.55 * art.alpha;
    ctx.fillRect(box.x + box.w - thick + 1, box.y + box.h - thick - h, thick - 1, h);
  }
  ctx.globalAlpha = art.alpha;
  ctx.restore();
}

/** A task runs on it: a line around the tile, clockwise from the top left as far as the task is. */
function progress(ctx, theme, { x, y, w, h }, percent) {
  const around = 2 * (w + h);
  let left = around * Math.max(0.06, percent / 100);
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x + 1, y + 1);
  for (const [dx, dy, length] of [[1, 0, w - 2], [0, 1, h - 2], [-1, 0, w - 2], [0, -1, h - 2]]) {
    const go = Math.min(left, length);
    if (go <= 0) break;
    const [px, py] = [dx > 0 ? x + 1 : dx < 0 ? x + w - 1 : dy > 0 ? x + w - 1 : x + 1, dx > 0 ? y + 1 : dx < 0 ? y + h - 1 : dy > 0 ? y + 1 : y + h - 1];
    ctx.lineTo(px + dx * go, py + dy * go);
    left -= length;
  }
  ctx.stroke();
}

/** The worst finding: a dot, a triangle, or a notched square with a border round the tile; never under 5 pixels. */
export function mark(ctx, theme, level, box, side) {
  const size = Math.max(5, Math.min(11, side * 0.4));
  const x = box.x + box.w - size - Math.min(4, side / 8), y = box.y + Math.min(4, side / 8);
  if (level === CRITICAL) {
    ctx.strokeStyle = theme.critical;
    ctx.lineWidth = 2;
    ctx.strokeRect(box.x + 1, box.y + 1, Math.max(3, box.w - 2), Math.max(3, box.h - 2));
  }
  glyph(ctx, theme, level, x, y, size);
}

export function glyph(ctx, theme, level, x, y, size) {
  ctx.beginPath();
  if (level === INFO) ctx.arc(x + size / 2, y + size / 2, size * 0.36, 0, 7);
  else if (level === WARNING) { ctx.moveTo(x + size / 2, y); ctx.lineTo(x + size, y + size * 0.92); ctx.lineTo(x, y + size * 0.92); ctx.closePath(); }
  else { ctx.moveTo(x, y); ctx.lineTo(x + size * 0.6, y); ctx.lineTo(x + size, y + size * 0.4); ctx.lineTo(x + size, y + size); ctx.lineTo(x, y + size); ctx.closePath(); }
  ctx.fillStyle = level === INFO ? theme.accent : level === WARNING ? theme.warning : theme.critical;
  ctx.fill();
  ctx.strokeStyle = theme.ground;
  ctx.lineWidth = 1;
  ctx.stroke();
}
