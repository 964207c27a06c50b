"""A pool that lives by itself: visibly, believably, the same for the same seed, and out of people's way."""

import asyncio
import subprocess
import sys
from collections import Counter
from typing import Any

from tests.simulator.inside import built
from xo_dash.simulator import life
from xo_dash.simulator.database import Interest
from xo_dash.simulator.life import Life
from xo_dash.simulator.pool import Pool

MINUTE = 60.0


class Watched:
    """Everything that clients of the pool saw happen: (second, class, name, what)."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.seen: list[tuple[int, str, str, str]] = []
        self._start = pool.clock.now()
        self._token = pool.db.generation
        self._told = 0

    async def for_(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            await self.pool.clock.advance(1)
            self._look()

    def _look(self) -> None:
        changes = self.pool.db.changes(self._token, Interest())
        self._token = changes.last
        for row in changes.modified + changes.added:
            what = row.record.get("power_state") or row.record.get("status") or ""
            self.seen.append((round(self.pool.clock.now() - self._start), row.cls, row.record.get("name_label", ""), what))

    def names(self, cls: str) -> Counter[str]:
        return Counter(name for _, c, name, _ in self.seen if c == cls)


async def lived(seconds: float, seed: str = "test", **size: int) -> Watched:
    pool = await built(seed=seed, **size)
    pool.spawn(life.live(pool))
    watched = Watched(pool)
    await watched.for_(seconds)
    await pool.close()
    return watched


async def test_something_happens_all_the_time() -> None:
    watched = await lived(10 * MINUTE)
    moments = sorted({second for second, *_ in watched.seen})
    assert max(b - a for a, b in zip([0, *moments], moments, strict=False)) <= 30
    started = {name.removeprefix("Async.") for name in watched.names("task")}
    assert len(started & {"VM.start", "VM.snapshot", "VM.clean_reboot", "VM.pool_migrate", "SR.scan"}) >= 4
    assert any(name.startswith("Backup of ") for name in started)
    stopped = {name for _, cls, name, what in watched.seen if cls == "VM" and what == "Halted" and not name.startswith("auto ")}
    assert stopped, "guests power themselves off"
    assert watched.names("SR")["nfs-vault"] or watched.names("SR")["Local storage"]


async def test_the_same_seed_lives_the_same_life() -> None:
    one, same, other = await lived(3 * MINUTE), await lived(3 * MINUTE), await lived(3 * MINUTE, "else")
    assert one.seen == same.seen
    assert one.seen != other.seen


async def test_after_an_hour_all_is_still_well() -> None:
    """Nothing piles up, nobody is stuck, everything fits."""
    pool = await built(index=1, hosts=2, vms=30)
    before = counted(pool)
    pool.start()
    pool.spawn(life.live(pool))
    for _ in range(120):
        await pool.clock.advance(30)
    now, db = counted(pool), pool.db
    assert 0 <= now["snapshots"] - before["snapshots"] <= life.KEPT + 1
    assert abs(now["running"] - before["running"]) <= 6
    assert now["VDI"] - before["VDI"] < 20 and now["task"] < 260
    for _, vm in db.records("VM"):
        assert len(vm["current_operations"]) <= 1
    for _, host in db.records("host"):
        held = sum(db.get(vm, "memory_dynamic_max") + db.get(vm, "memory_overhead") for vm in host["resident_VMs"])
        assert held + host["memory_overhead"] <= db.get(host["metrics"], "memory_total")
    for _, sr in db.records("SR"):
        assert 0 <= sr["physical_utilisation"] <= sr["physical_size"]
    await pool.close()


def counted(pool: Pool) -> dict[str, int]:
    vms = [vm for _, vm in pool.db.records("VM")]
    return {
        "snapshots": sum(vm["is_a_snapshot"] for vm in vms),
        "running": sum(vm["power_state"] == "Running" for vm in vms),
        **{cls: len(pool.db.rows(cls)) for cls in ("VDI", "task")},
    }


async def test_an_unfinished_task_is_finished() -> None:
    pool = await built()
    task = pool.facts["unfinished"]
    pool.spawn(life.live(pool))
    await pool.clock.advance(45)
    assert 0.5 < pool.db.get(task, "progress") < 0.9 and pool.db.get(task, "status") == "pending"
    await pool.clock.advance(60)
    assert pool.db.get(task, "status") == "success"
    await pool.close()


async def test_a_backup_can_be_cancelled() -> None:
    pool = await built()
    pool.spawn(life.live(pool))
    await pool.clock.advance(1)
    await pool.run("task.cancel", pool.facts["unfinished"])
    await pool.clock.advance(5)
    assert pool.db.get(pool.facts["unfinished"], "status") == "cancelled"
    await pool.close()


async def scene(pool: Pool, name: str) -> Any:
    """Play this one; what it is about."""
    living = Life(pool, pool.rng)
    chosen = getattr(living, name)()
    pool.spawn(living.play(chosen))
    await pool.clock.advance(0)
    return next(iter(chosen.vms), None)


async def test_a_guest_stops_and_comes_back_with_its_addresses() -> None:
    pool = await built()
    vm = await scene(pool, "nap")
    assert pool.db.get(vm, "power_state") == "Halted"
    for _ in range(200):
        await pool.clock.advance(0.5)
    assert pool.db.get(vm, "power_state") == "Running"
    assert "0/ip" in pool.db.get(pool.db.get(vm, "guest_metrics"), "networks")
    await pool.close()


async def test_who_starts_it_first_is_not_disturbed() -> None:
    pool = await built()
    vm = await scene(pool, "nap")
    starting = asyncio.ensure_future(pool.run("VM.start", vm, False, False))
    await pool.clock.advance(12)
    await starting
    boot = pool.db.get(pool.db.get(vm, "metrics"), "start_time")
    await pool.clock.advance(200)
    assert pool.db.get(pool.db.get(vm, "metrics"), "start_time") == boot
    await pool.close()


async def test_a_vm_that_is_destroyed_meanwhile_is_no_error() -> None:
    pool = await built()
    vm = await scene(pool, "nap")
    await pool.run("VM.destroy", vm)
    await pool.clock.advance(200)
    assert not pool.db.exists(vm)
    await pool.close()


async def test_sessions_that_end_are_opened_again() -> None:
    pool = await built()
    living = Life(pool, pool.rng)
    for _ in range(2):
        answer = asyncio.ensure_future(living.actor.call("SR.scan", pool.db.find("SR", name_label="iso")[0]))
        await pool.clock.advance(10)
        assert await answer == ""
        pool.sessions.logout_all()
    await pool.close()


async def test_without_life_nothing_happens() -> None:
    pool = await built()
    pool.start()
    generation = pool.db.generation
    await pool.clock.advance(5 * MINUTE)
    assert pool.db.generation == generation
    await pool.close()


def test_the_program_ends_with_the_one_that_started_it() -> None:
    """And not before: standard input is a pipe that nobody writes to."""
    command = [
        sys.executable,
        "-m",
        "xo_dash",
        "simulate",
        "--port",
        "18990",
        "--pools",
        "2",
        "--hosts",
        "2,1",
        "--vms",
        "4,2",
        "--until-stdin-closes",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdin and program.stdout and program.stderr
        lines = [program.stdout.readline() for _ in range(2)]
        assert "lab-pool" in lines[0] and "home" in lines[1], program.stderr.read()
        assert program.poll() is None
        program.stdin.close()
        assert program.wait(60) == 0
        assert program.stderr.read() == ""
