"""What is derived for the map: memory accounts, links, and what is wrong."""

import math
from typing import Any

import pytest

from components.map.attention import sentence
from data.attention import Cause, Level, facts, host_level, sr_level, users
from data.links import Link, link_of
from data.mirror import Mirror
from data.objects import PBD, PIF, SR, VLAN, VM, Bond, Host, HostMetrics, PIFMetrics
from data.placement import memory_held, memory_of
from data.server import ServerState
from data.types import GIB, Ref
from tests import fakes
from tests.map import fleets


@pytest.fixture
def mirror() -> Mirror:
    return fleets.fleet(fleets.LAB)


def pool_of(mirror: Mirror, **records: Any) -> Host:
    """A lone host with what is given of its metrics."""
    build = fakes.Builder(mirror, "small")
    dom0 = build.put(VM, is_control_domain=True, memory_dynamic_max=2 * GIB)
    host = build.put(Host, name_label="h", control_domain=dom0, memory_overhead=GIB, metrics=build.put(HostMetrics, **records))
    found = build.commit().one(Host, host)
    assert found is not None
    return found


def vm(maximum: int, overhead: int = 0) -> VM:
    return VM(memory_dynamic_max=maximum * GIB, memory_dynamic_min=GIB, memory_overhead=overhead)


@pytest.mark.parametrize(
    ("total", "guests", "system", "held", "free"),
    [
        (64, [], 3, 0, 61),
        (64, [vm(8), vm(16)], 3, 24, 37),
        (16, [vm(8), vm(8), vm(8)], 3, 13, 0),  # dynamic memory: they share what is there
        (2, [], 2, 0, 0),
        (0, [], 0, 0, 0),  # never measured
    ],
)
def test_the_parts_of_a_hosts_memory_add_up(total: int, guests: list[VM], system: int, held: int, free: int) -> None:
    memory = memory_of(pool_of(Mirror(), memory_total=total * GIB, live=True), guests)
    assert (memory.system // GIB, memory.guests // GIB, memory.free // GIB) == (system, held, free)
    assert memory.system + memory.guests + memory.free == memory.total


def test_a_vm_holds_its_maximum_and_xens_overhead() -> None:
    assert memory_held(vm(8, overhead=100)) == 8 * GIB + 100


def test_links_of_vlans_and_bonds_are_those_of_the_nics_below() -> None:
    build = fakes.Builder(Mirror(), "links")
    nics = [build.put(PIF, device=f"eth{i}", physical=True, metrics=build.put(PIFMetrics, carrier=i == 0)) for i in range(2)]
    bond = Ref("OpaqueRef:bond")
    master = build.put(PIF, device="bond0", bond_master_of=[bond])
    build.put(Bond, bond, master=master, slaves=nics)
    tag = Ref("OpaqueRef:vlan")
    tagged = build.put(PIF, device="bond0", VLAN=20, VLAN_master_of=tag)
    build.put(VLAN, tag, tagged_PIF=master, untagged_PIF=tagged, tag=20)
    home = build.commit()
    links = [link_of(pif) for ref in (*nics, master, tagged) if (pif := home.one(PIF, ref))]
    assert links == [Link.UP, Link.DOWN, Link.DEGRADED, Link.DEGRADED]


def test_the_worst_comes_first(mirror: Mirror) -> None:
    found = facts(mirror)
    assert [(fact.level, fact.cause) for fact in found] == [(Level.CRITICAL, Cause.SR_FULL), (Level.WARNING, Cause.NO_LINK)]
    assert [sentence(fact)[0] for fact in found] == ["nfs-vault is 96% full", "storage has no link on xcp-lab-3"]


@pytest.mark.parametrize(("full", "level"), [(0.84, Level.NONE), (0.85, Level.WARNING), (0.949, Level.WARNING), (0.95, Level.CRITICAL)])
def test_an_sr_is_marked_when_it_fills(mirror: Mirror, full: float, level: Level) -> None:
    sr = fakes.find(mirror, "nfs-vault", SR)
    fakes.change(mirror, sr, physical_utilisation=math.ceil(sr.physical_size * full))
    assert sr_level(sr) is level


def test_an_iso_library_may_be_full_and_a_drive_is_no_storage(mirror: Mirror) -> None:
    sr = fakes.find(mirror, "nfs-vault", SR)
    fakes.change(mirror, sr, content_type="iso")
    assert sr_level(sr) is Level.NONE
    fakes.change(mirror, sr, content_type="user", type="udev")
    assert sr_level(sr) is Level.NONE


def test_an_sr_that_a_host_cannot_reach_names_the_host(mirror: Mirror) -> None:
    sr = fakes.find(mirror, "nfs-vault", SR)
    host = fakes.find(mirror, "xcp-lab-2", Host)
    pbd = next(pbd for pbd in mirror.every(PBD) if sr.ref == pbd.SR and pbd.host == host.ref)
    fakes.change(mirror, pbd, currently_attached=False)
    fact = next(fact for fact in facts(mirror) if fact.cause is Cause.SR_UNPLUGGED)
    assert (fact.where, fact.vms) == ((host,), users(sr))
    assert sentence(fact)[0] == "nfs-vault is not reached by xcp-lab-2"


def test_a_dead_host_is_one_fact_not_one_for_each_of_its_parts(mirror: Mirror) -> None:
    host = fakes.find(mirror, "xcp-lab-3", Host)  # whose storage NIC has no link either
    metrics = host.home.one(HostMetrics, host.metrics)
    assert metrics is not None
    fakes.change(mirror, metrics, live=False)
    assert host_level(host) is Level.CRITICAL
    assert [fact.cause for fact in facts(mirror)] == [Cause.SR_FULL, Cause.HOST_GONE]


@pytest.mark.parametrize("state", list(ServerState))
def test_a_pool_that_is_not_live_says_only_that(mirror: Mirror, state: ServerState) -> None:
    server = next(pool.server for pool in mirror if pool.server.label == "lab-pool")
    mirror.set_server(server, state=state)
    quiet = (ServerState.CONNECTING, ServerState.SYNCING, ServerState.DISABLED)
    found = [fact for fact in facts(mirror) if fact.subject is server]
    assert len(found) == (0 if state in (*quiet, ServerState.LIVE) else 1)
    if state is not ServerState.LIVE:
        assert facts(mirror) == found
    for fact in found:
        assert "lab-pool" in sentence(fact)[0]
