// A rectangle divided among amounts so that each part is as square as can be (squarified treemap).
// Pure: the same amounts in the same order give the same rectangles, whatever else is true of them.

/**
 * @param {{x: number, y: number, w: number, h: number}} box
 * @param {number[]} amounts  in the order of placement; not negative
 * @returns {{x: number, y: number, w: number, h: number}[]}  one for each amount; areas are in proportion and fill the box
 */
export function treemap(box, amounts) {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const parts = new Array(amounts.length);
  if (!(total > 0) || !(box.w > 0) || !(box.h > 0)) {
    return amounts.map(() => ({ x: box.x, y: box.y, w: 0, h: 0 }));
  }
  const unit = (box.w * box.h) / total;
  let { x, y, w, h } = box;
  for (let first = 0; first < amounts.length; ) {
    const side = Math.min(w, h);
    const last = rowEnd(amounts, first, unit, side);
    let area = 0;
    for (let i = first; i < last; i++) area += amounts[i] * unit;
    const depth = last === amounts.length ? Math.max(w, h) : side > 0 ? area / side : 0;
    let at = 0;
    for (let i = first; i < last; i++) {
      const length = area > 0 ? (side * amounts[i] * unit) / area : 0;
      parts[i] = w >= h ? { x, y: y + at, w: depth, h: length } : { x: x + at, y, w: length, h: depth };
      at += length;
    }
    if (w >= h) { x += depth; w = Math.max(0, w - depth); } else { y += depth; h = Math.max(0, h - depth); }
    first = last;
  }
  return parts;
}

/** How many amounts from `first` make the best row along `side`: as long as the worst part gets squarer. */
function rowEnd(amounts, first, unit, side) {
  let sum = 0, low = Infinity, high = 0, worst = Infinity, i = first;
  for (; i < amounts.length; i++) {
    const area = amounts[i] * unit;
    const nextSum = sum + area, nextLow = Math.min(low, area), nextHigh = Math.max(high, area);
    const square = (side * side) / (nextSum * nextSum);
    const next = nextLow > 0 ? Math.max(square * nextHigh, 1 / (square * nextLow)) : worst;
    if (next > worst && i > first) break;
    sum = nextSum; low = nextLow; high = nextHigh; worst = next;
  }
  return Math.max(i, first + 1);
}

/** The same for amounts that are not in their order, largest first: one that is larger than those before it would make slivers of them. */
export function sorted(box, amounts) {
  const by = amounts.map((_, i) => i).sort((a, b) => amounts[b] - amounts[a] || a - b), parts = new Array(amounts.length);
  treemap(box, by.map((i) => amounts[i])).forEach((part, k) => { parts[by[k]] = part; });
  return parts;
}

/** Rows from left to right in the order of the amounts, broken so that the parts are as near to `wide` times their height as can be. */
export function shelves(box, amounts, wide) {
  const n = amounts.length, sums = [0], total = amounts.reduce((sum, amount) => sum + amount, 0), parts = new Array(n);
  if (!(total > 0)) return treemap(box, amounts);
  for (const amount of amounts) sums.push(sums.at(-1) + amount);
  const height = (from, to) => (box.h * (sums[to] - sums[from])) / total, width = (from, to, i) => (box.w * amounts[i]) / (sums[to] - sums[from]);
  const ugliness = (from, to) => {
    let sum = 0;
    for (let i = from; i < to; i++) { const shape = width(from, to, i) / height(from, to) / wide; sum += Math.max(shape, 1 / shape) ** 2; }
    return sum;
  };
  const best = [0], breaks = [0]; // of the first so many
  for (let to = 1; to <= n; to++) {
    best[to] = Infinity;
    for (let from = 0; from < to; from++) {
      const cost = best[from] + ugliness(from, to);
      if (cost < best[to]) { best[to] = cost; breaks[to] = from; }
    }
  }
  for (let to = n; to > 0; to = breaks[to]) {
    const from = breaks[to], h = height(from, to), y = box.y + height(0, from);
    for (let i = from, x = box.x; i < to; i++) { parts[i] = { x, y, w: width(from, to, i), h }; x += parts[i].w; }
  }
  return parts;
}

/** [what is used, the rest], in two clean pieces across the longer side. */
export function cut(box, used, rest) {
  const part = used + rest > 0 ? used / (used + rest) : 1;
  if (box.w >= box.h) return [{ ...box, w: box.w * part }, { ...box, x: box.x + box.w * part, w: box.w * (1 - part) }];
  return [{ ...box, h: box.h * part }, { ...box, y: box.y + box.h * part, h: box.h * (1 - part) }];
}
