"""What XAPI wants restarted after updates, of a host and of a VM, and how urgently.

Source: pending_guidances (mandatory: without it the pool is not supported), pending_guidances_recommended (for security fixes to work),
pending_guidances_full (for everything to work); the last two only of XenServer 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Final, NamedTuple

from data.facts.host import needs_reboot
from data.facts.vm import VmState, is_guest, state_of
from data.objects import VM, Host
from data.types import Ref

RESTART_VM: Final = "restart_vm"
RESTART_DEVICE_MODEL: Final = "restart_device_model"
RESTART_TOOLSTACK: Final = "restart_toolstack"
REBOOT_HOST: Final = "reboot_host"


class Urgency(IntEnum):
    """The greater, the sooner."""

    FULL = 1
    RECOMMENDED = 2
    MANDATORY = 3


class Guidance(NamedTuple):
    """One thing to do."""

    what: str  # in XAPI's words
    urgency: Urgency


FIELDS: Final = ("pending_guidances", "pending_guidances_recommended", "pending_guidances_full")
COVERS: Final[Mapping[str, frozenset[str]]] = {
    RESTART_VM: frozenset({RESTART_DEVICE_MODEL}),
    REBOOT_HOST: frozenset({RESTART_TOOLSTACK, RESTART_DEVICE_MODEL}),
}
"""{what is done: what is done with it}"""


def guidance_of(row: Host | VM) -> tuple[Guidance, ...]:
    """The most urgent first; what comes with something else that is as urgent is left out."""
    if not (row.pending_guidances or row.pending_guidances_recommended or row.pending_guidances_full):
        return ()  # as of nearly all
    found: dict[str, Urgency] = {}
    for name, urgency in zip(FIELDS, reversed(Urgency), strict=True):
        for what in getattr(row, name):
            found.setdefault(what, urgency)
    return tuple(Guidance(what, urgency) for what, urgency in found.items() if not _is_covered(what, urgency, found))


def _is_covered(what: str, urgency: Urgency, found: Mapping[str, Urgency]) -> bool:
    return any(what in covered and found.get(greater, 0) >= urgency for greater, covered in COVERS.items())


def urgency_of(row: Host | VM, what: str) -> Urgency | None:
    """How urgently it is asked for by itself."""
    return next((one.urgency for one in guidance_of(row) if one.what == what), None)


def guidance_of_host(host: Host) -> tuple[Guidance, ...]:
    """With the reboot that nothing asks for but the time at which packages were installed."""
    told = guidance_of(host)
    if needs_reboot(host) and not any(one.what.startswith(REBOOT_HOST) and one.urgency is Urgency.MANDATORY for one in told):
        return Guidance(REBOOT_HOST, Urgency.MANDATORY), *(one for one in told if one.what != REBOOT_HOST)
    return told


class WaitingVMs(NamedTuple):
    """Running VMs that the same is asked for."""

    what: str
    urgency: Urgency  # the greatest of them
    vms: tuple[Ref, ...]


def waiting_among(vms: Iterable[VM]) -> tuple[WaitingVMs, ...]:
    """VMs whose restart comes first, then those whose device model's is enough."""
    found: dict[str, list[tuple[Urgency, Ref]]] = {RESTART_VM: [], RESTART_DEVICE_MODEL: []}
    for vm in vms:
        told = guidance_of(vm) if is_guest(vm) and state_of(vm) is VmState.RUNNING else ()
        what = next((one for one in told if one.what in found), None)
        if what is not None:
            found[what.what].append((what.urgency, vm.ref))
    return tuple(
        WaitingVMs(what, max(urgency for urgency, _ref in of), tuple(ref for _urgency, ref in of)) for what, of in found.items() if of
    )
