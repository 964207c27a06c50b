// The tooltip: what a thing is, in words. Names are data: they become text, never HTML.

import { figure, told } from "./figures.js";
import { PINNED, PROTECTED } from "./marks.js";
import { ENABLED, HALTED, LIVE, MASTER, RUNNING } from "./model.js";

/** [title, state, [[label, value], ...]] of a thing. */
export function describe(model, thing, words, format) {
  const pool = model.things.get(thing.pool ?? thing.id);
  const stale = pool?.standing === 2 && pool.seen ? [[words.asOf, format.age(pool.seen)]] : [];
  const rows = { vm: vmRows, host: hostRows, sr: srRows, network: networkRows, pool: poolRows }[thing.kind](model, thing, words, format);
  return [thing.name, stateOf(thing, words), [...rows.filter(([, value]) => value !== "" && value != null), ...stale]];
}

/** What a group is called. */
export function nameOf(group, words, format) {
  return group.kind === "none" ? words.ungrouped : group.kind === "rest" ? words.moreGroups.replace("{n}", format.number(group.folded)) : group.name;
}

export function stateOf(thing, words) {
  if (thing.kind === "vm") return words.states[thing.state];
  if (thing.kind === "host") return !(thing.flags & LIVE) ? words.lost : !(thing.flags & ENABLED) ? words.maintenance : thing.flags & MASTER ? words.master : "";
  if (thing.kind === "pool") return thing.standing ? words.servers[thing.state] : thing.product;
  return thing.kind === "sr" ? thing.type : words.network;
}

function vmRows(model, vm, words, format) {
  const names = (ids) => ids.map((id) => model.things.get(id)?.name).filter(Boolean).join(", ");
  const host = model.things.get(vm.host >= 0 ? vm.host : vm.home);
  const on = vm.state === RUNNING, now = (key, say) => told(figure(model, vm, key), say, format);
  return [
    [words.task, vm.task >= 0 ? format.percent(vm.task / 100) : ""],
    [words.host, host?.name],
    [words.address, vm.address],
    [words.cpu, on ? `${now("cpu", format.percent) || "–"} · ${vm.vcpus || "–"} vCPU` : `${vm.vcpus || "–"} vCPU`],
    [words.memory, [on && now("memory", format.percent), format.memory(vm.ram)].filter(Boolean).join(" · ")],
    [words.disk, on ? now("disk", format.rate) : ""],
    [words.network, on ? now("network", format.bits) : ""],
    [words.latency, on ? now("latency", format.milliseconds) : ""],
    [words.srs, names(vm.srs)],
    [words.networks, names(vm.networks)],
    [words.snapshots, vm.snapshots ? `${format.number(vm.snapshots)} · ${words.oldest.replace("{age}", format.age(vm.oldest))}` : ""],
    [words.protected, vm.flags & PROTECTED ? words.yes : ""],
    [words.device, vm.flags & PINNED ? words.yes : ""],
    [words.agent, on && !vm.agent ? words.no : ""],
    [words.leaves, model.things.get(vm.leaves)?.name],
  ];
}

function hostRows(model, host, words, format) {
  const vms = [...model.pools.get(host.pool).vms.values()].filter((vm) => vm.host === host.id), cpu = told(figure(model, host, "cpu"), format.percent, format);
  return [
    [words.vms, format.number(vms.length)],
    [words.cpu, cpu && `${cpu} · ${host.cpus || "–"} CPU`],
    [words.memory, format.memory(host.ram)],
    [words.freeMemory, format.memory(host.free)],
    [words.dom0, format.memory(host.system)],
  ];
}

function srRows(model, sr, words, format) {
  const users = [...model.pools.get(sr.pool).vms.values()].filter((vm) => vm.srs.includes(sr.id)).length;
  return [
    [words.used, `${format.percent(sr.used / sr.size)} · ${format.memory(sr.used)}`],
    [words.size, format.memory(sr.size)],
    [words.promised, sr.promised ? format.memory(sr.promised) : ""],
    [words.snapshots, sr.snapshots ? format.memory(sr.snapshots) : ""],
    [words.unplugged, sr.unplugged.map((id) => model.things.get(id)?.name).filter(Boolean).join(", ")],
    [words.vms, format.number(users)],
  ];
}

function networkRows(model, network, words, format) {
  const users = [...model.pools.get(network.pool).vms.values()].filter((vm) => vm.networks.includes(network.id)).length;
  const down = [];
  for (let i = 0; i < network.beads.length; i += 2) if (network.beads[i + 1] !== 1) down.push(model.things.get(network.beads[i])?.name);
  return [[words.noLink, down.filter(Boolean).join(", ")], [words.busiest, network.busy ? words.busy[network.busy] : ""], [words.vms, format.number(users)]];
}

function poolRows(model, pool, words, format) {
  const { hosts, vms } = model.pools.get(pool.id);
  const all = [...vms.values()];
  const free = [...hosts.values()].reduce((sum, host) => sum + host.free, 0);
  return [
    [words.hosts, format.number(hosts.size)],
    [words.vms, `${format.number(all.length)} · ${words.states[RUNNING].toLowerCase()} ${format.number(all.filter((vm) => vm.state === RUNNING).length)}`],
    [words.bench, format.number(all.filter((vm) => vm.state === HALTED).length)],
    [words.freeMemory, format.memory(free)],
    ...pool.losses.map(([uuid, bound, noRoom]) => [
      words.without.replace("{host}", [...hosts.values()].find((host) => host.uuid === uuid)?.name ?? ""),
      [bound && words.bound.replace("{n}", format.number(bound)), noRoom && words.noRoom.replace("{n}", format.number(noRoom))].filter(Boolean).join(", "),
    ]),
  ];
}

/** Fill `element` with a description. */
export function show(element, [title, state, rows]) {
  const make = (tag, text, name) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (name) made.className = name;
    return made;
  };
  const list = document.createElement("dl");
  for (const [label, value] of rows) list.append(make("dt", label), make("dd", value));
  element.replaceChildren(make("b", title), make("span", state, "xo-map-tip-state"), list);
}

/** The same in one sentence, for a screen reader. */
export const say = ([title, state, rows]) => [title, state, ...rows.map(([label, value]) => `${label} ${value}`)].filter(Boolean).join(", ");
