"""What the map says of each object on the wire: lists, in the order that `modules/model.js` reads.

A row holds what is drawn and nothing else, so a change that cannot be seen is a row that did not change.
Memory and disk are in MiB; `ids` gives the local number of an object, -1 for none.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from math import isnan
from typing import Any

from data.facts import vm as facts
from data.facts.host import is_live
from data.facts.network import link_of
from data.facts.pool import is_master, own_pool
from data.facts.sr import cut_off, is_shown
from data.facts.vm import HOLDING, ToolsState, VmState, address_of, state_of, tools_of, vcpus_of
from data.failover import Fates
from data.findings.registry import FindingRegistry
from data.names import name_of, name_order, pool_name
from data.networks import load_of
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Bond, Host, Network, Task
from data.placement import OthersMemory, guests_on, memory_of
from data.server import Server, ServerState
from data.texts import whole
from data.types import NULL_REF, Home, XapiObject, timestamp
from data.vms import os_name

Row = list[object]
Ids = Callable[[XapiObject | None], int]
Labels = Callable[[str], int]
"""The number of a word that many rows share; -1 for none."""

MIB = 1 << 20
STATES = {VmState.HALTED: 0, VmState.RUNNING: 1, VmState.PAUSED: 2, VmState.SUSPENDED: 3, VmState.UNKNOWN: 4}
FOLDER = "folder"
"""Where XenCenter keeps its folders, in other_config."""
MOST_TAGS = 64
BUSY = (0.05, 0.2, 0.4, 0.6, 0.8)
"""Shares of a line's speed from which on its network is a step brighter."""


MOST_LOSSES = 20
"""Hosts of a pool of which the map says what would stop without them."""


def pool_row(id_: int, pool: Home) -> Row:
    """[id, uuid, name, standing (0 live, 1 on its way, 2 gone), last true at (epoch seconds; 0 while live), given name and product,
    mark, state, hosts that can fail, hosts, key, losses]; the numbers of hosts are 0 while nobody knows; key: what `Home.key` is;
    losses: of hosts without which VMs would stop (uuid, VMs that cannot be elsewhere, VMs without room there); left out if none."""
    server, own = pool.server, own_pool(pool)
    standing = _standing(server)
    seen = 0 if server.is_live else round(server.last_event_at)
    mark = int(max(pool.part(FindingRegistry).mark(thing) for thing in (server, own) if thing))
    return [
        id_,
        own.uuid if own else "",
        pool_name(pool),
        standing,
        seen,
        " · ".join(filter(None, (_other_name(pool), server.product))),
        mark,
        server.state.value,
        *_fates(pool),
        pool.key,
        *filter(None, [_losses(pool)]),
    ]


def _other_name(pool: Home) -> str:
    """What a person calls the server, where the pool calls itself otherwise: two pools may have one name."""
    given = pool.server.given_name
    return given if given != pool_name(pool) else ""


def _fates(pool: Home) -> tuple[int, int]:
    """A lone host has no other: there is nothing to say."""
    fates = pool.part(Fates).values()
    return (sum(not any(fate) for fate in fates), len(fates)) if len(fates) > 1 else (0, 0)


def _losses(pool: Home) -> list[tuple[str, int, int]]:
    fates = pool.part(Fates)
    if len(fates) < 2:
        return []
    found = ((host, fate) for ref, fate in fates.items() if any(fate) and (host := pool.one(Host, ref)) is not None)
    return [(host.uuid, *fate) for host, fate in sorted(found, key=lambda pair: name_order(pair[0]))][:MOST_LOSSES]


def _standing(server: Server) -> int:
    if server.is_live:
        return 0
    return 1 if server.state in (ServerState.CONNECTING, ServerState.SYNCING) else 2


def host_row(id_: int, pool: int, host: Host) -> Row:
    """[id, uuid, pool, name, flags (1 master, 2 live, 4 enabled), total, system, free, CPUs, mark, what VMs have that are not told of]"""
    memory = memory_of(host, guests_on(host))
    live = is_live(host)
    flags = int(is_master(host)) | live << 1 | host.enabled << 2
    sizes = [memory.total // MIB, memory.system // MIB, memory.free // MIB]
    return [
        id_,
        host.uuid,
        pool,
        name_of(host),
        flags,
        *sizes,
        whole(host.cpu_info.get("cpu_count", "")),
        int(host.home.part(FindingRegistry).mark(host)),
        host.home.part(OthersMemory).get(host.ref, 0) // MIB,
    ]


def host_of(vm: VM) -> Host | None:
    """The host whose memory `vm` holds; on its way to another, that one's."""
    return destination(vm) or (vm.home.one(Host, vm.resident_on) if vm.power_state in HOLDING else None)


def destination(vm: VM) -> Host | None:
    """Where `vm` is moving, which has set memory aside for it. Source: scheduled_to_be_resident_on is set for starts as well."""
    if vm.scheduled_to_be_resident_on in (NULL_REF, vm.resident_on) or vm.power_state not in HOLDING:
        return None
    return vm.home.one(Host, vm.scheduled_to_be_resident_on) if "pool_migrate" in vm.current_operations.values() else None


def vm_row(id_: int, pool: int, vm: VM, ids: Ids, labels: Labels) -> Row:
    """[id, uuid, pool, host, name, state, MiB, vCPUs, address, task (percent; -1), home, guest agent, [SRs], [networks], mark, more,
    MiB of disks, system, folder, [tags] or 0]; the last three are labels."""
    host = host_of(vm)
    disks = _disks(vm)
    srs = sorted({ids(disk.home.one(SR, disk.SR)) for disk in disks} - {-1})
    networks = sorted({ids(vif.home.one(Network, vif.network)) for vif in vm.all_of(VIF, vm.VIFs)} - {-1})
    return [
        id_, vm.uuid, pool, ids(host), name_of(vm), STATES[state_of(vm)], facts.memory_of(vm) // MIB, vcpus_of(vm), address_of(vm),
        _progress(vm), ids(vm.home.one(Host, vm.affinity)), int(tools_of(vm).state is ToolsState.WORKING), srs, networks,
        int(vm.home.part(FindingRegistry).mark(vm)), _more(vm, ids),
        sum(max(0, disk.virtual_size) for disk in disks) // MIB, labels(os_name(vm)), labels(vm.other_config.get(FOLDER, "")),
        [labels(tag) for tag in sorted(vm.tags)[:MOST_TAGS] if tag] or 0,
    ]  # fmt: skip


def labels_in(row: Row) -> list[int]:
    """The numbers of the labels in a VM's row; none in an empty one."""
    *_, os, folder, tags = row or (-1, -1, 0)
    return [number for number in (os, folder, *(tags or ())) if number >= 0]  # type: ignore[misc]  # as `vm_row` has them


def is_protected(row: Sequence[Any]) -> bool:
    """Whether HA restarts a VM, by its row."""
    more = row[15]
    return bool(more) and bool(more[0] & 1)


def _more(vm: VM, ids: Ids) -> object:
    """[flags (1 protected by HA, 2 has a device of its host), snapshots, oldest (epoch seconds), MiB they take, host it leaves];
    0 for a VM with nothing of that, as most are."""
    flags = int(bool(vm.ha_restart_priority)) | bool(vm.attached_PCIs or vm.VGPUs) << 1
    leaves = vm.home.one(Host, vm.resident_on) if destination(vm) else None
    if not (flags or vm.snapshots or leaves):
        return 0
    snapshots = vm.all_of(VM, vm.snapshots)
    oldest = min((taken for snapshot in snapshots if (taken := timestamp(snapshot.snapshot_time))), default=0.0)
    taken = sum(max(0, disk.physical_utilisation) for snapshot in snapshots for disk in _disks(snapshot))
    return [flags, len(snapshots), round(oldest), taken // MIB, ids(leaves)]


def _disks(vm: VM) -> list[VDI]:
    return vm.all_of(VDI, [vbd.VDI for vbd in vm.all_of(VBD, vm.VBDs) if vbd.type == "Disk"])


def _progress(vm: VM) -> int:
    tasks = [vm.home.one(Task, ref) for ref in vm.current_operations]  # type: ignore[arg-type]  # the map's keys are refs
    if not tasks:
        return -1
    return min(round((task.progress if task else 0) * 100) for task in tasks)


def sr_row(id_: int, pool: int, sr: SR, ids: Ids) -> Row | None:
    """[id, uuid, pool, host (-1 shared), name, type, size, used, promised, in snapshots, [hosts without it], mark]; None: not drawn."""
    if not is_shown(sr):
        return None
    paths = sr.all_of(PBD, sr.PBDs)
    host = -1 if sr.shared or len(paths) != 1 else ids(sr.home.one(Host, paths[0].host))
    cut = sorted(map(ids, cut_off(sr)))
    snapshots = sum(max(0, vdi.physical_utilisation) for vdi in sr.all_of(VDI, sr.VDIs) if vdi.is_a_snapshot)
    sizes = [max(0, size) // MIB for size in (sr.physical_size, sr.physical_utilisation, sr.virtual_allocation, snapshots)]
    return [id_, sr.uuid, pool, host, name_of(sr), sr.type, *sizes, cut, int(sr.home.part(FindingRegistry).mark(sr))]


def network_row(id_: int, pool: int, network: Network, ids: Ids) -> Row | None:
    """[id, uuid, pool, name, [host, link (a LinkLevel), ...], mark, how busy]; None: not drawn (internal, or a bond's NICs alone).

    How busy its busiest line is in steps, see BUSY: a rail is as bright, and is painted anew only when the step is another.
    """
    ports = [pif for pif in network.all_of(PIF, network.PIFs) if not _is_slave(pif)]
    if not ports:
        return None
    beads = sorted((ids(port.home.one(Host, port.host)), int(link_of(port))) for port in ports)
    return [
        id_,
        network.uuid,
        pool,
        name_of(network),
        [value for bead in beads for value in bead],
        int(network.home.part(FindingRegistry).mark(network)),
        _busy(network),
    ]


def _busy(network: Network) -> int:
    load = load_of(network)
    return 0 if isnan(load) else bisect(BUSY, load)


def _is_slave(pif: PIF) -> bool:
    return pif.home.one(Bond, pif.bond_slave_of) is not None
