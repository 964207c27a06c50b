// The same VMs in other containers: by tag, operating system, network, SR or folder. Pure.
//
// A VM is drawn once, in the first of its groups: by the order somebody gave them, then by name; where it has more, its tile says so
// (`more`). Halted VMs are among the others: where a VM runs has no say here, so a start or a stop moves nothing.

import { fillSized } from "./fill.js";
import { byName } from "./layout.js";
import { LARGEST, sizing } from "./sizes.js";
import { cut, shelves, sorted } from "./treemap.js";

const MOST = 48;      // containers; what is less comes together
const ROUNDS = 12;    // of weighing the containers against each other
const LOOKS = [       // by the side of the mean container
  { name: "full", side: 190, margin: 12, gap: 12, pad: 8, head: 36 },
  { name: "compact", side: 100, margin: 8, gap: 8, pad: 5, head: 24 },
  { name: "tiny", side: 0, margin: 4, gap: 5, pad: 3, head: 18 },
];
const APART = 0.12;   // of all, from which on those without a group stand at the end by themselves
const WIDE = 1.15;    // width to height of a container that looks well
const SQUEEZED = 0.15; // of the VMs may have cells that are smaller than those of the others
const NARROW = 600;   // a viewport less wide has containers one below the other, and scrolls
const TOUCHED = 46;   // the side of its median tile

/** The groups of a VM, in no order: things, or words, which are their own uuid. */
const belongings = {
  tag: (vm) => vm.tags.map(word),
  os: (vm) => (vm.os ? [word(vm.os)] : NOTHING),
  folder: (vm) => (vm.folder ? [word(vm.folder)] : NOTHING),
  network: (vm, model) => vm.networks.map((id) => model.things.get(id)).filter(Boolean),
  sr: (vm, model) => vm.srs.map((id) => model.things.get(id)).filter(Boolean),
};
const NOTHING = [];
const word = (name) => ({ uuid: name, name, id: -1, pool: -1 });

/**
 * Containers in their order: as `wanted` says (keys), then by RAM; those without a group last.
 * @returns {{key, name, detail (of which pool or host, where others have the same name), kind: "" | "none" | "rest", id (of the SR or network, or -1), pool, vms: [{..., more}]}[]}
 */
export function containers(model, group, wanted = []) {
  const found = new Map(), loose = [], ranks = new Map(wanted.map((key, i) => [key, i]));
  const keyOf = (one) => `${group}:${one.kind ? model.keyOf(one) : one.uuid}`, rank = (key) => (ranks.size ? ranks.get(key) ?? wanted.length : 0);
  for (const pool of model.pools.values()) {
    for (const vm of pool.vms.values()) {
      const own = belongings[group](vm, model);
      if (!own.length) { loose.push(member(vm, 0)); continue; }
      const best = own.reduce((first, one) => ((ranks.size && rank(keyOf(one)) - rank(keyOf(first))) || byName(one, first)) < 0 ? one : first);
      const { uuid, name, id, pool: of } = best, key = keyOf(best);
      if (!found.has(key)) found.set(key, { key, uuid, name, kind: "", id, pool: of, vms: [] });
      found.get(key).vms.push(member(vm, own.length - 1));
    }
  }
  const weight = ({ vms }) => vms.reduce((sum, vm) => sum + vm.ram, 0);
  const all = [...found.values()].map((one) => ({ ...one, ram: weight(one) })).sort((a, b) => rank(a.key) - rank(b.key) || b.ram - a.ram || byName(a, b));
  const rest = all.length > MOST ? all.splice(MOST - 1) : [];
  const odd = (kind, vms, count = 0) => (vms.length ? [{ key: `${group}/${kind}`, uuid: "", name: "", kind, id: -1, pool: -1, count, vms, ram: weight({ vms }) }] : []);
  const twice = new Set(all.map(({ name }) => name).filter((name, i, names) => names.indexOf(name) !== i));
  for (const one of all) one.detail = twice.has(one.name) ? whose(one, model) : "";
  return [...all, ...odd("rest", rest.flatMap(({ vms }) => vms), rest.length), ...odd("none", loose)];
}

/** The host of a local SR, the pool of anything else. */
const whose = ({ id, pool }, model) => (model.things.get(model.things.get(id)?.host) ?? model.things.get(pool))?.name ?? "";

const member = ({ id, uuid, name, ram, vcpus, disk }, more) => ({ id, uuid, name, ram, vcpus, disk, more });

/**
 * The plan by groups; `groups`: [{key, uuid, name, detail, kind, id, pool, count (VMs), folded (groups in it), ram (MiB), x, y, w, h, head, inner, tiles, dust}].
 * A tile's `more` is in how many other groups its VM is; `wanted`: keys of groups in the order somebody gave them.
 */
export function grouped(model, view, size, group, wanted = []) {
  const own = wanted.filter((key) => key.startsWith(`${group}:`)), all = containers(model, group, own), vms = all.flatMap((one) => one.vms);
  const frame = { w: Math.max(200, view.w), h: Math.max(200, view.h) };
  const chrome = LOOKS.find(({ side }) => Math.sqrt((frame.w * frame.h) / Math.max(1, all.length)) >= side);
  const sizes = sizing(size, vms, 0.85 * frame.w * frame.h, (0.85 * frame.w * frame.h) / Math.max(1, vms.reduce((sum, vm) => sum + vm.ram, 0)));
  for (const one of all) {
    one.vms.sort((a, b) => sizes.amount(b) - sizes.amount(a) || b.ram - a.ram || byName(a, b));
    one.amount = one.vms.reduce((sum, vm) => sum + sizes.amount(vm), 0);
  }
  const places = frame.w < NARROW ? column(all, frame, chrome, vms) : field(all, frame, chrome, own.length > 0);
  const mean = Math.sqrt(places.reduce((sum, { inner }) => sum + inner.w * inner.h, 0) / Math.max(1, vms.length));
  sizes.unit = Math.min(Infinity, ...all.map((one, i) => (places[i].inner.w * places[i].inner.h) / one.amount));
  sizes.cell = cellFor(all, places, Math.min(LARGEST, 1.1 * mean));
  const groups = all.map((one, i) => {
    const box = { key: one.key, uuid: one.uuid, name: one.name, detail: one.detail ?? "", kind: one.kind, id: one.id, pool: one.pool, count: one.vms.length, folded: one.count ?? 0, ram: one.ram, head: chrome.head, ...places[i] };
    fillSized(box, one.vms, sizes);
    box.tiles.forEach((tile, k) => { tile.more = one.vms[k].more; });
    return box;
  });
  const height = Math.max(frame.h, ...groups.map((box) => box.y + box.h + chrome.margin));
  return { scale: sizes.unit, sizes, chrome, width: frame.w, height, pools: [], groups, hosts: new Map() };
}

/** A rectangle of containers whose insides are as their amounts ask for, to one scale as nearly as their heads allow; in rows where their `order` counts. */
function field(all, view, chrome, order) {
  const area = { x: chrome.margin - chrome.gap / 2, y: chrome.margin - chrome.gap / 2, w: view.w - 2 * chrome.margin + chrome.gap, h: view.h - 2 * chrome.margin + chrome.gap };
  const sum = all.reduce((total, one) => total + one.amount, 0) || 1;
  const least = Math.min((area.w * area.h) / Math.max(1, all.length) / 3, 140 * (chrome.head + 44));
  let weights = all.map((one) => Math.max(least, (area.w * area.h * one.amount) / sum)), best = null, most = -1;
  for (let round = 0; round < ROUNDS; round++) {
    const places = divide(area, weights, all.at(-1)?.kind === "none", order ? inRows : wide).map((box) => within(box, chrome));
    const units = places.map(({ inner }, i) => (inner.w * inner.h) / all[i].amount), unit = Math.min(...units);
    if (unit > most) { most = unit; best = places; }
    const mean = places.reduce((total, { inner }) => total + inner.w * inner.h, 0) / sum;
    weights = weights.map((weight, i) => Math.max(least, weight * (mean / Math.max(units[i], mean / 8)) ** 0.7));
  }
  return best ?? [];
}

/** Wider than high, for their names; the last one apart from the others, if it is large enough to look well there. */
function divide(area, weights, apart, among) {
  const last = weights.at(-1), sum = weights.reduce((a, b) => a + b, 0);
  if (!apart || weights.length < 2 || last < APART * sum) return among(area, weights);
  const [others, place] = cut(area, sum - last, last);
  return [...among(others, weights.slice(0, -1)), place];
}

const inRows = (area, weights) => shelves(area, weights, WIDE);

const wide = (area, weights) => sorted({ ...area, h: area.h * WIDE }, weights).map((box) => ({ ...box, y: area.y + (box.y - area.y) / WIDE, h: box.h / WIDE }));

/** One below the other, at a scale at which tiles can be touched. */
function column(all, view, chrome, vms) {
  const amounts = vms.map((vm) => vm.ram).sort((a, b) => a - b), w = view.w - 2 * chrome.margin, rams = amounts.reduce((a, b) => a + b, 0) || 1;
  const unit = (TOUCHED * TOUCHED) / (amounts[amounts.length >> 1] || 4096), sum = all.reduce((total, one) => total + one.amount, 0) || 1;
  let y = chrome.margin;
  return all.map((one) => {
    const inside = Math.max(TOUCHED, ((one.amount / sum) * rams * unit) / (w - 2 * chrome.pad));
    const box = within({ x: chrome.margin - chrome.gap / 2, y: y - chrome.gap / 2, w: w + chrome.gap, h: inside + chrome.head + chrome.pad + chrome.gap }, chrome);
    y += box.h + chrome.gap;
    return box;
  });
}

function within(box, { gap, pad, head }) {
  const outer = { x: box.x + gap / 2, y: box.y + gap / 2, w: Math.max(1, box.w - gap), h: Math.max(1, box.h - gap) };
  return { ...outer, inner: { x: outer.x + pad, y: outer.y + head, w: Math.max(1, outer.w - 2 * pad), h: Math.max(1, outer.h - head - pad) } };
}

/** The largest cell of which most containers have room for one for each of their VMs; the others squeeze theirs. */
function cellFor(all, places, start) {
  const limits = all.map(({ vms }, i) => ({ side: largest(vms.length, places[i].inner, start), n: vms.length })).sort((a, b) => a.side - b.side);
  let squeezed = SQUEEZED * all.reduce((sum, { vms }) => sum + vms.length, 0);
  return limits.find(({ n }) => (squeezed -= n) < 0)?.side ?? start;
}

function largest(n, { w, h }, start) {
  let side = start;
  while (side > 1 && Math.floor(w / side) * Math.floor(h / side) < n) side *= 0.98;
  return side;
}
