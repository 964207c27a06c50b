"""Which disks are a VM's, a template's or a snapshot's alone, and what they take."""

from __future__ import annotations

from collections.abc import Sequence

from data.objects import SR, VBD, VDI, VM
from data.vms import disks_of


def own_disks(vm: VM) -> list[VDI]:
    """The disks that go with `vm`: its disks and its memory image, without those that anything else uses."""
    disks = disks_of(vm)
    memory = vm.home.one(VDI, vm.suspend_VDI)
    if memory is not None and not _resumes_another(vm, memory):
        disks.append(memory)
    return [disk for disk in dict.fromkeys(disks) if disk.managed and not disk.sharable and _only_of(vm, disk)]


def own_size(vm: VM) -> int:
    """Bytes that the disks of a snapshot or template take for themselves; -1 if nobody knows."""
    told = [disk.physical_utilisation for disk in own_disks(vm)]
    return sum(max(0, amount) for amount in told) if not told or max(told) >= 0 else -1


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


def _resumes_another(snapshot: VM, memory: VDI) -> bool:
    return any(vm.suspend_VDI == memory.ref and vm is not snapshot for vm in snapshot.home.all(VM).values())
