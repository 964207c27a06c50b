"""A VM between two pools, over the wire: what was on its disks arrives, or, whatever goes wrong in the middle, nothing is different."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from data.identity import key_of
from data.objects import VM, Host, HostMetrics
from data.stores.directory import DataDirectory
from data.stores.vault import Vault
from tests.control.wired import Wired, wired
from tests.simulator.client import until
from tests.simulator.migrating import Place, place
from tests.waiting import PATIENCE
from xo_dash.control.actions import action
from xo_dash.control.audit import Audit
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.run import Run, RunState
from xo_dash.control.runner import Runner
from xo_dash.control.vm.disks import disks_of
from xo_dash.simulator.pool import Pool
from xo_dash.simulator.testing import Simulation, simulated
from xo_dash.simulator.transfer.disks import disks
from xo_dash.xapi.errors import NotConnected

DISKS: Final = 2
SPEED: Final = 200.0
SIZE: Final = 8 << 20
"""Bytes of a disk."""
SPREAD: Final = (0, 1 << 20, (5 << 20) + 4096, SIZE - 4096)
"""Where something is written."""


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    with simulated(hosts=(1, 1), vms=(0, 0), srs=(3, 3), speed=SPEED) as running:
        yield running


class Pools:
    """The VM goes from `here` to `there`."""

    def __init__(self, bench: Wired, here: Place, there: Place) -> None:
        self.bench, self.here, self.there = bench, here, there
        self.before, self.clean = here.counts(), there.counts()
        self.states: dict[str, str] = {}  # {name: power state}

    def made(self, name: str, state: str) -> tuple[str, str]:
        """(reference, checksum of what was written to its disks)"""
        vm = self.here.bare(name)
        self.states[name] = state
        for number in range(DISKS):
            self.here.make.drive(vm, self.here.make.disk(SIZE), str(number))
        for number, disk in enumerate(self.disks(self.here, vm)):
            self.here.pool.do(lambda pool, disk=disk, seed=number: written(pool, disk, f"{name} {seed}"))  # type: ignore[misc]
        if state != "Halted":
            self.here.x.call("VM.start", vm, False, False)
            until(lambda: "suspend" in self.here.make.get(vm, "allowed_operations"))
        if state == "Suspended":
            self.here.x.call("VM.suspend", vm)
        self.before, self.clean = self.here.counts(), self.there.counts()
        return vm, self.sums(self.here, vm)

    def disks(self, at: Place, vm: str) -> list[str]:
        drives = [at.x.call("VBD.get_record", one) for one in at.make.get(vm, "VBDs")]
        return [str(one["VDI"]) for one in sorted(drives, key=lambda one: one["userdevice"]) if one["type"] == "Disk"]

    def sums(self, at: Place, vm: str) -> str:
        return " ".join(at.pool.do(lambda pool, disk=disk: summed(pool, disk)) for disk in self.disks(at, vm))  # type: ignore[misc]

    def named(self, at: Place, name: str) -> list[str]:
        return [str(one) for one in at.x.call("VM.get_by_name_label", name)]

    async def row(self, name: str) -> VM:
        """As the mirror has it, once it has all of it."""

        def found() -> VM | None:
            row = next((vm for vm in self.bench.machines if vm.name_label == name), None)
            whole = row is not None and len(disks_of(row)) == DISKS and row.power_state == self.states[name]
            return row if row is not None and whole and "migrate_send" in row.allowed_operations else None

        row = await self.bench.until(found)
        assert row is not None
        return row

    async def begun(self, name: str, **values: object) -> Run:
        values |= {"host": self.goal}
        return self.bench.runner.start(self.bench.ann, action("vm.migrate"), [await self.row(name)], values)

    def speed(self, speed: float) -> None:
        """Of the clock; 0 holds everything."""
        self.here.pool.do(lambda pool: pool.clock.set_speed(speed))

    async def under_way(self, name: str, seconds: float, runner: Runner | None = None) -> Run:
        """A migration of which so many seconds have passed."""
        row = await self.row(name)
        self.speed(0)
        run = (runner or self.bench.runner).start(self.bench.ann, action("vm.migrate"), [row], {"host": self.goal})
        (item,) = run.items
        await self.bench.until(lambda: "migrate_send" in row.current_operations.values() or item.state.ended)
        assert not item.state.ended, item.reason
        await asyncio.to_thread(self.here.pool.advance, seconds)
        return run

    async def mended(self) -> None:
        """As it was before the trouble."""
        sr = self.there.make.sr

        def mend(pool: Pool) -> None:
            pool.db.set(pool.db.get(pool.master.ref, "metrics"), live=True)
            pool.db.set(sr, physical_utilisation=0)

        def is_whole() -> bool:
            rows = [row for home in self.bench.mirror for row in home.all(HostMetrics).values()]
            return all(row.live for row in rows) and all(home.server.is_live for home in self.bench.mirror)

        self.there.pool.do(mend)
        await self.bench.until(is_whole)
        self.here, self.there = place(self.here.pool), place(self.there.pool)  # a restart ends sessions

    @property
    def goal(self) -> str:
        (host,) = self.bench.mirror.pools["other-1"].all(Host).values()
        return key_of(host)


def written(pool: Pool, disk: str, seed: str) -> None:
    with disks(pool).open(disk, write=True) as opened:
        for place in SPREAD:
            opened.write(place, hashlib.sha256(f"{seed} {place}".encode()).digest() * 128)


def summed(pool: Pool, disk: str) -> str:
    found = hashlib.sha256()
    with disks(pool).open(disk) as opened:
        for place in range(0, SIZE, 1 << 20):
            found.update(opened.read(place, 1 << 20))
    return found.hexdigest()


@pytest.fixture
async def pools(simulation: Simulation, tmp_path: Path) -> AsyncIterator[Pools]:
    here, there = simulation.pools
    async with AsyncExitStack() as held:
        found = Pools(await held.enter_async_context(wired(here, tmp_path, there)), place(here), place(there))
        yield found
        found.speed(SPEED)


@pytest.mark.parametrize(("state", "copy"), [("Running", False), ("Halted", False), ("Suspended", False), ("Halted", True)])
async def test_disks_arrive_byte_for_byte(pools: Pools, state: str, copy: bool, tmp_path: Path) -> None:
    name = f"{state}-{copy}"
    vm, told = pools.made(name, state)
    uuid = pools.here.make.get(vm, "uuid")
    run = await pools.begun(name, copy=copy)
    await pools.bench.runner.ended(run)
    (item,) = run.items
    assert item.state is RunState.DONE, f"{item.code} {item.reason}"
    (arrived,) = pools.named(pools.there, name)
    assert pools.sums(pools.there, arrived) == told
    assert pools.there.make.get(arrived, "power_state") == state
    assert (pools.there.make.get(arrived, "uuid") == uuid) is not copy
    assert pools.named(pools.here, name) == ([vm] if copy else [])
    assert "session_id" not in (tmp_path / "audit.jsonl").read_text()
    if copy:
        assert pools.sums(pools.here, vm) == told and pools.here.counts() == pools.before


Trouble = Callable[[Pools], None]
"""Something that goes wrong while the task is under way."""


def line_cut(pools: Pools) -> None:
    pools.there.pool.do(lambda pool: pool.db.set(pool.db.get(pool.master.ref, "metrics"), live=False))


def target_full(pools: Pools) -> None:
    sr = pools.there.make.sr
    # more than there is: what is used goes up and down by itself
    pools.there.pool.do(lambda pool: pool.db.set(sr, physical_utilisation=2 * pool.db.get(sr, "physical_size")))


def restarted_here(pools: Pools) -> None:
    pools.here.x.call("host.restart_agent", pools.here.hosts[0])


def restarted_there(pools: Pools) -> None:
    pools.there.x.call("host.restart_agent", pools.there.hosts[0])


@pytest.mark.parametrize(
    ("trouble", "points", "state", "words"),
    [
        (line_cut, (0.0, 4.0), RunState.FAILED, ("cannot contact", "stopped responding; line_cut is running on xcp-lab-1, with its disks")),
        (target_full, (0.0,), RunState.FAILED, ("There is insufficient space); target_full is running on",)),
        (restarted_here, (0.0, 4.0), RunState.LOST, ("the pool lost track of the task; restarted_here is running now",)),
        (restarted_there, (0.0, 4.0), RunState.FAILED, ("cannot contact", "the destination stopped responding", "starting")),
    ],
)
async def test_whatever_goes_wrong_in_the_middle_the_source_is_whole_and_the_target_clean(
    pools: Pools, trouble: Trouble, points: tuple[float, ...], state: RunState, words: tuple[str, ...]
) -> None:
    """`points`: seconds after it began; at the first its disks are copied, at the second its memory."""
    name = trouble.__name__
    vm, told = pools.made(name, "Running")
    for point in points:
        run = await pools.under_way(name, point)
        (item,) = run.items
        trouble(pools)
        await asyncio.to_thread(pools.here.pool.advance, 1.0)  # a toolstack ends a second after it was told to; all pools have one clock
        pools.speed(SPEED)
        await asyncio.wait_for(pools.bench.runner.ended(run), 2 * PATIENCE)
        assert (item.state, item.left) == (state, []) and any(one in str(item.reason) for one in words), str(item.reason)
        await pools.mended()
        assert (pools.here.counts(), pools.there.counts()) == (pools.before, pools.clean)
        assert pools.here.make.get(vm, "power_state") == "Running" and pools.sums(pools.here, vm) == told


class Cut:
    """Connections of a program that is killed: from then on it sends nothing and hears of nothing."""

    def __init__(self, bench: Wired) -> None:
        self._bench = bench
        self.dead = asyncio.Event()

    def __call__(self, server_id: str) -> Any:
        if self.dead.is_set():
            raise NotConnected("it is dead")
        return self._bench.connections(server_id)


async def test_after_a_kill_in_the_middle_the_next_program_follows_it_to_its_end(pools: Pools, tmp_path: Path) -> None:
    bench, name = pools.bench, "killed"
    _vm, told = pools.made(name, "Running")
    files, cut = RunFiles(tmp_path / "first", Vault(DataDirectory(tmp_path / "first"))), Cut(bench)
    first = Runner(bench.mirror, cut, bench.users, Audit(tmp_path / "first"), files=files)
    run = await pools.under_way(name, 4.0, first)
    await files.settle()
    await asyncio.to_thread(shutil.copytree, tmp_path / "first", tmp_path / "second")
    cut.dead.set()
    await first.stop()
    second = Runner(
        bench.mirror, bench.connections, bench.users, Audit(tmp_path / "second"),
        files=RunFiles(tmp_path / "second", Vault(DataDirectory(tmp_path / "second"))),
    )  # fmt: skip
    await second.recall()
    (again,) = second.runs
    assert again.key == run.key
    pools.speed(SPEED)
    await asyncio.wait_for(second.ended(again), 2 * PATIENCE)
    assert again.state is RunState.DONE, again.items[0].reason
    (arrived,) = pools.named(pools.there, name)
    assert pools.sums(pools.there, arrived) == told and not pools.named(pools.here, name)
    await second.stop()
