"""What fills an SR: its disks by the VM that has them, with their snapshots and base copies. Pure, and in steps: it may be thousands."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from data.chains import chain_below
from data.names import name_order
from data.objects import SR, VDI, VM
from data.storage import DiskKind, disk_kind, machine_of, owners_of
from data.types import Ref, timestamp

STEP: Final = 20
"""Disks that are looked at in one step."""


class Holder(StrEnum):
    """Who or what a part of an SR is for."""

    MACHINES = "machines"  # one VM or template; several that share base copies
    IMAGE = "image"  # for CD drives
    SYSTEM = "system"  # XAPI's own
    NOBODY = "nobody"  # disks, snapshots and base copies that nothing has


@dataclass(slots=True)
class Part:
    """What lies on an SR for one holder. Bytes of the nodes themselves; of what the driver cannot tell nothing is counted."""

    holder: Holder
    machines: tuple[VM, ...] = ()
    image: VDI | None = None
    current: int = 0
    snapshots: int = 0
    bases: int = 0
    disks: int = 0  # base copies not counted
    merging: int = 0  # of the base copies what stands under one node alone, which the SR can merge
    merges: int = 0  # how many such base copies
    merge_room: int = 0  # free space that the one of them needs most while it is merged
    old: int = 0  # of the snapshots those from before the moment that was asked about
    olds: int = 0
    nodes: list[VDI] = field(default_factory=list, repr=False, compare=False)  # of the sum of several none

    @property
    def used(self) -> int:
        return self.current + self.snapshots + self.bases


Owner = tuple[Holder, VM | VDI | None]
Contents = Generator[None, None, list[Part]]
"""Pauses, and at last the parts, the largest first."""


@dataclass(slots=True)
class _Survey:
    old_before: float = 0.0
    own: dict[Owner, Part] = field(default_factory=dict)
    below: dict[VDI, dict[Owner, None]] = field(default_factory=dict)  # base copy: who has disks above it

    def add(self, vdi: VDI) -> None:
        kind = disk_kind(vdi)
        if kind is DiskKind.BASE:
            self.below.setdefault(vdi, {})
            return
        owner = _owner(vdi, kind)
        part = self.own.get(owner)
        if part is None:
            part = self.own[owner] = _part(owner)
        part.disks += 1
        part.nodes.append(vdi)
        if vdi.is_a_snapshot:
            part.snapshots += max(0, vdi.physical_utilisation)
            if (timestamp(vdi.snapshot_time) or math.inf) < self.old_before:
                part.old += max(0, vdi.physical_utilisation)
                part.olds += 1
        else:
            part.current += max(0, vdi.physical_utilisation)
        self._mark_below(vdi, owner)

    def _mark_below(self, vdi: VDI, owner: Owner) -> None:
        """Down the chain, until where this owner has been: that ends a ring of them too."""
        while (base := _below(vdi)) is not None and owner not in self.below.setdefault(base, {}):
            self.below[base][owner] = None
            vdi = base

    def parts(self, sr: SR) -> Contents:
        shared: dict[frozenset[Owner], Part] = {}
        for base, owners in self.below.items():
            if sr.ref == base.SR:
                part = self._part_below(owners, shared)
                part.bases += max(0, base.physical_utilisation)
                part.nodes.append(base)
                if len(above := base.home.above(base)) == 1:
                    part.merging += max(0, base.physical_utilisation)
                    part.merges += 1
                    part.merge_room = max(part.merge_room, _merge_room(sr, base, next(iter(above))))
            yield  # a golden image may be below thousands
        return sorted([*self.own.values(), *shared.values()], key=lambda part: -part.used)

    def _part_below(self, owners: dict[Owner, None], shared: dict[frozenset[Owner], Part]) -> Part:
        """Of one owner that owner's; of several one of their own, so that nothing is counted twice."""
        if len(owners) == 1:
            return self.own[next(iter(owners))]
        if not any(isinstance(one, VM) for _holder, one in owners):
            nobody = (Holder.NOBODY, None)
            return self.own.setdefault(nobody, _part(nobody))
        key = frozenset(owners)
        if key not in shared:
            machines = [one for _holder, one in owners if isinstance(one, VM)]
            shared[key] = Part(Holder.MACHINES, tuple(sorted(machines, key=name_order)))
        return shared[key]


def contents_of(sr: SR, old_before: float = 0.0) -> Contents:
    """The parts of `sr`: run it to its end, with pauses where it makes some. `old_before`: epoch seconds; older snapshots are counted."""
    survey = _Survey(old_before)
    for place, ref in enumerate(tuple(sr.VDIs)):
        vdi = sr.home.one(VDI, ref)
        if vdi is not None:
            survey.add(vdi)
        if place % STEP == STEP - 1:
            yield
    return (yield from survey.parts(sr))


def together(parts: Iterable[Part]) -> Part:
    """Several as one."""
    total = Part(Holder.MACHINES)
    for part in parts:
        total.current += part.current
        total.snapshots += part.snapshots
        total.bases += part.bases
        total.disks += part.disks
        total.merging += part.merging
        total.merges += part.merges
        total.merge_room = max(total.merge_room, part.merge_room)
        total.old += part.old
        total.olds += part.olds
    return total


@dataclass(slots=True)
class DiskShare:
    """What one disk of a part takes, with its snapshots and the base copies below it; `disk` None: whatever stands below no shown disk."""

    disk: VDI | None
    links: int = 0  # nodes of its chain, itself counted
    current: int = 0
    snapshots: int = 0
    bases: int = 0

    @property
    def used(self) -> int:
        return self.current + self.snapshots + self.bases


def shares_of(part: Part, most: int) -> list[DiskShare]:
    """The largest disks of a part, and the rest as one, so that the sum is that of the part. A node counts once, at the first above it."""
    disks = sorted((node for node in part.nodes if node.managed and not node.is_a_snapshot), key=lambda disk: -disk.physical_utilisation)
    left, shots = set(part.nodes), dict[Ref, list[VDI]]()
    for node in part.nodes:
        if node.is_a_snapshot:
            shots.setdefault(node.snapshot_of, []).append(node)
    found = [_share(disk, shots.get(disk.ref, ()), left) for disk in disks[:most]]
    rest = DiskShare(None, 0, *(whole - sum(told) for whole, told in (
        (part.current, (one.current for one in found)), (part.snapshots, (one.snapshots for one in found)),
        (part.bases, (one.bases for one in found)))))  # fmt: skip
    found.sort(key=lambda one: -one.used)
    return [*found, rest] if left else found


def _share(disk: VDI, snapshots: Iterable[VDI], left: set[VDI]) -> DiskShare:
    below = chain_below(disk)
    bases = [node for node in below if node in left]
    snapshots = [node for node in snapshots if node in left]
    left.difference_update([disk], bases, snapshots)
    return DiskShare(disk, 1 + len(below), *(sum(max(0, node.physical_utilisation) for node in nodes)
                                             for nodes in ([disk], snapshots, bases)))  # fmt: skip


class Use(StrEnum):
    """What the space of an SR is used for, as one bar shows it."""

    CURRENT = "current"
    SNAPSHOTS = "snapshots"
    BASES = "bases"
    MERGING = "merging"  # base copies that wait to be merged
    ORPHANS = "orphans"  # whatever of it nothing has
    OTHER = "other"  # not of disks: files of others, what a driver keeps for itself
    FREE = "free"


def uses_of(parts: Iterable[Part], used: int, free: int) -> dict[Use, int]:
    """Bytes of each; `used` and `free` as the SR tells, -1 where it does not. What disks cannot account for is OTHER."""
    parts = tuple(parts)
    kept = together(part for part in parts if part.holder is not Holder.NOBODY)
    lost = together(part for part in parts if part.holder is Holder.NOBODY)
    found = {
        Use.CURRENT: kept.current, Use.SNAPSHOTS: kept.snapshots, Use.BASES: kept.bases - kept.merging, Use.MERGING: kept.merging,
        Use.ORPHANS: lost.used,
    }  # fmt: skip
    found[Use.OTHER] = max(0, used - sum(found.values()))
    found[Use.FREE] = max(0, free)
    return found


def node_use(vdi: VDI) -> Use:
    """What one node is, as that bar has it."""
    kind = disk_kind(vdi)
    if kind is DiskKind.BASE:
        return Use.MERGING if len(vdi.home.above(vdi)) == 1 else Use.BASES
    return {DiskKind.ORPHAN: Use.ORPHANS, DiskKind.SNAPSHOT: Use.SNAPSHOTS}.get(kind, Use.CURRENT)


def _owner(vdi: VDI, kind: DiskKind) -> Owner:
    if kind is DiskKind.IMAGE:
        return Holder.IMAGE, vdi
    if kind is DiskKind.SYSTEM:
        return Holder.SYSTEM, None
    if kind is DiskKind.ORPHAN:
        return Holder.NOBODY, None
    return Holder.MACHINES, machine_of(owners_of(vdi)[0])


def _part(owner: Owner) -> Part:
    holder, one = owner
    return Part(holder, (one,) if isinstance(one, VM) else (), one if isinstance(one, VDI) else None)


def _merge_room(sr: SR, base: VDI, above: VDI) -> int:
    """Source: what is above is written into the base copy before it goes; on volumes that is first made as large as the disk."""
    grows = max(0, base.virtual_size - base.physical_utilisation)
    return grows if sr.type.startswith("lvm") else max(0, min(grows, above.physical_utilisation))


def _below(vdi: VDI) -> VDI | None:
    """The base copy that `vdi` stands on."""
    below = vdi.home.by_uuid(VDI, vdi.sm_config.get("vhd-parent", ""))
    return None if below is None or below.managed else below
