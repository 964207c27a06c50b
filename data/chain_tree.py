"""The chain of a disk as it is drawn: from its lowest base copy up to the disk, with what else stands on each node. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.chains import chain_below
from data.contents import Part
from data.names import name_of
from data.objects import SR, VBD, VDI
from data.storage import DiskKind, disk_kind


@dataclass(frozen=True, slots=True)
class Link:
    """One node. `used` in bytes, -1 if the driver cannot tell; `merges`: the SR can merge it with the one above."""

    uuid: str
    name: str
    kind: DiskKind
    used: int
    merges: bool
    branches: tuple[Link, ...] = ()


def links_of(disk: VDI) -> tuple[Link, ...]:
    """From the base to the disk; what branches off a node is told one step deep."""
    path = [*reversed(chain_below(disk)), disk]
    return tuple(_link(node, set(path)) for node in path)


def _link(node: VDI, path: set[VDI]) -> Link:
    above = node.home.above(node)
    branches = sorted((one for one in above if one not in path), key=lambda one: (-one.physical_utilisation, one.uuid))
    merges = not node.managed and len(above) == 1
    return Link(node.uuid, name_of(node), disk_kind(node), node.physical_utilisation, merges, tuple(_link(one, {one}) for one in branches))


def chained(sr: SR, parts: Iterable[Part]) -> list[VDI]:
    """The disks on `sr` that stand on base copies, of these parts, in their order."""
    found: dict[VDI, None] = {}
    for part in parts:
        for vm in part.machines:
            for drive in vm.all_of(VBD, vm.VBDs):
                disk = vm.home.one(VDI, drive.VDI)
                if disk is not None and sr.ref == disk.SR and "vhd-parent" in disk.sm_config:
                    found[disk] = None
    return list(found)
