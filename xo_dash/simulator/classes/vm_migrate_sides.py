"""What a migration asks of the side that receives: disks and records, in a pool of this program or behind a xapi's doors."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Protocol

from ..call import Call
from ..database import Record
from ..transfer import disks as contents
from . import vdi, vdi_storage

KEPT = ("name_label", "name_description", "virtual_size", "type", "sharable", "read_only", "other_config", "xenstore_data", "tags",
        "on_boot", "allow_caching", "is_a_snapshot", "snapshot_time")  # fmt: skip


class Shelf(Protocol):
    """Where copies of disks are put. SRs and copies are references there."""

    def plug(self, host: str, sr: str) -> Awaitable[None]:
        """The SR is plugged into the host and into the master, where it has been prepared."""

    def make(self, sr: str, fields: Record, size: int) -> Awaitable[str]:
        """An empty disk, of which `size` bytes will be written. SR_BACKEND_FAILURE_44 if they do not fit."""

    def fill(self, disk: str, copy: str, size: int) -> Awaitable[None]:
        """What is on `disk`, which is ours, is on `copy`."""

    def link(self, origins: Mapping[str, str]) -> Awaitable[None]:
        """{copy: the copy of the disk that it is a snapshot of, or NULL}"""

    def drop(self, copy: str) -> Awaitable[None]: ...


class Arriving(Protocol):
    """A VM and its snapshots that come into a pool."""

    def come(self, held: AsyncExitStack, *, alive: bool) -> Awaitable[None]:
        """The records are there, not to be used yet; a place is kept for one that runs."""

    def settle(self, running: str) -> Awaitable[str]:
        """They may be used: the VM's reference there. `running` is the host where it goes on, "" if it does not."""

    def bring_messages(self) -> Awaitable[None]: ...

    def discard(self) -> Awaitable[None]: ...


def kept(record: Record) -> dict[str, Any]:
    """What a copy of a disk has from it."""
    return {name: record[name].copy() if isinstance(record[name], list | dict) else record[name] for name in KEPT}


class NearShelf:
    """SRs of a pool of this program: `call` works where the disks come from, `far` where they go."""

    def __init__(self, call: Call, far: Call) -> None:
        self._call, self._far = call, far

    async def plug(self, host: str, sr: str) -> None:
        far = self._far
        for pbd in far.db.get(sr, "PBDs"):
            record = far.db.record("PBD", pbd)
            wanted = record["host"] in (host, far.pool.master.ref) and far.db.get(record["host"], "enabled")
            if wanted and not record["currently_attached"]:
                await far.run("PBD.plug", pbd)

    async def make(self, sr: str, fields: Record, size: int) -> str:
        vdi_storage.reserve(self._far.pool, sr, size)
        return vdi_storage.create(self._far.pool, sr, {**fields, "metadata_of_pool": ""})

    async def fill(self, disk: str, copy: str, size: int) -> None:
        vdi.fill(self._far, copy, size)
        contents.copied(self._call.pool, disk, copy, self._far.pool)

    async def link(self, origins: Mapping[str, str]) -> None:
        for copy, origin in origins.items():
            self._far.db.set(copy, snapshot_of=origin)

    async def drop(self, copy: str) -> None:
        if self._far.db.exists(copy):
            sr = self._far.db.get(copy, "SR")
            vdi_storage.forget(self._far.pool, copy)
            vdi_storage.sweep_later(self._far.pool, sr)
