"""To follow an object and what hangs on it, where what hangs on it changes too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from components.live import follow_all
from data.changes import Change
from data.objects import SR, VBD, VDI, VIF, VM, Host, Network
from data.sight import Sight
from data.types import Ref, XapiObject

T = TypeVar("T", bound=XapiObject)


def follow_related(
    mirror: Sight,
    row: T,
    refs: Callable[[T], Iterable[Ref]],
    render: Callable[[], None],
    *,
    names: Iterable[str] = (),
    after_its_end: bool = False,
) -> None:
    """Call `render` now, and whenever `row` (only in `names`, where given) or a row behind `refs(row)` changes.

    By reference, not by object: a row that is named before it is there is noticed when it comes.
    Once `row` is gone nothing is told again (unless `after_its_end`): the page keeps how it was last.
    """
    wanted = frozenset(names)
    known: set[Ref] = set(refs(row))

    def collect(changes: Sequence[Change]) -> bool:
        return any(_matters(change) for change in changes)

    def _matters(change: Change) -> bool:
        subject = change.subject
        if subject is row:
            return not wanted or not change.names or bool(change.names & wanted)
        return isinstance(subject, XapiObject) and subject.ref in known and subject.home is row.home

    def again() -> None:
        if not after_its_end and row.home.one(type(row), row.ref) is not row:
            return
        known.clear()
        known.update(refs(row))
        render()

    follow_all(mirror, collect, again, topics=lambda: {row.ref, *known})


def disk_refs(vm: VM) -> Iterable[Ref]:
    """Its drives, what is in them, and where that lies."""
    yield from vm.VBDs
    for vbd in vm.all_of(VBD, vm.VBDs):
        yield vbd.VDI
        if vdi := vm.home.one(VDI, vbd.VDI):
            yield vdi.SR


def nic_refs(vm: VM) -> Iterable[Ref]:
    """Its NICs, their networks, and what the agent says."""
    yield from vm.VIFs
    yield vm.guest_metrics
    for vif in vm.all_of(VIF, vm.VIFs):
        yield vif.network


def place_refs(vm: VM) -> Iterable[Ref]:
    """Its host and what tells whether that is heard; its own metrics and agent; its vApp."""
    yield from (vm.metrics, vm.guest_metrics, vm.resident_on, vm.affinity, vm.appliance)
    if host := vm.home.one(Host, vm.resident_on):
        yield host.metrics


def dependency_refs(vm: VM) -> Iterable[Ref]:
    """Disks, their SRs and the ways to them; networks and their ports."""
    yield from disk_refs(vm)
    yield from nic_refs(vm)
    yield vm.resident_on
    for vbd in vm.all_of(VBD, vm.VBDs):
        vdi = vm.home.one(VDI, vbd.VDI)
        if vdi and (sr := vm.home.one(SR, vdi.SR)):
            yield from sr.PBDs
    for vif in vm.all_of(VIF, vm.VIFs):
        if network := vm.home.one(Network, vif.network):
            yield from network.PIFs
