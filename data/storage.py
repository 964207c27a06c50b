"""What can be told of an SR and the disks on it: room, paths, and who uses what. Pure, computed on read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from data.facts.sr import is_shown
from data.facts.vm import is_guest
from data.names import name_order
from data.objects import SR, VBD, VDI, VM


def guests_on(sr: SR) -> set[VM]:
    """The VMs that have a disk on it."""
    vms, vbds = sr.home.all(VM), sr.home.all(VBD)  # of thousands of disks each step counts
    refs = {vbds[ref].VM for vdi in sr.all_of(VDI, sr.VDIs) if not vdi.is_a_snapshot for ref in vdi.VBDs if ref in vbds}
    return {vms[ref] for ref in refs if ref in vms and is_guest(vms[ref])}


def guests_of(vdi: VDI) -> Iterator[VM]:
    """The VMs that have `vdi`; none of a snapshot."""
    vbds = () if vdi.is_a_snapshot else vdi.all_of(VBD, vdi.VBDs)
    return (vm for vbd in vbds if (vm := vdi.home.one(VM, vbd.VM)) and is_guest(vm))


class Reach(StrEnum):
    """What an SR is for the hosts of its pool."""

    SHARED = "shared"  # any host may run what lies on it
    LOCAL = "local"  # one host only
    IMAGES = "images"  # a library of images for CD drives
    DRIVE = "drive"  # the host's own drives, and the tools


def reach_of(sr: SR) -> Reach:
    if sr.content_type == "iso":
        return Reach.DRIVE if sr.is_tools_sr or sr.type == "udev" else Reach.IMAGES
    if sr.type == "udev" or sr.is_tools_sr:
        return Reach.DRIVE
    return Reach.SHARED if sr.shared else Reach.LOCAL


def is_drive(sr: SR) -> bool:
    """A drive of a host, or the tools: no place for disks, so that lists hide it until asked."""
    return reach_of(sr) is Reach.DRIVE


class Room(NamedTuple):
    """An SR's room in bytes; -1 where it was never scanned."""

    size: int
    used: int
    promised: int  # to disks; may exceed the size

    @property
    def share(self) -> float:
        """Used of the size, 0 to 1; NaN if nobody knows."""
        return self.used / self.size if self.size > 0 and self.used >= 0 else math.nan

    @property
    def free(self) -> int:
        return max(0, self.size - self.used) if self.size > 0 and self.used >= 0 else -1


def room_of(sr: SR) -> Room:
    return Room(sr.physical_size, sr.physical_utilisation, sr.virtual_allocation)


def sum_of(srs: Iterable[SR]) -> Room:
    """All of them together, those that hold no disks of VMs left out."""
    rooms = [room_of(sr) for sr in srs if is_shown(sr) and reach_of(sr) in (Reach.SHARED, Reach.LOCAL)]
    return Room(sum(room.size for room in rooms), sum(max(0, room.used) for room in rooms), sum(max(0, room.promised) for room in rooms))


class DiskKind(StrEnum):
    DISK = "disk"
    SNAPSHOT = "snapshot"
    BASE = "base"  # a node of a chain that other disks stand on
    IMAGE = "image"  # for CD drives
    SYSTEM = "system"  # XAPI's own: suspended memory, HA's statefile ...
    ORPHAN = "orphan"  # a disk or snapshot that no VM, snapshot or template has


def disk_kind(vdi: VDI) -> DiskKind:
    if not vdi.managed:
        return DiskKind.BASE
    sr = vdi.home.one(SR, vdi.SR)
    if vdi.is_tools_iso or (sr is not None and (sr.content_type == "iso" or sr.type == "udev")):
        return DiskKind.IMAGE
    if vdi.type not in ("user", "ephemeral", "system"):
        return DiskKind.SYSTEM
    if not owners_of(vdi):
        return DiskKind.ORPHAN
    return DiskKind.SNAPSHOT if vdi.is_a_snapshot else DiskKind.DISK


def owners_of(vdi: VDI) -> list[VM]:
    """The VMs, templates, snapshots and control domains that have `vdi` as a disk; VMs first, then by name."""
    found = {vbd.VM: vm for vbd in vdi.all_of(VBD, vdi.VBDs) if (vm := vdi.home.one(VM, vbd.VM))}
    return sorted(found.values(), key=lambda vm: (not is_guest(vm), name_order(vm)))


def machine_of(vm: VM) -> VM:
    """The VM that a snapshot was taken of, if it is still there; else `vm` itself."""
    return (vm.home.one(VM, vm.snapshot_of) or vm) if vm.is_a_snapshot else vm
