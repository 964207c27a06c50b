// Moves under way as arrows: VMs from host to host, disks from SR to SR. Pure, over the rectangles of layout.js.
//
// What XAPI says of a VM is in its row (`leaves`); of disks, and of other pools, the server knows by its own runs alone, and tells.

import { MOST } from "./relations.js";

const NONE = [];

/** What the server tells, [[key, key, percent], ...], as ids; what is not on the map is left out. */
export const journeys = (model, told) => told
  .map(([from, to, percent]) => ({ from: model.named(from)?.id ?? -1, to: model.named(to)?.id ?? -1, part: percent / 100 }))
  .filter(({ from, to }) => from >= 0 && to >= 0);

/**
 * @param {{from: number, to: number, part: number}[]} told  of `journeys`
 * @returns {{from: [number, number], to: [number, number], part: number, count: number}[]}  in the map's units; beyond MOST one for each pair
 *   of hosts, or of SRs, with their number
 */
export function arrows(plan, model, told) {
  if (!plan.pools.length || !(model.leaving.size || told.length)) return NONE;
  const things = [...model.leaving].map((id) => model.things.get(id)), moves = things.map((vm) => ({ vm, from: vm.leaves, to: vm.host, part: Math.max(0, vm.task) / 100 }));
  for (const { from, to, part } of told) {
    const vm = model.things.get(from), target = model.things.get(to);
    if (!vm || !target || model.leaving.has(from)) continue;
    moves.push(vm.kind === "vm" ? { vm, from: vm.host, to, part } : { from, to, part });
  }
  return (moves.length > MOST ? bundled(moves) : moves).map((move) => arrow(plan, model, move)).filter(Boolean);
}

function bundled(moves) {
  const pairs = new Map();
  for (const { from, to, part } of moves) {
    const key = `${from}/${to}`, pair = pairs.get(key) ?? { from, to, part: 0, count: 0 };
    pairs.set(key, { from, to, part: (pair.part * pair.count + part) / (pair.count + 1), count: pair.count + 1 });
  }
  return [...pairs.values()].sort((a, b) => b.count - a.count).slice(0, MOST);
}

function arrow(plan, model, { vm, from, to, part, count = 1 }) {
  const start = place(plan, model, from, vm) ?? (vm && bench(plan, vm)), end = place(plan, model, to, vm);
  return start && end && start !== end ? { from: middle(start), to: middle(end), part, count } : null;
}

/** Where an SR is; of a host the VM's own tile in it, also the one it leaves; else the host. */
function place(plan, model, id, vm) {
  const thing = model.things.get(id), pool = plan.pools.find((one) => one.id === thing?.pool);
  if (!pool) return null;
  if (thing.kind === "sr") return pool.tanks.find((box) => box.id === id) ?? pool.hosts.find((host) => host.locals?.includes(id))?.floor ?? null;
  const host = pool.hosts.find((box) => box.id === id), own = ({ id: one }) => one === vm?.id;
  return host?.ghosts?.find(own) ?? host?.tiles.find(own) ?? host ?? null;
}

const bench = (plan, vm) => plan.pools.find(({ id }) => id === vm.pool)?.bench.tiles.find(({ id }) => id === vm.id);
const middle = ({ x, y, w, h }) => [x + w / 2, y + h / 2];
