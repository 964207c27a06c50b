// The last ten minutes of something, as a line. Gaps stay gaps.

import { FULL, GAP, TRAIL } from "./model.js";

/** `area`: with a fill below it. `part`: of a level, how high it is. */
export function curve(art, trail, box, ink, area, part = (level) => level / FULL) {
  const { ctx } = art;
  let from = 0;
  while (from < TRAIL && trail[from] === GAP) from++;
  if (from >= TRAIL) return;
  const stride = Math.max(1, Math.floor(TRAIL / Math.max(16, box.w / 1.5)));
  const at = (i) => box.y + box.h - Math.min(1, part(trail[i])) * box.h;
  const trace = (closed) => {
    ctx.beginPath();
    let start = -1, x = 0;
    const end = () => { if (closed && start >= 0) { ctx.lineTo(x, box.y + box.h); ctx.lineTo(start, box.y + box.h); } start = -1; };
    for (let i = from; i < TRAIL; i = i === TRAIL - 1 ? TRAIL : Math.min(TRAIL - 1, i + stride)) {
      if (trail[i] === GAP) { end(); continue; }
      x = box.x + (box.w * i) / (TRAIL - 1);
      if (start < 0) { start = x; ctx.moveTo(x, at(i)); } else ctx.lineTo(x, at(i));
    }
    end();
  };
  if (area) {
    trace(true);
    ctx.globalAlpha = 0.13 * art.alpha;
    ctx.fillStyle = ink;
    ctx.fill();
  }
  trace(false);
  ctx.globalAlpha = 0.72 * art.alpha;
  ctx.strokeStyle = ink;
  ctx.lineWidth = area ? 1.5 : 1.1;
  ctx.lineJoin = "round";
  ctx.stroke();
  ctx.globalAlpha = art.alpha;
}
