// An order of one's own for pools and hosts: what a dragged name is dropped before, and the order that comes of it. Pure.

/** Pools, or the hosts of one pool, in the order of the plan: the things `box` may change places with; with its own among them. */
export function siblings(plan, id) {
  if (plan.pools.some((pool) => pool.id === id)) return plan.pools;
  return plan.pools.find((pool) => pool.hosts.some((host) => host.id === id))?.hosts ?? [];
}

/** Whether somebody may drag it elsewhere: a pool or a host that is not the only one. */
export const movable = (plan, id) => plan.group === "placement" && siblings(plan, id).length > 1;

/**
 * Where `id` would go if it were dropped at a place of the map.
 * @returns {{index: number, line: {x, y, w, h}} | null}  its index among the others, and the gap to show; null: it stays where it is
 */
export function dropAt(plan, id, x, y) {
  const all = siblings(plan, id), from = all.findIndex((box) => box.id === id);
  if (from < 0 || all.length < 2) return null;
  let near = -1, least = Infinity;
  all.forEach((box, i) => {
    const distance = Math.hypot(outside(x, box.x, box.w), outside(y, box.y, box.h));
    if (distance < least) { least = distance; near = i; }
  });
  const box = all[near], after = x > box.x + box.w / 2, gap = near + (after ? 1 : 0);
  const index = gap > from ? gap - 1 : gap;
  if (index === from) return null;
  return { index, line: { x: after ? box.x + box.w : box.x, y: box.y, w: 0, h: box.h } };
}

const outside = (at, low, length) => Math.max(0, low - at, at - low - length);

/**
 * The order among its own with `id` at `index`, as uuids.
 * @returns {{parent: string, order: string[]}}  parent: the uuid of the pool whose hosts they are, "" for pools
 */
export function moved(plan, model, id, index) {
  const uuid = (box) => model.things.get(box.id)?.uuid, all = siblings(plan, id);
  const rest = all.filter((box) => box.id !== id);
  rest.splice(index, 0, all.find((box) => box.id === id));
  return { parent: all === plan.pools ? "" : uuid(plan.pools.find(({ hosts }) => hosts === all)), order: rest.map(uuid).filter(Boolean) };
}
