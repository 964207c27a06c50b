// The view as a file of whoever looks, by a menu. Methods of the component in map.js.

import { chain } from "./crumbs.js";
import { nameOf, png, svg } from "./export.js";

const MARGIN = 8;

export const saving = {
  /** The menu: beside its button, the focus on its first entry. */
  askPicture() {
    const { save, saveMenu } = this.$refs;
    if (!this.plan) return;
    saveMenu.showPopover();
    const from = save.getBoundingClientRect();
    saveMenu.style.left = `${Math.max(MARGIN, from.left - saveMenu.offsetWidth - MARGIN)}px`;
    saveMenu.style.top = `${Math.max(MARGIN, Math.min(from.top, innerHeight - saveMenu.offsetHeight - MARGIN))}px`;
    saveMenu.querySelector("button").focus();
  },

  /** Arrows go through the entries; Esc and a click elsewhere end it, as the browser does it. */
  stepMenu(event) {
    const entries = [...this.$refs.saveMenu.querySelectorAll("button")], by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    event.stopPropagation();
    if (!by) return;
    event.preventDefault();
    entries.at((entries.indexOf(document.activeElement) + by) % entries.length).focus();
  },

  async savePicture(kind) {
    this.$refs.saveMenu.hidePopover();
    this.$refs.focus.focus({ preventScroll: true });
    const now = new Date(), view = this.viewed(), told = this.toldOf(now);
    const file = kind === "png" ? await png(view, told) : new Blob([svg(view, told)], { type: "image/svg+xml" });
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: nameOf(told, now, kind) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    this.say(this.words.picture.saved);
  },

  viewed() {
    const { theme, words, format, width, height, model, plan, camera, look } = this;
    return { theme, words, format, width, height, faint: look.faint, model, plan, camera, look, above: { lines: this.lines(), ...this.lossDrawn() } };
  },

  /** What stands round the picture. */
  toldOf(now) {
    const { words, state, plan } = this, said = words.picture;
    const inside = chain(plan, this.camera, this.width, this.height).map(({ id, kind, box }) => (kind === "group" ? box.name || words.noGroup : this.model.things.get(id)?.name ?? ""));
    const lost = [...(this.outcome?.hosts ?? [])].map((id) => this.model.things.get(id)?.name ?? "").join(", ");
    const facts = [said.counts.replace("{hosts}", this.counted("host")).replace("{vms}", this.counted("vm")), said.sizes[plan.sizes?.mode], said.groups[plan.group]];
    if (state.filter) facts.push(said.filter.replace("{text}", () => state.filter));
    if (lost) facts.push(said.without.replace("{hosts}", () => lost));
    return {
      title: inside.filter(Boolean).join(" › ") || words.label, facts: facts.filter(Boolean).join(" · "),
      time: new Intl.DateTimeFormat(this.language, { dateStyle: "long", timeStyle: "long" }).format(now),
      fill: words.fills[state.fill], scale: words.scales[state.fill],
    };
  },

  counted(kind) {
    let count = 0;
    for (const thing of this.model.things.values()) if (thing.kind === kind) count++;
    return this.format.number(count);
  },
};
