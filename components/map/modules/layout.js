// Where everything on the map is. Pure: no DOM, no clock, no measurement of load; the same inventory and viewport give the same
// rectangles. Units are CSS pixels at zoom 1.
//
// The frame (pools, hosts, tanks, rails, benches) depends on what is configured only: on hosts, their RAM, SRs, networks and how many
// VMs a pool has. What runs where is filled in host by host, so a start or stop moves the tiles of one host and the bench.

import { fillBench, fillHost } from "./fill.js";
import { sizing } from "./sizes.js";
import { tanks } from "./tanks.js";

/** Widths and heights of what is not to scale, by how much room a host has. */
const CHROMES = [
  { name: "full", side: 190, margin: 12, gap: 12, pad: 14, head: 36, rail: 15, rails: 6, hostGap: 12, hostHead: 34, hostPad: 8, floor: 20, tankGap: 10,
    tank: 56, tankHead: 42, benchHead: 24, bench: { w: 92, h: 28, gap: 7 }, narrowest: 170 },
  { name: "compact", side: 70, margin: 8, gap: 8, pad: 8, head: 26, rail: 7, rails: 5, hostGap: 6, hostHead: 18, hostPad: 4, floor: 8, tankGap: 5,
    tank: 20, tankHead: 0, benchHead: 10, bench: { w: 52, h: 16, gap: 4 }, narrowest: 90 },
  { name: "tiny", side: 0, margin: 4, gap: 4, pad: 4, head: 18, rail: 4, rails: 3, hostGap: 2, hostHead: 5, hostPad: 1.5, floor: 3, tankGap: 3,
    tank: 8, tankHead: 0, benchHead: 4, bench: { w: 20, h: 8, gap: 2 }, narrowest: 50 },
];
const PHONE = 600;          // narrower than this, pools stand one below the other and the map scrolls
const LOW = 340;            // a lower map (a window at 200 %) scrolls, or hosts would have no room for VMs
const PHONE_TILE = 46;      // the side of the median VM there
const PHONE_TANK = 60;      // the room of SRs there: enough for names
const LONE_HOST = 0.6;      // of the viewport at most, which is a little less than half of the screen
const STEP = 1.12;          // the scale goes in steps, so that a small change does not move the world
const MOST_STEPS = 96;      // from the largest scale down to a fifty thousandth of it
const ASPECT = 0.95;        // width to height of a host that looks well

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
export const byName = (a, b) => collator.compare(a.name, b.name) || (a.uuid < b.uuid ? -1 : 1);

/**
 * The inventory in the order of placement: pools and hosts as `wanted` says (keys), the others after them by name; tanks by name;
 * VMs by RAM, then name. No measurement has a say.
 */
export function order(pools, wanted = []) {
  const ranks = new Map(wanted.map((key, i) => [key, i])), rank = ({ key }) => ranks.get(key) ?? wanted.length;
  const byWish = wanted.length ? (a, b) => rank(a) - rank(b) || byName(a, b) : byName;
  return [...pools].sort(byWish).map((pool) => ({
    ...pool,
    hosts: [...pool.hosts].sort(byWish).map(orderHost),
    tanks: [...pool.tanks].sort(byName),
    rails: [...pool.rails].sort(byName),
    bench: orderBench(pool.bench),
  }));
}

export const orderHost = (host) => ({ ...host, vms: [...host.vms].sort((a, b) => b.ram - a.ram || byName(a, b)) });
export const orderBench = (vms) => [...vms].sort((a, b) => a.home - b.home || byName(a, b));

/**
 * The whole map.
 * @param pools  as `order` gives them: {id, vms (how many there are, on or off), hosts: [{id, ram, system, others, vms: [{id, ram}]}],
 *               tanks: [{id, size}], rails: [{id}], bench: [{id, ram}]}; amounts in MiB; `others`: what VMs hold that are not told of
 * @param {{w: number, h: number}} viewport
 * @param {string} size  of VMs, see sizes.js; hosts are always as large as their RAM
 */
export function layout(pools, viewport, size = "auto") {
  const frame = place(pools, viewport), byId = new Map(pools.map((pool) => [pool.id, pool]));
  const area = frame.pools.reduce((sum, box) => sum + box.hosts.reduce((all, { inner }) => all + inner.w * inner.h, 0), 0);
  frame.sizes = sizing(size, everyVm(pools), area, frame.scale);
  for (const box of frame.pools) {
    const pool = byId.get(box.id);
    for (const [j, host] of box.hosts.entries()) fillHost(host, pool.hosts[j], frame.sizes);
    fillBench(box.bench, pool.bench, frame.chrome);
  }
  return frame;
}

// ---- the frame

function place(pools, viewport) {
  const view = { w: Math.max(200, viewport.w), h: Math.max(LOW, viewport.h) };
  const full = pools.filter((pool) => pool.hosts.length), world = full.map(measure);
  const empty = pools.filter((pool) => !pool.hosts.length);
  const chrome = chromeFor(world, view);
  const strip = stripOf(empty, view, chrome);
  const room = { w: view.w, h: Math.max(150, view.h - strip.h) };
  const best = view.w < PHONE ? forPhone(world, room, chrome, everyVm(full)) : bestFit(world, room, chrome);
  const boxes = stack(best, room, chrome);
  tanks(boxes, full, chrome);
  const bottom = Math.max(chrome.margin - chrome.gap, ...boxes.map((box) => box.y + box.h));
  const rest = strip.at(bottom + chrome.gap);
  return { scale: best.scale, chrome, width: view.w, height: Math.max(bottom, ...rest.map((box) => box.y + box.h)) + chrome.margin, pools: [...boxes, ...rest], groups: [] };
}

/** Pools of which no host is known yet, or seen: a row of small boxes below the others, with what is seen of their VMs. */
function stripOf(empty, view, chrome) {
  const width = view.w - 2 * chrome.margin, least = 300;
  const across = Math.max(1, Math.min(empty.length, Math.floor((width + chrome.gap) / (least + chrome.gap))));
  const w = (width - (across - 1) * chrome.gap) / across, benches = Math.max(0, ...empty.map((pool) => benchHeight(pool, w, chrome)));
  const h = chrome.head + chrome.pad * 0.4 + benches + (benches ? chrome.pad : 0);
  const none = { x: 0, y: 0, w: 0, h: 0 };
  const at = (top) => empty.map(({ id, vms }, i) => {
    const box = { x: chrome.margin + (i % across) * (w + chrome.gap), y: top + Math.floor(i / across) * (h + chrome.gap), w, h };
    return { id, ...box, hosts: [], rows: 0, tanks: [], content: box, rails: { ...none, step: chrome.rail, shown: 0 }, bench: vms ? { x: box.x + chrome.pad, y: box.y + chrome.head + chrome.benchHead, w: w - 2 * chrome.pad, h: benches - chrome.benchHead, tiles: [] } : { ...none, tiles: [] } };
  });
  return { h: empty.length ? Math.ceil(empty.length / across) * (h + chrome.gap) : 0, at };
}

/** On or off: that one starts must not change what is shared by all. */
const everyVm = (pools) => pools.flatMap((pool) => [...pool.hosts.flatMap((host) => host.vms.filter((vm) => !vm.ghost)), ...pool.bench]);

/** What of a pool decides about its size. */
function measure(pool) {
  const sums = [0];
  for (const host of pool.hosts) sums.push(sums[sums.length - 1] + Math.max(host.ram, 1));
  return { id: pool.id, hosts: pool.hosts, sums, ram: sums[sums.length - 1], n: pool.hosts.length, rails: pool.rails.length, tanks: pool.tanks.length, vms: pool.vms, ends: new Map() };
}

function chromeFor(world, view) {
  const hosts = Math.max(1, world.reduce((sum, pool) => sum + pool.n, 0));
  const side = Math.sqrt((view.w * Math.min(view.h, view.w * 2)) / hosts);
  const found = CHROMES.find((chrome) => side >= chrome.side || (view.w < PHONE && chrome.name === "compact")); // a phone scrolls: hosts have their names
  const least = view.w < PHONE ? Math.max(found.tank, PHONE_TANK) : found.tank;
  const tank = Math.round(Math.min(hosts === 1 ? 0.22 * view.w : 260, Math.max(least, 0.2 * side)));
  const bench = hosts <= 2 && side > 400 ? { w: 132, h: 40, gap: 8 } : found.bench;
  return { ...found, tank, bench };
}

/** The largest scale (in steps) at which all pools fit, over all ways to break them into shelves that look well. */
function bestFit(world, view, chrome) {
  const ram = Math.max(1, ...world.flatMap((pool) => pool.hosts.map((host) => host.ram)));
  const top = stepOf((LONE_HOST * view.w * view.h) / ram);
  let best = null;
  for (const k of shelfCounts(world.length, view)) {
    const shelves = split(world, k);
    const fits = (step) => { const fit = shelvesAt(shelves, STEP ** step, view, chrome); return fit.height <= view.h ? fit : null; };
    let low = best ? Math.max(top - MOST_STEPS, stepOf(Math.exp(best.score))) : top - MOST_STEPS, high = top + 1, found = null;
    if (best && !(found = fits(low))) continue; // it could not be better
    while (high - low > 1) {
      const middle = (low + high) >> 1, fit = fits(middle);
      if (fit) { low = middle; found = fit; } else high = middle;
    }
    found ??= shelvesAt(shelves, STEP ** low, view, chrome);
    const score = low * Math.log(STEP) - 0.5 * found.penalty;
    if (!best || score > best.score) best = { scale: STEP ** low, shelves, fit: found, score };
  }
  return best ?? { scale: 1, shelves: [], fit: { widths: [], heights: [], height: 0 } };
}

/** How many shelves to try, the likeliest first. */
function shelfCounts(pools, view) {
  const likely = Math.sqrt((pools * view.h) / view.w);
  return Array.from({ length: Math.min(pools, Math.ceil(2 * likely) + 1) }, (_, i) => i + 1).sort((a, b) => Math.abs(a - likely) - Math.abs(b - likely) || a - b);
}

const stepOf = (scale) => Math.floor(Math.log(scale) / Math.log(STEP) + 1e-9);

function forPhone(world, view, chrome, vms) {
  const rams = vms.map((vm) => vm.ram).sort((a, b) => a - b);
  const median = rams[rams.length >> 1] || 4096;
  const most = Math.max(1, ...world.flatMap((pool) => pool.hosts.map((host) => host.ram)));
  const scale = STEP ** stepOf(Math.min((PHONE_TILE * PHONE_TILE) / median, (1.2 * view.w * view.h) / most));
  const shelves = world.map((pool) => [pool]);
  return { scale, shelves, fit: shelvesAt(shelves, scale, view, chrome) };
}

/** `items` in their order, in `k` runs of about the same RAM. */
function split(items, k) {
  const total = items.reduce((sum, item) => sum + item.ram + 1, 0);
  const runs = Array.from({ length: k }, () => []);
  let sum = 0;
  items.forEach((item, i) => {
    const at = Math.floor(((sum + (item.ram + 1) / 2) / total) * k);
    const latest = k - Math.min(k, items.length - i); // so that none stays empty
    runs[Math.min(k - 1, Math.max(at, latest))].push(item);
    sum += item.ram + 1;
  });
  return runs.filter((run) => run.length);
}

function shelvesAt(shelves, scale, view, chrome) {
  const widths = [], heights = [];
  let penalty = 0, count = 0;
  for (const shelf of shelves) {
    const fit = shelfAt(shelf, scale, view.w - 2 * chrome.margin, chrome);
    widths.push(fit.widths);
    heights.push(fit.height);
    penalty += fit.penalty;
    count += shelf.length;
  }
  const height = heights.reduce((sum, h) => sum + h, 0) + chrome.gap * (shelves.length - 1) + 2 * chrome.margin;
  return { widths, heights, height, penalty: count ? penalty / count : 0 };
}

/** Pools side by side over `width`: widths such that they need about the same height. */
function shelfAt(shelf, scale, width, chrome) {
  const room = width - chrome.gap * (shelf.length - 1);
  let widths = share(shelf.map((pool) => Math.sqrt(pool.ram * scale) + chrome.narrowest + (pool.tanks ? chrome.tank : 0)), room, chrome.narrowest);
  let best = null;
  for (let i = 0; i < 5; i++) {
    const fits = shelf.map((pool, j) => poolAt(pool, widths[j], scale, chrome));
    const height = Math.max(...fits.map((fit) => fit.height));
    if (!best || height < best.height) best = { widths, height, penalty: fits.reduce((sum, fit) => sum + fit.penalty, 0) };
    if (height < 1.02 * Math.min(...fits.map((fit) => fit.height))) break;
    const mean = fits.reduce((sum, fit) => sum + fit.height, 0) / fits.length;
    widths = share(widths.map((w, j) => w * (fits[j].height / mean) ** 0.8), room, chrome.narrowest);
  }
  return best;
}

/** `weights` scaled to sum to `room`, none below `least` where that is possible. */
function share(weights, room, least) {
  const floor = Math.min(least, room / weights.length);
  const over = weights.map((weight) => Math.max(0, weight - floor));
  const sum = over.reduce((a, b) => a + b, 0) || 1;
  const rest = room - floor * weights.length;
  return over.map((weight) => floor + (rest * weight) / sum);
}

/** How high a pool of this width is, with its hosts in as many rows as make them look well. */
function poolAt(pool, width, scale, chrome) {
  const content = contentWidth(pool, width, chrome);
  const ideal = Math.floor(Math.sqrt(ASPECT * pool.n * pool.ram * scale) / content);
  const wide = Math.max(1, Math.floor((content + chrome.hostGap) / (3 * chrome.hostPad + 24)));
  const least = Math.min(pool.n, Math.ceil(pool.n / wide));
  const rows = (count) => Math.min(pool.n, Math.max(least, count));
  let best = rowsAt(pool, rows(ideal), content, scale, chrome);
  if (rows(ideal + 1) !== rows(ideal)) {
    const other = rowsAt(pool, rows(ideal + 1), content, scale, chrome);
    if (other.penalty < best.penalty) best = other;
  }
  best.height = 2 * chrome.pad + chrome.head + railsHeight(pool, chrome) + best.block + benchHeight(pool, width, chrome);
  best.content = content;
  return best;
}

const contentWidth = (pool, width, chrome) => width - 2 * chrome.pad - (pool.tanks ? Math.min(chrome.tank, width * 0.3) + chrome.hostGap : 0);
const railsHeight = (pool, chrome) => (pool.rails ? chrome.rail * Math.min(pool.rails, chrome.rails) + chrome.rail * 0.6 : 0);

/** Room for a fifth of the pool's VMs; it depends on how many there are, not on how many are off. */
function benchHeight(pool, width, chrome) {
  if (!pool.vms) return 0;
  const { w, h, gap } = chrome.bench;
  const across = Math.max(1, Math.floor((width - 2 * chrome.pad + gap) / (w + gap)));
  const rows = Math.min(3, Math.max(1, Math.ceil((0.2 * pool.vms) / across)));
  return chrome.benchHead + rows * (h + gap) - gap;
}

/** The hosts of a pool in `count` rows over `content`: heights of the rows' insides, and how far hosts are from looking well. */
function rowsAt(pool, count, content, scale, chrome) {
  const ends = rowEnds(pool, count), heights = [];
  let block = 0, penalty = 0, first = 0;
  for (const end of ends) {
    const n = end - first, ram = pool.sums[end] - pool.sums[first];
    const inside = Math.max(8 * n, content - n * 2 * chrome.hostPad - (n - 1) * chrome.hostGap);
    const height = (scale * ram) / inside;
    penalty += n * Math.log(inside / n / height / ASPECT) ** 2;
    block += height + chrome.hostHead + chrome.floor + chrome.hostPad + chrome.hostGap;
    heights.push(height);
    first = end;
  }
  return { rows: count, ends, heights, block: block - chrome.hostGap, penalty: penalty / pool.n, height: 0, content };
}

/** Where rows end so that each has about the same RAM; kept with the pool, since the search asks often. */
function rowEnds(pool, count) {
  const known = pool.ends.get(count);
  if (known) return known;
  const { sums } = pool, n = pool.n, total = sums[n], ends = [];
  let at = 0;
  for (let row = 1; row < count; row++) {
    const goal = (total * row) / count, last = n - (count - row);
    at++;
    while (at < last && sums[at + 1] - goal < goal - sums[at]) at++;
    ends.push(at);
  }
  ends.push(n);
  pool.ends.set(count, ends);
  return ends;
}

// ---- boxes

function stack(best, view, chrome) {
  const boxes = [];
  const spare = Number.isFinite(view.h) && view.w >= PHONE ? Math.max(0, view.h - best.fit.height) : 0;
  const all = best.fit.heights.reduce((sum, h) => sum + h, 0) || 1;
  let y = chrome.margin;
  best.shelves.forEach((shelf, i) => {
    const height = best.fit.heights[i] + (spare * best.fit.heights[i]) / all;
    let x = chrome.margin;
    shelf.forEach((pool, j) => {
      boxes.push(poolBox(pool, { x, y, w: best.fit.widths[i][j], h: height }, best.scale, chrome));
      x += best.fit.widths[i][j] + chrome.gap;
    });
    y += height + chrome.gap;
  });
  return boxes;
}

function poolBox(pool, box, scale, chrome) {
  const fit = poolAt(pool, box.w, scale, chrome);
  const left = box.x + chrome.pad;
  const railsY = box.y + chrome.head;
  const top = railsY + railsHeight(pool, chrome);
  const hosts = [];
  let y = top, first = 0;
  for (let row = 0; row < fit.rows; row++) {
    const end = fit.ends[row], n = end - first, height = fit.heights[row];
    let x = left;
    for (const host of pool.hosts.slice(first, end)) {
      const inner = { x: x + chrome.hostPad, y: y + chrome.hostHead, w: (scale * Math.max(host.ram, 1)) / height, h: height };
      const w = inner.w + 2 * chrome.hostPad;
      hosts.push({ id: host.id, row, x, y, w, h: height + chrome.hostHead + chrome.floor + chrome.hostPad, inner, floor: { x: inner.x, y: inner.y + height + chrome.hostPad * 0.6, w: inner.w, h: chrome.floor - chrome.hostPad * 0.2 } });
      x += w + chrome.hostGap;
    }
    y += height + chrome.hostHead + chrome.floor + chrome.hostPad + chrome.hostGap;
    first = end;
  }
  const bottom = y - chrome.hostGap;
  const benchTop = bottom + chrome.benchHead;
  const bench = { x: left, y: benchTop, w: box.w - 2 * chrome.pad, h: Math.max(0, box.y + box.h - chrome.pad - benchTop) };
  return {
    id: pool.id, ...box, hosts, rows: fit.rows, content: { x: left, y: top, w: fit.content, h: bottom - top },
    rails: { x: left, y: railsY, w: box.w - 2 * chrome.pad, step: chrome.rail, shown: Math.min(pool.rails, chrome.rails) }, bench,
  };
}
