"""From a change of the mirror to the things on the map whose picture may be another now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.map.rows import host_of
from data.mirror import Change, PoolMirror
from data.objects import (
    PBD,
    PIF,
    SR,
    VBD,
    VDI,
    VIF,
    VLAN,
    VM,
    Bond,
    Host,
    HostMetrics,
    Network,
    PIFMetrics,
    Pool,
    Task,
    VMGuestMetrics,
    VMMetrics,
)
from data.server import Server
from data.types import Ref, XapiObject

Thing = Server | Host | VM | SR | Network


class Joins:
    """The joins that the mirror has no way back for: from a guest's report, what is measured of a VM, and a task, to the VM."""

    def __init__(self) -> None:
        self._agents: dict[tuple[str, Ref], VM] = {}
        self._busy: set[VM] = set()

    def note(self, vm: VM) -> None:
        """Keep what `vm` is joined with; call whenever its row is made."""
        self._agents[vm.home.id, vm.guest_metrics] = self._agents[vm.home.id, vm.metrics] = vm
        if vm.current_operations:
            self._busy.add(vm)
        else:
            self._busy.discard(vm)

    def forget(self, vm: VM) -> None:
        self._busy.discard(vm)
        for ref in (vm.guest_metrics, vm.metrics):
            self._agents.pop((vm.home.id, ref), None)

    def touched(self, change: Change) -> Iterator[Thing]:
        """What `change` may have changed on the map, besides the removal of a thing itself."""
        subject = change.subject
        if isinstance(subject, Server):
            yield subject
        elif isinstance(subject, VM):
            yield from _of_vm(subject)
        elif isinstance(subject, Task):
            yield from (vm for vm in self._busy if subject.ref in vm.current_operations and vm.home is subject.home)
        elif isinstance(subject, VMGuestMetrics) or (isinstance(subject, VMMetrics) and "VCPUs_number" in change.names):
            if vm := self._agents.get((subject.home.id, subject.ref)):
                yield vm
        elif isinstance(subject, (Pool, Host, HostMetrics)):
            yield from _of_host(subject, change.names)
        else:
            yield from _of_device(subject)


def _of_vm(vm: VM) -> Iterator[Thing]:
    yield vm
    home = vm.home
    yield from _known(host_of(vm))
    yield from _known(home.one(Host, vm.resident_on))  # not the same while it moves
    yield from _known(home.one(VM, vm.snapshot_of))


def _of_host(subject: Pool | Host | HostMetrics, names: Iterable[str]) -> Iterator[Thing]:
    hosts = subject.home.all(Host).values()
    if isinstance(subject, HostMetrics):
        for host in hosts:
            if host.metrics == subject.ref:
                yield host
                yield from host.all_of(VM, host.resident_VMs)  # whether they are lost depends on whether it lives
        return
    if isinstance(subject, Host):
        yield subject
    elif "master" in names:
        yield from hosts
    if isinstance(subject.home, PoolMirror):
        yield subject.home.server  # a pool without a name has its master's


def _of_device(subject: XapiObject) -> Iterator[Thing]:
    home = subject.home
    if isinstance(subject, SR):
        yield subject
    elif isinstance(subject, Network):
        yield subject
        yield from _below(subject)
    elif isinstance(subject, (VBD, VIF)):
        yield from _known(home.one(VM, subject.VM))
    elif isinstance(subject, VDI):
        yield from _known(home.one(SR, subject.SR))
        for vbd in subject.all_of(VBD, subject.VBDs):
            if vm := home.one(VM, vbd.VM):
                yield from _known(home.one(VM, vm.snapshot_of) or vm)
    elif isinstance(subject, PBD):
        yield from _known(home.one(SR, subject.SR))
    elif isinstance(subject, PIF):
        yield from _known(home.one(Network, subject.network))
    elif isinstance(subject, (PIFMetrics, Bond, VLAN)):
        yield from home.all(Network).values()  # a NIC carries many of them, and links change rarely


def _below(network: Network) -> Iterator[Network]:
    """Those whose ports its VLANs tag: they are used while it is."""
    for vlan in network.home.all(VLAN).values() if network.PIFs else ():
        port = network.home.one(PIF, vlan.tagged_PIF) if vlan.untagged_PIF in network.PIFs else None
        if port is not None and (below := network.home.one(Network, port.network)):
            yield below


def _known(thing: Thing | None) -> Iterator[Thing]:
    if thing is not None:
        yield thing
