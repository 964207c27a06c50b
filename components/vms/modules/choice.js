// Which rows are shown; and that as an address, so that a link shows what one sees.

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export const NOTHING = { q: "", state: "", pool: "", host: "", tag: "", lacks: "" };

export function readAddress(search, isColumn) {
  const from = new URLSearchParams(search);
  const filter = Object.fromEntries(Object.keys(NOTHING).map((name) => [name, (from.get(name) ?? "").slice(0, 200)]));
  const sort = from.get("sort") ?? "";
  const key = sort.replace(/^-/, "");
  return { filter, sort: isColumn(key) ? { key, down: sort.startsWith("-") } : { key: "name", down: false } };
}

export function addressed(filter, sort) {
  const wanted = (sort.down ? "-" : "") + sort.key;
  return { ...filter, sort: wanted === "name" ? "" : wanted };
}

// A row's text that words are looked for in.
export function haystack(row, pool) {
  return [row.name, row.note, row.group, row.addresses, row.macs, row.host, pool, row.os, row.uuid, ...row.tags].join("\n").toLowerCase();
}

export function matcher(filter, words) {
  return (row) =>
    (!filter.state || row.state === filter.state) &&
    (!filter.pool || row.pool === filter.pool) &&
    (!filter.host || row.hostKey === filter.host || row.host_uuid === filter.host) &&
    (!filter.lacks || row.lacks === filter.lacks) &&
    (!filter.tag || row.tags.includes(filter.tag)) &&
    words.every((word) => row.hay.includes(word));
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
