// Where one is on the map: the things that what is on the screen is a part of, from the outermost. Pure.

const FILLS = 0.6; // of the screen's width or height: then one is in it, not merely looking at it

/** [{id, kind, box}], outermost first; nothing while all is shown. */
export function chain(plan, camera, width, height) {
  if (!plan || camera.zoom <= 1.001) return [];
  const seen = { x: camera.x, y: camera.y, w: width / camera.zoom, h: height / camera.zoom }, found = [];
  const into = (kinds) => {
    let best = null, most = 0;
    for (const [kind, boxes] of Object.entries(kinds)) {
      for (const box of boxes) {
        const part = common(box, seen) / (box.w * box.h);
        if (part > most && share(box, camera, width, height) >= FILLS) { best = { id: box.id, kind, box }; most = part; }
      }
    }
    if (best) found.push(best);
    return best;
  };
  const outer = into({ pool: plan.pools, group: plan.groups }), pool = outer?.kind === "pool" ? outer.box : null;
  const inner = pool && into({ host: pool.hosts });
  into({ vm: (inner ?? outer)?.box.tiles ?? pool?.bench.tiles ?? [] });
  return found;
}

/** The same for a thing that is looked at: what it is in, and itself. */
export function path(plan, id) {
  for (const group of plan.groups) {
    if (group.tiles.some((tile) => tile.id === id)) return [link("group", group), link("vm", group.tiles.find((tile) => tile.id === id))];
  }
  for (const pool of plan.pools) {
    if (pool.id === id) return [link("pool", pool)];
    const inside = (kind, boxes) => boxes.filter((box) => box.id === id).map((box) => link(kind, box))[0];
    const own = inside("host", pool.hosts) ?? inside("vm", pool.bench.tiles) ?? inside("sr", pool.tanks);
    if (own) return [link("pool", pool), own];
    for (const host of pool.hosts) { const vm = inside("vm", host.tiles); if (vm) return [link("pool", pool), link("host", host), vm]; }
  }
  return [];
}

const link = (kind, box) => ({ id: box.id, kind, box });
const common = (a, b) => Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

/** How much of the screen a box fills, in the direction it fills more of. */
export const share = (box, camera, width, height) => Math.max((box.w * camera.zoom) / width, (box.h * camera.zoom) / height);

/** The box of what a thing is in; null for what is in nothing. */
export const around = (plan, id) => path(plan, id).at(-2)?.box ?? null;
