// What every painter uses.

/** What is not lit steps back; without an id, all is drawn at full strength again. */
export function dim(art, look, id) {
  art.alpha = id !== undefined && look.dim && !look.dim.has(id) ? art.faint ?? 0.25 : 1;
  art.ctx.globalAlpha = art.alpha;
}

export const visible = (box, art) => box.x < art.width && box.y < art.height && box.x + box.w > 0 && box.y + box.h > 0;

export const inset = ({ x, y, w, h }, by) => ({ x: x + by, y: y + by, w: Math.max(0, w - 2 * by), h: Math.max(0, h - 2 * by) });

export function panel(ctx, { x, y, w, h }, radius, fill, line) {
  if (Math.min(w, h) < 60) { // hundreds of them, and nobody sees their corners
    ctx.fillStyle = line;
    ctx.fillRect(x, y, w, h);
    ctx.fillStyle = fill;
    ctx.fillRect(x + 1, y + 1, w - 2, h - 2);
    return;
  }
  const r = Math.min(radius, w / 6, h / 6);
  ctx.beginPath();
  ctx.roundRect(x + 0.5, y + 0.5, w - 1, h - 1, r);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = line;
  ctx.lineWidth = 1;
  ctx.stroke();
}

export const isOutlined = (id, look) => look.hover === id || look.focus === id || look.selected.has(id);

/** Round what is pointed at, focused or selected. */
export function outline(ctx, theme, box, radius, id, look) {
  if (!isOutlined(id, look)) return;
  const selected = look.selected.has(id), focus = look.focus === id;
  ctx.beginPath();
  const by = selected || focus ? 1 : 0.5;
  ctx.roundRect(box.x + by, box.y + by, Math.max(2, box.w - 2 * by), Math.max(2, box.h - 2 * by), Math.min(radius, box.w / 4, box.h / 4));
  ctx.strokeStyle = selected || focus ? theme.accent : theme.dim;
  ctx.lineWidth = selected || focus ? 2 : 1;
  ctx.stroke();
  if (!focus) return;
  ctx.beginPath();
  ctx.roundRect(box.x + 3, box.y + 3, Math.max(1, box.w - 6), Math.max(1, box.h - 6), Math.min(radius, box.w / 4, box.h / 4));
  ctx.strokeStyle = theme.text;
  ctx.lineWidth = 1;
  ctx.stroke();
}
