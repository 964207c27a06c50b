// Outlines as the letters of an SVG path. Pure.

/** Two digits after the point are less than is seen. */
export const round = (value) => Math.round(value * 100) / 100;

/** A part of a circle, angles as a canvas takes them: where it begins and ends, and the way between. */
export function arrow(x, y, r, from, to, counter) {
  const at = (angle) => [x + r * Math.cos(angle), y + r * Math.sin(angle)], full = 2 * Math.PI;
  const start = at(from), sweep = counter ? 0 : 1, size = `${round(r)} ${round(r)} 0`;
  const turn = counter ? from - to : to - from;
  if (turn >= full) {
    const half = at(from + Math.PI);
    return { start, end: start, path: `A${size} 1 ${sweep} ${half.map(round).join(" ")}A${size} 1 ${sweep} ${start.map(round).join(" ")}` };
  }
  const angle = ((turn % full) + full) % full, end = at(to);
  return { start, end, path: `A${size} ${angle > Math.PI ? 1 : 0} ${sweep} ${end.map(round).join(" ")}` };
}

/** A rectangle with round corners: one radius, or those of the upper left, upper right, lower right and lower left. */
export function corner(x, y, w, h, radii) {
  const most = Math.min(w, h) / 2, [a, b, c, d] = (Array.isArray(radii) ? radii : [radii, radii, radii, radii]).map((r) => Math.max(0, Math.min(r, most)));
  const bend = (r, dx, dy) => (r ? `a${round(r)} ${round(r)} 0 0 1 ${round(dx)} ${round(dy)}` : "");
  return `M${round(x + a)} ${round(y)}H${round(x + w - b)}${bend(b, b, b)}V${round(y + h - c)}${bend(c, -c, c)}H${round(x + d)}${bend(d, -d, -d)}V${round(y + a)}${bend(a, a, -a)}Z`;
}
