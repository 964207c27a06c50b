"""Where VMs go when a host is lost, and why some go nowhere."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from data.changes import Event, Operation
from data.evacuation import live_targets
from data.failover import Bound, Surveyed, failover_steps
from data.mirror import Mirror, PoolMirror
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Host, HostMetrics, Network
from data.turns import finished
from data.types import GIB, Ref
from tests.fakes import Builder


class Yard:
    """Three hosts of 32 GiB with a shared SR and a network; what stands on them is added by the test."""

    def __init__(self, rams: Sequence[int] = (32, 32, 32)) -> None:
        self.build = Builder(Mirror(), "yard")
        self.nfs = self.build.put(SR, name_label="nfs", type="nfs", shared=True)
        self.net = Ref("OpaqueRef:net")
        self.hosts: list[Ref] = []
        self.local: list[Ref] = []
        self.resident: dict[Ref, list[Ref]] = {}
        for ram in rams:
            ref = Ref(f"OpaqueRef:host-{len(self.hosts)}")
            local = self.build.put(SR, name_label=f"local-{len(self.hosts)}", type="ext")
            self.hosts.append(ref)
            self.local.append(local)
            self.resident[ref] = []
            self._host(ref, ram, local)
        ports = [self.build.put(PIF, network=self.net, host=host, device="eth0") for host in self.hosts]
        self.build.put(Network, self.net, name_label="net", PIFs=ports)

    def _host(self, ref: Ref, ram: int, local: Ref, **more: Any) -> None:
        pbds = [self.build.put(PBD, host=ref, SR=sr, currently_attached=True) for sr in (self.nfs, local)]
        metrics = self.build.put(HostMetrics, memory_total=ram * GIB, live=True)
        pif = self.build.put(PIF, network=self.net, host=ref, device="eth0")
        self.build.put(
            Host, ref, name_label=ref[10:], enabled=True, metrics=metrics, PBDs=pbds, PIFs=[pif], resident_VMs=self.resident[ref], **more
        )

    def vm(self, name: str, ram: int, on: int, sr: Ref | None = None, **more: Any) -> Ref:
        ref = Ref(f"OpaqueRef:{name}")
        disk = self.build.put(VDI, SR=sr or self.nfs)
        vbd = self.build.put(VBD, VM=ref, VDI=disk)
        vif = self.build.put(VIF, VM=ref, network=self.net)
        self.resident[self.hosts[on]].append(ref)
        return self.build.put(
            VM, ref, name_label=name, power_state="Running", resident_on=self.hosts[on], memory_dynamic_max=ram * GIB,
            memory_dynamic_min=ram * GIB, VBDs=[vbd], VIFs=[vif], **more,
        )  # fmt: skip

    def pool(self) -> PoolMirror:
        pool = self.build.commit()
        for ref in self.hosts:  # rows copied the list when they were decoded
            pool.all(Host)[ref].resident_VMs = self.resident[ref]
        return pool


def test_the_largest_goes_first_and_each_to_where_most_is_free() -> None:
    yard = Yard()
    yard.vm("big", 20, 0)
    yard.vm("small", 8, 0)
    yard.vm("there", 4, 1)
    pool = yard.pool()
    lost, first, second = pool.all(Host).values()
    outcome = finished(failover_steps((lost,)))
    assert not outcome.stranded
    assert {vm.name_label: host for vm, host in outcome.moves.items()} == {"big": second, "small": first}


def test_one_for_which_no_host_has_room_says_how_much_is_lacking() -> None:
    yard = Yard()
    yard.vm("huge", 30, 0)
    yard.vm("a", 8, 1)
    yard.vm("b", 4, 2)
    pool = yard.pool()
    (stranded,) = finished(failover_steps((pool.all(Host)[yard.hosts[0]],))).stranded
    assert (stranded.vm.name_label, stranded.why, stranded.short, stranded.is_agile) == ("huge", Bound.ROOM, 2 * GIB, True)


@pytest.mark.parametrize(
    ("more", "why"),
    [({"attached_PCIs": ["OpaqueRef:pci"]}, Bound.DEVICE), ({"sr": "local"}, Bound.SR)],
)
def test_some_cannot_leave_their_host(more: dict[str, Any], why: Bound) -> None:
    yard = Yard()
    if "sr" in more:
        more = {"sr": yard.local[0]}
    yard.vm("tied", 4, 0, **more)
    pool = yard.pool()
    (stranded,) = finished(failover_steps((pool.all(Host)[yard.hosts[0]],))).stranded
    assert (stranded.why, stranded.is_agile) == (why, False)
    assert getattr(stranded.what, "name_label", "") == ("local-0" if why is Bound.SR else "")


def test_a_host_in_maintenance_takes_nothing_and_a_lone_one_has_no_other() -> None:
    yard = Yard((32, 32))
    yard.vm("only", 4, 0)
    pool = yard.pool()
    lost, other = pool.all(Host).values()
    other.enabled = False
    assert [stranded.why for stranded in finished(failover_steps((lost,))).stranded] == [Bound.NO_HOST]
    other.enabled = True
    assert finished(failover_steps((lost, other))).stranded[0].why is Bound.NO_HOST


def test_a_network_that_no_other_host_has() -> None:
    yard = Yard()
    yard.vm("netted", 4, 0)
    pool = yard.pool()
    lost, *others = pool.all(Host).values()
    for other in others:
        other.PIFs = []
    (stranded,) = finished(failover_steps((lost,))).stranded
    assert (stranded.why, getattr(stranded.what, "name_label", "")) == (Bound.NETWORK, "net")


def test_what_hosts_have_is_looked_up_once_for_all_vms_until_something_changes() -> None:
    yard = Yard()
    refs = [yard.vm(f"vm-{n}", 8, 0, allowed_operations=["pool_migrate"]) for n in range(3)]
    pool = yard.pool()
    pool.revision += 1
    first, *others = (pool.all(VM)[ref] for ref in refs)
    assert live_targets(first) == [pool.all(Host)[ref] for ref in yard.hosts[1:]]
    room = pool.part(Surveyed).without(pool.all(Host)[yard.hosts[0]])
    assert all(live_targets(vm) == live_targets(first) for vm in others)
    assert pool.part(Surveyed).without(pool.all(Host)[yard.hosts[0]]) is room
    (change,) = pool.apply(
        [Event(Host, Operation.MOD, yard.hosts[1], msgspec.structs.replace(pool.all(Host)[yard.hosts[1]], enabled=False))]
    )
    assert change.names == {"enabled"} and live_targets(first) == [pool.all(Host)[yard.hosts[2]]]
