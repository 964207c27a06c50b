"""Changes of a VM that wait for a restart: what XAPI takes only while it is halted is written down in its other_config.

One key for each thing, so that two people's changes do not overwrite each other: `xodash:pending:memory`, `xodash:pending:vcpus`,
`xodash:pending:disk:<uuid of the disk>`. Values are JSON with the start of the VM's uuid: in a copy of the VM they mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from data.facts.vm import is_up, vcpus_online
from data.objects import VBD, VDI, VM
from data.types import XapiObject

PREFIX: Final = "xodash:pending:"
MEMORY: Final = f"{PREFIX}memory"
VCPUS: Final = f"{PREFIX}vcpus"
DISK: Final = f"{PREFIX}disk:"
OWNER: Final = 8
"""Characters of the VM's uuid."""

Bytes = Annotated[int, Meta(ge=0, le=1 << 56)]
Few = Annotated[int, Meta(ge=1, le=1 << 16)]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """What one key holds."""

    vm: str  # the start of its uuid


W = TypeVar("W", bound=Waiting)


class MemoryWaiting(Waiting, frozen=True, kw_only=True):
    """Limits, in bytes."""

    static_max: Bytes
    dynamic_min: Bytes
    dynamic_max: Bytes


class CpusWaiting(Waiting, frozen=True, kw_only=True):
    """How many it has, could have, and how many make a socket."""

    at_startup: Few
    most: Few
    cores: Few


class DiskWaiting(Waiting, frozen=True, kw_only=True):
    """A disk's size, in bytes."""

    size: Bytes


@dataclass(frozen=True, slots=True)
class Pending:
    """Everything that waits; `disks` are by their uuid."""

    memory: MemoryWaiting | None = None
    vcpus: CpusWaiting | None = None
    disks: Mapping[str, DiskWaiting] = field(default_factory=dict)
    at_startup: int = 0  # vCPUs that it starts with, where it has others now; XAPI keeps this by itself

    @property
    def keys(self) -> list[str]:
        """The keys in other_config that say so."""
        found = [key for key, value in ((MEMORY, self.memory), (VCPUS, self.vcpus)) if value is not None]
        return [*found, *(f"{DISK}{uuid}" for uuid in self.disks)]

    @property
    def count(self) -> int:
        return len(self.keys) + bool(self.at_startup)

    def __bool__(self) -> bool:
        return self.count > 0


def pending_of(vm: VM) -> Pending:
    """What waits for the next restart of `vm`; what is of another VM, or cannot be read, is left out."""
    config = vm.other_config
    if not any(key.startswith(PREFIX) for key in config):
        return Pending(at_startup=_at_startup(vm))
    vcpus = _read(CpusWaiting, vm, config.get(VCPUS, ""))
    return Pending(
        memory=_read(MemoryWaiting, vm, config.get(MEMORY, "")),
        vcpus=vcpus if vcpus is not None and vcpus.at_startup <= vcpus.most else None,
        disks=dict(_disks(vm)),
        at_startup=0 if vcpus is not None else _at_startup(vm),
    )


def written(waiting: Waiting) -> str:
    """What is kept of it."""
    return msgspec.json.encode(waiting).decode()


def owner(vm: XapiObject) -> str:
    return vm.uuid[:OWNER]


def _at_startup(vm: VM) -> int:
    now = vcpus_online(vm) if is_up(vm) else 0
    return vm.VCPUs_at_startup if now and vm.VCPUs_at_startup != now else 0


def _disks(vm: VM) -> Iterator[tuple[str, DiskWaiting]]:
    """Those of disks that are still the VM's, and smaller."""
    own = {disk.uuid: disk for drive in vm.all_of(VBD, vm.VBDs) if (disk := vm.home.one(VDI, drive.VDI)) is not None}
    for key, text in vm.other_config.items():
        disk = own.get(key.removeprefix(DISK)) if key.startswith(DISK) else None
        waiting = _read(DiskWaiting, vm, text) if disk is not None else None
        if disk is not None and waiting is not None and waiting.size > disk.virtual_size:
            yield disk.uuid, waiting


def _read(kind: type[W], vm: VM, text: str) -> W | None:
    try:
        waiting = msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return waiting if waiting.vm == owner(vm) else None
