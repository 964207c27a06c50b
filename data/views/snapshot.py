"""A VM's snapshots as they are shown."""

from __future__ import annotations

from typing import NamedTuple

from data.disks import own_size
from data.names import name_of
from data.objects import VDI, VM
from data.snapshots import Twig, snapshot_tree
from data.types import NULL_REF, timestamp
from data.vms import is_of_backup


class SnapshotView(NamedTuple):
    """A row of the tree of snapshots: one of them; the last is the VM as it is now."""

    row: VM  # what commands act on
    twig: Twig
    is_now: bool
    name: str
    description: str
    taken: float | None  # epoch seconds
    cost: int  # bytes that its disks take for themselves; -1 if nobody knows
    has_memory: bool
    memory: int  # bytes of that; -1 if nobody knows
    is_of_backup: bool


def snapshots_of(vm: VM) -> tuple[SnapshotView, ...]:
    """Oldest first, and the present last; nothing if there is no snapshot."""
    return tuple(_seen(vm, twig) for twig in snapshot_tree(vm))


def _seen(vm: VM, twig: Twig) -> SnapshotView:
    row = twig.vm
    image = row.home.one(VDI, row.suspend_VDI)
    return SnapshotView(
        row=row, twig=twig, is_now=row is vm, name=name_of(row), description=row.name_description, taken=timestamp(row.snapshot_time),
        cost=0 if row is vm else own_size(row), has_memory=row.suspend_VDI != NULL_REF, memory=image.virtual_size if image else -1,
        is_of_backup=is_of_backup(row),
    )  # fmt: skip
