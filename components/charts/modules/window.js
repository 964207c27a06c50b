// The stretch of time that charts show, as pure functions. Times are seconds since 1970.

export const DAY = 86400;
export const RANGES = { "10m": 600, "2h": 7200, day: DAY, week: 7 * DAY, year: 365 * DAY };
// What hosts keep, as data/archives.py has it: [seconds between samples, how many]; the finest first.
export const STRETCHES = [[5, 120], [60, 120], [3600, 26], [3600, 168], [86400, 366]];
const LEAST = 6; // samples that are looked at closely enough

export const spanOf = ({ from, to }) => to - from;
export const latest = (range, now) => ({ from: now - RANGES[range], to: now, range });

/** The finest stretch that reaches back to the beginning of the window; one sample less is no matter. */
export function stretchFor({ from }, now) {
  return STRETCHES.find(([step, rows]) => from >= now - step * (rows + 1)) ?? STRETCHES.at(-1);
}

/** Within what there is: not after now, not before the oldest archive, and not closer than a few samples. */
export function bounded({ from, to }, now) {
  const [step, rows] = STRETCHES.at(-1);
  const oldest = now - step * (rows - 1);
  const middle = (from + to) / 2;
  const least = LEAST * stretchFor({ from: Math.max(oldest, middle) }, now)[0];
  const span = Math.min(now - oldest, Math.max(to - from, least));
  let end = Math.min(now, Math.max(oldest + span, middle + span / 2));
  if (to >= now) end = now;
  return { from: end - span, to: end };
}

/** `factor` under 1 comes closer; the moment `at` stays where it is. */
export function zoomed({ from, to }, at, factor, now) {
  return bounded({ from: at - (at - from) * factor, to: at + (to - at) * factor }, now);
}

/** By a share of itself. */
export function moved(window, share, now) {
  const by = spanOf(window) * share;
  const room = Math.min(by, now - window.to);
  return bounded({ from: window.from + room, to: window.to + room }, now);
}

/** Of two moments in either order. */
export const between = (a, b, now) => bounded({ from: Math.min(a, b), to: Math.max(a, b) }, now);

/** ?range=day, or ?from=...&to=...; null where nothing is asked for. */
export function readAddress(search, now) {
  const asked = new URLSearchParams(search);
  if (Object.hasOwn(RANGES, asked.get("range") ?? "")) return latest(asked.get("range"), now);
  const [from, to] = [Number(asked.get("from")), Number(asked.get("to"))];
  return from > 0 && to > from && from < now ? bounded({ from, to }, now) : null;
}

export function writeAddress(window, search) {
  const asked = new URLSearchParams(search);
  for (const name of ["range", "from", "to"]) asked.delete(name);
  if (window?.range) asked.set("range", window.range);
  else if (window) [["from", window.from], ["to", window.to]].forEach(([name, t]) => asked.set(name, Math.round(t)));
  const text = asked.toString();
  return text ? `?${text}` : "";
}

/** Where the axis is marked: round local times, at most one in `room` pixels of `width`. */
export function marks({ from, to }, width, room = 64) {
  const steps = [60, 300, 900, 1800, 3600, 10800, 21600, 43200, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 61 * DAY, 122 * DAY];
  const step = steps.find((one) => ((to - from) / one) * room <= width) ?? steps.at(-1);
  const found = [];
  const first = new Date(from * 1000);
  if (step >= 30 * DAY) {
    const months = Math.round(step / (30.4 * DAY));
    for (let month = 0; ; month += months) {
      const t = new Date(first.getFullYear(), first.getMonth() + 1 + month, 1).getTime() / 1000;
      if (t > to) return { found, step };
      found.push(t);
    }
  }
  if (step >= DAY) {
    for (let day = 1; ; day += step / DAY) {
      const t = new Date(first.getFullYear(), first.getMonth(), first.getDate() + day).getTime() / 1000;
      if (t > to) return { found, step };
      found.push(t);
    }
  }
  const midnight = new Date(first.getFullYear(), first.getMonth(), first.getDate()).getTime() / 1000;
  for (let t = midnight + Math.ceil((from - midnight) / step) * step; t <= to; t += step) found.push(t);
  return { found, step };
}
