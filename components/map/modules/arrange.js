// From what is known to where it is drawn: by placement (pools and hosts) or by group, in the size that was asked for. Pure.

import { grouped } from "./grouping.js";
import { fillBench, fillHost } from "./fill.js";
import { layout, order, orderBench, orderHost } from "./layout.js";
import { holders } from "./places.js";
import { wouldDiffer } from "./sizes.js";

/** What a person may ask for; the first is what is shown when nobody asked. */
export const SIZES = ["auto", "ram", "equal", "vcpu", "disk"];
export const GROUPS = ["placement", "tag", "os", "network", "sr", "folder"];

/**
 * Everything anew.
 * @param model  as in model.js
 * @param {{w: number, h: number}} view
 * @param {{size?: string, group?: string, order?: string[]}} how  `order`: keys of pools and hosts, and of groups, in the order somebody gave them
 * @returns the plan: {scale, chrome, sizes, width, height, least, group, pools: [...], groups: [...], hosts: Map(id -> box)};
 *   pools and hosts as in layout.js, none of them while `group` is not "placement"; groups as in grouping.js
 */
export function arrange(model, view, how = {}) {
  const group = GROUPS.includes(how.group) ? how.group : GROUPS[0], size = SIZES.includes(how.size) ? how.size : SIZES[0];
  const plan = group === "placement" ? placed(model, view, size, how.order) : grouped(model, view, size, group, how.order);
  plan.group = group;
  plan.least = Math.min(120, ...[...holders(plan)].map(({ tiles }) => tiles.reduce((least, box) => Math.min(least, Math.max(4, box.w, box.h)), 120)));
  return plan;
}

/**
 * Only what a change touches (see Model.apply), in place.
 * @returns {boolean}  false: `arrange` must be called
 */
export function refill(plan, model, change) {
  const boxes = touched(plan, change);
  for (const box of boxes ?? []) {
    if (box.inner) fillHost(box, orderHost(model.guests(box.id)), plan.sizes);
    else fillBench(box, orderBench(model.benched(box.pool)), plan.chrome);
  }
  return boxes !== null;
}

/** The boxes whose tiles a change moves; null if all may. */
export function touched(plan, change) {
  if (change.frame) return null;
  if (plan.group !== "placement") return change.kin ? null : [];
  if (change.sizes && wouldDiffer(plan.sizes)) return null;
  const rooms = [...change.hosts].map((id) => plan.hosts.get(id)).filter(Boolean);
  return [...rooms, ...plan.pools.filter((pool) => change.benches.has(pool.id)).map((pool) => pool.bench)];
}

function placed(model, view, size, wanted) {
  const inventory = order(model.inventory(), wanted), byId = new Map(inventory.map((pool) => [pool.id, pool]));
  const plan = layout(inventory, view, size);
  plan.hosts = new Map();
  for (const pool of plan.pools) {
    pool.bench.pool = pool.id;
    pool.byHost = new Map(pool.hosts.map((host) => [host.id, host]));
    pool.networks = byId.get(pool.id).rails.map(({ id }) => model.things.get(id));
    for (const host of pool.hosts) { host.locals = []; plan.hosts.set(host.id, host); }
    for (const sr of model.pools.get(pool.id).srs.values()) pool.byHost.get(sr.host)?.locals.push(sr.id);
  }
  return plan;
}
