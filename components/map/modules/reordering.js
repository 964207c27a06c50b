// Pools, hosts and groups in an order of one's own: drag a name, or press < and >. Methods of the component in map.js; the geometry is in reorder.js.

import { beside, dropAt, handleFor, movable, moved } from "./reorder.js";

export const reordering = {
  /** From the server: keys of pools and hosts, and of groups; what is not among them comes after by name. */
  setOrder(order) {
    if (this.how.order?.join("\n") === order.join("\n")) return;
    this.arrange({ order });
  },

  canMove(handle) { return handle !== null && this.arrangeable && this.plan !== null && movable(this.plan, handle); },

  /** Show where `handle` would go if it were dropped here (a point of the screen). */
  dragHead(handle, at) {
    const place = this.camera.at(at.x, at.y), found = dropAt(this.plan, handle, place.x, place.y), { drop } = this.$refs;
    drop.hidden = !found;
    if (!found) return;
    const { x, y, h } = this.camera.project(found.line, 1);
    Object.assign(drop.style, { left: `${x - 1.5}px`, top: `${y}px`, height: `${h}px` });
  },

  dropHead(handle, at) {
    this.endDrag();
    const place = this.camera.at(at.x, at.y), found = dropAt(this.plan, handle, place.x, place.y);
    if (found) this.put(handle, found.index);
  },

  endDrag() { this.$refs.drop.hidden = true; },

  /** One place on (1) or back (-1) with what is focused: a host, that of the focused VM, or its group. */
  shift(by, handle = this.plan && handleFor(this.plan, this.model.things.get(this.focused()))) {
    const index = this.canMove(handle) ? beside(this.plan, handle, by) : -1;
    if (index >= 0) this.put(handle, index);
  },

  put(handle, index) { this.$emit("order", moved(this.plan, this.model, handle, index, this.how.order)); },

  /** Whether somebody gave what is shown an order of their own. */
  isOrdered() {
    const { group } = this.state;
    return (this.how.order ?? []).some((key) => (group === "placement" ? !key.includes(":") : key.startsWith(`${group}:`)));
  },

  unorder() { this.$emit("order", { parent: this.state.group === "placement" ? "" : this.state.group, order: [] }); },
};
