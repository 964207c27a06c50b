// Storage: shared SRs as tanks, a host's own on its floor. Fill is what is used, the thin line what was promised.

import { CRITICAL, WARNING } from "./model.js";
import { dim, inset, outline, panel, visible } from "./shapes.js";
import { glyph } from "./marks.js";
import { NAMED } from "./tanks.js";

const SIZE_ROOM = 8; // half the height that the words of a size need
const TWO_LINES = 40; // the height that a name and a figure need
const UPRIGHT = 14;   // the width that a name needs which goes up

/** The host's own storage: a strip on its floor, each SR as wide as its part. */
export function drawFloor(art, model, place, box, look) {
  const { ctx, theme, text, words, format } = art;
  const locals = place.locals.map((id) => model.things.get(id)).filter(Boolean);
  const total = locals.reduce((sum, sr) => sum + sr.size, 0);
  if (!total || box.h < 2) return;
  let x = box.x;
  for (const sr of locals) {
    const w = (box.w * sr.size) / total - (locals.length > 1 ? 1 : 0), part = sr.used / sr.size;
    dim(art, look, sr.id);
    ctx.fillStyle = theme.trough;
    ctx.fillRect(x, box.y, w, box.h);
    ctx.fillStyle = look.stale ? theme.faded : colourOf(theme, sr);
    ctx.fillRect(x, box.y, w * Math.min(1, part), box.h);
    if (box.h >= 11 && w > 40) text.put(ctx, `${locals.length > 1 ? sr.name : words.local} ${format.percent(part)}`, x + 5, box.y + box.h / 2, w - 8, { size: 11, colour: theme.dim });
    if (sr.mark && !look.stale) glyph(ctx, theme, sr.mark, x + w - 10, box.y + box.h / 2 - 4, 8);
    dim(art, look);
    x += w + 1;
  }
}

const colourOf = (theme, sr) => (sr.mark === CRITICAL ? theme.tankBad : sr.mark === WARNING ? theme.tankWarn : theme.tankFill);

export function drawTank(art, sr, box, head, look, stale) {
  const { ctx, theme, text, patterns, format } = art;
  if (!sr || !visible(box, art)) return;
  const part = Math.min(1, sr.used / sr.size), snapshots = Math.min(part, sr.snapshots / sr.size);
  dim(art, look, sr.id);
  panel(ctx, box, 6, theme.surface, sr.mark === CRITICAL && !stale ? theme.critical : sr.mark === WARNING && !stale ? theme.warning : theme.line);
  const pad = box.w > 40 ? 3 : 1, top = Math.min(head, 44), vessel = { x: box.x, y: box.y + top, w: box.w, h: box.h - top };
  const inside = inset(vessel, pad), level = inside.h * part;
  const surface = inside.y + inside.h - level, round = Math.min(4, inside.w / 6, inside.h / 6, level / 2);
  ctx.beginPath();
  ctx.roundRect(inside.x, surface, inside.w, level, part > 0.985 ? round : [0, 0, round, round]);
  ctx.fillStyle = stale ? theme.faded : colourOf(theme, sr);
  ctx.fill();
  if (snapshots > 0) {
    ctx.fillStyle = patterns.band;
    ctx.fillRect(inside.x, surface, inside.w, inside.h * snapshots);
  }
  const line = sr.promised > 0 && box.w >= NAMED.w && box.h >= TWO_LINES ? Math.round(inside.y + inside.h * (1 - Math.min(1, sr.promised / sr.size))) : -1;
  if (line >= 0) {
    ctx.fillStyle = theme.dim;
    ctx.fillRect(inside.x, line, inside.w, 1);
  }
  if (sr.unplugged.length) { ctx.fillStyle = theme.ground; ctx.fillRect(box.x - 1, box.y + box.h / 2 - 4, 4, 8); }
  drawTankWords(art, sr, box, inside, part, line, stale);
  if (sr.mark && !stale) {
    const size = (box.w > 40 ? 9 : Math.max(5, Math.min(8, box.w - 4))) + (look.pulse?.(sr.id) ?? 0);
    glyph(ctx, theme, sr.mark, box.w > 40 ? box.x + box.w - 9.5 - size / 2 : box.x + (box.w - size) / 2, box.y + Math.min(9.5, box.h / 2) - size / 2, size);
  }
  dim(art, look);
  outline(ctx, theme, box, 6, sr.id, look);
}

function drawTankWords({ ctx, theme, text, format }, sr, box, inside, part, line, stale) {
  const x = box.x + box.w / 2;
  if (box.h < NAMED.h) return;
  if (box.w < NAMED.w) {
    const top = sr.mark ? 18 : 4, room = box.h - top - 4;
    if (box.w >= UPRIGHT) text.putUp(ctx, sr.name, x, box.y + top + room / 2, room, { size: 11, weight: 520, colour: stale ? theme.dim : theme.text, align: "center" });
    return;
  }
  const two = box.h >= TWO_LINES;
  const loud = stale ? theme.dim : sr.mark === CRITICAL ? theme.critical : theme.dim;
  text.put(ctx, sr.name, sr.mark && box.w < 90 ? x - 7 : x, two ? box.y + 14 : box.y + box.h / 2, box.w - (!sr.mark ? 10 : box.w < 90 ? 22 : 32), { size: box.w < 90 ? 11 : 12, weight: 520, colour: stale ? theme.dim : theme.text, align: "center" });
  if (two) text.put(ctx, format.percent(part), x, box.y + 30, box.w - 6, { size: 12, weight: sr.mark ? 600 : 450, colour: loud, align: "center" });
  const low = box.y + box.h - 13, y = Math.abs(line - low) < SIZE_ROOM ? line - SIZE_ROOM - 1 : low; // not struck through
  const below = two ? box.y + 38 : box.y + box.h / 2 + SIZE_ROOM; // what has been said above
  if (inside.h >= 28 && y - SIZE_ROOM >= Math.max(inside.y, below)) text.put(ctx, format.memory(sr.size), x, y, box.w - 10, { size: 11, colour: theme.dim, align: "center" });
}
