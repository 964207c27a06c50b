"""VMs: to another SR, host or pool, with their disks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..peer import LostError
from ..pool import Pool
from ..registry import message
from ..types import NULL
from . import (
    durations,
    vdi,
    vm_life,
    vm_memory,
    vm_migrate,
    vm_migrate_disks,
    vm_migrate_duration,
    vm_migrate_plan,
    vm_migrate_rules,
    vm_placement,
    vm_power,
    vm_record,
)
from .vm_migrate_arrival import Arrival
from .vm_migrate_disks import Moved
from .vm_migrate_duration import MigrationTraffic
from .vm_migrate_far import FarArrival, FarShelf
from .vm_migrate_goal import Goal, goal
from .vm_migrate_plan import MigrationPlan
from .vm_migrate_rules import Map
from .vm_migrate_sides import Arriving, NearShelf

log = logging.getLogger(__name__)

AT_ONCE = 3  # storage migrations that a host sends


@message("VM.migrate_send")
async def migrate_send(call: Call, vm: str, dest: Map, live: bool, vdi_map: Map, vif_map: Map, options: Map,
                       vgpu_map: Map | None = None, vdi_format_map: Map | None = None) -> str:  # fmt: skip
    """The VM's reference, a new one if it went to another pool; with the option `copy` that of the other one."""
    db = call.db
    source = db.get(vm, "resident_on")
    to = await goal(call, dest)
    async with call.operation(vm, "migrate_send"):
        await vm_migrate_rules.check(call.pool, vm, to, vdi_map, vif_map, options)
        alive = db.get(vm, "power_state") == "Running"
        async with reserved(call, vm, to) as sender:
            made = await send(call, vm, to, sender, vdi_map, vif_map, options, vdi_format_map or {})
    if alive and not to.abroad:
        vm_migrate.tell_migrated(call, vm, source, to.host)
    return made


@asynccontextmanager
async def reserved(call: Call, vm: str, to: Goal) -> AsyncIterator[str]:
    """The host that sends. A place is kept on the receiving one; one in another pool does that by itself."""
    db = call.db
    async with AsyncExitStack() as held:
        if db.get(vm, "power_state") == "Running":
            machine.need_home(call.pool, vm)
            if not to.abroad:
                await held.enter_async_context(vm_power.placed(call, vm, to.host, "vm_migrate"))
            yield str(db.get(vm, "resident_on"))
            return
        try:
            sender = vm_placement.choose(call.pool, vm, durations.dice(call.pool))
        except XapiError:
            if not to.abroad:
                raise
            sender = reaching(call.pool, vm)
        else:
            await held.enter_async_context(vm_power.placed(call, vm, sender, "vm_migrate"))
        yield sender


def reaching(pool: Pool, vm: str) -> str:
    """A host that sees the VM's disks, whether the VM could run there or not. NO_HOSTS_AVAILABLE."""
    needed = set(vm_placement.storage_of(pool.db, pool.db.record("VM", vm)))
    for host in pool.db.rows("host"):
        if vm_memory.is_live(pool.db, host) and needed <= vm_placement.seen_by(pool.db, host):
            return host
    raise XapiError("NO_HOSTS_AVAILABLE")


@contextmanager
def limited(pool: Pool, host: str) -> Iterator[None]:
    """TOO_MANY_STORAGE_MIGRATES while the host sends as many as it can."""
    running: dict[str, int] = pool.facts.setdefault("storage_migrations", {})
    if running.get(host, 0) >= AT_ONCE:
        raise XapiError("TOO_MANY_STORAGE_MIGRATES", AT_ONCE)
    running[host] = running.get(host, 0) + 1
    try:
        yield
    finally:
        running[host] -= 1


async def send(call: Call, vm: str, to: Goal, sender: str, vdi_map: Map, vif_map: Map, options: Map, formats: Map) -> str:
    """Disks, memory, hand-over. What fails before that leaves the VM where and as it was, but for an ejected CD."""
    with limited(call.pool, sender):
        copy = options.get("copy") == "true"
        plan = vm_migrate_plan.plan(call.pool, vm, to, vdi_map, vif_map, sender=sender, copy=copy)
        vm_migrate_disks.check_formats(to, plan, formats)
        await eject_cds(call, vm, vdi_map)
        packed = vm_migrate_duration.compressed(call.pool, options, local=to.host == sender)
        if to.peer:
            moved = Moved(call, FarShelf(call, to), plan)
            arrival: Arriving = FarArrival(call, plan, moved.made, force=options.get("force") == "true")
            return await Journey(call, vm, plan, moved, arrival).go(sender, packed=packed)
        far = Call(to.pool, to.session, to.pool.master, "VM.migrate_send", label="VM.metadata_import")
        try:
            moved = Moved(call, NearShelf(call, far), plan)
            return await Journey(call, vm, plan, moved, Arrival(call, far, plan, moved.made)).go(sender, packed=packed)
        finally:
            far.close()


async def eject_cds(call: Call, vm: str, vdi_map: Map) -> None:
    """CDs stay behind, unless the map keeps them; those of a suspended VM cannot be ejected."""
    db = call.db
    if db.get(vm, "power_state") == "Suspended":
        return
    for vbd in list(db.get(vm, "VBDs")):
        drive = db.record("VBD", vbd)
        if drive["type"] == "CD" and db.exists(drive["VDI"]) and vdi_map.get(drive["VDI"]) != db.get(drive["VDI"], "SR"):
            await call.run("VBD.eject", vbd)


class Journey:
    """One VM on its way: disks, records, memory. Within a pool there are no records to be sent."""

    def __init__(self, call: Call, vm: str, plan: MigrationPlan, moved: Moved, arrival: Arriving) -> None:
        self._call, self._vm, self._plan, self._moved, self._arrival = call, vm, plan, moved, arrival
        self._to = plan.to

    @property
    def _alive(self) -> bool:
        return bool(self._call.db.get(self._vm, "power_state") == "Running")

    async def go(self, sender: str, *, packed: bool) -> str:
        db, moved = self._call.db, self._moved
        disks = sum(vdi.written(db.record("VDI", disk)) for disk in self._plan.moving(db))
        memory = int(db.get(self._vm, "memory_dynamic_max")) if self._alive else 0
        leaving = MigrationTraffic(self._call, sender, self._to.pool, self._to.pif, disks + memory)
        async with moved, leaving as line:
            try:
                await self._find_storage()
                await moved.copy_all(line)
                async with AsyncExitStack() as held:
                    if self._to.abroad:
                        await self._arrival.come(held, alive=self._alive)
                    if self._alive:
                        await line.carry(memory, packed=packed)
                    await self._call.sleep(durations.seconds(self._call.pool, "pool_migrate"))
                    machine.need(self._call.pool, sender)
                    self._check_there()
                    made = await self._hand_over()
            except BaseException as error:
                await self._arrival.discard()
                await moved.discard()
                if isinstance(error, LostError):
                    log.info("migration: %s", error)
                    raise XapiError("VM_MIGRATE_CONTACT_REMOTE_SERVICE_FAILED") from None
                raise
            db.set(self._call.task, allowed_operations=[])  # there is no way back from here
            if not self._plan.copy:
                await moved.drop_originals()
        return made

    async def _find_storage(self) -> None:
        """SRs that get something are plugged there; a running VM needs those of its other disks as well. VM_REQUIRES_SR."""
        moving = self._plan.moving(self._call.db)
        for disk in moving:
            await self._moved.shelf.plug(self._to.host, self._plan.srs[disk])
        seen = vm_placement.seen_by(self._to.pool.db, self._to.host)
        for disk, sr in self._plan.srs.items():
            if sr not in seen and (disk in moving or self._alive):
                raise XapiError("VM_REQUIRES_SR", self._vm, sr)

    def _check_there(self) -> None:
        self._call.check_cancelled()
        to = self._to
        if to.pool.closed or not vm_memory.is_live(to.pool.db, to.host) or not machine.is_up(to.pool, to.host):
            raise XapiError("VM_MIGRATE_CONTACT_REMOTE_SERVICE_FAILED")

    async def _hand_over(self) -> str:
        """Within this program at once: whoever looks sees the VM here or there."""
        if not self._to.abroad:
            self._settle_here(self._moved)
            return self._vm
        made = await self._arrival.settle(self._to.host if self._alive else "")
        if not self._plan.copy:
            await self._arrival.bring_messages()
            self._leave()
        return made

    def _settle_here(self, moved: Moved) -> None:
        pool = self._call.pool
        vm_migrate_disks.relink(pool, moved.made)
        seen = vm_placement.seen_by(pool.db, self._to.host)
        for vm in self._plan.vms:
            vm_migrate_disks.remap(pool, vm, moved.made)
            if pool.db.get(vm, "suspend_SR") not in (NULL, *seen):
                pool.db.set(vm, suspend_SR=NULL)
        if self._alive:
            vm_life.built(pool, self._vm, self._to.host, booted=False)
        for vm in self._plan.vms:
            vm_life.refresh_all(pool, vm)

    def _leave(self) -> None:
        pool = self._call.pool
        vm_life.gone(pool, self._vm)
        for vm in self._plan.vms:
            vm_record.remove(pool, vm)
