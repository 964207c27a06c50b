// Questions about places: what is here, what is next to it. Pure, over the rectangles of layout.js.

const within = (box, x, y) => x >= box.x && y >= box.y && x < box.x + box.w && y < box.y + box.h;

/**
 * The innermost thing at a point of the map: {id, kind, box}; `ground` where a pool is empty, `head` on the name of a pool, a host or
 * a group; null between pools. A group has no id: it counts as the ground of a pool that is not there.
 */
export function hit(plan, x, y) {
  for (const group of plan.groups) {
    if (!within(group, x, y)) continue;
    const tile = group.tiles.find((box) => within(box, x, y));
    return tile ? { id: tile.id, kind: "vm", box: tile } : { id: -1, kind: "pool", box: group, group, ground: true, head: y < group.inner.y };
  }
  for (const pool of plan.pools) {
    if (!within(pool, x, y)) continue;
    for (const host of pool.hosts) {
      if (!within(host, x, y)) continue;
      const tile = host.tiles.find((box) => within(box, x, y));
      return tile ? { id: tile.id, kind: "vm", box: tile } : { id: host.id, kind: "host", box: host, head: y < host.inner.y };
    }
    const tile = pool.bench.tiles.find((box) => within(box, x, y));
    if (tile) return { id: tile.id, kind: "vm", box: tile };
    const tank = pool.tanks.find((box) => within(box, x, y));
    if (tank) return { id: tank.id, kind: "sr", box: tank };
    const rail = Math.floor((y - pool.rails.y) / pool.rails.step);
    if (x < pool.rails.x + pool.rails.w && rail >= 0 && rail < pool.rails.shown && pool.networks?.[rail] && !isFolded(pool, rail)) {
      return { id: pool.networks[rail].id, kind: "network", box: railBox(pool, rail) };
    }
    return { id: pool.id, kind: "pool", box: pool, ground: y >= pool.rails.y, head: y < pool.rails.y };
  }
  return null;
}

/** Whether a row of rails stands for all networks for which there is no room. */
export const isFolded = ({ networks, rails }, i) => networks.length > rails.shown && i === rails.shown - 1;

export const railBox = ({ rails }, i) => ({ x: rails.x, y: rails.y + i * rails.step, w: rails.w, h: rails.step });

/** Every box that can be chosen, as {id, box}. */
export function* places(plan) {
  for (const group of plan.groups) for (const tile of group.tiles) yield { id: tile.id, box: tile };
  for (const pool of plan.pools) {
    yield { id: pool.id, box: pool };
    for (const host of pool.hosts) {
      yield { id: host.id, box: host };
      for (const tile of host.tiles) yield { id: tile.id, box: tile };
    }
    for (const tile of pool.bench.tiles) yield { id: tile.id, box: tile };
    for (const tank of pool.tanks) yield { id: tank.id, box: tank };
  }
}

export function find(plan, id) {
  for (const place of places(plan)) if (place.id === id) return place.box;
  return null;
}

/** Where a thing is seen: its box; a network's rail, or the row that stands for those without one; a host's own SR on its floor. */
export function spot(plan, id) {
  const box = find(plan, id);
  if (box) return box;
  for (const pool of plan.pools) {
    const rail = pool.networks?.findIndex((network) => network.id === id) ?? -1;
    if (rail >= 0 && pool.rails.shown) return railBox(pool, Math.min(rail, pool.rails.shown - 1));
    const host = pool.hosts.find(({ locals }) => locals?.includes(id));
    if (host) return host.floor;
  }
  return null;
}

/** The VMs and tanks: what the arrow keys walk over. */
function* stops(plan) {
  for (const group of plan.groups) yield* group.tiles;
  for (const pool of plan.pools) {
    for (const host of pool.hosts) yield* host.tiles.length ? host.tiles : [host];
    yield* pool.bench.tiles;
    yield* pool.tanks;
  }
}

export const first = (plan) => stops(plan).next().value?.id ?? -1;

/** The nearest stop from `id` in a direction (dx, dy); `id` itself if there is none. */
export function neighbour(plan, id, dx, dy) {
  const from = spot(plan, id);
  return from ? nearest(from, [...stops(plan)].filter((box) => box.id !== id), dx, dy)?.id ?? id : first(plan);
}

/** Of these boxes the one that is next to `from` in a direction (dx, dy). */
export function nearest(from, boxes, dx, dy) {
  const cx = from.x + from.w / 2, cy = from.y + from.h / 2;
  let best, least = Infinity;
  for (const box of boxes) {
    const ahead = dx ? dx * (dx > 0 ? box.x - (from.x + from.w) : box.x + box.w - from.x) : dy * (dy > 0 ? box.y - (from.y + from.h) : box.y + box.h - from.y);
    if (ahead < -0.5) continue;
    const across = dx ? gap(cy, box.y, box.y + box.h) : gap(cx, box.x, box.x + box.w);
    const drift = dx ? Math.abs(box.y + box.h / 2 - cy) : Math.abs(box.x + box.w / 2 - cx);
    const cost = ahead + across * 4 + drift * 0.1;
    if (cost < least) { least = cost; best = box; }
  }
  return best;
}

const gap = (value, low, high) => (value < low ? low - value : value > high ? value - high : 0);

/** VMs whose tiles touch a rectangle of the map. */
export function inside(plan, area) {
  const found = [];
  for (const { tiles } of holders(plan)) {
    for (const box of tiles) if (box.x < area.x + area.w && box.x + box.w > area.x && box.y < area.y + area.h && box.y + box.h > area.y) found.push(box.id);
  }
  return found;
}

/** All that hold tiles of VMs, in the order of reading: groups, hosts, benches. */
export function* holders(plan) {
  yield* plan.groups;
  for (const pool of plan.pools) { yield* pool.hosts; yield pool.bench; }
}

/** The first stop of the container after (`by` 1) or before (-1) that of `id`, round and round; -1 if there is none. */
export function nextContainer(plan, id, by) {
  const all = [];
  for (const group of plan.groups) all.push(group.tiles);
  for (const pool of plan.pools) all.push(...pool.hosts.map((host) => (host.tiles.length ? host.tiles : [host])), pool.bench.tiles, pool.tanks);
  const filled = all.filter((boxes) => boxes.length);
  const at = filled.findIndex((boxes) => boxes.some((box) => box.id === id));
  return filled.length ? filled[(Math.max(at, by > 0 ? -1 : 0) + by + filled.length) % filled.length][0].id : -1;
}
