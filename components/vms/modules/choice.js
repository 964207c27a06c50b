// Which rows are shown, and in which order; and the same as an address, so that a link shows what one sees.

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export const NOTHING = { q: "", state: "", pool: "", host: "", tag: "", lacks: "" };

export function readAddress(search, isColumn) {
  const from = new URLSearchParams(search);
  const filter = Object.fromEntries(Object.keys(NOTHING).map((name) => [name, (from.get(name) ?? "").slice(0, 200)]));
  const sort = from.get("sort") ?? "";
  const key = sort.replace(/^-/, "");
  return { filter, sort: isColumn(key) ? { key, down: sort.startsWith("-") } : { key: "name", down: false } };
}

export function writeAddress(filter, sort) {
  const url = new URL(location);
  for (const [name, value] of Object.entries(filter)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
  const wanted = (sort.down ? "-" : "") + sort.key;
  wanted === "name" ? url.searchParams.delete("sort") : url.searchParams.set("sort", wanted);
  history.replaceState(history.state, "", url);
}

// A row's text that words are looked for in.
export function haystack(row, pool) {
  return [row.name, row.note, row.group, row.addresses, row.macs, row.host, pool, row.os, row.uuid, ...row.tags].join("\n").toLowerCase();
}

export function matcher(filter) {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) =>
    (!filter.state || row.state === filter.state) &&
    (!filter.pool || row.pool === filter.pool) &&
    (!filter.host || row.hostKey === filter.host || row.host_uuid === filter.host) &&
    (!filter.lacks || row.lacks === filter.lacks) &&
    (!filter.tag || row.tags.includes(filter.tag)) &&
    words.every((word) => row.hay.includes(word));
}

// Sorted by one column, by name among equals; what has no name or value is last.
export function sorted(rows, tell, { key, down }) {
  const way = down ? -1 : 1;
  const compare = (a, b) => (typeof a.key === "number" && typeof b.key === "number" ? a.key - b.key : collator.compare(a.key, b.key));
  return rows
    .map((row) => ({ row, key: tell.key(row, key) }))
    .sort((a, b) => way * compare(a, b) || collator.compare(a.row.name, b.row.name) || a.row.id - b.row.id)
    .map(({ row }) => row);
}

// {value: how many} for the filters, of all rows.
export function tally(rows) {
  const counts = { state: new Map(), host: new Map(), tag: new Map(), pool: new Map(), lacks: new Map() };
  const add = (map, value) => map.set(value, (map.get(value) ?? 0) + 1);
  const hosts = new Map();
  for (const row of rows) {
    add(counts.state, row.state);
    add(counts.pool, row.pool);
    if (row.lacks) add(counts.lacks, row.lacks);
    if (row.hostKey) {
      add(counts.host, row.hostKey);
      hosts.set(row.hostKey, row.host);
    }
    for (const tag of row.tags) add(counts.tag, tag);
  }
  const named = (map, name) => [...map].map(([value, count]) => ({ value, count, name: name(value) })).sort((a, b) => collator.compare(a.name, b.name));
  return { state: counts.state, host: named(counts.host, (key) => hosts.get(key)), tag: named(counts.tag, (tag) => tag), pool: counts.pool, lacks: counts.lacks };
}
