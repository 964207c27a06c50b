// What was painted last, so that only what looks different now is painted again. `paint` is called when something may have changed.

import { draw } from "./draw.js";

export class Painter {
  /**
   * Bring the canvas up to date; `art` as in draw.js.
   * @returns {number} milliseconds after which to be called again; -1: when something changes
   */
  paint(art, model, plan, camera, look) {
    draw(art, model, plan, camera, look);
    return -1;
  }
}
