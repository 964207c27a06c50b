// What is known of the infrastructure, as the server tells it (components/map/rows.py and map_feed.py), and what a change means for the picture.

import { COLUMNS, GAP, TRAIL, decode, follow, measure } from "./levels.js";

export const HALTED = 0, RUNNING = 1, PAUSED = 2, SUSPENDED = 3, LOST = 4;
export const NONE = 0, INFO = 1, WARNING = 2, CRITICAL = 3;
export const MASTER = 1, LIVE = 2, ENABLED = 4;
export const SPARE = 0, UP = 1, DOWN = 2, DEGRADED = 3;
export { FULL, GAP, TRAIL, flow, latency, share } from "./levels.js";

const decoders = {
  p: ([id, uuid, name, standing, seen, product, mark, state, sure, hosts, key, losses = []]) => ({ kind: "pool", id, uuid, name, standing, seen, product, mark, state, sure, hosts, key, losses }),
  h: ([id, uuid, pool, name, flags, ram, system, free, cpus, mark, others]) => ({ kind: "host", id, uuid, pool, name, flags, ram, system, free, cpus, mark, others }),
  m: ([id, uuid, pool, host, name, state, ram, vcpus, address, task, home, agent, srs, networks, mark, more, disk, os, folder, tags], labels) => ({
    kind: "vm", id, uuid, pool, host, name, state, ram, vcpus, address, task, home, agent, srs, networks, mark, ...details(more), disk,
    os: labels[os] ?? "", folder: labels[folder] ?? "", tags: tags ? tags.map((label) => labels[label]) : NO_TAGS,
  }),
  s: ([id, uuid, pool, host, name, type, size, used, promised, snapshots, unplugged, mark]) =>
    ({ kind: "sr", id, uuid, pool, host, name, type, size, used, promised, snapshots, unplugged, mark }),
  n: ([id, uuid, pool, name, beads, mark, busy]) => ({ kind: "network", id, uuid, pool, name, beads, mark, busy: busy ?? 0 }),
};
/** What few VMs have; `leaves`: the host a migrating VM is still on, its own being where it goes. */
const details = (more) => (more ? { flags: more[0], snapshots: more[1], oldest: more[2], debt: more[3], leaves: more[4] } : NOTHING);
const NO_TAGS = [];
const NOTHING = { flags: 0, snapshots: 0, oldest: 0, debt: 0, leaves: -1 };
/** Fields that decide where things are; the others only how they look. */
const shaping = { pool: ["name", "key"], host: ["name", "ram", "pool"], vm: [], sr: ["name", "size", "host"], network: ["name"] };
/** Those of a VM that decide where it is within its host or on its bench, how large it is among others, and which groups it is in. */
const PLACING = ["host", "leaves", "ram", "name", "home", "vcpus", "disk"], SIZING = ["ram", "vcpus", "disk"];
const KIN = ["ram", "name", "vcpus", "disk", "os", "folder", "tags", "srs", "networks"];
const same = (a, b) => a === b || (Array.isArray(a) && a.length === b.length && a.every((value, i) => value === b[i]));

export class Model {
  constructor() { this.clear(); }

  clear() {
    this.things = new Map();   // id -> thing of any kind
    this.pools = new Map();    // id -> {hosts, vms, srs, networks: Map(id -> thing)}
    this.leaving = new Set();  // ids of VMs between two hosts
    this.labels = [];          // words that many rows share: systems, folders, tags
    this.exact = new Map();    // id -> exact figures of what is looked at closely, see figures.js
    this.revision = -1;
    this.rows = this.trailed = 0; // how often rows, and histories, have come
    this.alarms = [];          // ids of what became critical since somebody looked
  }

  /**
   * Take in one message.
   * @returns {{frame: boolean, hosts: Set<number>, benches: Set<number>, kin: boolean, sizes: boolean, lost: boolean}}
   *   frame: all must be laid out anew; hosts, benches (pool ids): only these; kin: a VM's groups, or what it is drawn with there;
   *   sizes: how large a VM is; lost: a message is missing, ask for all of it
   */
  apply(message) {
    const change = { frame: false, hosts: new Set(), benches: new Set(), kin: false, sizes: false, lost: false };
    if (message.r) { this.clear(); change.frame = true; }
    else if (message.v !== this.revision + 1) { change.lost = true; return change; }
    this.revision = message.v;
    for (const id of message.x ?? []) this.remove(id, change);
    message.l?.slice(1).forEach((label, i) => { this.labels[message.l[0] + i] = label; });
    for (const key of ["p", "h", "m", "s", "n"]) for (const row of message[key] ?? []) this.put(decoders[key](row, this.labels), change);
    for (const frame of message.f ?? []) if (!this.measure(...frame)) change.lost = true;
    return change;
  }

  put(thing, change) {
    const old = this.things.get(thing.id);
    this.rows++;
    if (old && thing.mark === CRITICAL && old.mark !== CRITICAL) this.alarms.push(thing.id);
    this.things.set(thing.id, thing);
    if (thing.kind === "pool") {
      if (!old) this.pools.set(thing.id, { hosts: new Map(), vms: new Map(), srs: new Map(), networks: new Map() });
    } else this.within(thing).set(thing.id, thing);
    if (thing.leaves >= 0) this.leaving.add(thing.id); else this.leaving.delete(thing.id);
    if (thing.kind === "vm" || thing.kind === "host") keepMeasured(thing, old);
    if (!old || shaping[thing.kind].some((name) => old[name] !== thing[name])) change.frame = true;
    else if (thing.kind === "host" && (old.system !== thing.system || old.others !== thing.others)) change.hosts.add(thing.id);
    else if (thing.kind === "vm") this.noteVm(old, thing, change);
  }

  noteVm(old, vm, change) {
    const differs = (name) => !same(old[name], vm[name]);
    if (PLACING.some(differs)) {
      for (const { host, leaves, pool } of [old, vm]) {
        if (host >= 0) change.hosts.add(host); else change.benches.add(pool);
        if (leaves >= 0) change.hosts.add(leaves);
      }
    }
    change.sizes ||= SIZING.some(differs);
    change.kin ||= KIN.some(differs);
  }

  remove(id, change) {
    const thing = this.things.get(id);
    if (!thing) return;
    this.things.delete(id);
    this.leaving.delete(id);
    this.rows++;
    if (thing.kind === "pool") this.pools.delete(id); else this.within(thing)?.delete(id);
    change.frame = true;
  }

  /** Since when the browser has no connection to the server, which then speaks of no pool; null: it has one. */
  disconnect(since) {
    for (const id of this.pools.keys()) {
      const pool = this.things.get(id);
      if (since === null) Object.assign(pool, pool.before, { before: null });
      else if (pool.standing !== 2) Object.assign(pool, { before: { standing: pool.standing, seen: pool.seen, state: pool.state }, standing: 2, seen: since, state: "offline" });
    }
  }

  /** What a thing is called in links and by the server: `uuid@pool`, see data/identity.py. */
  keyOf({ kind, uuid, pool, key }) {
    if (kind === "pool") return key;
    const home = this.things.get(pool)?.key;
    return home ? `${uuid}@${home}` : uuid;
  }

  /** What a key names; a uuid alone, as older links have it, only where one thing has it. */
  named(key) {
    const uuid = key.split("@")[0], found = [];
    for (const thing of this.things.values()) {
      if (!thing.uuid) continue; // a pool that nobody has read
      if (thing.kind === "pool" ? thing.key === key || thing.uuid === key : thing.uuid === uuid && (key === uuid || this.keyOf(thing) === key)) found.push(thing);
    }
    return found.length === 1 ? found[0] : undefined;
  }

  within(thing) {
    const pool = this.pools.get(thing.pool);
    return pool && { host: pool.hosts, vm: pool.vms, sr: pool.srs, network: pool.networks }[thing.kind];
  }

  /** The levels of a pool's hosts and VMs; false if they are not of these things. */
  measure(poolId, step, count, differs, letters) {
    const pool = this.pools.get(poolId);
    if (!pool) return true;
    const things = [...pool.hosts.values(), ...pool.vms.values()].sort((a, b) => a.id - b.id);
    if (things.length !== count) return false;
    measure(things, letters, differs);
    for (const thing of things) if (thing.trail) follow(thing, step);
    return true;
  }

  /** The last ten minutes, from the server: [[id, letters, most of disk, of network], ...]; CPU alone, or all that is kept one after the other. */
  trails(rows, step) {
    this.trailed++;
    for (const [id, letters, ...tops] of rows) {
      const thing = this.things.get(id), levels = decode(letters);
      if (!thing) continue;
      const all = Array.from({ length: levels.length / TRAIL }, (_, i) => levels.subarray(i * TRAIL, (i + 1) * TRAIL));
      if (thing.trails && all.length < thing.trails.length) continue;
      thing.trail = all[0];
      thing.trails = all.length > 1 ? all : null;
      thing.tops = tops;
      thing.step = step;
    }
  }

  /** What `layout` needs, in no order: see `order`. */
  inventory() {
    const pools = [];
    for (const [id, pool] of this.pools) {
      const hosts = new Map([...pool.hosts].map(([hostId, host]) => [hostId, { ...room(host), key: this.keyOf(host) }]));
      const bench = [];
      for (const vm of pool.vms.values()) {
        (hosts.get(vm.host)?.vms ?? bench).push(tile(vm));
        hosts.get(vm.leaves)?.vms.push(ghost(vm));
      }
      const named = (thing) => ({ ...pick(thing), key: this.keyOf(thing) });
      pools.push({
        ...named(this.things.get(id)), vms: pool.vms.size, bench, hosts: [...hosts.values()],
        tanks: [...pool.srs.values()].filter((sr) => !pool.hosts.has(sr.host)).map((sr) => ({ ...pick(sr), size: sr.size })),
        rails: [...pool.networks.values()].map(pick),
      });
    }
    return pools;
  }

  guests(hostId) {
    const host = room(this.things.get(hostId));
    for (const vm of this.pools.get(this.things.get(hostId).pool).vms.values()) {
      if (vm.host === hostId) host.vms.push(tile(vm));
      if (vm.leaves === hostId) host.vms.push(ghost(vm));
    }
    return host;
  }

  benched(poolId) {
    const pool = this.pools.get(poolId);
    return [...pool.vms.values()].filter((vm) => !pool.hosts.has(vm.host)).map(tile);
  }
}

const pick = ({ id, uuid, name }) => ({ id, uuid, name });
const tile = ({ id, uuid, name, ram, vcpus, disk, home }) => ({ id, uuid, name, ram, vcpus, disk, home });
const ghost = (vm) => ({ ...tile(vm), ghost: true }); // the host it leaves holds its memory until it is gone
const room = (host) => ({ ...pick(host), ram: host.ram, system: host.system, others: host.others, vms: [] });

function keepMeasured(thing, old) {
  for (const column of COLUMNS) thing[column] = old?.[column] ?? GAP;
  thing.trail = old?.trail ?? null;
  thing.trails = old?.trails ?? null;
  thing.tops = old?.tops ?? [0, 0];
  thing.step = old?.step ?? 0;
}
