// What an archive has in a window, as pure functions. An archive is { step, first }, a column its values with null for gaps.

export const timeAt = (archive, i) => archive.first + i * archive.step;

/** [first index, index after the last] of the samples in a window, with one more on either side to draw to the edges. */
export function inside(archive, length, { from, to }, more = 0) {
  const start = Math.max(0, Math.ceil((from - archive.first) / archive.step) - more);
  const end = Math.min(length, Math.floor((to - archive.first) / archive.step) + 1 + more);
  return [start, Math.max(start, end)];
}

/** The value measured nearest to `t`; null in a gap. */
export function valueAt(archive, values, t) {
  const i = Math.round((t - archive.first) / archive.step);
  return values[i] ?? null;
}

/** Least, mean, most and newest over a window; null where nothing was measured. */
export function summary(archive, line, window) {
  const [start, end] = inside(archive, line.values.length, window);
  let sum = 0;
  let count = 0;
  let least = Infinity;
  let most = -Infinity;
  for (let i = start; i < end; i++) {
    const value = line.values[i];
    if (value === null) continue;
    sum += value;
    count++;
    least = Math.min(least, line.low?.[i] ?? value);
    most = Math.max(most, line.high?.[i] ?? value);
  }
  if (!count) return { least: null, mean: null, most: null, newest: null };
  let newest = null;
  for (let i = line.values.length - 1; i >= Math.max(start, line.values.length - 3) && newest === null; i--) newest = line.values[i];
  return { least, mean: sum / count, most, newest };
}

/** The most that is drawn in a window, by any of the lines. */
export function most(archive, lines, window) {
  let found = 0;
  for (const line of lines) {
    const [start, end] = inside(archive, line.values.length, window, 1);
    for (let i = start; i < end; i++) found = Math.max(found, line.values[i] ?? 0, line.high?.[i] ?? 0);
  }
  return found;
}

/** Samples of any times as a column of even steps: each lies where it was taken, what is between is a gap. */
export function evened(samples, step) {
  const archive = { step, first: samples.length ? Math.round(samples[0][0] / step) * step : 0 };
  const values = [];
  for (const [t, value] of samples) {
    const i = Math.round((t - archive.first) / step);
    while (values.length < i) values.push(null);
    values[i] = value;
  }
  return { archive, values };
}
