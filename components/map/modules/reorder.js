// An order of one's own for pools, hosts and groups: what a dragged name is dropped before, and the order that comes of it. Pure.
//
// What can be dragged is named by its handle: the id of a pool or a host, the key of a group.

const handleOf = (box) => box.key ?? box.id;

/** Pools, the hosts of one pool, or groups, in the order of the plan: the things `handle` may change places with; with its own among them. */
export function siblings(plan, handle) {
  const among = [plan.groups.filter(({ kind }) => !kind), plan.pools, ...plan.pools.map(({ hosts }) => hosts)];
  return among.find((boxes) => boxes.some((box) => handleOf(box) === handle)) ?? [];
}

/** Whether somebody may drag it elsewhere: what is not the only one. */
export const movable = (plan, handle) => siblings(plan, handle).length > 1;

/** The handle of what a thing is moved with: a pool, a host, the host or the group of a VM; null if there is none. */
export function handleFor(plan, thing) {
  if (thing?.kind !== "vm") return thing?.id ?? null;
  return plan.group === "placement" ? thing.host : plan.groups.find(({ tiles }) => tiles.some(({ id }) => id === thing.id))?.key ?? null;
}

/**
 * Where `handle` would go if it were dropped at a place of the map.
 * @returns {{index: number, line: {x, y, w, h}} | null}  its index among the others, and the gap to show; null: it stays where it is
 */
export function dropAt(plan, handle, x, y) {
  const all = siblings(plan, handle), from = all.findIndex((box) => handleOf(box) === handle);
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

/** One place on (1) or back (-1): its index among the others; -1 if that is beyond the ends. */
export function beside(plan, handle, by) {
  const all = siblings(plan, handle), index = all.findIndex((box) => handleOf(box) === handle) + by;
  return index < all.length ? index : -1;
}

/**
 * The order among its own with `handle` at `index`.
 * @param {string[]} wanted  the order there is, as `setOrder` gets it
 * @returns {{parent: string, order: string[]}}  parent: the key of the pool whose hosts they are, "" for pools, or how VMs are grouped;
 *   order: keys, or the words of groups
 */
export function moved(plan, model, handle, index, wanted = []) {
  const all = siblings(plan, handle), rest = all.filter((box) => handleOf(box) !== handle);
  if (typeof handle === "string") return { parent: plan.group, order: among(plan.group, all, rest, handle, index, wanted) };
  const key = (box) => { const thing = model.things.get(box.id); return thing?.uuid && model.keyOf(thing); };
  rest.splice(index, 0, all.find((box) => box.id === handle));
  return { parent: all === plan.pools ? "" : key(plan.pools.find(({ hosts }) => hosts === all)), order: rest.map(key).filter(Boolean) };
}

/** Groups that are not seen, since all their VMs are in others before them, keep their places: they come back when that changes. */
function among(group, all, rest, handle, index, wanted) {
  const prefix = `${group}:`, known = wanted.filter((key) => key.startsWith(prefix) && key !== handle), listed = new Set(known);
  const order = [...known, ...rest.map(handleOf).filter((key) => !listed.has(key))];
  order.splice(index ? order.indexOf(rest[index - 1].key) + 1 : order.indexOf(rest[0].key), 0, handle);
  return order.map((key) => key.slice(prefix.length));
}
