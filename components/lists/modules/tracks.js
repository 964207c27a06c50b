// The columns that there is room for. A column has a `width`, a track of CSS with one length in pixels, and a `drop`: 1 gives way first.

/** Pixels that `columns` take at least, with `between` for each and `around` them all. */
export const least = (columns, between, around) => columns.reduce((sum, one) => sum + parseFloat(one.width.match(/\d+px/)[0]) + between, around);

/** Those of `columns` that have room, by what `leastOf` says they take; all while nobody knows how much there is (0). */
export function fitting(columns, room, leastOf) {
  let kept = columns;
  for (const last of columns.filter((one) => one.drop).sort((a, b) => a.drop - b.drop)) {
    if (!room || leastOf(kept) <= room) break;
    kept = kept.filter((one) => one !== last);
  }
  return kept;
}
