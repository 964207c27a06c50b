// Where one is on the map: the things that what is on the screen is a part of, from the outermost. Pure.

const FILLS = 0.6; // of the screen's width or height: then one is in it, not merely looking at it

/** [{id, kind, box}], outermost first; nothing while all is shown. */
export function chain(plan, camera, width, height) {
  if (!plan || camera.zoom <= 1.001) return [];
  const x = camera.x + width / camera.zoom / 2, y = camera.y + height / camera.zoom / 2;
  const holds = (box) => x >= box.x && y >= box.y && x < box.x + box.w && y < box.y + box.h && share(box, camera, width, height) >= FILLS;
  const found = [];
  const into = (boxes, kind) => {
    const box = boxes.find(holds);
    if (box) found.push({ id: box.id, kind, box });
    return box;
  };
  const pool = into(plan.pools, "pool"), group = pool ? null : plan.groups.find(holds);
  if (group) found.push({ id: group.id, kind: "group", box: group });
  const host = pool && into(pool.hosts, "host");
  into(host?.tiles ?? group?.tiles ?? pool?.bench.tiles ?? [], "vm");
  if (pool && !host) into(pool.tanks, "sr");
  return found;
}

/** How much of the screen a box fills, in the direction it fills more of. */
export const share = (box, camera, width, height) => Math.max((box.w * camera.zoom) / width, (box.h * camera.zoom) / height);

/** What a thing is in: the box of its host, pool or group; null for what is in nothing. */
export function around(plan, id) {
  for (const group of plan.groups) if (group.tiles.some((tile) => tile.id === id)) return group;
  for (const pool of plan.pools) {
    if (pool.bench.tiles.some((tile) => tile.id === id) || pool.tanks.some((tank) => tank.id === id)) return pool;
    for (const host of pool.hosts) {
      if (host.id === id) return pool;
      if (host.tiles.some((tile) => tile.id === id)) return host;
    }
  }
  return null;
}
