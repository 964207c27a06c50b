// Measurements as they come over the wire (components/map/frames.py): a letter for each level 0 to 63; 64 is "not measured".

export const FULL = 63, GAP = 64, TRAIL = 120;
export const COLUMNS = ["cpu", "memory", "disk", "network", "latency"];
const LETTERS = GAP + 1;

const level = new Uint8Array(128);
for (let code = 35, at = 0; at < LETTERS; code++) if (code !== 39 && code !== 92) level[code] = at++;

export const decode = (letters) => Uint8Array.from(letters, (letter) => level[letter.charCodeAt(0)]);

/** Give `things`, in their order, the levels that `letters` has column by column; `differs`: as differences to those they have. */
export function measure(things, letters, differs) {
  let at = 0;
  for (const column of COLUMNS) {
    for (const thing of things) {
      const value = level[letters.charCodeAt(at++)];
      thing[column] = differs ? (thing[column] + value) % LETTERS : value;
    }
  }
}

/** Move the trails on to `step` and put the newest sample at their ends. Nothing is told of a round in which nothing changed. */
export function follow(thing, step) {
  const by = Math.min(TRAIL, Math.max(0, step - thing.step));
  thing.step = step; // also back, if the clock was set
  for (const [at, trail] of (thing.trails ?? [thing.trail]).entries()) {
    if (by) {
      const last = trail[TRAIL - 1];
      trail.copyWithin(0, by);
      trail.fill(last, TRAIL - by);
    }
    const value = thing[COLUMNS[at]];
    trail[TRAIL - 1] = at < 2 || value >= GAP ? value : partOf(flow(value), thing.tops, at - 2, trail);
  }
}

/** A rate as a part of the most there was; if it is more, the others become less. */
function partOf(rate, tops, at, trail) {
  if (rate > tops[at] * 1.15) { // a level is not that exact
    const shrink = tops[at] / rate;
    for (let i = 0; i < TRAIL; i++) if (trail[i] < GAP) trail[i] = Math.round(trail[i] * shrink);
    tops[at] = rate;
  }
  return tops[at] ? Math.min(FULL, Math.round((FULL * rate) / tops[at])) : 0;
}

/** 0 to 1. */
export const share = (value) => (value >= GAP ? NaN : value / FULL);
/** Bytes a second. */
export const flow = (value) => (value >= GAP ? NaN : 1024 * (2 ** (value / 3) - 1));
/** Seconds. */
export const latency = (value) => (value >= GAP ? NaN : 1e-4 * (2 ** (value / 6) - 1));
