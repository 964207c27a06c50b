"""To a pool of another program, through the doors that its xapi opens for that: /services/SM, /import_metadata, /services/xenops.

What waits there is transfer/vm_arrival.py.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import asdict
from typing import Any

import orjson

from .. import loads
from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..peer import LostError, once
from ..transfer import frames
from ..transfer.disks import disks
from . import vm_guest
from .vm_migrate_goal import Goal
from .vm_migrate_plan import MigrationPlan
from .vm_migrate_records import flags, peer_of, send_records

log = logging.getLogger(__name__)


class FarShelf:
    """SRs of the other pool. What is made gets a uuid from its driver, and by that a reference."""

    def __init__(self, call: Call, to: Goal) -> None:
        self._call, self._to, self._peer = call, to, peer_of(to)

    async def _driver(self, method: str, **parameters: Any) -> Any:
        asked = {"jsonrpc": "2.0", "method": method, "params": [parameters], "id": 1}
        return await self._peer.post("/services/SM", asked, session_id=self._peer.session)

    async def plug(self, host: str, sr: str) -> None:
        there = self._to.pool
        for pbd in there.db.get(sr, "PBDs"):
            record = there.db.record("PBD", pbd)
            wanted = record["host"] in (host, there.master.ref) and there.db.get(record["host"], "enabled")
            if wanted and not record["currently_attached"]:
                await self._peer.call("PBD.plug", pbd)
                there.db.set(pbd, currently_attached=True)

    async def make(self, sr: str, fields: Record, size: int) -> str:
        uuid = await self._driver("VDI.create", sr=self._to.pool.db.get(sr, "uuid"), vdi_info=fields, room=size)
        return str(await self._peer.call("VDI.get_by_uuid", uuid))

    async def fill(self, disk: str, copy: str, size: int) -> None:
        with disks(self._call.pool).open(disk) as held:
            whole = self._call.db.get(disk, "virtual_size")
            path = f"/services/SM/nbdproxy/import/{copy}"
            length = frames.length(held, whole)
            await self._peer.put(path, length, self._watched(frames.written(held, whole)), utilisation=str(size))
        self._call.check_cancelled()

    async def _watched(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in body:
            self._call.check_cancelled()
            yield piece

    async def link(self, origins: Mapping[str, str]) -> None:
        await self._driver("SR.update_snapshot_info_dest", snapshot_pairs=dict(origins))

    async def drop(self, copy: str) -> None:
        with suppress(LostError, XapiError):
            await self._driver("VDI.destroy", vdi=copy)


class FarArrival:
    """A VM in the other pool."""

    def __init__(self, call: Call, plan: MigrationPlan, made: dict[str, str], *, force: bool) -> None:
        self._call, self._plan, self._disks, self._force = call, plan, made, force
        self._vm, self._to, self._peer = plan.vms[0], plan.to, peer_of(plan.to)
        self._made: list[str] = []

    async def come(self, held: AsyncExitStack, *, alive: bool) -> None:
        pool, to = self._call.pool, self._to
        record = pool.db.record("VM", self._vm)
        asked = flags(record, force=self._force, copy=self._plan.copy)
        self._made = await send_records(pool, self._vm, to, {**self._disks, **self._plan.networks}, asked)
        if alive:
            await self._peer.call("host.allocate_resources_for_vm", to.host, self._made[0], True)

    async def settle(self, running: str) -> str:
        pool, vm = self._call.pool, self._made[0]
        uuid = await self._peer.call("VM.get_uuid", vm)
        told = orjson.dumps({"alive": bool(running), "inside": self._inside(uuid), **self._plugged()})
        await self._peer.put(f"/services/xenops/memory/{uuid}", len(told), once(told))
        self._call.check_cancelled()
        pool.db.set(self._call.task, allowed_operations=[])  # there is no way back from here
        await self._peer.call("VM.pool_migrate_complete", vm, self._to.host)
        if pool.db.get(self._vm, "ha_always_run") and not self._plan.copy:
            with suppress(LostError, XapiError):
                await self._peer.call("VM.set_ha_always_run", vm, True)
        return vm

    def _inside(self, uuid: str) -> dict[str, Any]:
        """What is in memory and on disks, and in no database: {uuid there: the guest and how busy it is}."""
        pool = self._call.pool
        found = {}
        for vm in self._plan.vms:
            own = pool.db.get(vm, "uuid")
            guest = vm_guest.guests(pool).get(own)
            found[uuid if vm == self._vm else own] = {"guest": asdict(guest) if guest else None, "load": loads.profiles(pool).get(own)}
        return found

    def _plugged(self) -> dict[str, list[str]]:
        """Devices that the VM sees."""
        db = self._call.db
        record = db.record("VM", self._vm)
        return {
            "drives": [db.get(v, "userdevice") for v in record["VBDs"] if db.get(v, "currently_attached")],
            "nics": [db.get(v, "device") for v in record["VIFs"] if db.get(v, "currently_attached")],
        }

    async def bring_messages(self) -> None:
        """A VM's messages go along; those that are lost on the way stay here."""
        pool, uuid = self._call.pool, self._call.db.get(self._vm, "uuid")
        mine = {ref: record for ref, record in pool.messages.items() if record["cls"] == "VM" and record["obj_uuid"] == uuid}
        told = orjson.dumps(list(mine.values()))
        try:
            await self._peer.master.put("/messages", len(told), once(told), cls="VM", uuid=uuid)
        except (LostError, XapiError) as error:
            log.info("migration: messages stay behind: %s", error)
            return
        for ref in mine:
            pool.messages.destroy(ref)

    async def discard(self) -> None:
        with suppress(LostError, XapiError):
            for vm in self._made:
                for snapshot in await self._peer.call("VM.get_snapshots", vm):
                    await self._peer.call("VM.destroy", snapshot)
                await self._peer.call("VM.destroy", vm)
