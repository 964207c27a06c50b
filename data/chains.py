"""Chains of a disk: the nodes that it stands on, one for each snapshot that was taken of it, until the SR has coalesced them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.objects import VBD, VDI, VM

MOST: Final = 30
"""Nodes of a chain from which on an SR takes no further snapshot. Source: sm's vhdutil, MAX_CHAIN_SIZE."""
DEEP: Final = 20
"""Nodes of a chain that are worth a warning."""


def depth_of(vdi: VDI) -> int:
    """Nodes in the chain of `vdi`, itself counted; 1 where the driver tells of none.

    Source: sm_config vhd-parent names the node below by uuid.
    """
    return 1 + len(chain_below(vdi))


def chain_below(vdi: VDI) -> list[VDI]:
    """The nodes that it stands on, from the next one down."""
    seen, found = {vdi.uuid}, list[VDI]()
    below = vdi.home.by_uuid(VDI, vdi.sm_config.get("vhd-parent", ""))
    while below is not None and below.uuid not in seen:
        seen.add(below.uuid)
        found.append(below)
        below = below.home.by_uuid(VDI, below.sm_config.get("vhd-parent", ""))
    return found


def deepest(vm: VM) -> int:
    """The depth of the deepest chain of its disks, and no less than the snapshots it grew from make it; 0 without disks."""
    depths = [depth_of(disk) for disk in _disks(vm)]
    return max(*depths, 1 + sum(1 for _snapshot in _ancestors(vm))) if depths else 0


def _ancestors(vm: VM) -> Iterator[VM]:
    seen = {vm.ref}
    above = vm.home.one(VM, vm.parent)
    while above is not None and above.ref not in seen:
        seen.add(above.ref)
        yield above
        above = above.home.one(VM, above.parent)


def _disks(vm: VM) -> Iterator[VDI]:
    for drive in vm.all_of(VBD, vm.VBDs):
        if drive.type == "Disk" and (disk := vm.home.one(VDI, drive.VDI)) is not None:
            yield disk
