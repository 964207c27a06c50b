// How rows are found and ordered, and how that stands in the address. Pure but for the address.

export const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

const TO_THE_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** What is written to the left with a direction of its own, or it would draw what stands beside it along. */
export const isolated = (text) => (TO_THE_LEFT.test(text) ? `\u2068${text}\u2069` : text);

/** The words of a search, all of which a row must have. */
export const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

/** `rows` by what `key` says of each (a number or text), by `name` among equals; what has no value (null) is last, whichever way. */
export function ordered(rows, key, name, down) {
  const way = down ? -1 : 1;
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
  return rows
    .map((row) => ({ row, key: key(row), name: name(row) }))
    .sort((a, b) =>
      (a.key === null) - (b.key === null) || (a.key === null ? 0 : way * compare(a.key, b.key)) || collator.compare(a.name, b.name) || a.row.id - b.row.id)
    .map(({ row }) => row);
}

/** Put `values` into the address of the page, so that a link shows what one sees; an empty one is left out. */
export function toAddress(values) {
  const url = new URL(location);
  for (const [name, value] of Object.entries(values)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}
