// Where the tanks of shared SRs stand. Pure, a part of layout.js.

const SEEN = 4;       // pixels of height, under which a tank says nothing
const CROWD = 0.8;    // of the gap: tanks that are less high than that are mostly gaps
const CLOSE = 4;      // the gap between tanks that would have no names else
export const NAMED = { w: 34, h: 18 }; // as small as a tank may be to have its name on it

/** Shared SRs at the right edge of their pool; one scale for all, the largest at which every pool's fit. Of hundreds each has a cell instead. */
export function tanks(boxes, pools, chrome) {
  const plans = boxes.map((box, i) => tankPlan(box, pools[i].tanks, chrome));
  const unit = Math.min(Infinity, ...plans.filter((plan) => plan.sizes.length && !plan.crowd).map(largestUnit));
  for (const [i, plan] of plans.entries()) {
    const { box, w } = plan;
    if (plan.crowd) { box.tanks = cells(plan, pools[i].tanks, chrome); continue; }
    let x = box.content.x + box.content.w + chrome.hostGap, y = box.content.y;
    box.tanks = pools[i].tanks.map((tank, j) => {
      if (j && j % plan.down === 0) { x += w + plan.gap; y = box.content.y; }
      const h = tankHeight(plan, tank.size, unit);
      const made = { id: tank.id, x, y, w, h, head: plan.head };
      y += h + plan.gap;
      return made;
    });
  }
}

/** How a pool's tanks stand: in as many columns as they need, each with a head for its name if there is room, and never too small to see. */
function tankPlan(box, all, chrome) {
  const sizes = all.map((tank) => tank.size), n = Math.max(1, sizes.length), column = Math.max(20, box.content.h), room = Math.min(chrome.tank, box.w * 0.3);
  const least = chrome.tankHead + Math.max(6, chrome.tankGap);
  const { down, gap, w, each } = columnsOf(n, Math.ceil((n * (least + chrome.tankGap)) / column), column, room, chrome.tankGap);
  const head = each >= least ? chrome.tankHead : 0;
  const vessel = Math.max(2, Math.min(3.2 * chrome.tankGap, 0.4 * (each - head), each - head), w >= NAMED.w ? Math.min(NAMED.h, each - head) : 0);
  const crowd = sizes.length > 0 && each < Math.max(SEEN, CROWD * chrome.tankGap);
  return { box, sizes, down, gap, head, vessel, w, column, crowd, room };
}

/** `n` tanks in about `wanted` columns; in fewer and closer ones where only that leaves room for their names. */
function columnsOf(n, wanted, column, room, wide) {
  const standing = (across, gap) => {
    const down = Math.ceil(n / Math.min(4, Math.max(1, across))), columns = Math.ceil(n / down);
    return { down, gap, w: Math.max(3, (room - (columns - 1) * gap) / columns), each: column / down - gap };
  };
  const first = standing(wanted, wide), gap = Math.min(wide, CLOSE);
  if (first.w >= NAMED.w) return first;
  const close = standing(Math.floor((room + gap) / (NAMED.w + gap)), gap);
  return close.w >= NAMED.w && close.each >= NAMED.h ? close : first;
}

/** One for each, all alike, in rows. */
function cells({ box, room, column }, all, chrome) {
  let side = Math.sqrt((room * column) / all.length);
  const across = () => Math.max(1, Math.floor(room / side));
  while (side > 1 && across() * Math.floor(column / side) < all.length) side *= 0.98;
  const x = box.content.x + box.content.w + chrome.hostGap, y = box.content.y, size = side - Math.min(1.5, side / 5), n = across();
  return all.map(({ id }, i) => ({ id, x: x + (i % n) * side, y: y + Math.floor(i / n) * side, w: size, h: size, head: 0 }));
}

const tankHeight = (plan, size, unit) => plan.head + Math.max(plan.vessel, (size * unit) / plan.w);

function largestUnit(plan) {
  const { sizes, down, gap, column, w } = plan;
  const height = (unit) => {
    let most = 0;
    for (let i = 0; i < sizes.length; i += down) {
      const heights = sizes.slice(i, i + down).map((size) => tankHeight(plan, size, unit) + gap);
      most = Math.max(most, heights.reduce((sum, h) => sum + h, -gap));
    }
    return most;
  };
  let low = 0, high = (column * w) / Math.max(1, ...sizes);
  for (let i = 0; i < 30; i++) {
    const middle = (low + high) / 2;
    if (height(middle) > column) high = middle; else low = middle;
  }
  return low;
}
