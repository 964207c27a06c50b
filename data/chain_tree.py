"""The chain of a disk as it is drawn: from its lowest base copy up to the disk, with what else stands on each node. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from heapq import nsmallest
from typing import Final

from data.chains import chain_below
from data.contents import Part
from data.names import name_of
from data.objects import SR, VBD, VDI
from data.storage import DiskKind, disk_kind
from data.types import timestamp

BRANCHES: Final = 4
"""What branches off a node that is told: the largest, in the order in which they were taken."""


@dataclass(frozen=True, slots=True)
class Link:
    """One node. `used` in bytes, -1 if the driver cannot tell; `merges`: the SR can merge it with the one above.

    `others`: how many more branch off it than `branches`; `taken`: when, of a snapshot, in epoch seconds.
    """

    uuid: str
    name: str
    kind: DiskKind
    used: int
    merges: bool = False
    branches: tuple[Link, ...] = ()
    others: int = 0
    taken: float | None = None


def links_of(disk: VDI) -> tuple[Link, ...]:
    """From the base to the disk; what branches off a node is told one step deep."""
    path = [*reversed(chain_below(disk)), disk]
    return tuple(_link(node, set(path)) for node in path)


def _link(node: VDI, path: set[VDI]) -> Link:
    above = node.home.above(node)
    beside = above - path  # a golden image has thousands
    largest = nsmallest(BRANCHES, beside, key=lambda one: (-one.physical_utilisation, one.uuid))
    merges = not node.managed and len(above) == 1
    return replace(_alone(node), merges=merges, branches=tuple(sorted(map(_alone, largest), key=_when)), others=len(beside) - len(largest))


def _when(link: Link) -> tuple[float, str]:
    """Snapshots in the order in which they were taken; clones after them."""
    return (math.inf if link.taken is None else link.taken, link.name)


def _alone(node: VDI) -> Link:
    taken = timestamp(node.snapshot_time) if node.is_a_snapshot else None
    return Link(node.uuid, name_of(node), disk_kind(node), node.physical_utilisation, taken=taken)


def chained(sr: SR, parts: Iterable[Part], chosen: str = "") -> list[VDI]:
    """The disks on `sr` that stand on base copies, of these parts, in their order; and the one of that uuid, whatever it stands on."""
    disks = (vm.home.one(VDI, drive.VDI) for part in parts for vm in part.machines for drive in vm.all_of(VBD, vm.VBDs))
    found = dict.fromkeys(disk for disk in disks if disk is not None and "vhd-parent" in disk.sm_config)
    if (one := sr.home.by_uuid(VDI, chosen)) is not None:
        found[one] = None
    return [disk for disk in found if sr.ref == disk.SR]
