"""Map, tree, lists, pages and search say the same of an object, whatever the pool is like."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, TypeVar, cast

import pytest

from components.frame.finder import _hit
from components.frame.nodes import Kind, Nodes
from components.hosts import rows as host_rows
from components.hosts.words import state_mark
from components.map import rows as map_rows
from components.networks import rows as network_rows
from components.storage import rows as storage_rows
from components.vms.about import about
from components.vms.cells import Quiet
from components.vms.roster import Roster
from components.vms.rows import Row
from data.facts.host import HostState, host_state
from data.facts.network import link_of
from data.facts.vm import VmState
from data.findings.finding import Level
from data.findings.storage import fill_level
from data.mirror import Mirror, PoolMirror
from data.names import name_of, pool_name, server_name
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, HostMetrics, Network, PIFMetrics, Pool, VMGuestMetrics, VMMetrics
from data.placement import is_guest
from data.search import Group, Hit, Index
from data.types import GIB, NULL_REF, Ref, XapiObject
from tests.fakes import Builder, change, judged
from xo_dash.i18n import size, using

MIB = 1 << 20
T = TypeVar("T", bound=XapiObject)
ADDRESSES = ("10.0.0.5", "fe80::1", "169.254.3.4", "2001:db8::7", "0.0.0.0", "nonsense", "", "192.168.1.9 192.168.1.10")


def any_pool(seed: int) -> PoolMirror:
    """A pool with everything that places have been seen to disagree about."""
    mirror = Mirror()
    build = Builder(mirror, f"pool {seed}", seed)
    dice = build.random
    network, storage = Ref("OpaqueRef:network"), Ref("OpaqueRef:sr")
    hosts = [_host(build, dice, network, storage, n) for n in range(3)]
    vms = [_vm(build, dice, dice.choice([*hosts, NULL_REF]), network, storage) for _ in range(12)]
    resident = {host: [vm for vm, at in vms if at == host] for host in hosts}
    used = dice.choice([-1, 0, 400, 860, 940, 960, 1000])
    build.put(
        SR, storage, name_label=_name(dice), type=dice.choice(["nfs", "lvm"]), shared=True, content_type="user",
        physical_size=dice.choice([-1, 1000]) * GIB, physical_utilisation=used * GIB, PBDs=[f"OpaqueRef:pbd{n}" for n in range(3)],
    )  # fmt: skip
    build.put(Network, network, name_label=_name(dice), bridge=dice.choice(["", "xenbr0"]), PIFs=[f"OpaqueRef:pif{n}" for n in range(3)],
              VIFs=[vif.ref for vif in _rows(build, VIF)])  # fmt: skip
    build.put(Pool, name_label=_name(dice), master=hosts[0], default_SR=storage)
    pool = build.commit()
    for host, refs in resident.items():
        change(mirror, pool.all(Host)[host], resident_VMs=refs)
    judged(mirror)
    return pool


def _rows(build: Builder, kind: type[T]) -> Iterator[T]:
    return (cast(T, event.row) for event in build._events if event.kind is kind)


def _name(dice: random.Random) -> str:
    return dice.choice(["", " ", "a name", "имя"])


def _host(build: Builder, dice: random.Random, network: Ref, storage: Ref, n: int) -> Ref:
    metrics = build.put(HostMetrics, memory_total=dice.choice([0, 32, 64]) * GIB, live=dice.random() < 0.7)
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    link = build.put(PIFMetrics, carrier=dice.random() < 0.5, speed=1000)
    build.put(PIF, Ref(f"OpaqueRef:pif{n}"), device="eth0", network=network, host=ref, metrics=link, currently_attached=True)
    build.put(PBD, Ref(f"OpaqueRef:pbd{n}"), host=ref, SR=storage, currently_attached=dice.random() < 0.7)
    return build.put(
        Host, ref, name_label=_name(dice), hostname=dice.choice(["", "xcp-7"]), enabled=dice.random() < 0.7, memory_overhead=GIB,
        metrics=dice.choice([metrics, metrics, NULL_REF]), PIFs=[f"OpaqueRef:pif{n}"], PBDs=[f"OpaqueRef:pbd{n}"],
        cpu_info=dice.choice([{}, {"cpu_count": "8"}]),
    )  # fmt: skip


def _vm(build: Builder, dice: random.Random, host: Ref, network: Ref, storage: Ref) -> tuple[Ref, Ref]:
    """The VM, and the host it is on."""
    ref = Ref(f"OpaqueRef:{build.uuid()}")
    state = dice.choice(["Running", "Paused", "on its way"]) if host != NULL_REF else dice.choice(["Halted", "Suspended"])
    told = {f"{dice.randrange(3)}/{dice.choice(['ip', 'ipv4/0', 'ipv6/0', 'ipv6/1'])}": dice.choice(ADDRESSES) for _ in range(3)}
    agent: dict[str, Any] = dice.choice([{}, {"networks": told}, {"networks": told, "PV_drivers_version": {"major": "8"}}])
    guest = build.put(VMGuestMetrics, live=True, PV_drivers_detected=dice.random() < 0.5, **agent)
    disk = build.put(VDI, SR=storage, virtual_size=dice.choice([-1, 10 * GIB]))
    least = dice.choice([512, 1024]) * MIB
    build.put(
        VM, ref, name_label=_name(dice), power_state=state, resident_on=host, memory_dynamic_min=least,
        memory_dynamic_max=dice.choice([512, 2048]) * MIB, memory_overhead=8 * MIB, VCPUs_max=4, VCPUs_at_startup=dice.choice([0, 1, 4]),
        guest_metrics=dice.choice([guest, guest, NULL_REF]), metrics=build.put(VMMetrics, VCPUs_number=dice.choice([0, 2])),
        VBDs=[build.put(VBD, VM=ref, VDI=disk, userdevice="0")], VIFs=[build.put(VIF, VM=ref, network=network, device="0")],
        current_operations=dice.choice([{}, {}, {"OpaqueRef:task": "clean_reboot"}]),
    )  # fmt: skip
    return ref, host


SEEDS = pytest.mark.parametrize("seed", range(25))


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with using("en"):
        yield


def mirror_of(pool: PoolMirror) -> Mirror:
    mirror = Mirror()
    mirror.pools[pool.id] = pool
    return mirror


def in_tree(pool: PoolMirror) -> dict[str, tuple[Kind, str, str]]:
    """{uuid: (kind, mark, name)}"""
    nodes = Nodes(mirror_of(pool))
    for _ in nodes.fill():
        pass
    return {uuid: (Kind(kind), mark, name) for _id, _parent, kind, mark, name, uuid in nodes.rows()}


@SEEDS
def test_of_vms(seed: int) -> None:
    pool = any_pool(seed)
    tree, roster, index = in_tree(pool), Roster(mirror_of(pool)), Index(mirror_of(pool))
    for _ in (*roster.fill(), *index.fill()):
        pass
    listed = {row.uuid: row for row in cast(list[Row], roster.whole()["rows"])}
    states = {number: state for state, number in map_rows.STATES.items()}
    for vm in filter(is_guest, pool.all(VM).values()):
        mapped = map_rows.vm_row(1, 1, vm, lambda _thing: 1, lambda _word: 1)
        row, resident, hit = listed[vm.uuid], host_rows._vm_row(vm), _hit(Group.VM, Hit(vm, ""))
        page = dict(about(vm))
        state = VmState(row.state)
        assert states[cast(int, mapped[5])] is state
        mark = "busy" if vm.current_operations else state
        assert {tree[vm.uuid][1], cast(Any, resident.cells[1]).mark, hit["mark"]} == {mark}
        assert {mapped[4], row.name, tree[vm.uuid][2], resident.cells[0].text, hit["name"]} == {name_of(vm)} and name_of(vm).strip()
        assert index._entries[vm].name == name_of(vm).lower()
        address = row.addresses.split(" ")[0]
        assert mapped[8] == address and resident.cells[4].text.split(" ")[0] == address
        assert cast(int, mapped[6]) * MIB == row.memory == resident.cells[3].key and resident.cells[3].text == size(row.memory)
        if vm.memory_dynamic_min >= vm.memory_dynamic_max:
            assert page["Memory"] == size(row.memory)
        assert mapped[7] == row.vcpus
        assert bool(mapped[11]) is (row.tools == "working") is str(page["Tools"] or "").startswith("Working")
        assert not row.host or state is not VmState.HALTED


@SEEDS
def test_of_hosts(seed: int) -> None:
    pool = any_pool(seed)
    tree = in_tree(pool)
    for host in pool.all(Host).values():
        guests = [vm for vm in host.all_of(VM, host.resident_VMs) if is_guest(vm)]
        mapped, row = map_rows.host_row(1, 1, host, guests), host_rows._host_row(host).cells
        live, enabled = bool(cast(int, mapped[4]) & 2), bool(cast(int, mapped[4]) & 4)
        state = HostState.UNHEARD if not live else HostState.RUNNING if enabled else HostState.MAINTENANCE
        assert host_state(host) is state
        assert {tree[host.uuid][1], row[1].mark} == {state_mark(host)}
        assert {mapped[3], tree[host.uuid][2], row[0].text} == {name_of(host)} and name_of(host).strip()
        total, system, free = (cast(int, mapped[at]) for at in (5, 6, 7))
        assert total == 0 or row[4].share == pytest.approx((total - free) / total)
        shown = sum(cast(int, map_rows.vm_row(1, 1, vm, lambda _: 1, lambda _: 1)[6]) for vm in guests)
        assert total in (0, system + min(shown, total - system) + free), "the tiles of a host fill it"
        assert row[6].text == ("–" if not mapped[8] else str(mapped[8]))


@SEEDS
def test_of_srs_networks_and_pools(seed: int) -> None:
    pool = any_pool(seed)
    (sr,), (network,) = pool.all(SR).values(), pool.all(Network).values()
    mapped, level = map_rows.sr_row(1, 1, sr, lambda _thing: 1), fill_level(sr)
    row = storage_rows._sr_row(sr).cells
    assert row[0].text == name_of(sr) and name_of(sr).strip()
    assert storage_rows.used_cell(sr).tone.replace("dim", "") == {Level.CRITICAL: "critical", Level.WARNING: "warning"}.get(level, "")
    if mapped is not None:
        assert mapped[4] == name_of(sr) and cast(int, mapped[11]) >= level
        assert bool(cast(list[int], mapped[10])) is (row[3].tone == "critical")
    beads = cast(list[Any], map_rows.network_row(1, 1, network, hash))
    links = [link_of(pif) for pif in network.all_of(PIF, network.PIFs)]
    assert sorted(beads[4][1::2]) == sorted(map(int, links))
    level = network.home.findings.mark(network)
    assert network_rows._network_row(network).cells[4].tone == {Level.CRITICAL: "critical", Level.WARNING: "warning"}.get(level, "")
    assert beads[5] == level
    assert {beads[3], network_rows._network_row(network).cells[0].text} == {name_of(network)}
    own = pool.pool
    assert own is not None
    name = pool_name(pool)
    assert {map_rows.pool_row(1, pool)[2], in_tree(pool)[own.uuid][2], name_of(own), _hit(Group.POOL, Hit(own, ""))["name"]} == {name}
    assert name.strip()


def test_what_a_vm_has_not_told_is_not_told_anywhere() -> None:
    build = Builder(Mirror(), "pool")
    ref = build.put(VM, name_label="bare", power_state="Running", guest_metrics=build.put(VMGuestMetrics, live=True))
    vm = build.commit().all(VM)[ref]
    page = dict(about(vm))
    assert page["System"] == Quiet("not told") and page["Tools"] == "None seen"


def test_a_pool_without_a_name_goes_by_the_name_of_its_server_and_a_server_without_one_by_its_pool() -> None:
    build = Builder(Mirror(), "10.0.0.1")
    master = build.put(Host, name_label="xcp-1")
    build.put(Pool, name_label="", master=master)
    pool = build.commit()
    mirror, server = build.mirror, pool.server
    mirror.set_server(server, address="10.0.0.1", label="10.0.0.1")  # as it is kept where nobody gave a name
    own = pool.pool
    assert own is not None
    names = lambda: {pool_name(pool), map_rows.pool_row(1, pool)[2], in_tree(pool)[own.uuid][2], name_of(own)}  # noqa: E731
    assert names() == {"xcp-1"} and server_name(server, mirror) == "xcp-1" and server_name(server) == "10.0.0.1"
    mirror.set_server(server, label="the attic")
    assert names() == {"the attic"} == {server_name(server, mirror)}
