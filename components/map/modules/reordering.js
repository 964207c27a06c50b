// Pools and hosts in an order of one's own: drag a name, or press < and >. Methods of the component in map.js; the geometry is in reorder.js.

import { dropAt, movable, moved, siblings } from "./reorder.js";

export const reordering = {
  /** From the server: uuids; what is not among them comes after by name. */
  setOrder(order) {
    if (this.how.order?.join() === order.join()) return;
    this.$refs.unorder.hidden = !order.length;
    this.arrange({ order });
  },

  canMove(id) { return this.arrangeable && this.plan !== null && movable(this.plan, id); },

  /** Show where `id` would go if it were dropped here (a point of the screen). */
  dragHead(id, at) {
    const place = this.camera.at(at.x, at.y), found = dropAt(this.plan, id, place.x, place.y), { drop } = this.$refs;
    drop.hidden = !found;
    if (!found) return;
    const { x, y, h } = this.camera.project(found.line, 1);
    Object.assign(drop.style, { left: `${x - 1.5}px`, top: `${y}px`, height: `${h}px` });
  },

  dropHead(id, at) {
    this.endDrag();
    const place = this.camera.at(at.x, at.y), found = dropAt(this.plan, id, place.x, place.y);
    if (found) this.$emit("order", moved(this.plan, this.model, id, found.index));
  },

  endDrag() { this.$refs.drop.hidden = true; },

  /** One place on (1) or back (-1) with what is focused: a host, or that of the focused VM. */
  shift(by) {
    const thing = this.model.things.get(this.focused());
    const id = thing?.kind === "vm" ? thing.host : thing?.id;
    if (!this.canMove(id)) return;
    const all = siblings(this.plan, id), index = all.findIndex((box) => box.id === id) + by;
    if (index >= 0 && index < all.length) this.$emit("order", moved(this.plan, this.model, id, index));
  },

  unorder() { this.$emit("order", null); },
};
