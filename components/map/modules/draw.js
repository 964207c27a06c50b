// The picture: pools, hosts and what is in them, onto a canvas. Knows where everything is (layout.js) and what it is like (model.js);
// decides nothing about either. Called only when something changed.

import { CRITICAL, DEGRADED, DOWN, ENABLED, FULL, GAP, LIVE, MASTER, NONE, WARNING, share } from "./model.js";
import { drawTile, glyph } from "./tile.js";

/**
 * @param art   {ctx, theme, text, patterns, words, format, ratio, width, height}
 * @param model, plan, camera
 * @param look  {hover, focus, selected: Set, dim: Set | null, moved: (box) => where it is on its way there}
 */
export function draw(art, model, plan, camera, look) {
  const { ctx, theme, ratio } = art;
  art.alpha = 1;
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
}

/** What is not lit steps back; without an id, all is drawn at full strength again. */
function dim(art, look, id) {
  art.alpha = id !== undefined && look.dim && !look.dim.has(id) ? 0.25 : 1;
  art.ctx.globalAlpha = art.alpha;
}

const visible = (box, art) => box.x < art.width && box.y < art.height && box.x + box.w > 0 && box.y + box.h > 0;

function drawPool(art, model, thing, pool, box, screen, look, zoom, chrome) {
  const { ctx, theme, text } = art;
  const stale = thing.standing === 2;
  panel(ctx, box, 8, theme.ground, theme.line);
  drawPoolHead(art, thing, box, screen(pool.content), zoom, chrome, stale);
  drawRails(art, model, pool, screen, zoom, look, stale);
  for (const host of pool.hosts) {
    const hostBox = screen(host);
    if (visible(hostBox, art)) drawHost(art, model, model.things.get(host.id), host, hostBox, screen, zoom, { ...look, stale });
  }
  for (const tank of pool.tanks) drawTank(art, model.things.get(tank.id), screen(tank), tank.head * zoom, look, stale);
  drawBench(art, model, pool, screen, zoom, chrome, { ...look, stale });
  outline(ctx, theme, box, 8, pool.id, look);
}

function drawPoolHead(art, thing, box, content, zoom, chrome, stale) {
  const { ctx, theme, text, words, format } = art;
  const y = box.y + Math.min(chrome.head * zoom * 0.5, 26) + (chrome.head > 30 ? 1 : 0);
  const x = box.x + Math.min(chrome.pad * zoom, 20);
  const room = box.w - 2 * (x - box.x);
  const size = chrome.head * zoom >= 28 ? 14 : 12;
  if (chrome.head * zoom < 13) return;
  let used = text.put(ctx, thing.name, x, y, room, { size, weight: 600, colour: stale ? theme.dim : theme.text });
  const more = (words, colour) => { used += 12 + text.put(ctx, words, x + used + 12, y, room - used - 12, { size: 12, colour }); };
  if (stale) {
    if (thing.mark) { glyph(ctx, theme, thing.mark, x + used + 10, y - 5, 10); used += 14; }
    const state = words.servers[thing.state] ?? words.unreachable;
    more(thing.seen ? words.asOfAge.replace("{state}", state).replace("{age}", format.age(thing.seen)) : state, theme.text);
  } else if (thing.standing === 1) more(words.connecting, theme.dim);
  else if (thing.product) more(thing.product, theme.dim);
}

function panel(ctx, { x, y, w, h }, radius, fill, line) {
  const r = Math.min(radius, w / 6, h / 6);
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, w - 1, h - 1, r);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = line;
  ctx.lineWidth = 1;
  ctx.stroke();
}

// ---- hosts

function drawHost(art, model, host, place, box, screen, zoom, look) {
  const { ctx, theme } = art;
  if (!host) return;
  dim(art, look, host.id);
  panel(ctx, box, 6, theme.surface, host.mark === CRITICAL && !look.stale ? theme.critical : theme.line);
  const inner = screen(place.inner), gap = inner.w * inner.h > 4000 ? 1 : 0.5;
  drawHostHead(art, host, box, inner, look, zoom);
  drawFree(art, host, inset(screen(place.free), gap));
  drawSystem(art, inset(screen(place.system), gap));
  dim(art, look);
  for (const tile of place.tiles) {
    const vm = model.things.get(tile.id), at = inset(screen(look.moved(tile)), gap);
    if (!vm || !visible(at, art) || at.w <= 0 || at.h <= 0) continue;
    dim(art, look, vm.id);
    drawTile(art, vm, at, look);
    dim(art, look);
    outline(ctx, theme, at, 3, vm.id, look);
  }
  drawFloor(art, model, place, screen(place.floor), look);
  outline(ctx, theme, box, 6, host.id, look);
}

const inset = ({ x, y, w, h }, by) => ({ x: x + by, y: y + by, w: Math.max(0, w - 2 * by), h: Math.max(0, h - 2 * by) });

function drawHostHead(art, host, box, inner, look, zoom) {
  const { ctx, theme, text, words, format } = art;
  const head = inner.y - box.y;
  if (head < 12) return;
  const right = inner.x + inner.w, full = head >= 26;
  const y = full ? box.y + 14 : box.y + head / 2;
  const colour = look.stale ? theme.dim : theme.text;
  const ram = format.memory(host.ram);
  const state = !(host.flags & LIVE) ? words.lost : !(host.flags & ENABLED) ? words.maintenance : "";
  const side = full && inner.w > 118 ? text.put(ctx, ram, right, y, inner.w, { size: 12, colour: theme.dim, align: "right" }) + 10 : 0;
  let used = text.put(ctx, host.name, inner.x, y, inner.w - side - (host.flags & MASTER ? 14 : 0), { size: full ? 13 : 11, weight: 600, colour });
  if (host.flags & MASTER && used) { star(ctx, theme, inner.x + used + 10, y, full ? 4.5 : 3.5); used += 18; }
  if (host.mark && !look.stale && used) { glyph(ctx, theme, host.mark, inner.x + used + 8, y - 5, full ? 10 : 8); used += 16; }
  if (state && full) text.put(ctx, state, inner.x + used + 8, y, inner.w - side - used - 8, { size: 11, colour: host.flags & LIVE ? theme.dim : theme.critical });
  if (!full) return;
  const bar = { x: inner.x, y: inner.y - 7, w: inner.w, h: 3 };
  ctx.fillStyle = theme.trough;
  ctx.fillRect(bar.x, bar.y, bar.w, bar.h);
  if (host.cpu === GAP || look.stale || !(host.flags & LIVE)) return;
  ctx.fillStyle = theme.fills[Math.round(theme.steps * 0.62)];
  ctx.fillRect(bar.x, bar.y, bar.w * share(host.cpu), bar.h);
  const tick = p95(host.trail);
  if (tick >= 0) { ctx.fillStyle = theme.text; ctx.fillRect(Math.round(bar.x + bar.w * tick), bar.y - 1.5, 1.5, bar.h + 3); }
}

/** The load that is exceeded a twentieth of the time in the last ten minutes; -1 if not known. */
function p95(trail) {
  const known = trail ? [...trail].filter((value) => value !== GAP).sort((a, b) => a - b) : [];
  return known.length >= 20 ? known[Math.floor(known.length * 0.95)] / FULL : -1;
}

function star(ctx, theme, x, y, r) {
  ctx.beginPath();
  for (let i = 0; i < 10; i++) {
    const angle = (Math.PI / 5) * i - Math.PI / 2, length = i % 2 ? r * 0.45 : r;
    ctx.lineTo(x + Math.cos(angle) * length, y + Math.sin(angle) * length);
  }
  ctx.closePath();
  ctx.fillStyle = theme.dim;
  ctx.fill();
}

function drawFree({ ctx, theme, text, patterns, words, format }, host, box) {
  if (box.w < 4 || box.h < 4) return;
  ctx.fillStyle = patterns.dots;
  ctx.fillRect(box.x, box.y, box.w, box.h);
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

function drawSystem({ ctx, theme, text, patterns, words }, box) {
  if (box.w < 1 || box.h < 1) return;
  ctx.beginPath();
  ctx.roundRect(box.x, box.y, box.w, box.h, Math.min(3, box.w / 4, box.h / 4));
  ctx.fillStyle = theme.hatchFill;
  ctx.fill();
  ctx.fillStyle = patterns.hatch;
  ctx.fill();
  if (box.w >= 38 && box.h >= 18) text.put(ctx, words.dom0, box.x + 6, box.y + Math.min(13, box.h / 2), box.w - 9, { size: 11, colour: theme.dim, whole: true });
}

/** The host's own storage: a strip on its floor, each SR as wide as its part. */
function drawFloor(art, model, place, box, look) {
  const { ctx, theme, text, words, format } = art;
  const locals = place.locals.map((id) => model.things.get(id)).filter(Boolean);
  const total = locals.reduce((sum, sr) => sum + sr.size, 0);
  if (!total || box.h < 2) return;
  let x = box.x;
  for (const sr of locals) {
    const w = (box.w * sr.size) / total - (locals.length > 1 ? 1 : 0), part = sr.used / sr.size;
    dim(art, look, sr.id);
    ctx.fillStyle = theme.trough;
    ctx.fillRect(x, box.y, w, box.h);
    ctx.fillStyle = look.stale ? theme.faded : colourOf(theme, sr);
    ctx.fillRect(x, box.y, w * Math.min(1, part), box.h);
    if (box.h >= 11 && w > 40) text.put(ctx, `${locals.length > 1 ? sr.name : words.local} ${format.percent(part)}`, x + 5, box.y + box.h / 2, w - 8, { size: 11, colour: theme.dim });
    if (sr.mark && !look.stale) glyph(ctx, theme, sr.mark, x + w - 10, box.y + box.h / 2 - 4, 8);
    dim(art, look);
    x += w + 1;
  }
}

const colourOf = (theme, sr) => (sr.mark === CRITICAL ? theme.tankBad : sr.mark === WARNING ? theme.tankWarn : theme.tankFill);

// ---- shared storage and networks

function drawTank(art, sr, box, head, look, stale) {
  const { ctx, theme, text, patterns, format } = art;
  if (!sr || !visible(box, art)) return;
  const part = Math.min(1, sr.used / sr.size), snapshots = Math.min(part, sr.snapshots / sr.size);
  dim(art, look, sr.id);
  panel(ctx, box, 6, theme.surface, sr.mark === CRITICAL && !stale ? theme.critical : sr.mark === WARNING && !stale ? theme.warning : theme.line);
  const pad = box.w > 40 ? 3 : 1, top = Math.min(head, 44), vessel = { x: box.x, y: box.y + top, w: box.w, h: box.h - top };
  const inside = inset(vessel, pad), level = inside.h * part;
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(inside.x, inside.y, inside.w, inside.h, Math.min(4, inside.w / 6, inside.h / 6));
  ctx.clip();
  ctx.fillStyle = stale ? theme.faded : colourOf(theme, sr);
  ctx.fillRect(inside.x, inside.y + inside.h - level, inside.w, level);
  if (snapshots > 0) {
    ctx.fillStyle = patterns.band;
    ctx.fillRect(inside.x, inside.y + inside.h - level, inside.w, inside.h * snapshots);
  }
  ctx.restore();
  const promised = sr.promised / sr.size;
  if (promised > 0 && box.w > 30) {
    ctx.fillStyle = theme.dim;
    ctx.fillRect(inside.x, Math.round(inside.y + inside.h * (1 - Math.min(1, promised))), inside.w, 1);
  }
  if (sr.unplugged.length) { ctx.fillStyle = theme.ground; ctx.fillRect(box.x - 1, box.y + box.h / 2 - 4, 4, 8); }
  drawTankWords(art, sr, box, inside, part, stale);
  if (sr.mark && !stale) glyph(ctx, theme, sr.mark, box.x + box.w - 14, box.y + 5, box.w > 40 ? 9 : 6);
  dim(art, look);
  outline(ctx, theme, box, 6, sr.id, look);
}

function drawTankWords({ ctx, theme, text, format }, sr, box, inside, part, stale) {
  const x = box.x + box.w / 2;
  if (box.w < 34 || box.h < 18) return;
  const two = box.h >= 40;
  const loud = stale ? theme.dim : sr.mark === CRITICAL ? theme.critical : theme.dim;
  text.put(ctx, sr.name, x, two ? box.y + 14 : box.y + box.h / 2, box.w - (sr.mark ? 30 : 10), { size: 12, weight: 520, colour: stale ? theme.dim : theme.text, align: "center" });
  if (two) text.put(ctx, format.percent(part), x, box.y + 30, box.w - 6, { size: 12, weight: sr.mark ? 600 : 450, colour: loud, align: "center" });
  if (inside.h >= 28) text.put(ctx, format.memory(sr.size), x, box.y + box.h - 13, box.w - 10, { size: 11, colour: theme.dim, align: "center" });
}

/** A rail for each network, a bead where a host has a port: full with carrier, hollow without, half for a bond that lost some. */
function drawRails(art, model, pool, screen, zoom, look, stale) {
  const { ctx, theme, text, words } = art;
  const networks = pool.networks, step = pool.rails.step * zoom, band = screen(pool.rails);
  if (!networks?.length || step < 2.5) return;
  const first = pool.hosts.length ? screen(pool.hosts[0]) : band;
  const label = step >= 12 ? Math.min(96, first.x + first.w / 2 - band.x - 10) : 0;
  const worded = label >= 30;
  const radius = Math.min(4, Math.max(1.2, step * 0.27));
  const more = networks.length - pool.rails.shown;
  for (let i = 0; i < pool.rails.shown; i++) {
    const network = networks[i], y = band.y + (i + 0.5) * step;
    dim(art, look, network.id);
    const folded = more > 0 && i === pool.rails.shown - 1;
    if (folded) {
      if (worded) text.put(ctx, words.more.replace("{n}", more + 1), band.x, y, band.w, { size: 11, colour: theme.dim });
      dim(art, look);
      break;
    }
    if (worded) text.put(ctx, network.name, band.x, y, label - 8, { size: 11, colour: theme.dim });
    ctx.fillStyle = look.hover === network.id ? theme.accent : stale ? theme.line : theme.rail;
    ctx.fillRect(band.x + label, Math.round(y) - (step > 8 ? 1 : 0.5), band.w - label, step > 8 ? 2 : 1);
    for (const [x, link] of beadsOf(pool, network, screen)) bead(ctx, theme, Math.max(x, band.x + label + 4), y, radius, link, stale);
    dim(art, look);
  }
}

function* beadsOf(pool, network, screen) {
  for (let i = 0; i < network.beads.length; i += 2) {
    const host = pool.byHost.get(network.beads[i]);
    if (!host) continue;
    const box = screen(host);
    yield [box.x + box.w / 2 + (host.row - (pool.rows - 1) / 2) * Math.min(12, box.w / (pool.rows + 1)), network.beads[i + 1]];
  }
}

function bead(ctx, theme, x, y, r, link, stale) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  const colour = stale ? theme.unknown : link === DOWN ? theme.warning : theme.bead;
  ctx.fillStyle = link === DOWN || link === DEGRADED ? theme.ground : colour;
  ctx.fill();
  if (link === DOWN || link === DEGRADED) {
    ctx.strokeStyle = link === DEGRADED && !stale ? theme.warning : colour;
    ctx.lineWidth = 1.6;
    ctx.stroke();
  }
  if (link === DEGRADED) { ctx.beginPath(); ctx.arc(x, y, r, Math.PI / 2, -Math.PI / 2); ctx.fillStyle = stale ? colour : theme.warning; ctx.fill(); }
}

// ---- the bench

function drawBench(art, model, pool, screen, zoom, chrome, look) {
  const { ctx, theme, text, words, format } = art;
  if (!pool.bench.tiles.length) return;
  const box = screen(pool.bench), head = chrome.benchHead * zoom;
  if (head >= 16) text.put(ctx, words.bench, box.x, box.y - 10, box.w, { size: 11, colour: theme.dim });
  for (const tile of pool.bench.tiles) {
    const vm = model.things.get(tile.id), at = screen(look.moved(tile));
    if (!vm || !visible(at, art)) continue;
    dim(art, look, vm.id);
    drawTile(art, vm, { x: at.x + 0.5, y: at.y + 0.5, w: at.w - 1, h: at.h - 1 }, look);
    dim(art, look);
    outline(ctx, theme, at, 3, vm.id, look);
  }
}

// ---- what is pointed at, focused, selected

function outline(ctx, theme, box, radius, id, look) {
  const selected = look.selected.has(id), focus = look.focus === id, hover = look.hover === id;
  if (!selected && !focus && !hover) return;
  ctx.beginPath();
  const by = selected || focus ? 1 : 0.5;
  ctx.roundRect(box.x + by, box.y + by, Math.max(2, box.w - 2 * by), Math.max(2, box.h - 2 * by), Math.min(radius, box.w / 4, box.h / 4));
  ctx.strokeStyle = selected || focus ? theme.accent : theme.dim;
  ctx.lineWidth = selected || focus ? 2 : 1;
  ctx.stroke();
  if (!focus) return;
  ctx.beginPath();
  ctx.roundRect(box.x + 3, box.y + 3, Math.max(1, box.w - 6), Math.max(1, box.h - 6), Math.min(radius, box.w / 4, box.h / 4));
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  ctx.stroke();
}
