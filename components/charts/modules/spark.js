// A trace as data/sparklines.py writes it: one character a point, a space for a gap.

const FIRST = 48;
const LEVELS = 40;

/** The path of a line through it, in a box of `width` by `height`; it ends at the right edge. */
export function sparkPath(trace, width, height, points = 40) {
  let path = "";
  let draws = false;
  for (let i = 0; i < trace.length; i++) {
    const level = trace.charCodeAt(i) - FIRST;
    if (level < 0) {
      draws = false;
      continue;
    }
    const x = (i / (points - 1)) * width;
    const y = height - 1 - (level / (LEVELS - 1)) * (height - 2);
    const lone = !draws && !(trace.charCodeAt(i + 1) >= FIRST);
    path += `${draws ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}${lone ? "h1" : ""}`;
    draws = true;
  }
  return path;
}
