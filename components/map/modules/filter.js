// What a line of text in the filter field asks for. Pure.
//
// Words are and'ed: `web tag:prod -is:halted "old mail"`. A plain word is looked for in names, addresses and uuids; a key before a colon
// asks for that alone; a minus before either turns it round. What is no key is a plain word, so fe80::1 can be typed as it is.

import { CRITICAL, ENABLED, HALTED, LIVE, LOST, MASTER, PAUSED, RUNNING, SUSPENDED, WARNING } from "./model.js";

const WORD = /(-?)(?:([a-z]+):)?(?:"([^"]*)"?|(\S*))/gi;
const STATES = { halted: HALTED, running: RUNNING, paused: PAUSED, suspended: SUSPENDED, unknown: LOST };

const state = (name) => (thing) => thing.kind === "vm" && thing.state === STATES[name];
const IS = {
  alarm: (thing) => thing.mark >= WARNING,
  critical: (thing) => thing.mark === CRITICAL,
  warning: (thing) => thing.mark === WARNING,
  ...Object.fromEntries(Object.keys(STATES).map((name) => [name, state(name)])),
  busy: (thing) => thing.task >= 0,
  master: (thing) => thing.kind === "host" && (thing.flags & MASTER) > 0,
  maintenance: (thing) => thing.kind === "host" && (thing.flags & LIVE) > 0 && !(thing.flags & ENABLED),
  lost: (thing) => (thing.kind === "vm" && thing.state === LOST) || (thing.kind === "host" && !(thing.flags & LIVE)),
  ...Object.fromEntries(["vm", "host", "sr", "network", "pool"].map((kind) => [kind, (thing) => thing.kind === kind])),
};

const named = (thing, value) => thing !== undefined && thing.name.toLowerCase().includes(value);
const anyNamed = (ids, value, things) => ids?.some((id) => named(things.get(id), value)) ?? false;

/** key -> (thing, value in lower case, things by id) => whether it fits */
const KEYS = {
  name: (thing, value) => named(thing, value),
  uuid: (thing, value) => thing.uuid.toLowerCase().startsWith(value),
  ip: (thing, value) => (thing.address ?? "").toLowerCase().startsWith(value),
  tag: (thing, value) => thing.tags?.some((tag) => tag.toLowerCase().includes(value)) ?? false,
  os: (thing, value) => (thing.os ?? "").toLowerCase().includes(value),
  folder: (thing, value) => (thing.folder ?? "").toLowerCase().includes(value),
  state: (thing, value) => Object.keys(STATES).some((name) => name.startsWith(value) && IS[name](thing)),
  host: (thing, value, things) => (thing.kind === "host" ? named(thing, value) : thing.kind === "vm" && named(things.get(thing.host >= 0 ? thing.host : thing.home), value)),
  pool: (thing, value, things) => named(thing.kind === "pool" ? thing : things.get(thing.pool), value),
  sr: (thing, value, things) => (thing.kind === "sr" ? named(thing, value) : anyNamed(thing.srs, value, things)),
  net: (thing, value, things) => (thing.kind === "network" ? named(thing, value) : anyNamed(thing.networks, value, things)),
  is: (thing, value) => IS[value]?.(thing) ?? false,
};
KEYS.network = KEYS.net;
KEYS.address = KEYS.ip;

const plain = (thing, value) => named(thing, value) || (thing.address ?? "").toLowerCase().includes(value) || (value.length >= 4 && thing.uuid.toLowerCase().startsWith(value));

/** [{key: "" for a plain word, value, not}] in the order of the text; what says nothing yet ("tag:") is left out. */
export function parse(text) {
  const terms = [];
  for (const [, minus, word, quoted, bare] of text.trim().matchAll(WORD)) {
    const known = word !== undefined && Object.hasOwn(KEYS, word.toLowerCase()), rest = quoted ?? bare ?? "";
    const value = (known || word === undefined ? rest : `${word}:${rest}`).toLowerCase();
    if (value && value !== "-") terms.push({ key: known ? word.toLowerCase() : "", value, not: minus === "-" });
  }
  return terms;
}

export const fits = (thing, terms, things) => terms.every(({ key, value, not }) => (key ? KEYS[key] : plain)(thing, value, things) !== not);

/** The ids of what `text` asks for among `things` (a Map by id); null if it asks for nothing. */
export function matches(text, things) {
  const terms = parse(text), found = new Set();
  if (!terms.length) return null;
  for (const thing of things.values()) if (fits(thing, terms, things)) found.add(thing.id);
  return found;
}
