// The picture: pools, hosts and what is in them, onto a canvas. Knows where everything is (layout.js) and what it is like (model.js);
// decides nothing about either. Called only when something changed.

import { CRITICAL, ENABLED, FULL, GAP, LIVE, MASTER, share } from "./model.js";
import { drawRails } from "./rails.js";
import { isMerged } from "./fill.js";
import { colourOf, inkOf, stepOf } from "./fills.js";
import { glyph } from "./marks.js";
import { dim, inset, isOutlined, outline, panel, visible } from "./shapes.js";
import { Layers } from "./specks.js";
import { nameOf } from "./tip.js";
import { drawFloor, drawTank } from "./storage.js";
import { drawGhost, drawTile, finish } from "./tile.js";

/**
 * @param art   {ctx, theme, text, patterns, words, format, ratio, width, height}
 * @param model, plan, camera
 * @param look  {hover, focus, selected: Set, dim: Set | null, moved: (box) => where it is on its way there,
 *              fill: what tiles show (see fills.js), over: (art, screen) => void, paints what goes above all}
 */
export function draw(art, model, plan, camera, look) {
  const { ctx, theme, ratio } = art;
  begin(art, model);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.fillStyle = theme.ground;
  ctx.fillRect(0, 0, art.width, art.height);
  const screen = (box) => camera.project(box, ratio);
  for (const pool of plan.pools) {
    const thing = model.things.get(pool.id);
    const box = screen(pool);
    if (!thing || !visible(box, art)) continue;
    drawPool(art, model, thing, pool, box, screen, look, camera.zoom, plan.chrome);
  }
  for (const group of plan.groups ?? []) if (visible(screen(group), art)) drawGroup(art, model, group, screen, camera.zoom, look);
  finish(art);
  for (const pool of plan.pools) outlines(art, pool, screen, look);
  look.over?.(art, screen);
}

/** What painters share while they paint. */
export function begin(art, model) {
  art.gone = new Set([...model.pools.keys()].filter((id) => model.things.get(id)?.standing === 2));
  art.model = model;
  art.alpha = 1;
  art.ctx.globalAlpha = 1;
  art.layers ??= new Layers();
  art.onTop ??= [];
}

function outlines({ ctx, theme }, pool, screen, look) {
  outline(ctx, theme, screen(pool), 8, pool.id, look);
  for (const host of pool.hosts) if (isOutlined(host.id, look)) outline(ctx, theme, screen(host), 6, host.id, look);
}

function drawPool(art, model, thing, pool, box, screen, look, zoom, chrome) {
  const { ctx, theme, text } = art;
  const stale = thing.standing === 2;
  panel(ctx, box, 8, theme.ground, theme.line);
  drawPoolHead(art, thing, box, screen(pool.content), zoom, chrome, stale);
  drawRails(art, model, pool, screen, zoom, look, stale);
  for (const host of pool.hosts) {
    const hostBox = screen(host);
    if (visible(hostBox, art)) drawHost(art, model, model.things.get(host.id), host, hostBox, screen, { ...look, stale });
  }
  for (const tank of pool.tanks) drawTank(art, model.things.get(tank.id), screen(tank), tank.head * zoom, look, stale);
  drawBench(art, model, pool, screen, zoom, chrome, { ...look, stale });
}

function drawPoolHead(art, thing, box, content, zoom, chrome, stale) {
  const { ctx, theme, text, words, format } = art;
  const y = box.y + Math.min(chrome.head * zoom * 0.5, 26) + (chrome.head > 30 ? 1 : 0);
  const x = box.x + Math.min(chrome.pad * zoom, 20);
  const room = box.w - 2 * (x - box.x);
  const size = chrome.head * zoom >= 28 ? 14 : 12;
  if (chrome.head * zoom < 13) return;
  let used = text.put(ctx, thing.name, x, y, room, { size, weight: 600, colour: stale ? theme.dim : theme.text });
  const more = (words, colour) => { const wide = text.put(ctx, words, x + used + 12, y, room - used - 12, { size: 12, colour, whole: true }); used += wide && wide + 12; };
  if (stale) {
    if (thing.mark) { glyph(ctx, theme, thing.mark, x + used + 10, y - 5, 10); used += 14; }
    const state = words.servers[thing.state];
    more(thing.seen ? words.asOfAge.replace("{state}", state).replace("{age}", format.age(thing.seen)) : state, theme.text);
  } else if (thing.standing === 1) more(words.servers[thing.state], theme.dim);
  else {
    if (thing.product) more(thing.product, theme.dim);
    if (thing.hosts) more(words.verdict.replace("{n}", format.number(thing.sure)).replace("{all}", format.number(thing.hosts)), theme.dim);
  }
}

// ---- hosts

export function drawHost(art, model, host, place, box, screen, look) {
  const { theme } = art;
  if (!host) return;
  dim(art, look, host.id);
  panel(art.ctx, box, 6, theme.surface, host.mark === CRITICAL && !look.stale ? theme.critical : theme.line);
  const inner = screen(place.inner);
  drawHostHead(art, host, box, inner, look);
  drawFree(art, host, tileBox(art, screen(place.free), place, inner));
  drawSystem(art, tileBox(art, screen(place.system), place, inner));
  dim(art, look);
  for (const tile of place.ghosts ?? []) {
    const vm = model.things.get(tile.id);
    if (vm) drawGhost(art, vm, tileBox(art, screen(tile), place, inner));
  }
  if (place.others) drawOthers(art, host, tileBox(art, screen(place.others), place, inner));
  drawTiles(art, model, place, inner, screen, look);
  drawFloor(art, model, place, screen(place.floor), look);
}

function drawTiles(art, model, place, hull, screen, look) {
  const seen = { ...look, hull };
  const dust = place.dust && screen(place.dust), merged = place.dust && isMerged(place.dust, dust);
  for (const tile of place.tiles) {
    const vm = model.things.get(tile.id);
    if (!vm) continue;
    const at = tileBox(art, screen(look.moved(tile)), place, hull);
    if (!visible(at, art)) continue;
    dim(art, look, vm.id);
    if ((at.w > 0 && at.h > 0 && !(tile.dust && merged)) || vm.mark) drawTile(art, vm, at, tile.more ? { ...seen, more: tile.more } : seen);
  }
  dim(art, look);
  if (merged) drawDust(art, model, dust, place.dust.ids, look);
}

/** VMs too small to be told apart: one cell with the mean of what they show, and how many they are. */
function drawDust(art, model, box, ids, look) {
  const { ctx, theme, text, format } = art;
  let sum = 0, known = 0, lit = !look.dim;
  for (const id of ids) {
    const vm = model.things.get(id), step = vm ? stepOf(theme, vm, look.fill) : -1;
    if (step >= 0) { sum += step; known++; }
    lit ||= look.dim.has(id);
  }
  ctx.globalAlpha = lit ? 1 : art.faint ?? 0.25;
  const step = known ? Math.round(sum / known) : -1;
  ctx.fillStyle = colourOf(theme, step, look.stale);
  ctx.fillRect(box.x, box.y, box.w - 1, box.h - 1);
  ctx.fillStyle = art.patterns.grain;
  ctx.fillRect(box.x, box.y, box.w - 1, box.h - 1);
  edge(art, { ...box, w: box.w - 1, h: box.h - 1 });
  if (box.w >= 24 && box.h >= 15) text.put(ctx, `${format.number(ids.length)}`, box.x + box.w / 2, box.y + box.h / 2, box.w - 4, { size: 11, weight: 600, colour: inkOf(theme, step, look.stale), align: "center", whole: true });
  ctx.globalAlpha = 1;
}

/** What VMs hold that whoever looks is not told of. */
function drawOthers(art, host, box) {
  const { ctx, theme, text, words, format } = art;
  if (box.w < 1 || box.h < 1) return;
  ctx.fillStyle = theme.faded;
  ctx.fillRect(box.x, box.y, box.w, box.h);
  edge(art, box);
  if (box.w >= 60 && box.h >= 18) text.put(ctx, words.others.replace("{size}", format.memory(host.others)), box.x + 7, box.y + Math.min(13, box.h / 2), box.w - 12, { size: 11, colour: theme.text });
}

/** A border, where more contrast is wanted. */
function edge({ ctx, theme }, { x, y, w, h }) {
  if (!theme.contrast || w < 3 || h < 3) return;
  ctx.strokeStyle = theme.outline;
  ctx.lineWidth = 1;
  ctx.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
}

// ---- groups

function drawGroup(art, model, group, screen, zoom, look) {
  const { ctx, theme, text, words, format } = art, box = screen(group), inner = screen(group.inner);
  dim(art, look, group.id >= 0 ? group.id : undefined);
  panel(ctx, box, 8, theme.surface, theme.line);
  const head = inner.y - box.y, y = box.y + head / 2, size = head >= 28 ? 13 : 11;
  if (head >= 13) {
    const name = nameOf(group, words, format);
    const sum = `${format.number(group.count)} · ${format.memory(group.ram)}`;
    let used = text.put(ctx, group.detail || name, inner.x, y, inner.w, { size, weight: 600, colour: group.kind ? theme.dim : theme.text }); // what tells them apart first
    if (group.detail && inner.w > used + 60) used += 8 + text.put(ctx, name, inner.x + used + 8, y, inner.w - used - 8, { size: 11, colour: theme.dim });
    text.put(ctx, sum, inner.x + inner.w, y, inner.w - used - 12, { size: size - (size > 11 ? 1 : 0), colour: theme.dim, align: "right", whole: true });
  }
  drawTiles(art, model, group, inner, screen, look);
}

/** A tile without the gap to its neighbours: two pixels in all, one where there are many. */
export function tileBox(art, box, place, inner) {
  const many = inner.w * inner.h < 800 * (place.tiles.length + 1);
  if (!many) return inset(box, 1);
  const by = art.ratio > 1 ? 1 / Math.round(art.ratio) : 1;
  return { x: box.x, y: box.y, w: Math.max(0, box.w - by), h: Math.max(0, box.h - by) };
}

function drawHostHead(art, host, box, inner, look) {
  const { ctx, theme, text, words, format } = art;
  const head = inner.y - box.y;
  if (head < 12) return;
  const right = inner.x + inner.w, full = head >= 26;
  const y = full ? inner.y - Math.min(20, head - 12) : box.y + head / 2; // close to what it names, however near one is
  const colour = look.stale ? theme.dim : theme.text;
  const ram = format.memory(host.ram);
  const state = !(host.flags & LIVE) ? words.lost : !(host.flags & ENABLED) ? words.maintenance : "";
  const side = full && inner.w > 118 ? text.put(ctx, ram, right, y, inner.w, { size: 12, colour: theme.dim, align: "right" }) + 10 : 0;
  const font = text.font(full ? 13 : 11, 600), marked = host.mark && !look.stale ? 16 : 0, room = inner.w - side - marked; // all stays within the host
  const isStarred = host.flags & MASTER && text.fit(ctx, host.name, font, room - 16); // who it is goes before what it is
  let used = text.put(ctx, host.name, inner.x, y, room - (isStarred ? 16 : 0), { size: full ? 13 : 11, weight: 600, colour, digits: true });
  if (isStarred) { star(ctx, theme, inner.x + used + 10, y, full ? 4.5 : 3.5); used += 18; }
  if (host.mark && !look.stale && used) { const size = (full ? 10 : 8) + (look.pulse?.(host.id) ?? 0); glyph(ctx, theme, host.mark, inner.x + used + 12 - size / 2, y - size / 2, size); used += 16; }
  if (state && full) text.put(ctx, state, inner.x + used + 8, y, inner.w - side - used - 8, { size: 11, colour: host.flags & LIVE ? theme.dim : theme.critical });
  if (full) drawHostLoad(art, host, inner);
}

/** Its CPUs: the bar, and a tick at what is exceeded a twentieth of the time. */
export function drawHostLoad({ ctx, theme, gone }, host, inner) {
  const bar = { x: inner.x, y: inner.y - 7, w: inner.w, h: 3 };
  ctx.fillStyle = theme.surface;
  ctx.fillRect(bar.x, bar.y - 2, bar.w + 2, bar.h + 4);
  ctx.fillStyle = theme.trough;
  ctx.fillRect(bar.x, bar.y, bar.w, bar.h);
  if (host.cpu === GAP || gone.has(host.pool) || !(host.flags & LIVE)) return;
  ctx.fillStyle = theme.fills[Math.round(theme.steps * 0.62)];
  ctx.fillRect(bar.x, bar.y, Math.round(bar.w * share(host.cpu)), bar.h);
  const tick = p95(host.trail);
  if (tick >= 0) { ctx.fillStyle = theme.text; ctx.fillRect(Math.round(bar.x + bar.w * tick), bar.y - 1.5, 1.5, bar.h + 3); }
}

/** The load that is exceeded a twentieth of the time in the last ten minutes; -1 if not known. */
function p95(trail) {
  const known = trail ? [...trail].filter((value) => value !== GAP).sort((a, b) => a - b) : [];
  return known.length >= 20 ? known[Math.floor(known.length * 0.95)] / FULL : -1;
}

export function star(ctx, theme, x, y, r) {
  ctx.beginPath();
  for (let i = 0; i < 10; i++) {
    const angle = (Math.PI / 5) * i - Math.PI / 2, length = i % 2 ? r * 0.45 : r;
    ctx.lineTo(x + Math.cos(angle) * length, y + Math.sin(angle) * length);
  }
  ctx.closePath();
  ctx.fillStyle = theme.dim;
  ctx.fill();
}

export function drawFreeGround({ ctx, patterns }, box) {
  ctx.fillStyle = patterns.dots;
  ctx.fillRect(box.x, box.y, box.w, box.h);
}

function drawFree(art, host, box) {
  const { ctx, theme, text, words, format } = art;
  if (box.w < 4 || box.h < 4) return;
  drawFreeGround(art, box);
  const label = words.free.replace("{size}", format.memory(host.free));
  if (box.w < 60 || box.h < 20 || !(host.flags & LIVE)) return;
  const font = text.font(12), wide = text.width(ctx, label, font);
  const shown = wide + 12 <= box.w ? label : format.memory(host.free);
  const w = text.width(ctx, shown, font) + 14;
  if (w > box.w) return;
  ctx.fillStyle = theme.surface;
  ctx.fillRect(box.x + box.w / 2 - w / 2, box.y + box.h / 2 - 9, w, 18);
  text.put(ctx, shown, box.x + box.w / 2, box.y + box.h / 2, box.w, { size: 12, colour: theme.dim, align: "center" });
}

export function drawSystem(art, box) {
  const { ctx, theme, text, patterns, words } = art;
  if (box.w < 1 || box.h < 1) return;
  ctx.beginPath();
  if (Math.min(box.w, box.h) < 16) ctx.rect(box.x, box.y, box.w, box.h); else ctx.roundRect(box.x, box.y, box.w, box.h, 3);
  ctx.fillStyle = theme.hatchFill;
  ctx.fill();
  ctx.fillStyle = patterns.hatch;
  ctx.fill();
  edge(art, box);
  if (box.w >= 38 && box.h >= 18) text.put(ctx, words.dom0, box.x + 6, box.y + Math.min(13, box.h / 2), box.w - 9, { size: 11, colour: theme.dim, whole: true });
}

// ---- the bench

function drawBench(art, model, pool, screen, zoom, chrome, look) {
  const { ctx, theme, text, words, format } = art;
  if (!pool.bench.tiles.length) return;
  const box = screen(pool.bench), head = chrome.benchHead * zoom;
  const [first] = pool.bench.tiles, side = Math.min(first.w, first.h) * zoom; // or some would round to another kind of drawing than their neighbours
  const benched = { ...look, side, hull: box };
  if (head >= 16) text.put(ctx, words.bench, box.x, box.y - 10, box.w, { size: 11, colour: theme.dim });
  const dust = pool.bench.dust && screen(pool.bench.dust), merged = pool.bench.dust && isMerged(pool.bench.dust, dust);
  for (const tile of pool.bench.tiles) {
    const vm = model.things.get(tile.id), at = screen(look.moved(tile));
    if (!vm || !visible(at, art)) continue;
    dim(art, look, vm.id);
    if (!(tile.dust && merged) || vm.mark) drawTile(art, vm, at, benched);
  }
  dim(art, look);
  if (merged) drawDust(art, model, dust, pool.bench.dust.ids, look);
}
