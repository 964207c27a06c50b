"""Disks on their way to other SRs: copies that take over from the originals, or vanish when something fails."""

from __future__ import annotations

import contextlib
from contextlib import AsyncExitStack
from typing import Any

from ..call import Call
from ..errors import XapiError
from ..pool import Pool
from ..transfer import disks as contents
from ..types import NULL
from . import vdi, vdi_storage
from .vm_migrate_goal import Goal
from .vm_migrate_line import Line
from .vm_migrate_plan import Plan

KEPT = ("name_label", "name_description", "virtual_size", "type", "sharable", "read_only", "other_config", "xenstore_data", "tags",
        "on_boot", "allow_caching", "is_a_snapshot", "snapshot_time")  # fmt: skip
FORMATS = ("vhd", "qcow2", "raw")


def check_formats(to: Goal, plan: Plan, wanted: dict[str, str]) -> None:
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

    def __init__(self, call: Call, far: Call, plan: Plan) -> None:
        self._call, self._far, self._plan = call, far, plan
        self.made: dict[str, str] = {}
        self._marked = AsyncExitStack()

    async def __aenter__(self) -> Moved:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._marked.aclose()

    async def copy_all(self, line: Line) -> None:
        for disk in self._plan.moving(self._call.db):
            self._call.check_cancelled()
            await self._marked.enter_async_context(self._call.operation(disk, "mirror"))
            await self._copy(disk, self._plan.srs[disk], line)
        there = self._far.db
        for disk, copy in self.made.items():
            there.set(copy, snapshot_of=self.made.get(self._call.db.get(disk, "snapshot_of"), NULL))

    async def _copy(self, disk: str, sr: str, line: Line) -> None:
        """SR_BACKEND_FAILURE_44 if it does not fit; what was made so far is in `made`."""
        record, there = self._call.db.record("VDI", disk), self._far.pool
        size = vdi.written(record)
        vdi_storage.reserve(there, sr, min(size, record["virtual_size"]))
        fields: dict[str, Any] = {k: record[k].copy() if isinstance(record[k], list | dict) else record[k] for k in KEPT}
        copy = self.made[disk] = vdi_storage.create(there, sr, {**fields, "metadata_of_pool": ""})
        await line.carry(size)
        vdi.fill(self._far, copy, min(size, record["virtual_size"]))
        contents.copied(self._call.pool, disk, copy, there)

    def discard(self) -> None:
        for copy in self.made.values():
            if self._far.db.exists(copy):
                sr = self._far.db.get(copy, "SR")
                vdi_storage.forget(self._far.pool, copy)
                vdi_storage.sweep_later(self._far.pool, sr)

    async def drop_originals(self) -> None:
        """One that somebody else still uses stays; so does one whose SR has gone."""
        for disk in self.made:
            with contextlib.suppress(XapiError):
                await self._call.run("VDI.destroy", disk)


async def plug(far: Call, host: str, sr: str) -> None:
    """The SR is plugged into the host and into the master, where it has been prepared."""
    for pbd in far.db.get(sr, "PBDs"):
        record = far.db.record("PBD", pbd)
        wanted = record["host"] in (host, far.pool.master.ref) and far.db.get(record["host"], "enabled")
        if wanted and not record["currently_attached"]:
            await far.run("PBD.plug", pbd)


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
