"""Map, tree, lists, pages and search say the same of an object, whatever the pool is like, and whatever happens in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from components.cells import Quiet
from components.findings.words import TONES
from components.frame.finder import _hit
from components.frame.tree_rows import NodeKind
from components.hosts import rows as host_rows
from components.hosts.words import MARKS
from components.map import rows as map_rows
from components.messages.rows import message_table
from components.networks import rows as network_rows
from components.storage import rows as storage_rows
from components.urls import path_of
from components.vms.about import about
from components.vms.vapps.rows import appliance_table
from data.facts.host import HostState, host_state
from data.facts.network import link_of
from data.facts.pool import own_pool
from data.facts.vm import VmState, is_guest
from data.findings.storage import fill_level
from data.messages import subject_of
from data.mirror import Mirror
from data.names import name_of, pool_name, server_name
from data.objects import PIF, SR, VM, Appliance, Host, Message, Network, Pool, VMGuestMetrics
from data.scope import Scope
from data.search import Group, Hit
from data.views.appliance import ApplianceView
from data.views.host import HostView
from data.views.message import MessageView
from data.views.network import NetworkView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.vm import VMView
from tests.facts.places import Places, after_a_while
from tests.facts.pools import MIB
from tests.fakes import Builder
from xo_dash.i18n import size, using


@pytest.fixture(params=range(12))
def places(request: pytest.FixtureRequest) -> Places:
    return after_a_while(request.param)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with using("en"):
        yield


def test_of_vms(places: Places) -> None:
    tree, listed, mapped = places.tree, places.listed, places.mapped
    states = {number: state for state, number in map_rows.STATES.items()}
    guests = [vm for vm in places.pool.all(VM).values() if is_guest(vm)]
    assert set(listed) == {vm.uuid for vm in guests} == {uuid for uuid, (kind, *_rest) in tree.items() if kind is NodeKind.VM}
    assert set(guests) == {thing for thing in mapped if isinstance(thing, VM)}
    for vm in guests:
        on_map, row, resident, hit = mapped[vm], listed[vm.uuid], host_rows._vm_row(vm), _hit(Group.VM, Hit(vm, ""))
        view, state = places.scope.view(VMView, vm), VmState(row.state)
        page = dict(about(view))
        assert states[cast(int, on_map[5])] is state is view.state
        mark = "busy" if vm.current_operations else state
        assert {tree[vm.uuid][1], cast(Any, resident.cells[1]).mark, hit["mark"]} == {mark}
        assert {on_map[4], row.name, tree[vm.uuid][2], resident.cells[0].text, hit["name"], view.name} == {name_of(vm)}
        assert name_of(vm).strip() and places.index._entries[vm].name == name_of(vm).lower()
        address = row.addresses.split(" ")[0]
        assert on_map[8] == address == view.address and resident.cells[5].text.split(" ")[0] == address
        assert row.memory == resident.cells[3].key == view.memory and resident.cells[3].text == size(row.memory)
        assert on_map[6] == row.memory // MIB
        if vm.memory_dynamic_min >= vm.memory_dynamic_max:
            assert page["Memory"] == size(row.memory)
        assert on_map[7] == row.vcpus == view.vcpus
        assert bool(on_map[11]) is (row.tools == "working") is str(page["Tools"] or "").startswith("Working")
        assert not row.host or state is not VmState.HALTED
        assert row.host == (view.host.name if view.host else "")


def test_of_hosts(places: Places) -> None:
    tree, mapped, spec = places.tree, places.mapped, host_rows.host_table()
    for host in places.pool.all(Host).values():
        on_map, row, view = mapped[host], spec.row(host).cells, places.scope.view(HostView, host)
        live, enabled = bool(cast(int, on_map[4]) & 2), bool(cast(int, on_map[4]) & 4)
        state = HostState.UNHEARD if not live else HostState.RUNNING if enabled else HostState.MAINTENANCE
        assert host_state(host) is state is view.state
        assert {tree[host.uuid][1], row[1].mark} == {MARKS[state]}
        assert {on_map[3], tree[host.uuid][2], row[0].text, view.name} == {name_of(host)} and name_of(host).strip()
        total, system, free = (cast(int, on_map[at]) for at in (5, 6, 7))
        assert view.memory.total // MIB == total and view.memory.free // MIB == free
        assert total == 0 or row[4].share == pytest.approx((total - free) / total, abs=1e-4)
        guests = [vm for vm in host.all_of(VM, host.resident_VMs) if is_guest(vm)]
        shown = sum(cast(int, mapped[vm][6]) for vm in guests)
        assert total == 0 or abs(system + min(shown, total - system) + free - total) <= len(guests) + 1, "the tiles of a host fill it"
        assert row[6].text == ("–" if not on_map[8] else str(on_map[8]))


def test_of_srs(places: Places) -> None:
    for sr in places.pool.all(SR).values():
        level, row, view = fill_level(sr), storage_rows._sr_row(sr).cells, places.scope.view(SRView, sr)
        assert row[0].text == name_of(sr) == view.name and name_of(sr).strip()
        assert storage_rows.used_cell(sr).tone.replace("dim", "") == TONES.get(level, "") and view.fill_level is level
        if on_map := places.mapped.get(sr):
            assert on_map[4] == name_of(sr) and cast(int, on_map[11]) >= level
            assert len(cast(list[int], on_map[10])) == len(view.cut_off) and bool(view.cut_off) is (row[3].tone == "critical")


def test_of_the_tabs_of_a_vm(places: Places) -> None:
    """What a VM has is said on its page as in the lists of its SR and its network."""
    for vm in filter(is_guest, places.pool.all(VM).values()):
        view = places.scope.view(VMView, vm)
        for disk in view.disks:
            if disk.disk is not None and disk.sr is not None:
                row = storage_rows._disk_row(disk.disk).cells
                assert row[0].text == disk.name
        assert view.disk_total == sum(max(0, disk.size) for disk in view.disks if disk.is_disk)
        for nic in view.nics:
            network = network_rows._nic_row(nic.row).cells
            assert network[0].text == view.name and (not nic.addresses or nic.addresses[0] in {cell.text.split(" ")[0] for cell in network})
        assert view.snapshot_count == max(0, len(view.snapshots) - 1)


def test_of_messages(places: Places) -> None:
    spec = message_table(lambda _message: True)
    for message in places.pool.all(Message).values():
        view, row, subject = places.scope.view(MessageView, message), spec.row(message), subject_of(message)
        assert row.cells[2].text == (view.about.name or view.about_kind) and row.segments == (str(int(view.level)),)
        assert (row.cells[2].path, view.about.exists) == (path_of(subject) if subject else "", subject is not None)
        assert subject is None or view.about.name == name_of(subject)


def test_of_vapps(places: Places) -> None:
    """What a vApp says of its members is what the list of VMs says of them."""
    spec, listed = appliance_table(), places.listed
    for appliance in places.pool.all(Appliance).values():
        view, row = places.scope.view(ApplianceView, appliance), spec.row(appliance).cells
        assert row[0].text == name_of(appliance) == view.name and sum(view.states.values()) == len(view.members)
        for member in view.members:
            if line := listed.get(member.vm.key.partition("@")[0]):
                assert (line.group, line.name, line.state, line.doing) == (view.name, member.vm.name, member.state, member.operation)


def test_of_networks_and_pools(places: Places) -> None:
    pool = places.pool
    for network in pool.all(Network).values():
        row, view = network_rows._network_row(network).cells, places.scope.view(NetworkView, network)
        level = places.scope.mirror.findings.mark(network)
        assert row[5].tone == TONES.get(view.links.level, "") and row[0].text == name_of(network) == view.name
        if on_map := cast(list[Any], places.mapped.get(network)):
            links = {pif.uuid: link_of(pif) for pif in network.all_of(PIF, network.PIFs) if not map_rows._is_slave(pif)}
            assert sorted(on_map[4][1::2]) == sorted(map(int, links.values()))
            assert links.items() <= {port.pif: port.link for port in view.ports}.items()
            assert on_map[5] == level and on_map[3] == view.name
    if own := own_pool(pool):
        name = pool_name(pool)
        assert {places.mapped[pool.server][2], places.tree[own.uuid][2], name_of(own), _hit(Group.POOL, Hit(own, ""))["name"]} == {name}
        assert name.strip() and places.scope.view(PoolView, own).name == name


def test_what_a_vm_has_not_told_is_not_told_anywhere() -> None:
    build = Builder(Mirror(), "pool")
    ref = build.put(VM, name_label="bare", power_state="Running", guest_metrics=build.put(VMGuestMetrics, live=True))
    vm = build.commit().all(VM)[ref]
    page = dict(about(Scope(build.mirror).view(VMView, vm)))
    assert page["System"] == Quiet("unknown") and page["Tools"] == "Not installed"


def test_a_pool_without_a_name_goes_by_the_name_of_its_server_and_a_server_without_one_by_its_pool() -> None:
    build = Builder(Mirror(), "10.0.0.1")
    master = build.put(Host, name_label="xcp-1")
    build.put(Pool, name_label="", master=master)
    pool = build.commit()
    mirror, server = build.mirror, pool.server
    mirror.set_server(server, address="10.0.0.1", label="10.0.0.1")  # as it is kept where nobody gave a name
    own = own_pool(pool)
    assert own is not None
    places = Places(mirror)
    names = lambda: {pool_name(pool), places.mapped[server][2], places.tree[own.uuid][2], name_of(own)}  # noqa: E731
    assert names() == {"xcp-1"} and server_name(server, mirror) == "xcp-1" and server_name(server) == "10.0.0.1"
    mirror.set_server(server, label="the attic")
    assert names() == {"the attic"} == {server_name(server, mirror)}
