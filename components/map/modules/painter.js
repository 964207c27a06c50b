// What was painted last, so that only what looks different now is painted again. Called when something may have changed, at most once a frame.

import { begin, draw, drawHost, drawHostLoad, tileBox } from "./draw.js";
import { stepOf } from "./fills.js";
import { Pulses } from "./motion.js";
import { holders } from "./places.js";
import { isOutlined, visible } from "./shapes.js";
import { Layers } from "./specks.js";
import { EDGES, L3, PLAIN, busy, drawTile, finish } from "./tile.js";

const CALM = 1000;   // milliseconds between two repaints for the sake of measurements
const SLOW = 10;     // milliseconds of a full paint from which on the picture moves as a bitmap while one zooms and pans
const SETTLE = 90;   // milliseconds after which it is painted sharp
const BLUR = 2;      // ... or when it is larger by this
const OUTLINE = 20;  // the bits of a tile's key from which on it says how it is outlined
const BARE = 0.25;   // ... or when so much of the screen is not on it
const NO_STEPS = new Int32Array(0), NO_TRAILS = []; // of boxes whose tiles are all too small for a curve, as most are

export class Painter {
  constructor() {
    this.layers = new Layers();
    this.onTop = [];
    this.pulses = new Pulses();
    this.view = null;       // what the whole picture depends on
    this.records = new Map(); // of each box with tiles on the screen: how they looked
    this.measuredAt = -CALM;
    this.cost = 0;
    this.painted = { full: 0, hosts: 0, tiles: 0, slides: 0 }; // for tests and the bench
  }

  /**
   * Bring the canvas up to date; `art` as in draw.js.
   * @returns {number} milliseconds after which to be called again; -1: when something changes
   */
  paint(art, model, plan, camera, look) {
    art.layers = this.layers;
    art.onTop = this.onTop;
    const now = performance.now();
    this.pulses.begin(model.alarms?.splice(0) ?? [], now);
    const seen = { ...look, pulse: this.pulses.running(now) ? (id) => this.pulses.grow(id, now) : undefined };
    const view = [art.ctx, art.theme, art.patterns, art.width, art.height, art.ratio, plan, look.dim, look.fill, look.over, art.faint, ageOf(art, model, plan)];
    const same = this.view !== null && view.every((part, i) => part === this.view[i]);
    const { x, y, zoom } = camera, still = same && this.camera.x === x && this.camera.y === y && this.camera.zoom === zoom;
    if (same && !still && this.cost > SLOW && this.slide(art, camera, now)) { this.camera = { x, y, zoom }; return SETTLE; }
    this.view = view;
    this.camera = { x, y, zoom };
    const wait = still && !this.slid && !look.over && !seen.pulse && !this.moving ? this.patch(art, model, plan, camera, seen, now) : -2;
    if (wait !== -2) return wait;
    this.whole(art, model, plan, camera, seen, now);
    return seen.pulse ? 30 : -1;
  }

  whole(art, model, plan, camera, look, now) {
    draw(art, model, plan, camera, look);
    this.cost = 0.7 * (performance.now() - now) + 0.3 * this.cost;
    this.slid = this.waits = false;
    this.copy = null;
    this.news = [model.revision, model.trailed];
    this.rows = model.rows;
    this.moving = look.pulse !== undefined;
    this.measuredAt = now;
    this.painted.full++;
    this.records.clear();
    for (const [pool, holder] of onScreen(art, plan, camera)) this.records.set(holder, record(art, model, pool, holder, camera, look));
    for (const { tiles } of this.records.values()) for (const tile of tiles) if (look.moved(tile) !== tile) { this.moving = true; return; }
  }

  // ---- a part of it

  /** Paint what looks different; -2 if all must be painted, else as `paint`. */
  patch(art, model, plan, camera, look, now) {
    const news = [model.revision, model.trailed], old = this.news;
    this.news = news;
    if (!this.waits && old && news.every((part, i) => part === old[i])) return this.outlines(art, model, plan, camera, look);
    const calm = now - this.measuredAt >= CALM, rows = model.rows === this.rows;
    this.rows = model.rows;
    const hosts = [], tiles = [], bars = [];
    let waits = false;
    for (const [holder, old] of this.records) {
      const fresh = record(art, model, old.pool, holder, camera, look, rows ? old.things : null);
      if (differs(fresh.frame, old.frame)) return -2;
      let whole = false;
      const found = [];
      for (let i = 0; i < fresh.tiles.length; i++) {
        if (look.moved(fresh.tiles[i]) !== fresh.tiles[i]) return -2;
        if (fresh.things[i] !== old.things[i] || fresh.trails[i] !== old.trails[i]) { whole = true; break; }
        if (fresh.keys[i] === old.keys[i] && fresh.steps[i] === old.steps[i]) continue;
        if ((fresh.keys[i] ^ old.keys[i]) >>> OUTLINE) found.push(i);
        else if (calm) found.push(i);
        else { waits = true; fresh.keys[i] = old.keys[i]; fresh.steps[i] = old.steps[i]; }
      }
      if (fresh.bar !== old.bar) { if (calm) bars.push(holder); else { waits = true; fresh.bar = old.bar; } }
      if (holder.dust && found.some((i) => fresh.tiles[i].dust)) whole = true; // its cell has the mean of them
      if (whole && !holder.floor) return -2; // a bench, a group
      if (whole) hosts.push([holder, fresh]); else if (found.length) tiles.push([holder, fresh, found]);
      this.records.set(holder, fresh);
    }
    if (calm && (tiles.length || bars.length)) this.measuredAt = now;
    this.parts(art, model, plan, camera, look, hosts, tiles, bars);
    this.waits = waits;
    return waits ? Math.max(0, CALM - (now - this.measuredAt)) : -1;
  }

  /** No news: at most what is pointed at, focused or selected is other than it was. */
  outlines(art, model, plan, camera, look) {
    const tiles = [];
    for (const [holder, old] of this.records) {
      if (old.frame.length && differs(frameOf(model, old.pool, holder, look), old.frame)) return -2;
      const found = [];
      for (let i = 0; i < old.tiles.length; i++) {
        if (look.moved(old.tiles[i]) !== old.tiles[i]) return -2;
        const outline = outlineOf(old.tiles[i].id, look);
        if (old.keys[i] >>> OUTLINE === outline >>> OUTLINE) continue;
        old.keys[i] = (old.keys[i] & ((1 << OUTLINE) - 1)) | outline;
        found.push(i);
      }
      if (found.some((i) => old.tiles[i].dust)) return -2;
      if (found.length) tiles.push([holder, old, found]);
    }
    this.parts(art, model, plan, camera, look, [], tiles, []);
    return -1;
  }

  parts(art, model, plan, camera, look, hosts, tiles, bars) {
    if (!hosts.length && !tiles.length && !bars.length) return;
    const { ctx, theme, ratio } = art, screen = (box) => camera.project(box, ratio);
    begin(art, model);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const host of bars) {
      const thing = model.things.get(host.id), inner = screen(host.inner);
      if (thing && inner.y - screen(host).y >= 26) drawHostLoad(art, thing, inner, look);
    }
    for (const [host, { pool }] of hosts) {
      const box = screen(host);
      ctx.fillStyle = theme.ground;
      ctx.fillRect(box.x, box.y, box.w, box.h);
      drawHost(art, model, model.things.get(host.id), host, box, screen, { ...look, stale: model.things.get(pool.id)?.standing === 2 });
      this.painted.hosts++;
    }
    for (const [holder, fresh, found] of tiles) this.tiles(art, holder, fresh, found, screen, look);
    finish(art);
  }

  tiles(art, holder, { things, tiles, pool, marked, side }, found, screen, look) {
    const { ctx, theme } = art, inner = screen(holder.inner ?? holder);
    const seen = { ...look, stale: pool.stale, side, hull: inner };
    const ground = holder.inner ? theme.surface : theme.ground;
    for (const i of marked.length ? new Set([...found, ...marked]) : found) {
      const place = screen(tiles[i]), box = side === undefined ? tileBox(art, place, holder, inner) : place;
      if (!visible(box, art) || box.w <= 0 || box.h <= 0) continue;
      const alpha = look.dim && !look.dim.has(things[i].id) ? art.faint ?? 0.25 : 1;
      if (alpha < 1 || Math.min(box.w, box.h) >= PLAIN) { // else what is painted covers what was
        ctx.globalAlpha = 1;
        ctx.fillStyle = ground;
        ctx.fillRect(place.x, place.y, place.w, place.h);
      }
      ctx.globalAlpha = art.alpha = alpha;
      drawTile(art, things[i], box, tiles[i].more ? { ...seen, more: tiles[i].more } : seen);
      this.painted.tiles++;
    }
    ctx.globalAlpha = art.alpha = 1;
  }

  // ---- while one zooms and pans

  /** Show the last sharp picture where it would be now; false if that would no longer do. */
  slide(art, camera, now) {
    const { ctx, width, height, ratio } = art;
    if (!this.copy) {
      this.copy = { canvas: new OffscreenCanvas(ctx.canvas.width, ctx.canvas.height), ...this.camera };
      this.copy.canvas.getContext("2d", { alpha: false }).drawImage(ctx.canvas, 0, 0);
    }
    const scale = camera.zoom / this.copy.zoom, x = (this.copy.x - camera.x) * camera.zoom, y = (this.copy.y - camera.y) * camera.zoom;
    const across = Math.max(0, Math.min(width, x + width * scale) - Math.max(0, x)), down = Math.max(0, Math.min(height, y + height * scale) - Math.max(0, y));
    if (scale > BLUR || scale < 1 / BLUR || across * down < (1 - BARE) * width * height) return false;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.globalAlpha = 1;
    ctx.fillStyle = art.theme.ground;
    ctx.fillRect(0, 0, width, height);
    ctx.imageSmoothingQuality = "low";
    ctx.drawImage(this.copy.canvas, x, y, width * scale, height * scale);
    this.slid = true;
    this.painted.slides++;
    return true;
  }
}

/** Pools that are gone say how long ago they were true: that changes by itself. */
function ageOf({ format }, model, plan) {
  let ages = "";
  for (const { id } of plan.pools) {
    const pool = model.things.get(id);
    if (pool?.standing === 2 && pool.seen) ages += format.age(pool.seen);
  }
  return ages;
}

/** [pool, box with tiles] of what is on the screen. */
function* onScreen(art, plan, camera) {
  const pools = new Map();
  for (const pool of plan.pools) for (const box of [...pool.hosts, pool.bench]) pools.set(box, pool);
  for (const holder of holders(plan)) if (visible(camera.project(holder, art.ratio), art)) yield [pools.get(holder) ?? holder, holder];
}

/** How a box with tiles looks: `frame`, whatever else than its tiles is seen of it, and of each tile its thing and a key of its levels. */
function record(art, model, pool, holder, camera, look, known = null) {
  const { theme } = art, { tiles } = holder, count = tiles.length, stale = model.things.get(pool.id)?.standing === 2;
  const found = { pool, tiles, things: known ?? new Array(count), trails: NO_TRAILS, keys: new Int32Array(count), steps: NO_STEPS, marked: [], side: undefined, bar: 0, frame: [] };
  found.pool.stale = stale;
  found.frame = frameOf(model, pool, holder, look);
  const host = holder.floor && model.things.get(holder.id);
  if (host) found.bar = host.cpu + 256 * (host.trail ? host.step % 65536 : 0);
  const bench = holder === pool.bench;
  if (bench && count) found.side = Math.min(tiles[0].w, tiles[0].h) * camera.zoom;
  for (let i = 0; i < count; i++) {
    const tile = tiles[i], vm = known ? known[i] : (found.things[i] = model.things.get(tile.id)), side = (tile.w < tile.h ? tile.w : tile.h) * camera.zoom;
    if (!vm) continue;
    let key = stepOf(theme, vm, look.fill) + 2 + outlineOf(vm.id, look);
    if (side >= EDGES) key |= (vm.memory << 7) | (Math.round(busy(vm) * 63) << 14);
    if (side >= L3) {
      if (found.steps === NO_STEPS) { found.steps = new Int32Array(count); found.trails = new Array(count); }
      found.steps[i] = vm.step;
      found.trails[i] = vm.trails ?? vm.trail;
    }
    found.keys[i] = key;
    if (vm.mark && side < 12) found.marked.push(i);
  }
  return found;
}

const outlineOf = (id, look) => ((look.hover === id ? 1 : 0) + (look.focus === id ? 2 : 0) + (look.selected.size && look.selected.has(id) ? 4 : 0)) << OUTLINE;

const differs = (a, b) => a.length !== b.length || a.some((part, i) => part !== b[i]);

function frameOf(model, pool, holder, look) {
  const frame = [holder.tiles, holder.dust, model.things.get(pool.id), look.hover === pool.id || look.focus === pool.id];
  if (holder.floor) {
    frame.push(model.things.get(holder.id), isOutlined(holder.id, look));
    for (const id of holder.locals ?? []) frame.push(model.things.get(id));
  } else if (pool.tanks) {
    for (const { id } of pool.tanks) frame.push(model.things.get(id), isOutlined(id, look));
    for (const network of pool.networks ?? []) frame.push(model.things.get(network.id), look.hover === network.id || look.focus === network.id);
    frame.push(isOutlined(pool.id, look));
  }
  return frame;
}
