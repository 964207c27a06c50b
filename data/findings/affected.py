"""What a change is about besides its own object: the subjects whose rules read what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from data.changes import Change, Operation, Subject
from data.objects import PBD, PIF, SR, VBD, VDI, VIF, VM, Bond, Certificate, Host, HostMetrics, Message, Network, PIFMetrics, Pool
from data.types import Home, XapiObject

HOLDS = frozenset({"power_state", "resident_on", "memory_dynamic_max", "memory_dynamic_min", "memory_overhead", "is_a_template"})
BINDS = frozenset({"VBDs", "VIFs", "attached_PCIs", "VGPUs"})
ROOM = frozenset({"enabled", "memory_overhead", "control_domain", "PBDs", "PIFs"})
"""Fields of a VM, and of a host, that decide where VMs would go if a host were lost."""

WORDS = frozenset({"name_label", "name_description", "allowed_operations"})
"""Fields of a VM that no rule reads: they change more often than all others."""


def is_judged(change: Change) -> bool:
    """Whether rules may say something else, of the object itself or others."""
    return not (isinstance(change.subject, VM) and change.operation is Operation.MOD and change.names <= WORDS)


def around(change: Change) -> Iterable[Subject]:
    """What is to be looked at with it, at once."""
    subject, names = change.subject, change.names
    if not isinstance(subject, XapiObject):
        return ()
    home = subject.home
    found: list[XapiObject | None] = []
    if isinstance(subject, HostMetrics) and _is_told(change, {"live", "memory_total"}):
        hosts = [host for host in home.all(Host).values() if host.metrics == subject.ref]
        found = [*hosts, *(home.one(SR, pbd.SR) for host in hosts for pbd in host.all_of(PBD, host.PBDs)), *home.all(Pool).values()]
    elif isinstance(subject, (PBD, VDI)):
        found = [home.one(SR, subject.SR)]
    elif isinstance(subject, VBD):
        found = [home.one(VM, subject.VM), home.one(VDI, subject.VDI)]
    elif isinstance(subject, PIF):
        found = [home.one(Network, subject.network)]
    elif isinstance(subject, Certificate):
        found = [home.one(Host, subject.host)]
    elif isinstance(subject, PIFMetrics | Bond):
        found = list(home.all(Network).values())  # a NIC carries many of them, and links change rarely
    elif isinstance(subject, Host | SR) and _is_told(change, {"software_version"}):
        found = list(home.all(Pool).values())
    elif isinstance(subject, Pool) and "master" in names:
        found = list(home.all(Host).values())
    return [one for one in found if one is not None]


def beyond(change: Change) -> Iterator[Subject]:
    """What is to be looked at for it soon: it is far away, or there is much of it."""
    subject = change.subject
    if not isinstance(subject, XapiObject):
        return
    home = subject.home
    if _moves(change):
        yield from home.all(Host).values()
    if isinstance(subject, HostMetrics) and _is_told(change, {"live"}):
        hosts = {host.ref for host in home.all(Host).values() if host.metrics == subject.ref}
        yield from home.all(Network).values()
        yield from (vm for vm in home.all(VM).values() if vm.resident_on in hosts)
    elif isinstance(subject, VIF) and _is_told(change, {"MAC", "network", "VM"}):
        yield from home.all(Pool).values()
    elif isinstance(subject, VDI):
        for vbd in subject.all_of(VBD, subject.VBDs):
            vm = home.one(VM, vbd.VM)
            machine = home.one(VM, vm.snapshot_of) if vm and vm.is_a_snapshot else vm
            if machine is not None:
                yield machine
        below = home.by_uuid(VDI, subject.sm_config.get("vhd-parent", ""))
        yield from (below, *home.above(subject)) if below else home.above(subject)
    elif isinstance(subject, Pool) and _is_told(change, {"ha_enabled", "other_config"}):
        yield from home.all(VM).values()


def about(gone: Set[tuple[Home, str]], told: Iterable[Subject]) -> Iterator[Message]:
    """Those of `told` that are messages about what is no more, by pool and uuid."""
    return (one for one in told if isinstance(one, Message) and (one.home, one.obj_uuid) in gone)


def _is_told(change: Change, names: set[str]) -> bool:
    """Whether it is there or gone now, or one of these fields is another."""
    return change.operation is not Operation.MOD or not change.names.isdisjoint(names)


def _moves(change: Change) -> bool:
    """Whether VMs might go elsewhere for it if a host were lost."""
    subject, names = change.subject, change.names
    if isinstance(subject, VM):
        return change.operation is not Operation.MOD or not names.isdisjoint(HOLDS | BINDS)
    if isinstance(subject, Host):
        return _is_told(change, set(ROOM))
    if isinstance(subject, HostMetrics):
        return _is_told(change, {"live", "memory_total"})
    return isinstance(subject, PBD | PIF) and _is_told(change, {"currently_attached", "SR", "network"})
