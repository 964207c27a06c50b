// What if: the server says what would become of the VMs of lost hosts, this keeps and shows it. Methods of the component in map.js.

import { share } from "./crumbs.js";
import { ghosts } from "./whatif.js";

const NEAR = 0.6; // of the screen
const SUGGESTED = ["moves", "goal"]; // in the address of a page that opens with suggested moves

export const failover = {
  /** The hosts that `X` is about: those selected, else that of what is focused or pointed at. */
  endangered() {
    const hosts = this.chosen().filter(({ kind }) => kind === "host");
    if (hosts.length) return hosts;
    const thing = this.model.things.get(this.focused());
    const host = thing?.kind === "vm" ? this.model.things.get(thing.host) : thing;
    return host?.kind === "host" ? [host] : [];
  },

  askLoss() {
    const hosts = this.endangered();
    if (hosts.length) this.$emit("lose", hosts.map((host) => this.model.keyOf(host))); else this.say(this.words.noHost);
    return hosts.length > 0;
  },

  /** From the server: {hosts, moves: [[VM, host], ...], stranded}, all keys, and a sentence; null ends it. */
  lose(told, text = "") {
    const byKey = new Map([...this.model.things.values()].map((thing) => [this.model.keyOf(thing), thing.id]));
    const ids = (keys) => new Set(keys.map((key) => byKey.get(key)).filter((id) => id !== undefined));
    const moves = (pairs) => new Map(pairs.map((pair) => pair.map((key) => byKey.get(key))).filter(([vm, host]) => vm !== undefined && host !== undefined));
    const again = told && this.outcome && told.hosts.join() === this.outcome.keys.join();
    this.outcome = told && { hosts: ids(told.hosts), moves: moves(told.moves), stranded: ids(told.stranded), keys: told.hosts };
    if (told && !again) {
      this.overlay.depart();
      this.point(-1);
      this.comeNear();
      this.$refs.root.dataset.panel = this.emptierSide();
    } else if (!told && this.came) { this.fly(this.came); this.came = null; }
    if (text && !again) this.say(text);
    this.relight();
    if (!told) this.forget(SUGGESTED);
    this.noteAddress();
  },

  /** Take these out of the address: what they asked for is over. */
  forget(names) {
    const url = new URL(location);
    if (!names.some((name) => url.searchParams.has(name))) return;
    for (const name of names) url.searchParams.delete(name);
    history.replaceState(history.state, "", url);
  },

  /** Their pool fills the screen, or where they go could not be seen; afterwards one is where one was. */
  comeNear() {
    const pool = this.plan?.pools.find(({ hosts }) => hosts.some(({ id }) => this.outcome.hosts.has(id)));
    if (!pool || share(pool, this.camera, this.width, this.height) >= NEAR) return;
    const { zoom, x, y } = this.camera;
    this.came ??= { zoom, x, y };
    this.fly(this.camera.before(pool, this.width, this.height), pool.id);
  },

  /** Where the panel hides less of what it is about. */
  emptierSide() {
    const { ghosts: coming, lost } = this.lossDrawn(), { zoom, x } = this.camera.flight?.goal ?? this.camera, middle = x + this.width / zoom / 2;
    const weight = [...coming, ...lost].reduce((sum, box) => sum + (box.x + box.w / 2 - middle) * box.w * box.h, 0);
    return weight > 0 ? "left" : "right";
  },

  endLoss() {
    if (!this.outcome) return false;
    this.lose(null);
    this.$emit("lose", []);
    return true;
  },

  /** What the overlay draws of it. */
  lossDrawn() {
    const { outcome, plan } = this;
    if (!outcome || !plan) return { ghosts: [], lost: [], stranded: [] };
    const hosts = plan.pools.flatMap((pool) => pool.hosts), places = ghosts(plan, this.model, outcome), middle = ({ x, y, w, h }) => [x + w / 2, y + h / 2];
    return {
      ghosts: places.map((ghost) => ({ ...ghost, name: this.model.things.get(ghost.id).name })),
      arrows: outcome.hosts.size ? [] : places.filter(({ from }) => from).map((ghost) => ({ from: middle(ghost.from), to: middle(ghost), part: 0, count: 1 })),
      lost: hosts.filter(({ id }) => outcome.hosts.has(id)),
      stranded: hosts.flatMap(({ tiles }) => tiles.filter(({ id }) => outcome.stranded.has(id))),
    };
  },
};
