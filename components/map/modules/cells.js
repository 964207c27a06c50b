// What the table says of a thing, a cell a column. Pure.

import { COLUMNS } from "./outline.js";
import { figure, told } from "./figures.js";
import { CRITICAL, DOWN, ENABLED, HALTED, LIVE, RUNNING, WARNING } from "./model.js";
import { nameOf, stateOf } from "./tip.js";

const MARKS = ["halted", "running", "paused", "suspended", "unknown"]; // by a VM's state; shapes of components/ui/marks.py
const LEVELS = ["", "information", "warning", "critical"];
const NOTHING = { text: "" };

/** [{text, part: 0 to 1 of a bar, mark: a shape before the text, tone: how loud it is}], as COLUMNS. */
export function cells(row, model, words, format) {
  if (row.group) return ofGroup(row, words, format);
  const { thing } = row, own = { vm: ofVm, host: ofHost, sr: ofSr, network: ofNetwork, pool: ofPool }[thing.kind](thing, model, words, format);
  return COLUMNS.map((name) => (name === "name" ? { text: thing.name } : name === "mark" ? judged(thing, words) : own[name] ?? NOTHING));
}

function ofGroup({ group, set }, words, format) {
  const own = set ? { name: { text: nameOf(set, words, format) }, state: { text: set.detail, tone: "dim" }, memory: { text: format.memory(set.ram) } } : { name: { text: words.table.groups[group] } };
  return COLUMNS.map((name) => own[name] ?? NOTHING);
}

/** The shape that stands before a name: a VM's state; "" where its kind is drawn instead. */
export const shapeOf = (thing) => (thing?.kind !== "vm" ? "" : thing.task >= 0 ? "busy" : MARKS[thing.state]);

const judged = (thing, words) => (thing.mark ? { text: words.table.levels[thing.mark], mark: LEVELS[thing.mark], tone: LEVELS[thing.mark] } : NOTHING);
/** A figure as a cell; `bar`: it is a part of one. */
function measured(model, thing, key, say, format, bar = false) {
  const found = figure(model, thing, key);
  return found ? { text: told(found, say, format), ...(bar && { part: found.value }) } : NOTHING;
}

function ofVm(vm, model, words, format) {
  const on = vm.state === RUNNING;
  const doing = vm.task >= 0 ? ` · ${format.percent(vm.task / 100)}` : "";
  const guest = on ? figure(model, vm, "memory") : null;
  return {
    state: { text: words.states[vm.state] + doing, tone: vm.state === HALTED ? "dim" : "" },
    cpu: on ? measured(model, vm, "cpu", format.percent, format, true) : NOTHING,
    memory: { text: format.memory(vm.ram), part: guest?.value, hint: told(guest, format.percent, format), tone: on ? "" : "dim" },
    ...(on && rates(model, vm, format)),
    address: { text: vm.address },
  };
}

const rates = (model, thing, format) => ({
  disk: measured(model, thing, "disk", format.rate, format),
  network: measured(model, thing, "network", format.bits, format),
});

function ofHost(host, model, words, format) {
  const live = (host.flags & LIVE) > 0;
  return {
    state: { text: stateOf(host, words), tone: !live ? "critical" : host.flags & ENABLED ? "dim" : "" },
    cpu: live ? measured(model, host, "cpu", format.percent, format, true) : NOTHING,
    memory: filled(host.ram - host.free, host.ram, format),
    ...(live && rates(model, host, format)),
  };
}

/** As grave as its mark is: of one thing nothing else is said here than on the map. */
const toneOf = (thing) => (thing.mark === CRITICAL ? "critical" : thing.mark === WARNING ? "warning" : "");

const filled = (used, all, format, tone = "") => (all > 0 ? { text: format.memory(all), part: used / all, hint: format.percent(used / all), tone } : NOTHING);

function ofSr(sr, model, words, format) {
  const cut = sr.unplugged.map((id) => model.things.get(id)?.name).filter(Boolean).join(", ");
  const tone = toneOf(sr);
  const place = sr.host >= 0 ? model.things.get(sr.host)?.name : "";
  return {
    state: cut ? { text: `${words.unplugged} ${cut}`, tone } : { text: [sr.type, place].filter(Boolean).join(" · "), tone: "dim" },
    disk: filled(sr.used, sr.size, format, tone),
  };
}

function ofNetwork(network, model, words, format) {
  const down = [];
  for (let i = 0; i < network.beads.length; i += 2) if (network.beads[i + 1] === DOWN) down.push(model.things.get(network.beads[i])?.name);
  const names = down.filter(Boolean).join(", ");
  return { state: names ? { text: `${words.noLink} ${names}`, tone: toneOf(network) } : NOTHING, network: network.busy ? { text: words.busy[network.busy] } : NOTHING };
}

function ofPool(pool, model, words, format) {
  const hosts = [...(model.pools.get(pool.id)?.hosts.values() ?? [])];
  const sum = (of) => hosts.reduce((all, host) => all + of(host), 0), ram = sum((host) => host.ram);
  const busy = hosts.map((host) => ({ cpus: host.cpus, ...figure(model, host, "cpu") })).filter(({ cpus, value }) => cpus > 0 && value !== undefined);
  const cpus = busy.reduce((all, host) => all + host.cpus, 0), exact = busy.every((host) => host.exact);
  const load = cpus ? busy.reduce((all, host) => all + host.value * host.cpus, 0) / cpus : NaN;
  const age = pool.standing === 2 && pool.seen ? `, ${words.asOf.toLowerCase()} ${format.age(pool.seen)}` : "";
  return {
    state: { text: stateOf(pool, words) + age, tone: pool.standing === 2 ? "critical" : "dim" },
    cpu: Number.isFinite(load) && !pool.standing ? { text: told({ value: load, exact }, format.percent, format), part: load } : NOTHING,
    memory: filled(ram - sum((host) => host.free), ram, format),
  };
}
