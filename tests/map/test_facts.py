"""What is derived for the map: memory accounts and links."""

from typing import Any

import pytest

from data.facts.network import LinkLevel, link_of
from data.mirror import Mirror
from data.objects import PIF, VLAN, VM, Bond, Host, HostMetrics, PIFMetrics
from data.placement import memory_held, memory_of
from data.types import GIB, Ref
from tests import fakes


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
    bond = Ref("OpaqueRef:bond")
    links_below = [build.put(PIFMetrics, carrier=up) for up in (True, False)]
    nics = [build.put(PIF, device=f"eth{i}", bond_slave_of=bond, metrics=metrics) for i, metrics in enumerate(links_below)]
    master = build.put(PIF, device="bond0", bond_master_of=[bond])
    build.put(Bond, bond, master=master, slaves=nics)
    tag = Ref("OpaqueRef:vlan")
    tagged = build.put(PIF, device="bond0", VLAN=20, VLAN_master_of=tag)
    build.put(VLAN, tag, tagged_PIF=master, untagged_PIF=tagged, tag=20)
    home = build.commit()
    links = [link_of(pif) for ref in (*nics, master, tagged) if (pif := home.one(PIF, ref))]
    assert links == [LinkLevel.UP, LinkLevel.DOWN, LinkLevel.DEGRADED, LinkLevel.DEGRADED]
