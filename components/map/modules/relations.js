// What hangs together: a VM with its SRs and networks. Which lines to draw and where. Pure, over the rectangles of layout.js.
//
// Lines are orthogonal and run in the gaps between hosts, so that those of several VMs fall together. Beyond MOST they are bundled:
// one from each host to each SR or network, with the number of VMs.

export const MOST = 12;

/** The VMs of an SR or a network, with itself; null for anything else. */
export function users(model, thing) {
  if (thing?.kind !== "sr" && thing?.kind !== "network") return null;
  const field = thing.kind === "sr" ? "srs" : "networks", found = new Set([thing.id]);
  for (const vm of model.pools.get(thing.pool)?.vms.values() ?? []) if (vm[field].includes(thing.id)) found.add(vm.id);
  return found;
}

/** [{from: ids of VMs, to: id of an SR or network, host}] for these VMs, at most MOST. */
export function bundles(model, ids) {
  const single = [], byHost = new Map();
  for (const id of ids) {
    const vm = model.things.get(id);
    if (vm?.kind !== "vm") continue;
    for (const to of [...vm.srs, ...vm.networks]) {
      const key = `${vm.host}/${vm.pool}/${to}`;
      single.push({ from: [id], to, host: vm.host });
      if (!byHost.has(key)) byHost.set(key, { from: [], to, host: vm.host });
      byHost.get(key).from.push(id);
    }
  }
  if (single.length <= MOST) return single;
  return [...byHost.values()].sort((a, b) => b.from.length - a.from.length).slice(0, MOST);
}

/** Lines as [{points: [[x, y], ...], to, count, kind}], in the map's units; nothing where places are not by host. */
export function lines(plan, model, ids) {
  if (!plan.pools.length) return [];
  return bundles(model, ids).map((bundle) => line(plan, model, bundle)).filter(Boolean);
}

function line(plan, model, { from, to, host, ...rest }) {
  const target = model.things.get(to), pool = target && plan.pools.find(({ id }) => id === target.pool);
  if (!pool) return null;
  const room = pool.hosts.find((box) => box.id === host), count = from.length;
  const start = count > 1 && room ? room : (room ?? pool.bench).tiles.find((box) => box.id === from[0]);
  if (!start) return null;
  const at = { x: room ? start.x + start.w : start.x + start.w / 2, y: room ? start.y + start.h / 2 : start.y }, gap = plan.chrome.hostGap / 2;
  const points = target.kind === "network" ? toRail(pool, room, at, gap, to) : toTank(pool, room, at, gap, to);
  return points && { points: tidy(points), to, count, kind: target.kind, ...rest };
}

/** Out of the host on its right, up to the rail and along it to the host's own port; what is off has no port. */
function toRail(pool, room, at, gap, to) {
  const index = pool.networks?.findIndex((network) => network.id === to) ?? -1;
  if (index < 0 || !pool.rails.shown) return null;
  const y = pool.rails.y + (Math.min(index, pool.rails.shown - 1) + 0.5) * pool.rails.step;
  if (!room) return [[at.x, at.y], [at.x, pool.bench.y - gap], [pool.rails.x - gap, pool.bench.y - gap], [pool.rails.x - gap, y], [pool.rails.x - 2, y]];
  const port = room.x + room.w / 2 + (room.row - (pool.rows - 1) / 2) * Math.min(12, room.w / (pool.rows + 1)), x = room.x + room.w + gap;
  return [[at.x, at.y], [x, at.y], [x, y], [port, y]];
}

/** Out of the host on its right, below its row, along to the tanks; a local SR is on the host's own floor. */
function toTank(pool, room, at, gap, to) {
  const tank = pool.tanks.find((box) => box.id === to);
  if (!tank) return room?.locals?.includes(to) ? [[at.x, at.y], [room.x + room.w - gap / 2, at.y], [room.x + room.w - gap / 2, room.floor.y + room.floor.h / 2], [room.floor.x + room.floor.w, room.floor.y + room.floor.h / 2]] : null;
  const trunk = tank.x - gap, middle = tank.y + tank.h / 2;
  if (!room) return [[at.x, at.y], [at.x, pool.bench.y - gap], [trunk, pool.bench.y - gap], [trunk, middle], [tank.x, middle]];
  const x = room.x + room.w + gap;
  if (trunk - x < gap) return [[at.x, at.y], [trunk, at.y], [trunk, middle], [tank.x, middle]];
  const below = room.y + room.h + gap;
  return [[at.x, at.y], [x, at.y], [x, below], [trunk, below], [trunk, middle], [tank.x, middle]];
}

/** Without points that are on the way anyhow. */
function tidy(points) {
  return points.filter(([x, y], i) => {
    const before = points[i - 1], after = points[i + 1];
    return !before || !after || !((before[0] === x && x === after[0]) || (before[1] === y && y === after[1]));
  });
}
