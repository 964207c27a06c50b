"""A pool that lives by itself: every now and then somebody or something in it does what people and programs do.

What happens, to whom and for how long follows from the pool's seed; when, from its clock. Whatever cannot happen now does not.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import loads, tasks
from .actor import Actor
from .admin_api import guests
from .classes import vm_guest, vm_life
from .database import Record
from .errors import XapiError
from .pool import Pool

log = logging.getLogger(__name__)

PAUSE = (9.0, 18.0)  # seconds between two scenes
DRIFT = 20.0  # seconds between two changes of an SR
AT_ONCE = 3  # scenes
KEPT = 3  # snapshots of ours that stay
AUTO = "auto "  # how their names begin
EXPENDABLE = frozenset({"lab", "dev", "ci", "k8s", "vdi", "legacy"})
MIB = 1 << 20


@dataclass(slots=True)
class Life:
    """One pool's scenes. `busy` are the VMs in one now."""

    pool: Pool
    dice: random.Random
    busy: set[str] = field(default_factory=set)
    running: int = 0
    scenes: Sequence[tuple[int, Callable[[], Scene | None]]] = ()

    actor: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.actor = Actor(self.pool, "automation")
        self.scenes = (
            (5, self.nap),
            (4, self.snapshot),
            (4, self.backup),
            (2, self.scan),
            (2, self.migrate),
            (2, self.reboot),
            (2, self.visit),
        )

    async def go_on(self) -> None:
        while True:
            await self.pool.clock.sleep(self.dice.uniform(*PAUSE))
            scene = self.chosen()
            if scene is not None:
                self.pool.spawn(self.play(scene))

    def chosen(self) -> Scene | None:
        """What happens next; None if nothing can."""
        order = list(self.scenes)
        while order and self.running < AT_ONCE:
            weight, make = self.dice.choices(order, [w for w, _ in order])[0]
            scene = make()
            if scene is not None:
                return scene
            order.remove((weight, make))
        return None

    async def play(self, scene: Scene) -> None:
        self.running += 1
        self.busy |= scene.vms
        try:
            await scene.work
        except XapiError as error:
            log.debug("%s", error)  # somebody else was faster
        finally:
            self.running -= 1
            self.busy -= scene.vms

    # who

    def vm(self, wanted: Callable[[Record], bool]) -> str:
        """One that nobody is busy with; "" if there is none."""
        found = [
            ref for ref, vm in self.pool.db.records("VM")
            if not (vm["is_a_template"] or vm["is_control_domain"] or vm["current_operations"] or ref in self.busy) and wanted(vm)
        ]  # fmt: skip
        return self.dice.choice(found) if found else ""

    def has_tools(self, vm: Record) -> bool:
        return bool(vm["power_state"] == "Running" and vm_guest.has_reported(self.pool, vm))

    def is_expendable(self, vm: Record) -> bool:
        hot = loads.profiles(self.pool).get(vm["uuid"]) == "hot"
        return not hot and self.has_tools(vm) and bool(EXPENDABLE & set(vm["tags"]))

    def name(self, ref: str) -> str:
        return str(self.pool.db.get(ref, "name_label"))

    # what

    def nap(self) -> Scene | None:
        """A guest powers itself off; somebody starts it again a little later, unless somebody else has."""
        vm = self.vm(self.is_expendable)
        return Scene(self._nap(vm, self.dice.uniform(25, 80)), {vm}) if vm else None

    async def _nap(self, vm: str, seconds: float) -> None:
        db = self.pool.db
        vm_life.shut_down_by_itself(self.pool, vm)
        await self.pool.clock.sleep(seconds)
        if db.exists(vm) and db.get(vm, "power_state") == "Halted":
            await self.actor.call("VM.start", vm, False, False)

    def visit(self) -> Scene | None:
        """Somebody needs a VM that was off, for some minutes."""
        vm = self.vm(lambda r: r["power_state"] == "Halted" and bool(EXPENDABLE & set(r["tags"])))
        return Scene(self._visit(vm, self.dice.uniform(90, 240)), {vm}) if vm else None

    async def _visit(self, vm: str, seconds: float) -> None:
        await self.actor.call("VM.start", vm, False, False)
        await self.pool.clock.sleep(seconds)
        if self.pool.db.exists(vm) and self.has_tools(self.pool.db.record("VM", vm)):
            await self.actor.call("VM.clean_shutdown", vm)

    def reboot(self) -> Scene | None:
        vm = self.vm(self.is_expendable)
        return Scene(self._reboot(vm), {vm}) if vm else None

    async def _reboot(self, vm: str) -> None:
        await self.actor.call("VM.clean_reboot", vm)

    def migrate(self) -> Scene | None:
        """To another host, where one can take it."""
        vm = self.vm(self.has_tools) if len(self.pool.db.rows("host")) > 1 else ""
        return Scene(self._migrate(vm), {vm}) if vm else None

    async def _migrate(self, vm: str) -> None:
        home = self.pool.db.get(vm, "resident_on")
        possible = await self.pool.run("VM.get_possible_hosts", vm)
        if others := [host for host in possible if host != home]:
            await self.actor.call("VM.pool_migrate", vm, others[0], {"live": "true"})

    def snapshot(self) -> Scene | None:
        vm = self.vm(lambda r: r["power_state"] in ("Running", "Halted") and "prod" in r["tags"])
        return Scene(self._snapshot(vm), {vm}) if vm else None

    async def _snapshot(self, vm: str) -> None:
        """The oldest one of ours goes when there are enough."""
        db = self.pool.db
        await self.actor.call("VM.snapshot", vm, f"{AUTO}{self.pool.clock.iso()}", [])
        ours = [(r["snapshot_time"], ref) for ref, r in db.records("VM") if r["is_a_snapshot"] and r["name_label"].startswith(AUTO)]
        for _, old in sorted(ours)[:-KEPT]:
            disks = [db.get(vbd, "VDI") for vbd in db.get(old, "VBDs") if db.get(vbd, "type") == "Disk"]
            await self.actor.call("VM.destroy", old)
            for disk in disks:
                if db.exists(disk) and db.get(disk, "is_a_snapshot"):
                    await self.actor.call("VDI.destroy", disk)

    def scan(self) -> Scene | None:
        srs = [ref for ref, sr in self.pool.db.records("SR") if sr["shared"] and not sr["is_tools_sr"] and not sr["current_operations"]]
        return Scene(self._scan(self.dice.choice(srs))) if srs else None

    async def _scan(self, sr: str) -> None:
        await self.actor.call("SR.scan", sr)

    def backup(self) -> Scene | None:
        """A backup program's own task; it goes on elsewhere, and is only told of here."""
        vm = self.vm(self.has_tools)
        return Scene(self._backup(vm, self.dice.uniform(24, 42))) if vm else None

    async def _backup(self, vm: str, seconds: float) -> None:
        task = tasks.create(self.pool, f"Backup of {self.name(vm)}", "Incremental, by the backup program", host=self.pool.master.ref)
        await guests.advance(self.pool, task, 0.0, seconds)

    async def drift(self) -> None:
        """What is used of file systems goes up and down a little, more up than down."""
        db = self.pool.db
        while True:
            await self.pool.clock.sleep(DRIFT)
            srs = [ref for ref, sr in db.records("SR") if sr["type"] in ("ext", "nfs", "smb") and sr["content_type"] == "user"]
            if not srs:
                continue
            sr = self.dice.choice(srs)
            record = db.record("SR", sr)
            used = record["physical_utilisation"] + int(self.dice.uniform(-120, 200)) * MIB
            if 0 < used < record["physical_size"] * 0.985:
                db.set(sr, physical_utilisation=used)


@dataclass(frozen=True, slots=True)
class Scene:
    work: Coroutine[Any, Any, None]
    vms: set[str] = field(default_factory=set)


async def live(pool: Pool) -> None:
    """Until the pool closes."""
    life = Life(pool, random.Random(pool.facts.get("life", 0)))  # noqa: S311  the same seed lives the same life
    parts = [life.go_on(), life.drift()]
    if unfinished := pool.facts.get("unfinished"):
        parts.append(guests.advance(pool, unfinished, pool.db.get(unfinished, "progress"), 90.0))
    async with asyncio.TaskGroup() as group:
        for part in parts:
            group.create_task(part)
