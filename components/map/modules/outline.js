// All things as the rows of a tree: pool > host > VM, and each pool's halted VMs, SRs and networks; or groups as on the map with their VMs,
// then pools with their SRs and networks. Pure.
//
// What is closed costs nothing: only the children of what is open are put in order.

import { GAP, HALTED } from "./model.js";

export const COLUMNS = ["name", "state", "cpu", "memory", "disk", "network", "address", "mark"];
const MANY = 500; // VMs: with more, hosts are closed until somebody opens them
const FALLING = new Set(["cpu", "memory", "disk", "network", "mark"]); // the largest first when asked for the first time

/** The order after a click on a column's head. */
export const sortBy = (sort, column) => ({ column, down: sort.column === column ? !sort.down : FALLING.has(column) });

/**
 * @param model  as in model.js
 * @param {{sort: {column, down}, opened: Map<string, boolean>, found: Set<number> | null, only: boolean, shown: number}} how
 *   opened: what somebody opened or closed, by key; found: ids that the filter fits; only: leave out the others;
 *   shown: a thing whose row must be there, whatever is closed (-1: none); names: kept from call to call, {name: what it is sorted by};
 *   sets: the groups of the plan, in their order, where VMs are shown by group
 * @returns {{key, id, thing, group, set, level, pos, size, open, parent, count}[]}
 *   id: of the thing, -1 for a group ("halted", "srs", "networks", or "set" with its `set` of the plan); pos of size: among its brothers;
 *   open: null for what has no children; parent: the index of its parent, -1; count: VMs, SRs or networks in it
 */
export function outline(model, how) {
  const rows = [], many = [...model.pools.values()].reduce((sum, pool) => sum + pool.vms.size, 0) > MANY;
  const order = ordering(how.sort, how.names ?? new Map());
  const fits = (node) => !how.found || how.found.has(node.id);
  const within = (node) => fits(node) || (node.children?.some(within) ?? false);
  const leads = (node) => node.id === how.shown || (node.children?.some(leads) ?? false);
  const put = (nodes, level, parent) => {
    const kept = how.only && how.found ? nodes.filter(within) : nodes;
    const sets = kept.filter((node) => node.set), groups = kept.filter((node) => node.group && !node.set); // both keep their place
    [...sets, ...kept.filter((node) => !node.group).sort(order), ...groups].forEach((node, at, all) => {
      const { key, id, thing, group, set, children } = node, index = rows.length;
      const open = children?.length ? isOpen(node, how, many, within, leads) : null;
      rows.push({ key, id, thing, group, set, level, pos: at + 1, size: all.length, open, parent, count: node.count ?? 0 });
      if (open) put(children, level + 1, index);
    });
  };
  put(how.sets ? setTrees(model, how.sets) : trees(model), 1, -1);
  return rows;
}

function isOpen(node, { opened, found, only, shown }, many, within, leads) {
  if (shown >= 0 && node.id !== shown && leads(node)) return true;
  if (opened.has(node.key)) return opened.get(node.key);
  if (found && (only || many)) return node.children.some(within);
  return node.thing?.kind === "pool" || (!many && node.group !== "networks");
}

const leaf = (thing) => ({ key: `${thing.id}`, id: thing.id, thing, group: "" });

/** Pools with all that is in them, in no order. */
function trees(model) {
  const found = [];
  for (const [id, pool] of model.pools) {
    const hosts = new Map(), halted = [];
    for (const host of pool.hosts.values()) hosts.set(host.id, { ...leaf(host), children: [] });
    for (const vm of pool.vms.values()) (hosts.get(vm.host)?.children ?? halted).push(leaf(vm));
    for (const host of hosts.values()) host.count = host.children.length;
    found.push({ ...leaf(model.things.get(id)), children: [...hosts.values(), ...group(id, "halted", halted), ...supplies(id, pool)], count: pool.vms.size });
  }
  return found;
}

const group = (pool, name, children) => (children.length ? [{ key: `${pool}/${name}`, id: -1, thing: null, group: name, children, count: children.length }] : []);
const supplies = (id, { srs, networks }) => [...group(id, "srs", [...srs.values()].map(leaf)), ...group(id, "networks", [...networks.values()].map(leaf))];

/** The groups of the map with their VMs, then pools with what is not a VM. */
function setTrees(model, sets) {
  const found = sets.map((set) => {
    const children = set.tiles.map(({ id }) => model.things.get(id)).filter(Boolean).map(leaf);
    return { key: set.key, id: -1, thing: null, group: "set", set, children, count: children.length };
  });
  for (const [id, pool] of model.pools) found.push({ ...leaf(model.things.get(id)), children: supplies(id, pool) });
  return found;
}

const level = (value) => (value === undefined || value >= GAP ? -1 : value);
const keys = {
  state: (thing) => (thing.kind === "vm" ? (thing.state + 4) % 5 : thing.kind === "host" ? 8 - thing.flags : thing.kind === "sr" ? thing.type : thing.standing ?? 0),
  cpu: (thing) => (thing.kind === "vm" && thing.state === HALTED ? -1 : level(thing.cpu)),
  memory: (thing) => thing.ram ?? -1,
  disk: (thing) => (thing.kind === "sr" ? thing.used / Math.max(1, thing.size) : level(thing.disk)),
  network: (thing) => level(thing.network),
  address: (thing) => (thing.address ? thing.address.split(".").map((part) => part.padStart(3, "0")).join(".") : ""),
  mark: (thing) => thing.mark,
};

/** What is equal stands by name, what has no value last, whichever way. */
function ordering({ column, down }, names) {
  const way = down ? -1 : 1, key = keys[column];
  const natural = (name) => { // a collator takes 20 times as long, and there may be 10,000 of them
    if (!names.has(name)) names.set(name, name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(10, "0")));
    return names.get(name);
  };
  const byName = (a, b) => {
    const [x, y] = [natural(a.thing.name), natural(b.thing.name)];
    return x < y ? -1 : x > y ? 1 : a.id - b.id;
  };
  if (!key) return (a, b) => way * byName(a, b);
  const isNothing = (value) => value === "" || value === -1;
  return (a, b) => {
    const [x, y] = [key(a.thing), key(b.thing)];
    return isNothing(x) - isNothing(y) || (x < y ? -way : x > y ? way : byName(a, b));
  };
}
