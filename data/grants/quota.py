"""Quotas: how much a user, or a group together, may have; and what somebody has. A VM is its owner's: who created it.

What counts: VMs (no templates), their vCPUs and memory as they are configured, and the disks attached to them, by their size. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from data.facts.vm import is_up
from data.identity import key_of
from data.objects import SR, VDI, VM, Network
from data.pending import pending_of
from data.types import XapiObject
from data.vms import disks_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Of a user or of a group, one of both. A limit of None: none."""

    id: str
    user_id: str = ""
    group_id: str = ""
    vms: int | None = None
    vcpus: int | None = None
    memory: int | None = None  # bytes
    disk: int | None = None  # bytes
    srs: tuple[str, ...] = ()  # keys, see data.identity; none: any that is seen
    networks: tuple[str, ...] = ()  # the same
    running: bool = False  # vCPUs and memory count only while a VM runs

    @property
    def name(self) -> str:
        """What the audit calls it."""
        return f"quota of {'user' if self.user_id else 'group'} {self.user_id or self.group_id}"

    def allows(self, row: XapiObject) -> bool:
        """Whether an SR or network may be used."""
        return not self._named(row) or self.names(row)

    def names(self, row: XapiObject) -> bool:
        """Whether it is one of those that may be used."""
        named = self._named(row)
        return bool(named) and (key_of(row) in named or row.uuid in named)

    def _named(self, row: XapiObject) -> tuple[str, ...]:
        return self.srs if isinstance(row, SR) else self.networks if isinstance(row, Network) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose a VM is, or a disk that was no VM's when it was made."""

    id: str  # its key
    user_id: str

    @property
    def name(self) -> str:
        """What the audit calls it."""
        return self.id


class Amounts(NamedTuple):
    """What VMs have, or what something would need; bytes."""

    vms: int = 0
    vcpus: int = 0
    memory: int = 0
    disk: int = 0

    def plus(self, other: Amounts) -> Amounts:
        return Amounts(*(mine + more for mine, more in zip(self, other, strict=True)))

    def times(self, count: int) -> Amounts:
        return Amounts(*(mine * count for mine in self))


NOTHING: Final = Amounts()


class Limit(NamedTuple):
    """One resource of a quota: what is used, and how much may be."""

    resource: str
    used: int
    most: int


def limits(quota: Quota, used: Amounts) -> list[Limit]:
    """Those that it has."""
    return [
        Limit(resource, amount, most)
        for resource, amount in used._asdict().items()
        if (most := getattr(quota, resource)) is not None
    ]  # fmt: skip


def exceeded(quota: Quota, used: Amounts, more: Amounts) -> Limit | None:
    """The first limit that would be passed; what is above it already and stays as it is passes none."""
    for limit in limits(quota, used):
        needed: int = getattr(more, limit.resource)
        if needed > 0 and limit.used + needed > limit.most:
            return limit
    return None


def amounts_of(vm: VM, *, running: bool = False) -> Amounts:
    """What one VM counts. `running`: vCPUs and memory only while it runs."""
    disk = sum(vdi.virtual_size for vdi in disks_of(vm))
    if vm.is_a_template:
        return Amounts(disk=disk)
    if running and not is_up(vm):
        return Amounts(vms=1, disk=disk)
    return Amounts(1, *_configured(vm), disk)


def _configured(vm: VM) -> tuple[int, int]:
    """vCPUs, and bytes of memory: what it has, or will have after its next start."""
    waits = pending_of(vm)
    vcpus = max(1, vm.VCPUs_max, waits.vcpus.most if waits.vcpus else 0)
    return vcpus, max(vm.memory_static_max, waits.memory.static_max if waits.memory else 0)


def used_by(vms: Iterable[VM], disks: Iterable[VDI], quota: Quota) -> Amounts:
    """What VMs have, and disks that are attached to none of them."""
    used, attached = NOTHING, set[VDI]()
    for vm in vms:
        used = used.plus(amounts_of(vm, running=quota.running))
        attached.update(disks_of(vm))
    return used.plus(Amounts(disk=sum(disk.virtual_size for disk in disks if disk not in attached)))
