// VMs that are carried with the pointer: to a host, an SR, a network, or the halted row. The server says where they can go; a drop is a migration, or a start. Methods of the component in map.js.

import { railBox } from "./places.js";

export const carrying = {
  /** Whether a press on `target` lifts it once it moves: VMs among their hosts, for whoever may move them. */
  canCarry(target) { return this.movable && this.state.group === "placement" && target?.kind === "vm" && Boolean(this.model.things.get(target.id)?.uuid); },

  /** The VM `id`, or all of the selection that it is part of, is held at a point of the screen. */
  carry(id, at) {
    if (this.putDown) return; // by Esc, with the button still pressed
    if (!this.carried) {
      const { things } = this.model, { selected } = this.look;
      const ids = selected.has(id) ? [...selected].filter((one) => things.get(one)?.kind === "vm" && things.get(one).uuid) : [id];
      this.carried = { ids, targets: new Map(), keys: ids.map((one) => this.model.keyOf(things.get(one))), over: -1, at };
      this.$emit("carry", this.carried.keys);
    }
    this.carried.at = at;
    this.carried.over = this.targetAt(at);
    this.tellCarried();
    this.refresh();
  },

  /** What they would be dropped on: a host, an SR, a network, or a pool, which stands for its halted row; -1 for none. */
  targetAt(at) {
    const found = this.hitAt(at.x, at.y), thing = this.model.things.get(found?.id);
    if (!thing) return -1;
    if (thing.kind === "vm") return thing.host >= 0 && this.model.things.get(thing.host)?.kind === "host" ? thing.host : thing.pool;
    if (thing.kind === "pool") return found.ground && this.camera.at(at.x, at.y).y >= found.box.bench.y ? thing.id : -1;
    return thing.id;
  },

  /** From the server: [[key of a thing, "live", "start", "disks", "pool", "nic", "halt" or "no", a sentence], ...] */
  targets(found) {
    if (!this.carried) return;
    this.carried.targets = new Map(found.map(([key, how, words]) => [this.model.named(key)?.id, { how, words }]));
    this.tellCarried();
    this.refresh();
  },

  /** Let go here. */
  dropCarried() {
    const { carried } = this;
    this.endCarry();
    this.putDown = false;
    const verdict = carried?.targets.get(carried.over);
    if (!verdict) return;
    if (verdict.how === "no") this.say(verdict.words);
    else this.$emit("drop", { vms: carried.keys, host: this.model.keyOf(this.model.things.get(carried.over)) });
  },

  /** Nothing is carried any more; whether something was. */
  endCarry() {
    if (!this.carried) return false;
    this.carried = null;
    this.$refs.carry.hidden = true;
    this.refresh();
    return true;
  },

  /** What is held, and what is known of the host below it, beside the pointer. */
  tellCarried() {
    const { ids, targets, over, at } = this.carried, box = this.$refs.carry, verdict = targets.get(over), { things } = this.model;
    const [name, words] = box.children;
    name.textContent = ids.length === 1 ? things.get(ids[0])?.name ?? "" : this.words.selected.replace("{n}", this.format.number(ids.length));
    words.textContent = over < 0 ? this.words.carry : verdict ? `${things.get(over)?.name ?? ""}: ${verdict.words}` : this.words.checking;
    words.dataset.how = verdict?.how ?? "";
    box.hidden = false;
    const wide = box.offsetWidth, high = box.offsetHeight;
    box.style.left = `${Math.min(at.x + 14, Math.max(0, this.width - wide - 4))}px`;
    box.style.top = `${at.y + 18 + high > this.height ? at.y - high - 12 : at.y + 18}px`;
  },

  /** What the overlay draws of it: a ring round every host, and dashes where the VMs are. */
  carriedDrawn() {
    if (!this.carried || !this.plan) return { rings: [], lifted: [] };
    const { ids, targets, over } = this.carried, held = new Set(ids);
    const { pools } = this.plan, hosts = pools.flatMap((pool) => pool.hosts), benches = pools.map((pool) => pool.bench);
    const rails = pools.flatMap((pool) => (pool.networks ?? []).slice(0, pool.rails.shown).map(({ id }, i) => ({ id, box: railBox(pool, i) })));
    const others = [...pools.flatMap((pool) => pool.tanks).map((box) => ({ id: box.id, box })), ...rails, ...pools.map((pool) => ({ id: pool.id, box: pool.bench }))];
    const can = ({ id }) => targets.has(id) && (id === over || targets.get(id).how !== "no");
    return {
      rings: [...hosts.filter(({ id }) => targets.has(id)).map((box) => ({ id: box.id, box })), ...others.filter(can)]
        .map(({ id, box }) => ({ box, how: targets.get(id).how, over: id === over })),
      lifted: [...hosts, ...benches].flatMap(({ tiles }) => tiles.filter(({ id }) => held.has(id))),
    };
  },
};
