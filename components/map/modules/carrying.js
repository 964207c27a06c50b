// VMs that are carried, with the pointer, a finger or the keyboard: to a host, an SR, a network, or the halted row. The server says where
// they can go; a drop is a migration, a start, or whatever else it says. Methods of the component in map.js.

import { find, isFolded, nearest, railBox } from "./places.js";
import { ghosts } from "./whatif.js";

const EDGE = 28;   // pixels from the map's border where it moves below what is carried
const DRIFT = 9;   // pixels a frame
const MOVES = ["live", "disks", "pool"]; // verdicts of what migrates
const PLAN = { live: "migrate", disks: "migrate", pool: "migrate", start: "start", nic: "connect", halt: "shutDown", no: "cannot" }; // what a drop would do, in words

export const carrying = {
  /** Whether a press on `target` lifts it once it moves: VMs among their hosts, for whoever may move them. */
  canCarry(target) { return this.movable && this.state.group === "placement" && target?.kind === "vm" && Boolean(this.model.things.get(target.id)?.uuid); },

  /** The VM `id`, or all of the selection that it is part of, is held at a point of the screen; `finger`: by touch. */
  carry(id, at, finger = false, how = {}) {
    if (this.putDown) return; // by Esc, with the button still pressed
    if (!this.carried) this.lift(id, { at, finger });
    Object.assign(this.carried, { at, wish: how });
    this.carried.over = this.targetAt(at);
    this.tellCarried();
    this.refresh();
    this.drift();
  },

  /** Held without a pressed button: keys or taps choose where, Enter or the button drops. */
  hold() {
    if (!this.plan || this.carried) return;
    const id = [this.look.focus, ...this.look.selected, this.look.hover].find((one) => this.canCarry(this.model.things.get(one)));
    if (id === undefined) { this.verb("vm.migrate"); return; } // what cannot be carried says why there
    this.lift(id, { held: true, at: { x: this.width / 2, y: this.height } });
    this.point(-1);
    this.tellCarried();
    this.refresh();
    this.$refs.focus.focus({ preventScroll: true });
    this.say(`${this.carriedName()}: ${this.words.hold}`);
  },

  lift(id, how) {
    const { things } = this.model, { selected } = this.look;
    const ids = selected.has(id) ? [...selected].filter((one) => this.canCarry(things.get(one))) : [id];
    this.carried = { ids, targets: new Map(), keys: ids.map((one) => this.model.keyOf(things.get(one))), over: -1, since: performance.now(), took: 0, all: false, wish: {}, ...how };
    this.$emit("carry", this.carried.keys);
  },

  /** What they would be dropped on: a host, an SR, a network, or a pool, which stands for its halted row; -1 for none. */
  targetAt(at) {
    const found = this.hitAt(at.x, at.y), thing = this.model.things.get(found?.id), { y } = this.camera.at(at.x, at.y);
    if (!thing) return -1;
    if (thing.kind === "host" && found.box.locals?.length === 1 && y >= found.box.floor.y) return found.box.locals[0];
    if (thing.kind === "vm") return thing.host >= 0 && this.model.things.get(thing.host)?.kind === "host" ? thing.host : thing.pool;
    if (thing.kind === "pool") return found.ground && y >= found.box.bench.y ? thing.id : -1;
    return thing.id;
  },

  /** All of them, as {id, box}; a pool stands for its halted row, SRs of a host alone are on its floor. */
  carryTargets() {
    return this.plan.pools.flatMap((pool) => {
      const rails = (pool.networks ?? []).slice(0, pool.rails.shown).flatMap(({ id }, i) => (isFolded(pool, i) ? [] : [{ id, box: railBox(pool, i) }]));
      const floors = pool.hosts.flatMap(({ locals, floor }) => (locals?.length === 1 ? [{ id: locals[0], box: floor }] : []));
      const hosts = pool.hosts.map((box) => ({ id: box.id, box })), tanks = pool.tanks.map((box) => ({ id: box.id, box }));
      return [...rails, ...hosts, ...floors, ...tanks, { id: pool.id, box: pool.bench }];
    });
  },

  /** To the next target in a direction, or by `turn` in their order. */
  stepCarried(dx, dy, turn = 0) {
    const { carried } = this, known = ({ id }) => !carried.targets.size || carried.targets.has(id);
    const all = this.carryTargets().filter((one) => one.box.w > 0 && one.box.h > 0 && known(one)), at = all.findIndex(({ id }) => id === carried.over);
    const here = all[at]?.box ?? find(this.plan, carried.ids[0]), others = all.filter((_, i) => i !== at).map(({ id, box }) => ({ id, x: box.x, y: box.y, w: box.w, h: box.h }));
    const next = turn || !here ? all[(Math.max(at, turn < 0 ? 0 : -1) + (turn || 1) + all.length) % all.length]?.id : nearest(here, others, dx, dy)?.id;
    if (next === undefined) return;
    this.aimAt(next);
    this.bringIntoView(all.find(({ id }) => id === next).box);
  },

  /** Without a pointer over it: what would happen there is told, and said. */
  aimAt(id) {
    this.carried.over = id;
    this.tellCarried();
    this.refresh();
    this.say(this.carriedWords());
  },

  /** A key while something is held; whether it was one for this. */
  carriedKey({ key, altKey = false, shiftKey = false }) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (way) this.stepCarried(...way);
    else if (key === "Tab") this.stepCarried(0, 0, shiftKey ? -1 : 1);
    else if (key === "Enter") this.dropCarried({ ask: altKey, copy: shiftKey });
    else if (key === "Escape") { this.putDown = !this.carried.held; this.endCarry(); }
    else return false;
    return true;
  },

  /** From the server, as it is known: see DropVerdict in host_verdicts.py. `all`: of every place there is now one. */
  targets(found, all = false) {
    const { carried } = this;
    if (!carried) return;
    for (const [key, how, words, head = "", note = "", before = 0, after = 0] of found) carried.targets.set(this.model.named(key)?.id, { how, words, head, note, before, after });
    if (!carried.all) carried.took = performance.now() - carried.since;
    carried.all ||= all;
    this.tellCarried();
    this.refresh();
  },

  /** Let go here. `ask`: what else there is to choose first; `copy`: instead of moving. */
  dropCarried(how = {}) {
    const { carried } = this, verdict = carried?.targets.get(carried.over);
    if (carried?.held && (!verdict || verdict.how === "no")) { this.say(this.carriedWords()); return; } // and it stays held
    this.endCarry();
    this.putDown = false;
    if (!verdict) return;
    if (verdict.how === "no") this.say(verdict.words);
    else this.$emit("drop", { vms: carried.keys, host: this.model.keyOf(this.model.things.get(carried.over)), ...how });
  },

  /** Nothing is carried any more; whether something was. */
  endCarry() {
    if (!this.carried) return false;
    this.carried = null;
    this.$emit("carry", []);
    this.$refs.carry.hidden = true;
    this.refresh();
    return true;
  },

  carriedName() {
    const { ids } = this.carried;
    return ids.length === 1 ? this.model.things.get(ids[0])?.name ?? "" : this.words.carried.replace("{n}", this.format.number(ids.length));
  },

  carriedWords() {
    const { over, targets, held } = this.carried, verdict = targets.get(over), thing = this.model.things.get(over), name = thing?.kind === "pool" ? this.words.bench : thing?.name ?? "";
    if (over < 0) return held ? this.words.hold : this.words.carry;
    if (!verdict) return targets.size ? `${name}: ${this.noTarget(thing)}` : this.words.checking;
    return `${name}: ${verdict.words}`;
  },

  /** Why nothing that is carried can be dropped on `thing`, of which the server says nothing. */
  noTarget(thing) {
    const here = this.model.things.get(this.carried.ids[0])?.pool, pool = thing?.kind === "pool" ? thing.id : thing?.pool;
    return pool !== here ? this.words.otherPool : thing?.kind === "sr" ? this.words.noDisks : this.words.noTarget;
  },

  /** What a drop would do: in the strip below the map, or as a sheet at its foot. */
  tellCarried() {
    const { targets, over, held, finger } = this.carried, box = this.$refs.carry, verdict = targets.get(over), how = verdict?.how ?? "", mine = this.model.things.get(over);
    const part = (name) => box.querySelector(`.xo-carry-${name}`), migrates = MOVES.includes(how) && mine?.kind === "host";
    part("title").textContent = this.carriedTitle(how, mine);
    part("words").textContent = mine && verdict ? verdict.words : this.carriedWords();
    box.dataset.how = how;
    part("checked").textContent = this.carriedChecked();
    part("alt").hidden = part("shift").hidden = finger || !migrates;
    part("esc").hidden = Boolean(finger);
    part("undo").hidden = how !== "live" || this.carried.ids.length > 1;
    box.querySelector("button").disabled = !how || how === "no";
    box.toggleAttribute("data-held", Boolean(held));
    if (box.hidden) this.placeStrip(box, finger);
    box.hidden = false;
  },

  /** It covers the strip below the map, so that nothing moves; without one, and under a finger, it lies on the map's foot. */
  placeStrip(box, finger) {
    const strip = finger ? null : document.querySelector(".xo-attention")?.getBoundingClientRect();
    const covers = strip?.height > 120 && strip.width > 760;
    box.toggleAttribute("data-foot", !covers);
    for (const side of ["left", "top", "width", "height"]) box.style[side] = covers ? `${strip[side]}px` : "";
  },

  carriedTitle(how, target) {
    const { ids, wish } = this.carried, name = this.carriedName();
    if (!PLAN[how] || !target) return name;
    const plan = target.kind === "sr" && how === "disks" ? "moveDisks" : wish.copy && MOVES.includes(how) ? "copy" : PLAN[how];
    const named = { "{name}": name, "{target}": target.kind === "pool" ? this.words.bench : target.name }; // by people: a name may hold a $& or a {target}
    return this.words.plans[plan].replace(/\{(name|target)\}/g, (field) => named[field]);
  },

  /** `5 of 5 hosts checked in 0.2 s` */
  carriedChecked() {
    const { targets, took, all } = this.carried, hosts = [...this.model.things.values()].filter(({ kind }) => kind === "host");
    const known = hosts.filter(({ id }) => targets.has(id)).length;
    if (!known) return this.words.checking;
    const words = all ? this.words.checkedIn.replace("{time}", this.format.milliseconds(took / 1000)) : this.words.checkedOf;
    return words.replace("{n}", this.format.number(known)).replace("{all}", this.format.number(hosts.length));
  },

  /** Near a border the map moves below what is carried, as long as it stays there. */
  drift() {
    if (this.drifting) return;
    const step = () => {
      this.drifting = 0;
      if (!this.carried || this.carried.held) return;
      const { at } = this.carried, toward = (place, size) => (place < EDGE ? DRIFT : place > size - EDGE ? -DRIFT : 0), before = [this.camera.x, this.camera.y];
      const dx = toward(at.x, this.width), dy = toward(at.y, this.height);
      if (!dx && !dy) return;
      this.pan(dx, dy);
      if (before[0] === this.camera.x && before[1] === this.camera.y) return; // it has an end
      this.carried.over = this.targetAt(at);
      this.tellCarried();
      this.drifting = requestAnimationFrame(step);
    };
    this.drifting = requestAnimationFrame(step);
  },

  /** What the overlay draws of it: of every place whether it takes them, dashes where they are, the place that they would take, and they themselves. */
  carriedDrawn() {
    if (!this.carried || !this.plan) return { rings: [], lifted: [] };
    const { ids, targets, over, all, at, held, wish } = this.carried, { things } = this.model, lifted = new Set(ids);
    const boxes = this.plan.pools.flatMap(({ hosts, bench }) => [...hosts, bench]), place = [...MOVES, "start"].includes(targets.get(over)?.how);
    const rings = [];
    for (const { id, box } of this.carryTargets()) {
      const verdict = targets.get(id), { kind } = things.get(id);
      if (kind === "host") rings.push({ box, host: things.get(id), how: verdict?.how ?? (all ? "no" : "asked"), over: id === over, verdict, free: this.freeWith(id, verdict) });
      else if (kind === "sr" ? verdict || all : verdict && id === over) rings.push({ box, how: verdict?.how ?? "no", over: id === over });
    }
    return {
      ...(place ? { ghosts: this.landing(ids, over) } : {}),
      rings,
      halting: !(this.plan.chrome?.benchHead * this.camera?.zoom >= 16) ? [] : this.plan.pools.filter(({ id, bench }) => targets.get(id)?.how === "halt" && bench.tiles.length).map(({ bench }) => bench),
      lifted: boxes.flatMap(({ tiles }) => tiles.filter(({ id }) => lifted.has(id))),
      flying: held ? null : { at, name: this.carriedName(), size: this.format.memory(ids.reduce((sum, id) => sum + (things.get(id)?.ram ?? 0), 0)), count: ids.length },
      copies: Boolean(wish.copy),
    };
  },

  /** MiB free on a host, now and afterwards: on that which they would go to, and on those that they leave. */
  freeWith(id, verdict) {
    const { ids, over, targets, wish } = this.carried, { things } = this.model;
    if (verdict?.before) return { before: verdict.before, after: verdict.after };
    if (wish.copy || ![...MOVES, "halt"].includes(targets.get(over)?.how) || things.get(over)?.kind === "sr") return null;
    const left = ids.map((one) => things.get(one)).filter((vm) => vm?.host === id).reduce((sum, vm) => sum + vm.ram, 0), { free } = things.get(id);
    return left ? { before: free, after: free + left } : null;
  },

  /** The places on a host that they would take, to the map's scale. */
  landing(ids, host) {
    const { things } = this.model, moves = new Map(ids.filter((id) => things.get(id)?.host !== host).map((id) => [id, host]));
    return ghosts(this.plan, this.model, { moves }).map((ghost) => ({ ...ghost, from: null, lands: true }));
  },
};
