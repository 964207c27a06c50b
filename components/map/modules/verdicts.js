// What is carried, and what each host says of it where the eye is: painted over the picture by overlay.js.

import { drawFreeGround } from "./draw.js";
import { panel } from "./shapes.js";

const LEAST = { w: 92, h: 96 };  // a host with room for a card
const WIDEST = 216, LINES = 5, LINE = 15, PAD = 7, MARK = 16;
const TILE = { w: 128, h: 52 };  // what hangs at the pointer
const BEAT = 900;                // milliseconds of a pulse

/** Solid where it goes as it is, dashed where disks move too, a pulse where nobody has answered; where it cannot go, the place is faint. */
export function drawRing({ ctx, theme }, { x, y, w, h }, { how, over, verdict }, now) {
  if (how === "no" && (!verdict || verdict.head || !verdict.note)) { // but where they are now
    ctx.globalAlpha = over ? 0.35 : 0.6;
    ctx.fillStyle = theme.ground;
    ctx.fillRect(x, y, w, h);
    ctx.globalAlpha = 1;
    return;
  }
  ctx.beginPath();
  ctx.roundRect(x, y, w, h, Math.min(7, w / 6));
  const takes = how !== "no" && how !== "asked";
  if (over && takes) {
    ctx.globalAlpha = 0.12;
    ctx.fillStyle = theme.accent;
    ctx.fill();
  }
  ctx.globalAlpha = how === "asked" ? pulse(now) : 1;
  ctx.strokeStyle = takes ? theme.accent : theme.dim;
  ctx.lineWidth = over && takes ? 3 : 1.5;
  ctx.setLineDash(how === "no" ? [2, 4] : how === "disks" || how === "pool" ? [6, 4] : []);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
}

/** How strongly a ring is drawn that waits for its answer; always the same for those who do not want motion. */
const pulse = (now) => (isStill() ? 0.4 : 0.4 + 0.35 * Math.sin((now / BEAT) * 2 * Math.PI));
export const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Room for a verdict: it says what is free itself. */
export function drawClear(art, screen, { box, how }) {
  const outer = screen(box), free = screen(box.free);
  if (how === "no" || how === "asked" || outer.w < LEAST.w || outer.h < LEAST.h || free.h < 4) return;
  art.ctx.fillStyle = art.theme.surface;
  art.ctx.fillRect(free.x, free.y, free.w, free.h);
  drawFreeGround(art, free);
}

/** Above the halted VMs: what a drop there does. */
export function drawHint({ ctx, theme, text, words }, box) {
  ctx.fillStyle = theme.ground;
  ctx.fillRect(box.x, box.y - 18, Math.min(box.w, text.width(ctx, words.dropToHalt, text.font(11)) + 2), 16);
  text.put(ctx, words.dropToHalt, box.x, box.y - 10, box.w, { size: 11, colour: theme.dim });
}

/** Hatched, since it is not there yet, and as large as what would be. */
export function drawLanding(art, box) {
  const { ctx, theme, patterns } = art;
  ctx.fillStyle = theme.surface;
  ctx.fillRect(box.x, box.y, box.w, box.h);
  ctx.fillStyle = patterns.coming;
  ctx.fillRect(box.x, box.y, box.w, box.h);
  ctx.strokeStyle = theme.accent;
  ctx.lineWidth = 1;
  ctx.strokeRect(box.x + 0.5, box.y + 0.5, Math.max(1, box.w - 1), Math.max(1, box.h - 1));
}

/** On a host: what is free now and would be, and its verdict. */
export function drawVerdict(art, screen, { box, host, how, over, verdict, free }) {
  const outer = screen(box), inner = screen(box.inner), floor = screen(box.floor);
  if (free) drawFree(art, outer, inner, host, free);
  if (verdict && (verdict.head || verdict.note) && outer.w >= LEAST.w && outer.h >= LEAST.h) drawCard(art, inner, floor, verdict, how, over);
}

function drawFree({ ctx, theme, text, words, format, patterns }, outer, inner, host, { before, after }) {
  const head = inner.y - outer.y;
  if (head < 26) return;
  const y = inner.y - Math.min(20, head - 12), name = text.width(ctx, host.name, text.font(13, 600)) + 30, font = text.font(12);
  const to = format.memory(after), whole = format.memory(before), [figure, unit] = whole.split("\u202f"), from = to.endsWith(unit) ? figure : whole, short = `→ ${to}`;
  const said = [words.freeWith.replace("{before}", from).replace("{after}", to), `${from} ${short}`, short].find((one) => text.width(ctx, one, font) + name <= inner.w);
  if (said) {
    const wide = text.width(ctx, said, font) + 6;
    ctx.fillStyle = theme.surface;
    ctx.fillRect(inner.x + inner.w - Math.max(wide, 60), y - 9, Math.max(wide, 60) + 1, 18);
    text.put(ctx, said, inner.x + inner.w, y, inner.w, { size: 12, colour: theme.dim, align: "right" });
  }
  const bar = { x: inner.x, y: inner.y - 7, w: inner.w, h: 3 }, part = (mib) => Math.round(bar.w * Math.min(1, Math.max(0, 1 - mib / Math.max(1, host.ram))));
  const [low, high] = [part(before), part(after)].sort((a, b) => a - b);
  ctx.fillStyle = theme.surface;
  ctx.fillRect(bar.x, bar.y - 2, bar.w + 2, bar.h + 4);
  ctx.fillStyle = theme.trough;
  ctx.fillRect(bar.x, bar.y, bar.w, bar.h);
  ctx.fillStyle = theme.fills[Math.round(theme.steps * 0.62)];
  ctx.fillRect(bar.x, bar.y, low, bar.h);
  ctx.fillStyle = after < before ? theme.accent : patterns.coming;
  ctx.fillRect(bar.x + low, bar.y - (after < before ? 1 : 0), high - low, bar.h + (after < before ? 2 : 0));
}

function drawCard(art, inner, floor, { head, note }, how, over) {
  const { ctx, theme, text } = art, w = Math.min(WIDEST, inner.w - 8), room = w - 2 * PAD, cannot = how === "no", top = { size: 12.5, weight: 600 }, rest = { size: 11.5 };
  const heads = head ? text.lines(ctx, head, text.font(top.size, top.weight), room - MARK, 2) : [];
  const most = Math.max(0, Math.min(LINES, Math.floor((floor.y - inner.y - 2 * PAD - 24) / LINE) - heads.length));
  const notes = note.split("\n").flatMap((one) => text.lines(ctx, one, text.font(rest.size), room, most)).slice(0, most);
  const h = 2 * PAD + (heads.length + notes.length) * LINE, x = inner.x + (inner.w - w) / 2, y = Math.min(floor.y, art.height - 6) - h - 6;
  ctx.globalAlpha = 0.94;
  panel(ctx, { x, y, w, h }, 6, theme.surface, over && !cannot ? theme.accent : theme.line);
  ctx.globalAlpha = 1;
  const middle = (line) => y + PAD + (line + 0.5) * LINE;
  if (head) drawMark(ctx, cannot ? theme.critical : theme.accent, x + PAD + 5, middle(0), cannot);
  heads.forEach((line, i) => text.put(ctx, line, x + PAD + MARK, middle(i), room - MARK, { ...top, colour: theme.text }));
  notes.forEach((line, i) => text.put(ctx, line, x + PAD, middle(heads.length + i), room, { ...rest, colour: theme.dim }));
}

function drawMark(ctx, colour, x, y, cannot) {
  ctx.beginPath();
  if (cannot) { ctx.moveTo(x - 3.5, y - 3.5); ctx.lineTo(x + 3.5, y + 3.5); ctx.moveTo(x + 3.5, y - 3.5); ctx.lineTo(x - 3.5, y + 3.5); } else { ctx.moveTo(x - 4.5, y); ctx.lineTo(x - 1.5, y + 3.5); ctx.lineTo(x + 4.5, y - 4); }
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.8;
  ctx.lineCap = "round";
  ctx.stroke();
  ctx.lineCap = "butt";
}

/** At the pointer: the VM, or the stack of them. */
export function drawFlying({ ctx, theme, text }, { at, name, size, count }) {
  const box = { x: at.x - 14, y: at.y - 12, ...TILE }, step = Math.round(theme.steps * 0.62);
  for (let i = Math.min(3, count) - 1; i >= 0; i--) panel(ctx, { ...box, x: box.x + 4 * i, y: box.y + 4 * i }, 4, theme.fills[step], theme.accent);
  text.put(ctx, name, box.x + 8, box.y + 17, box.w - 16, { size: 12, weight: 600, colour: theme.inks[step] });
  text.put(ctx, size, box.x + 8, box.y + 35, box.w - 16, { size: 11.5, colour: theme.inks[step] });
}
