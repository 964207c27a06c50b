"""What fills an SR: its disks by the VM that has them, with their snapshots and base copies. Pure, and in steps: it may be thousands."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from data.objects import SR, VDI, VM
from data.storage import DiskKind, disk_kind, machine_of, owners_of

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

    @property
    def used(self) -> int:
        return self.current + self.snapshots + self.bases


Owner = tuple[Holder, VM | VDI | None]
Contents = Generator[None, None, list[Part]]
"""Pauses, and at last the parts, the largest first."""


@dataclass(slots=True)
class _Survey:
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
        if vdi.is_a_snapshot:
            part.snapshots += max(0, vdi.physical_utilisation)
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
                self._part_below(owners, shared).bases += max(0, base.physical_utilisation)
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
            shared[key] = Part(Holder.MACHINES, tuple(sorted(machines, key=lambda vm: vm.name_label)))
        return shared[key]


def contents_of(sr: SR) -> Contents:
    """The parts of `sr`: run it to its end, with pauses where it makes some."""
    survey = _Survey()
    for place, ref in enumerate(tuple(sr.VDIs)):
        vdi = sr.home.one(VDI, ref)
        if vdi is not None:
            survey.add(vdi)
        if place % STEP == STEP - 1:
            yield
    return (yield from survey.parts(sr))


def finished(contents: Contents) -> list[Part]:
    """The parts, without a pause."""
    while True:
        try:
            next(contents)
        except StopIteration as end:
            parts: list[Part] = end.value
            return parts


def together(parts: Iterable[Part]) -> Part:
    """Several as one."""
    total = Part(Holder.MACHINES)
    for part in parts:
        total.current += part.current
        total.snapshots += part.snapshots
        total.bases += part.bases
        total.disks += part.disks
    return total


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


def _below(vdi: VDI) -> VDI | None:
    """The base copy that `vdi` stands on."""
    below = vdi.home.by_uuid(VDI, vdi.sm_config.get("vhd-parent", ""))
    return None if below is None or below.managed else below
