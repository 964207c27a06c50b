// Where tiles are within a host, on a bench, in a group. Pure.

import { cut, sorted, treemap } from "./treemap.js";

const DUST = 4;    // tiles with a shorter side become one cell with a count
const ROUNDS = 5;  // of making dust: what remains moves a little each time
const SHRINK = 0.94;
export const ALARM = 5; // px a tile in alarm has on the screen at least, whatever the zoom
const LONG = 1.5;  // a cell's longer side, where cells take what room there is

/**
 * The tiles of one host: its VMs, those of others that nobody here may see, Xen with the control domain, and what is free.
 * By RAM, areas are to scale and fill the box. `tiles` are in the order of the VMs; `ghosts` are VMs that are about to leave;
 * `dust` is the place of those too small to draw ({x, y, w, h, ids, least: the shortest side of any}), whose own places, flagged `dust`,
 * are inside of it.
 */
export function fillHost(box, host, sizes) {
  if (sizes.mode === "ram") {
    const room = Math.max(0, host.ram - host.system), others = Math.min(host.others ?? 0, room);
    const held = host.vms.reduce((sum, vm) => sum + vm.ram, 0), most = room - others;
    const squeeze = held > most && held > 0 ? most / held : 1; // dynamic memory: together they have what is there
    const amounts = host.vms.map((vm) => vm.ram * squeeze);
    [box.others, box.system, box.free] = fill(box, host.vms, amounts, [others, Math.min(host.system, host.ram)], Math.max(0, most - held));
  } else {
    const none = { x: box.inner.x, y: box.inner.y, w: 0, h: 0 };
    [box.others, box.system, box.free] = [none, none, none];
    fillSized(box, host.vms, sizes);
  }
  box.ghosts = host.vms.some((vm) => vm.ghost) ? box.tiles.filter((_, i) => host.vms[i].ghost) : [];
  if (box.ghosts.length) box.tiles = box.tiles.filter((_, i) => !host.vms[i].ghost);
}

/** Tiles of anything but the RAM of a host: cells of one size, or parts to one scale; squeezed where there is no room. */
export function fillSized(box, vms, sizes) {
  if (sizes.mode === "equal") { grid(box, vms, sizes.cell); return; }
  const amounts = vms.map(sizes.amount), sum = amounts.reduce((a, b) => a + b, 0);
  fill(box, vms, amounts, [], Math.max(0, (box.inner.w * box.inner.h) / sizes.unit - sum));
}

/** `vms` and `others` by their amounts, and `rest` at the end of the longer side; the places of others and rest. */
function fill(box, vms, amounts, others, rest) {
  const [used, free] = cut(box.inner, amounts.reduce((a, b) => a + b, 0) + others.reduce((a, b) => a + b, 0), rest);
  let small = new Set(), parts = sorted(used, [...amounts, ...others]);
  box.dust = null;
  for (let round = 0; round < ROUNDS; round++) {
    const found = vms.map((_, i) => i).filter((i) => small.has(i) || Math.min(parts[i].w, parts[i].h) < DUST);
    if (!found.length || vms.length < 2 || found.length === small.size) break;
    if (found.length === 1) found.push(least(amounts.map((amount, i) => (i === found[0] ? Infinity : amount))));
    small = new Set(found);
    parts = withDust(box, used, vms, amounts, others, small);
  }
  box.tiles = vms.map((vm, i) => (small.has(i) ? { id: vm.id, dust: true, ...parts[i] } : { id: vm.id, ...parts[i] }));
  return [...parts.slice(vms.length), free];
}

const least = (amounts) => amounts.reduce((best, amount, i) => (amount <= amounts[best] ? i : best), 0);

function withDust(box, used, vms, amounts, others, small) {
  const parts = new Array(vms.length), large = [], tiny = [];
  vms.forEach((_, i) => (small.has(i) ? tiny : large).push(i));
  const sum = tiny.reduce((all, i) => all + amounts[i], 0);
  const outer = sorted(used, [...large.map((i) => amounts[i]), sum, ...others]), place = outer[large.length];
  const inner = treemap(place, tiny.map((i) => amounts[i]));
  large.forEach((i, k) => { parts[i] = outer[k]; });
  tiny.forEach((i, k) => { parts[i] = inner[k]; });
  box.dust = { ...place, ids: tiny.map((i) => vms[i].id), least: Math.min(...inner.map(({ w, h }) => Math.min(w, h))) };
  return [...parts, ...outer.slice(large.length + 1)];
}

/** Cells of one size; where there is no room for so many, as large as all fit; as dust, if that is too little to be drawn. */
function grid(box, vms, cell) {
  const { x, y, w, h } = box.inner, n = vms.length;
  let columns = Math.floor(w / cell + 1e-6), rows = Math.floor(h / cell + 1e-6), tw = cell, th = cell;
  if (columns * rows < n) {
    columns = columnsFor(n, w, h);
    rows = Math.ceil(n / columns);
    const side = Math.min(w / columns, h / rows);
    [tw, th] = [Math.min(w / columns, LONG * side), Math.min(h / rows, LONG * side)];
  }
  const dust = Math.min(tw, th) < DUST && n > 1;
  box.tiles = vms.map((vm, i) => {
    const tile = { id: vm.id, x: x + (i % columns) * tw, y: y + Math.floor(i / columns) * th, w: tw, h: th };
    return dust ? { ...tile, dust } : tile;
  });
  box.dust = dust ? { x, y, w: columns * tw, h: Math.ceil(n / columns) * th, ids: vms.map((vm) => vm.id), least: Math.min(tw, th) } : null;
}

/** Into how many columns `n` cells go so that their shorter side is the longest. */
function columnsFor(n, w, h) {
  let best = 1, longest = 0;
  const likely = Math.sqrt((n * w) / h);
  for (let columns = Math.max(1, Math.floor(likely) - 1); columns <= Math.min(n, Math.ceil(likely) + 1); columns++) {
    const side = Math.min(w / columns, h / Math.ceil(n / columns));
    if (side > longest) { longest = side; best = columns; }
  }
  return best;
}

/** Equal small tiles, as large as the bench allows for so many. */
export function fillBench(box, vms, chrome) {
  const { gap } = chrome.bench;
  let tw = chrome.bench.w, th = chrome.bench.h, between = gap;
  const columns = () => Math.max(1, Math.floor((box.w + between) / (tw + between)));
  const rows = () => Math.max(1, Math.floor((box.h + between) / (th + between)));
  while (columns() * rows() < vms.length && tw > 0.5) {
    if (tw < (tw > 24 ? 3 : 1.2) * th) th *= SHRINK; else tw *= SHRINK; // words need width; without words, squares are seen best
    between = Math.min(gap, th / 3);
  }
  const across = columns(), dust = th < DUST && vms.length > 1;
  box.tiles = vms.map((vm, i) => {
    const tile = { id: vm.id, x: box.x + (i % across) * (tw + between), y: box.y + Math.floor(i / across) * (th + between), w: tw, h: th };
    return dust ? { ...tile, dust } : tile;
  });
  box.dust = dust ? { x: box.x, y: box.y, w: box.w, h: Math.min(box.h, Math.ceil(vms.length / across) * (th + between)), ids: vms.map((vm) => vm.id), least: th } : null;
}

/** A tile in alarm as it is on the screen: `seen` (screen pixels), or more of the same place, within `hull`. */
export function alarmed(seen, hull) {
  const w = Math.max(seen.w, ALARM), h = Math.max(seen.h, ALARM);
  if (w === seen.w && h === seen.h) return seen;
  const at = (middle, side, low, length) => Math.max(low, Math.min(middle - side / 2, low + length - side));
  return { ...seen, x: at(seen.x + seen.w / 2, w, hull.x, hull.w), y: at(seen.y + seen.h / 2, h, hull.y, hull.h), w, h };
}

/** Whether dust is one cell yet, `seen` being its place on the screen: near enough, its VMs come apart where they are. */
export const isMerged = (dust, seen) => (dust.least * seen.w) / dust.w < DUST;
