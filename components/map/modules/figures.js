// Figures in words. The levels that colours and bars are made of are steps: a figure is exact where the server was asked for it
// (components/map/figures.py) and said to be about so much otherwise.

import { GAP, flow, latency, share } from "./levels.js";

const MOST = 200; // that are asked for at once
const OF = { cpu: share, memory: share, disk: flow, network: flow, latency };
const KEYS = Object.keys(OF);

/** {value, exact} of one of `KEYS`; null for what was not measured. */
export function figure(model, thing, key) {
  const exact = model.exact.get(thing.id)?.[key], level = thing[key];
  if (exact !== undefined && exact !== null) return { value: exact, exact: true };
  return level === undefined || level >= GAP ? null : { value: OF[key](level), exact: false };
}

/** In words by `say`; "" for what was not measured. */
export const told = (found, say, format) => (!found ? "" : found.exact ? say(found.value) : format.about(say(found.value)));

/** Methods of the component in map.js. */
export const figuring = {
  /** Have the figures of these kept exact, and of no others. */
  wantFigures(ids) {
    const wanted = [...new Set(ids)].filter((id) => ["host", "vm"].includes(this.model.things.get(id)?.kind)).slice(0, MOST), text = wanted.join();
    if (text === this.figured) return;
    this.figured = text;
    for (const id of this.model.exact.keys()) if (!wanted.includes(id)) this.model.exact.delete(id);
    this.$emit("figures", wanted);
  },

  /** From the server. */
  figures(rows) {
    for (const [id, ...values] of rows) this.model.exact.set(id, Object.fromEntries(KEYS.map((key, i) => [key, values[i]])));
    this.table.freshen();
    this.refresh();
  },
};
