"""Disks on their way to other SRs: copies that take over from the originals, or vanish when something fails."""

from __future__ import annotations

import contextlib
from contextlib import AsyncExitStack

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..types import NULL
from . import vdi
from .vm_migrate_duration import MigrationTraffic
from .vm_migrate_goal import Goal
from .vm_migrate_plan import MigrationPlan
from .vm_migrate_sides import Shelf, kept

FORMATS = ("vhd", "qcow2", "raw")


def check_formats(to: Goal, plan: MigrationPlan, wanted: dict[str, str]) -> None:
    """VDI_INCOMPATIBLE_TYPE for an image format that the driver of the SR cannot make."""
    for disk, sr in plan.srs.items():
        image, record = wanted.get(disk, ""), to.pool.db.record("SR", sr)
        if not image:
            continue
        if image not in FORMATS:
            raise XapiError("INTERNAL_ERROR", f'Record_util.Record_failure("Expected one of: {", ".join(FORMATS)}; got {image}")')
        held = to.pool.db.find("SM", type=record["type"])
        made = to.pool.db.get(held[0], "supported_image_formats") if held else []
        if made and image not in made:
            raise XapiError("VDI_INCOMPATIBLE_TYPE", f"Image format {image} is not supported by {record['uuid']}")


class Moved:
    """The disks of a plan that have been copied so far: `made` is {disk: its copy}."""

    def __init__(self, call: Call, shelf: Shelf, plan: MigrationPlan) -> None:
        self._call, self.shelf, self._plan = call, shelf, plan
        self.made: dict[str, str] = {}
        self._marked = AsyncExitStack()

    async def __aenter__(self) -> Moved:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._marked.aclose()

    async def copy_all(self, line: MigrationTraffic) -> None:
        for disk in self._plan.moving(self._call.db):
            self._call.check_cancelled()
            await self._marked.enter_async_context(self._call.operation(disk, "mirror"))
            await self._copy(disk, self._plan.srs[disk], line)
        db = self._call.db
        await self.shelf.link({copy: self.made.get(db.get(disk, "snapshot_of"), NULL) for disk, copy in self.made.items()})

    async def _copy(self, disk: str, sr: str, line: MigrationTraffic) -> None:
        """SR_BACKEND_FAILURE_44 if it does not fit; what was made so far is in `made`."""
        record = self._call.db.record("VDI", disk)
        size = vdi.written(record)
        fits = min(size, record["virtual_size"])
        copy = self.made[disk] = await self.shelf.make(sr, kept(record), fits)
        await line.carry(size)
        await self.shelf.fill(disk, copy, fits)

    async def discard(self) -> None:
        for copy in self.made.values():
            await self.shelf.drop(copy)

    async def drop_originals(self) -> None:
        """One that somebody else still uses stays; so does one whose SR has gone."""
        for disk in self.made:
            with contextlib.suppress(XapiError):
                await self._call.run("VDI.destroy", disk)


def remap(pool: Pool, vm: str, made: dict[str, str]) -> None:
    """Within a pool: the drives of a VM or snapshot, and its memory image, are the copies now."""
    db = pool.db
    for vbd in db.get(vm, "VBDs"):
        if db.get(vbd, "VDI") in made:
            db.set(vbd, VDI=made[db.get(vbd, "VDI")])
    if db.get(vm, "suspend_VDI") in made:
        db.set(vm, suspend_VDI=made[db.get(vm, "suspend_VDI")])


def relink(pool: Pool, made: dict[str, str]) -> None:
    """Within a pool: snapshots of what has moved are snapshots of the copies, wherever they are."""
    for disk, copy in made.items():
        for shot in list(pool.db.get(disk, "snapshots")):
            pool.db.set(made.get(shot, shot), snapshot_of=copy)
        origin = pool.db.get(disk, "snapshot_of")
        if origin != NULL:
            pool.db.set(copy, snapshot_of=made.get(origin, origin))
