// What is known of the infrastructure, as the server tells it (components/map/rows.py and scene.py), and what a change means for the picture.

export const HALTED = 0, RUNNING = 1, PAUSED = 2, SUSPENDED = 3, LOST = 4;
export const NONE = 0, INFO = 1, WARNING = 2, CRITICAL = 3;
export const MASTER = 1, LIVE = 2, ENABLED = 4;
export const UP = 1, DOWN = 2, DEGRADED = 3;
export const GAP = 255, FULL = 200, TRAIL = 120;

const decoders = {
  p: ([id, uuid, name, standing, seen, product, mark, state, sure, hosts]) => ({ kind: "pool", id, uuid, name, standing, seen, product, mark, state, sure, hosts }),
  h: ([id, uuid, pool, name, flags, ram, system, free, cpus, mark]) => ({ kind: "host", id, uuid, pool, name, flags, ram, system, free, cpus, mark }),
  m: ([id, uuid, pool, host, name, state, ram, vcpus, address, task, home, agent, srs, networks, mark, more]) =>
    ({ kind: "vm", id, uuid, pool, host, name, state, ram, vcpus, address, task, home, agent, srs, networks, mark, ...details(more) }),
  s: ([id, uuid, pool, host, name, type, size, used, promised, snapshots, unplugged, mark]) =>
    ({ kind: "sr", id, uuid, pool, host, name, type, size, used, promised, snapshots, unplugged, mark }),
  n: ([id, uuid, pool, name, beads, mark]) => ({ kind: "network", id, uuid, pool, name, beads, mark }),
};
/** What few VMs have; `leaves`: the host a migrating VM is still on, its own being where it goes. */
const details = (more) => (more ? { flags: more[0], snapshots: more[1], oldest: more[2], debt: more[3], leaves: more[4] } : NOTHING);
const NOTHING = { flags: 0, snapshots: 0, oldest: 0, debt: 0, leaves: -1 };
/** Fields that decide where things are; the others only how they look. */
const shaping = { pool: ["name"], host: ["name", "ram", "pool"], vm: [], sr: ["name", "size", "host"], network: ["name"] };

export class Model {
  constructor() { this.clear(); }

  clear() {
    this.things = new Map();   // id -> thing of any kind
    this.pools = new Map();    // id -> {hosts, vms, srs, networks: Map(id -> thing)}
    this.revision = -1;
  }

  /**
   * Take in one message.
   * @returns {{frame: boolean, hosts: Set<number>, benches: Set<number>, lost: boolean}}
   *   frame: all must be laid out anew; hosts, benches (pool ids): only these; lost: a message is missing, ask for all of it
   */
  apply(message) {
    const change = { frame: false, hosts: new Set(), benches: new Set(), lost: false };
    if (message.r) { this.clear(); change.frame = true; }
    else if (message.v !== this.revision + 1) { change.lost = true; return change; }
    this.revision = message.v;
    for (const id of message.x ?? []) this.remove(id, change);
    for (const key of ["p", "h", "m", "s", "n"]) for (const row of message[key] ?? []) this.put(decoders[key](row), change);
    for (const [pool, step, count, samples] of message.f ?? []) if (!this.measure(pool, step, count, samples)) change.lost = true;
    return change;
  }

  put(thing, change) {
    const old = this.things.get(thing.id);
    this.things.set(thing.id, thing);
    if (thing.kind === "pool") {
      if (!old) this.pools.set(thing.id, { hosts: new Map(), vms: new Map(), srs: new Map(), networks: new Map() });
    } else this.within(thing).set(thing.id, thing);
    if (thing.kind === "vm" || thing.kind === "host") keepMeasured(thing, old);
    if (!old || shaping[thing.kind].some((name) => old[name] !== thing[name])) change.frame = true;
    else if (thing.kind === "host" && old.system !== thing.system) change.hosts.add(thing.id);
    else if (thing.kind === "vm" && ["host", "leaves", "ram", "name", "home"].some((name) => old[name] !== thing[name])) {
      for (const vm of [old, thing]) {
        if (vm.host >= 0) change.hosts.add(vm.host); else change.benches.add(vm.pool);
        if (vm.leaves >= 0) change.hosts.add(vm.leaves);
      }
    }
  }

  remove(id, change) {
    const thing = this.things.get(id);
    if (!thing) return;
    this.things.delete(id);
    if (thing.kind === "pool") this.pools.delete(id); else this.within(thing)?.delete(id);
    change.frame = true;
  }

  within(thing) {
    const pool = this.pools.get(thing.pool);
    return pool && { host: pool.hosts, vm: pool.vms, sr: pool.srs, network: pool.networks }[thing.kind];
  }

  /** The samples of a pool's hosts and VMs, four bytes each: CPU, memory, disk, network. False if they are not of these things. */
  measure(poolId, step, count, samples) {
    const pool = this.pools.get(poolId);
    if (!pool) return true;
    const things = [...pool.hosts.values(), ...pool.vms.values()].sort((a, b) => a.id - b.id);
    if (things.length !== count) return false;
    const bytes = atob(samples);
    things.forEach((thing, i) => {
      thing.cpu = bytes.charCodeAt(4 * i);
      thing.memory = bytes.charCodeAt(4 * i + 1);
      thing.disk = bytes.charCodeAt(4 * i + 2);
      thing.network = bytes.charCodeAt(4 * i + 3);
      if (thing.trail) follow(thing, step);
    });
    return true;
  }

  /** The CPU of the last ten minutes, from the server: [[id, samples], ...]. */
  trails(rows, step) {
    for (const [id, samples] of rows) {
      const thing = this.things.get(id);
      if (thing) { thing.trail = Uint8Array.from(atob(samples), (c) => c.charCodeAt(0)); thing.step = step; }
    }
  }

  /** What `layout` needs, in no order: see `order`. */
  inventory() {
    const pools = [];
    for (const [id, pool] of this.pools) {
      const hosts = new Map([...pool.hosts].map(([hostId, host]) => [hostId, { ...pick(host), ram: host.ram, system: host.system, vms: [] }]));
      const bench = [];
      for (const vm of pool.vms.values()) (hosts.get(vm.host)?.vms ?? bench).push(tile(vm));
      pools.push({
        ...pick(this.things.get(id)), vms: pool.vms.size, bench, hosts: [...hosts.values()],
        tanks: [...pool.srs.values()].filter((sr) => !pool.hosts.has(sr.host)).map((sr) => ({ ...pick(sr), size: sr.size })),
        rails: [...pool.networks.values()].map(pick),
      });
    }
    return pools;
  }

  guests(hostId) {
    const host = this.things.get(hostId);
    const vms = [];
    for (const vm of this.pools.get(host.pool).vms.values()) if (vm.host === hostId) vms.push(tile(vm));
    return { ...pick(host), ram: host.ram, system: host.system, vms };
  }

  benched(poolId) {
    const pool = this.pools.get(poolId);
    return [...pool.vms.values()].filter((vm) => !pool.hosts.has(vm.host)).map(tile);
  }
}

const pick = ({ id, uuid, name }) => ({ id, uuid, name });
const tile = ({ id, uuid, name, ram, home }) => ({ id, uuid, name, ram, home });

function keepMeasured(thing, old) {
  thing.cpu = old?.cpu ?? GAP;
  thing.memory = old?.memory ?? GAP;
  thing.disk = old?.disk ?? GAP;
  thing.network = old?.network ?? GAP;
  thing.trail = old?.trail ?? null;
  thing.step = old?.step ?? 0;
}

/** Move the trail on to `step` and put the newest sample at its end. */
function follow(thing, step) {
  const by = Math.min(TRAIL, step - thing.step);
  if (by > 0) {
    thing.trail.copyWithin(0, by);
    thing.trail.fill(GAP, TRAIL - by);
    thing.step = step;
  }
  thing.trail[TRAIL - 1] = thing.cpu;
}

/** Bytes a second from a sample of `frames.flow`. */
export const flow = (byte) => (byte === GAP ? NaN : 2 ** (byte / 7) - 1);
/** 0 to 1 from a sample of `frames.share`. */
export const share = (byte) => (byte === GAP ? NaN : byte / FULL);
