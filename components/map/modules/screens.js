// Still pictures of VMs' screens for the largest tiles: a new one every 30 seconds, and only of what is on the screen.

import { RUNNING } from "./model.js";

/** Pixels of the side of a tile that has room for one. */
export const SIDE = 220;

const EVERY = 30_000; // milliseconds; the server asks each host for one at a time
const MOST = 24;      // that are kept

export class Screens {
  /** `pathOf(id)`: where the picture of a VM is. `came` is called when one is there, `due` when it is time to want them again. */
  constructor(pathOf, came, due) {
    Object.assign(this, { pathOf, came, due });
    this.held = new Map(); // {id: {asked: when, image}}, the last wanted at the end
    this.timer = 0;
  }

  /** Draw the picture of `vm` at the top of `box`, and say how much of its height that takes. */
  draw({ ctx, theme, alpha }, vm, box) {
    const image = this.of(vm.id);
    if (!image || box.h < 150) return 0;
    const scale = Math.min(box.w / image.width, (box.h * 0.55) / image.height), w = image.width * scale, h = image.height * scale;
    ctx.globalAlpha = alpha;
    ctx.imageSmoothingQuality = "high";
    ctx.drawImage(image, box.x, box.y, w, h);
    ctx.strokeStyle = theme.outline;
    ctx.lineWidth = 1;
    ctx.strokeRect(box.x + 0.5, box.y + 0.5, w - 1, h - 1);
    return h + 8;
  }

  stop() { clearTimeout(this.timer); for (const { image } of this.held.values()) image?.close(); this.held.clear(); }

  /** The last picture of a VM; undefined while there is none. */
  of(id) { return this.held.get(id)?.image; }

  /** These are seen now. */
  want(vms) {
    clearTimeout(this.timer);
    if (!vms.length) return;
    this.timer = setTimeout(this.due, EVERY);
    if (document.hidden) return;
    for (const vm of vms) {
      const one = this.held.get(vm.id) ?? { asked: -EVERY };
      this.held.delete(vm.id);
      this.held.set(vm.id, one);
      if (vm.state === RUNNING && performance.now() - one.asked >= EVERY) this.fetch(vm.id, one);
    }
    for (const [id, { image }] of this.held) {
      if (this.held.size <= MOST) break;
      image?.close();
      this.held.delete(id);
    }
  }

  async fetch(id, one) {
    one.asked = performance.now();
    const answer = await fetch(this.pathOf(id)).catch(() => null);
    const image = answer?.status === 200 ? await createImageBitmap(await answer.blob()).catch(() => null) : null;
    if (!image) return;
    if (this.held.get(id) !== one) { image.close(); return; }
    one.image?.close();
    one.image = image;
    this.came();
  }
}
