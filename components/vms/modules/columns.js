// The columns of the list: how wide, what a cell shows, what it is sorted by, what a file gets.

// kind: how the cell is drawn; up: the first click sorts upwards; drop: where there is not the room, 1 gives way first. Widths are CSS tracks.
const COLUMNS = {
  name: { kind: "name", width: "minmax(136px, 1.6fr)", up: true },
  state: { kind: "state", width: "minmax(136px, 0.8fr)", up: true },
  cpu: { kind: "cpu", width: "102px", number: true },
  vcpus: { drop: 5, width: "46px", number: true },
  memory: { width: "64px", number: true },
  disk: { drop: 3, width: "64px", number: true },
  addresses: { kind: "addresses", width: "minmax(142px, 1fr)", up: true },
  host: { drop: 6, kind: "host", width: "minmax(76px, 0.9fr)", up: true },
  pool: { drop: 4, width: "minmax(64px, 0.7fr)", up: true },
  tags: { drop: 1, kind: "tags", width: "minmax(88px, 0.9fr)", up: true },
  os: { width: "minmax(130px, 1fr)", up: true },
  tools: { width: "minmax(110px, 0.8fr)", up: true },
  uptime: { drop: 2, width: "70px", number: true },
  snapshots: { width: "84px", number: true },
  macs: { kind: "mono", width: "minmax(140px, 0.8fr)", up: true },
  uuid: { kind: "mono", width: "minmax(284px, 0.8fr)", up: true },
  note: { width: "minmax(140px, 1.2fr)", up: true },
  group: { width: "minmax(90px, 0.8fr)", up: true },
};

const CHIP = 14, BETWEEN = 4, MORE = 30; // pixels: around a tag's text, between two, what says how many more

/** How many of `texts` there is room for, one at least; `measure` tells a text's width in pixels. The rest are a number. */
export function fittingTags(texts, room, measure) {
  let used = 0;
  for (const [at, text] of texts.entries()) {
    used += Math.min(120, measure(text) + CHIP) + (at ? BETWEEN : 0);
    if (used + (at + 1 < texts.length ? BETWEEN + MORE : 0) > room) return Math.max(1, at);
  }
  return texts.length;
}

export const column = (key) => COLUMNS[key];
export const isColumn = (key) => Object.hasOwn(COLUMNS, key);

// 10.0.0.9 before 10.0.0.10.
function addressKey(text) {
  const first = text.split(" ", 1)[0];
  if (!first) return "~";
  return first.includes(":") ? `v6 ${first}` : "v4 " + first.split(".").map((part) => part.padStart(3, "0")).join(".");
}

// What a column says of a row, in one place: `text` for people, `key` to sort by, `plain` for a file.
export function teller(list) {
  const { words, format, loads, places } = list;
  const state = (row) => (row.doing ? words.doing[row.doing] ?? words.doing[""] : words.states[row.state] ?? row.state);
  const tools = (row) => [words.tools[row.tools], row.version].filter(Boolean).join(", ");
  const pool = (row) => places.get(row.pool)?.name ?? "";
  const load = (row) => (row.state === "running" ? loads.get(row.id) ?? -1 : -1);
  const plain = {
    cpu: (row) => (load(row) < 0 ? "" : load(row)),
    memory: (row) => row.memory || "",
    vcpus: (row) => row.vcpus || "",
    disk: (row) => row.disk,
    uptime: (row) => (row.started ? new Date(row.started * 1000).toISOString() : ""),
  };
  const text = {
    state, pool, tools,
    cpu: (row) => (load(row) < 0 ? "" : format.percent(load(row) / 100)),
    memory: (row) => (row.memory ? format.write(row.memory, "size") : "–"),
    vcpus: (row) => (row.vcpus ? String(row.vcpus) : "–"),
    disk: (row) => (row.disk ? format.write(row.disk, "size") : ""),
    tags: (row) => row.tags.join(", "),
    uptime: (row) => (row.started ? globalThis.xoDash.duration(globalThis.xoDash.now() - row.started) : ""),
    snapshots: (row) => (row.snapshots ? String(row.snapshots) : ""),
  };
  const order = { busy: 0, running: 1, paused: 2, suspended: 3, halted: 4, unknown: 5 };
  const key = {
    cpu: (row) => (load(row) < 0 ? null : load(row)),
    addresses: (row) => (row.addresses ? addressKey(row.addresses) : null),
    state: (row) => order[row.doing ? "busy" : row.state] ?? 9,
    uptime: (row) => (row.started ? -row.started : null),
    tags: (row) => row.tags.join(", "),
    pool,
    tools,
  };
  return {
    text: (row, name) => (text[name] ? text[name](row) : String(row[name] ?? "")),
    key: (row, name) => {
      const found = key[name] ? key[name](row) : row[name];
      return found === "" ? null : found ?? null;
    },
    plain: (row, name) => String((plain[name] ?? text[name])?.(row) ?? row[name] ?? ""),
    load,
  };
}
