// What a tile's lightness says. One scale of one hue for whatever is chosen: `look.fill`.

import { GAP, HALTED, LOST, SUSPENDED } from "./model.js";

export const FILLS = ["cpu", "memory", "disk", "network", "latency", "snapshots", "none"];
const DAYS = 90; // age of a snapshot at the end of the scale

/** Of a VM, 0 to 1; -1 where there is nothing to say. */
function levelOf(vm, fill) {
  if (fill === "none") return -1;
  if (fill === "snapshots") return vm.snapshots ? age(vm.oldest) : 0;
  const level = vm[fill] ?? vm.cpu;
  return level >= GAP ? -1 : fill === "disk" || fill === "network" ? Math.max(0, level - 15) / (63 - 15) : level / 63; // rates from 32 KiB/s on
}

/** Of a snapshot taken at `then` (epoch seconds): each doubling of its days is as far. */
function age(then) {
  const days = Math.max(0, Date.now() / 1000 - then) / 86400;
  return Math.max(0.12, Math.min(1, Math.log2(1 + days) / Math.log2(1 + DAYS)));
}

/** The step of the scale; -1: not known, so the tile is still; -2: it has no fill at all, since it does not run. */
export function stepOf(theme, vm, fill) {
  if (vm.state === HALTED || vm.state === SUSPENDED) return -2;
  if (vm.state === LOST) return -1;
  const level = levelOf(vm, fill);
  return level < 0 ? -1 : Math.round(level * theme.steps);
}

export const colourOf = (theme, step, stale) => (step < 0 ? (stale ? theme.faded : theme.still) : stale ? theme.greys[step] : theme.fills[step]);
export const inkOf = (theme, step, stale) => (step < -1 ? theme.dim : step < 0 ? theme.text : stale ? theme.greyInks[step] : theme.inks[step]);
