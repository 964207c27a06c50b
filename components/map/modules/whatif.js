// Where the VMs of lost hosts would be drawn. Pure: what would happen was computed by the server (data/failover.py).

import { treemap } from "./treemap.js";

/**
 * @param outcome  {moves: Map(id of VM -> id of host), stranded: Set(ids of VMs), hosts: Set(ids)}
 * @returns {{id, x, y, w, h, from: box | null}[]}  a ghost for each move, in what is free on its new host, to the scale of the map
 */
export function ghosts(plan, model, { moves }) {
  const arriving = new Map();
  for (const [id, host] of moves) {
    if (model.things.get(id)) arriving.set(host, [...(arriving.get(host) ?? []), model.things.get(id)]);
  }
  const origins = new Map();
  for (const pool of plan.pools) for (const host of pool.hosts) for (const tile of host.tiles) if (moves.has(tile.id)) origins.set(tile.id, tile);
  const found = [];
  for (const pool of plan.pools) {
    for (const host of pool.hosts) {
      const vms = arriving.get(host.id);
      if (!vms) continue;
      vms.sort((a, b) => b.ram - a.ram || (a.uuid < b.uuid ? -1 : 1));
      const free = Math.max(model.things.get(host.id)?.free ?? 0, vms.reduce((sum, vm) => sum + vm.ram, 0));
      const parts = treemap(host.free, [...vms.map((vm) => vm.ram), free - vms.reduce((sum, vm) => sum + vm.ram, 0)]);
      vms.forEach((vm, i) => found.push({ id: vm.id, ...parts[i], from: origins.get(vm.id) ?? null }));
    }
  }
  return found;
}

/** What stays lit: everything but what is lost with the hosts and goes elsewhere. */
export function standing(model, { hosts, moves }) {
  const lit = new Set();
  for (const thing of model.things.values()) if (!hosts.has(thing.id) && !moves.has(thing.id)) lit.add(thing.id);
  return lit;
}
