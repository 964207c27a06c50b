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


def shared_disks(vm: VM) -> list[Shared]:
    """Those of its disks that stay whatever becomes of it."""
    return [Shared(disk, others) for disk in disks_of(vm) if (others := _others(vm, disk)) or disk.sharable]


def disk_label(disk: VDI) -> str:
    """`root on vault · 20 GiB`"""
    sr = disk.home.one(SR, disk.SR)
    return " · ".join((f"{name_of(disk)} ({name_of(sr)})" if sr else name_of(disk), size(disk.virtual_size)))


def _others(vm: VM, disk: VDI) -> list[VM]:
    found = (disk.home.one(VM, drive.VM) for drive in disk.all_of(VBD, disk.VBDs) if vm.ref != drive.VM)
    return [other for other in found if other is not None]
