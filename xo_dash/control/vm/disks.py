"""Which disks go with a VM, a template or a snapshot, and which stay: VM.destroy removes records only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from data.names import name_of
from data.objects import SR, VBD, VDI, VM
from data.vms import disks_of
from xo_dash.i18n import size


class Shared(NamedTuple):
    """A disk of a VM that something else has too; `by` is what, nothing where it is marked as sharable."""

    disk: VDI
    by: Sequence[VM]


def own_disks(vm: VM) -> list[VDI]:
    """The disks that go with `vm`: its disks and its memory image, without those that anything else uses."""
    disks = disks_of(vm)
    memory = vm.home.one(VDI, vm.suspend_VDI)
    if memory is not None and not _resumes_another(vm, memory):
        disks.append(memory)
    return [disk for disk in dict.fromkeys(disks) if disk.managed and not disk.sharable and _only_of(vm, disk)]


def shared_disks(vm: VM) -> list[Shared]:
    """Those of its disks that stay whatever becomes of it."""
    return [Shared(disk, others) for disk in disks_of(vm) if (others := _others(vm, disk)) or disk.sharable]


def disk_label(disk: VDI) -> str:
    """`root on vault · 20 GiB`"""
    sr = disk.home.one(SR, disk.SR)
    return " · ".join((f"{name_of(disk)} ({name_of(sr)})" if sr else name_of(disk), size(disk.virtual_size)))


def freed(disks: Sequence[VDI]) -> dict[SR, int]:
    """{SR: bytes that its disks among these take for themselves}: about what is free once the SR has coalesced; -1 if nobody knows."""
    found: dict[SR, int] = {}
    for disk in disks:
        sr = disk.home.one(SR, disk.SR)
        if sr is not None:
            known, amount = found.get(sr, 0), disk.physical_utilisation
            found[sr] = -1 if known < 0 or amount < 0 else known + amount
    return found


def _only_of(vm: VM, disk: VDI) -> bool:
    return all(vm.ref == drive.VM for drive in disk.all_of(VBD, disk.VBDs))


def _others(vm: VM, disk: VDI) -> list[VM]:
    found = (disk.home.one(VM, drive.VM) for drive in disk.all_of(VBD, disk.VBDs) if vm.ref != drive.VM)
    return [other for other in found if other is not None]


def _resumes_another(snapshot: VM, memory: VDI) -> bool:
    return any(vm.suspend_VDI == memory.ref and vm is not snapshot for vm in snapshot.home.all(VM).values())
