"""Map, tree, lists, pages and search say the same of an object, whatever the pool is like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

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
from data.findings.book import Book
from data.findings.finding import Level
from data.findings.storage import fill_level
from data.mirror import Mirror, PoolMirror
from data.names import name_of, pool_name, server_name
from data.objects import PIF, SR, VM, Host, Network, Pool, VMGuestMetrics
from data.placement import is_guest
from data.search import Group, Hit, Index
from tests.facts.pools import MIB, any_pool
from tests.fakes import Builder
from xo_dash.i18n import size, using

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
    level = network.home.part(Book).mark(network)
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
    assert page["System"] == Quiet("unknown") and page["Tools"] == "Not installed"


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
