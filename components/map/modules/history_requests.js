// Which histories are worth asking for: of what is on the screen and large enough to show them, once.

import { holders } from "./places.js";
import { L3, L4 } from "./tile.js";

const MOST = 100; // at once; the rest when these have come
const CARD = 5;   // what all of a VM's costs more than its CPU's

/** Of VMs shown so large that their figures are read. */
export function cards(plan, camera, width, height, side = L4) {
  if (side > camera.zoom * Math.max(width, height)) return [];
  const from = camera.at(0, 0), to = camera.at(width, height);
  return holders(plan).flatMap((box) => box.tiles.filter((tile) => Math.min(tile.w, tile.h) * camera.zoom >= side && tile.x < to.x && tile.y < to.y && tile.x + tile.w > from.x && tile.y + tile.h > from.y)).map(({ id }) => id);
}

export class HistoryRequests {
  constructor() { this.asked = new Map(); } // id -> 1: the CPU's, 2: all

  /** [ids whose CPU is wanted, ids of which all is]; null for none. */
  find(plan, camera, width, height) {
    const from = camera.at(0, 0), to = camera.at(width, height), wanted = [[], []];
    const seen = (box) => box.x < to.x && box.y < to.y && box.x + box.w > from.x && box.y + box.h > from.y;
    for (const box of holders(plan)) {
      if (!seen(box)) continue;
      if (box.floor && Math.min(box.w, box.h) * camera.zoom >= 2 * L3) this.add(wanted[0], box.id, 1);
      for (const tile of box.tiles) {
        const side = Math.min(tile.w, tile.h) * camera.zoom;
        if (side < L3 || !seen(tile)) continue;
        if (side < L4) this.add(wanted[0], tile.id, 1); else this.add(wanted[1], tile.id, 2);
        if (wanted[0].length + CARD * wanted[1].length >= MOST) return wanted;
      }
    }
    return wanted[0].length || wanted[1].length ? wanted : null;
  }

  add(list, id, what) {
    if ((this.asked.get(id) ?? 0) >= what) return;
    this.asked.set(id, what);
    list.push(id);
  }
}
