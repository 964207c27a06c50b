// A VM's tile at its largest: what one would open its page for, with the last ten minutes of it.

import { curve } from "./curves.js";
import { figure, told } from "./figures.js";
import { FULL, GAP } from "./model.js";

const LEAST = { w: 108, h: 46 }; // of one figure with its curve

/** Figures and curves in as many columns as fit into `box`. */
export function card(art, vm, box, ink) {
  const all = figures(art, vm);
  const across = box.w >= 2 * LEAST.w ? 2 : 1, rows = Math.min(Math.ceil(all.length / across), Math.floor(box.h / LEAST.h));
  if (rows < 1) return;
  const gap = 14, w = (box.w - (across - 1) * gap) / across, h = Math.min(150, (box.h - (rows - 1) * 8) / rows);
  all.slice(0, rows * across).forEach((figure, i) => {
    const x = box.x + (i % across) * (w + gap), y = box.y + box.h - (rows - Math.floor(i / across)) * (h + 8) + 8;
    one(art, figure, { x, y, w, h }, ink);
  });
}

function figures({ words, format, model }, vm) {
  const now = (key, say) => told(figure(model, vm, key), say, format) || "–";
  const trails = vm.trails ?? [vm.trail];
  const ram = format.memory(vm.ram), used = now("memory", format.percent);
  return [
    [words.cpu, now("cpu", format.percent), trails[0]],
    [words.memory, vm.memory === GAP ? ram : `${used} · ${ram}`, trails[1], undefined, used],
    [words.disk, now("disk", format.rate), trails[2], ofMost],
    [words.network, now("network", format.bits), trails[3], ofMost],
  ];
}

/** What has no whole is drawn as a part of the most in the last ten minutes. */
const ofMost = (level) => (0.92 * level) / FULL;

function one(art, [label, value, trail, part, short = value], box, ink) {
  const { ctx, text } = art;
  ctx.globalAlpha = 0.75 * art.alpha;
  const used = text.put(ctx, label, box.x, box.y + 7, box.w * 0.5, { size: 11, colour: ink });
  ctx.globalAlpha = art.alpha;
  const style = { size: 12, weight: 520, colour: ink, align: "right", whole: true }, room = box.w - used - 8;
  text.put(ctx, value, box.x + box.w, box.y + 7, room, style) || text.put(ctx, short, box.x + box.w, box.y + 7, room, style);
  if (trail && box.h >= 30) curve(art, trail, { x: box.x, y: box.y + 20, w: box.w, h: box.h - 21 }, ink, true, part);
}
