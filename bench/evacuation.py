"""Ten hosts and 300 VMs: each host is emptied and filled again by the runner, over the wire; how long that takes, what holds the loop."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bench.figures import Figure
from data.identity import key_of
from data.maintenance import away_from
from data.objects import Host, Pool
from data.stores.users import Role, User
from data.turns import give_way
from tests.control.fake_pool import user
from tests.control.wired import Wired, wired
from xo_dash.control.actions import action, get_ready
from xo_dash.control.host.departures import EnterMaintenance, decided, departures
from xo_dash.control.pool.balance import BalancePool, SuggestedMove
from xo_dash.control.run import Run, RunState
from xo_dash.control.vm.migration.checks import AT_ONCE
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.simulator.testing import simulated
from xo_dash.sync import gc_tuning

HOSTS, VMS, QUEUED, TARGETS, SPEED = 10, 300, 50, 60, 400.0
TICK = 0.0005  # seconds; what was worked within one counts as late


class Gaps:
    """How late timers came, seconds, as far as the loop's own thread worked meanwhile: the simulator beside it does not count."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    async def __aenter__(self) -> Gaps:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            started, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK)
            late = time.perf_counter() - started - TICK
            self.seen.append(min(late, time.thread_time() - worked))


@asynccontextmanager
async def as_served() -> AsyncIterator[None]:
    """As the program is once it is up: by itself the collector would look at the simulator's objects in the midst of our work."""
    get_ready()
    gc_tuning.settle()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


async def figures() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, simulated((HOSTS,), (VMS,), (4,), speed=SPEED) as simulation:
        async with wired(simulation.pools[0], Path(folder)) as bench, as_served():
            ann = bench.hire(user(Role.ADMIN, "root"))
            enter, back = action("host.maintenance"), action("host.bring_back")
            left = 0
            began = time.perf_counter()
            async with Gaps() as gaps:
                for host in list(bench.home.all(Host).values()):
                    asked = decided(EnterMaintenance(at_once=4), host)
                    await give_way()  # to a page these are answers of their own, and so is the next host
                    if enter.faults(asked, host):
                        await give_way()
                        continue  # somebody would have to decide
                    await _done(bench.runner.run(ann, enter, [host], asked))
                    await bench.until(lambda host=host: not host.enabled)  # type: ignore[misc]
                    left += away_from(host).total
                    await _done(bench.runner.run(ann, back, [host]))
            took = time.perf_counter() - began
            async with Gaps() as queued:
                most = await _throttled(bench, ann)
    return [
        Figure(f"evacuation: {HOSTS} hosts with {VMS} VMs emptied and filled again", took, "s", None, f"{left} VMs went and came"),
        Figure("... the loop held meanwhile, at most", max(gaps.seen) * 1000, "ms", 5, "processor time"),
        Figure(f"... of {QUEUED} migrations queued, at a time at most", most, "moves", 4, "as many as were asked for"),
        Figure("... the loop held while they are, at most", max(queued.seen) * 1000, "ms", 5, "processor time"),
    ]  # fmt: skip


async def targets_checked() -> list[Figure]:
    """One VM and 60 hosts that may take it: until the first answers, and until the last."""
    with tempfile.TemporaryDirectory() as folder, simulated((TARGETS,), (TARGETS,), (4,), speed=1) as simulation:
        async with wired(simulation.pools[0], Path(folder)) as bench:
            vm = next(vm for vm in bench.machines if "pool_migrate" in vm.allowed_operations)
            wanted = [(vm, MigrateVM(host=key_of(host))) for host in bench.home.all(Host).values()]
            told: list[float] = []
            began = time.perf_counter()
            async with Gaps() as gaps:
                await bench.runner.migration_checks.ask(wanted, lambda *_one: told.append(time.perf_counter() - began))
    first = told[AT_ONCE - 1] * 1000
    return [
        Figure(f"checking {TARGETS} targets of one VM: first {AT_ONCE} answers", first, "ms", 300, f"{AT_ONCE} at a time"),
        Figure("... all answers", told[-1] * 1000, "ms", None, f"{len(told)} answers"),
        Figure("... the loop held at most", max(gaps.seen) * 1000, "ms", 5, "processor time"),
    ]  # fmt: skip


async def _throttled(bench: Wired, ann: User) -> float:
    """The most of fifty moves that were under way together."""
    (pool,) = bench.home.all(Pool).values()
    going = [departures(decided(EnterMaintenance(), host), host).evacuation.moves for host in bench.home.all(Host).values() if host.enabled]
    moves = [SuggestedMove(vm=vm.uuid, host=to.uuid) for one in going for vm, to in one.items()]
    most = 0

    def look(run: Run) -> None:
        nonlocal most
        branches = [one for item in run.items for step in item.steps for one in step.inside]
        most = max(most, sum(one.state is RunState.RUNNING for one in branches))

    stop = bench.runner.observe(look)
    await bench.runner.run(ann, action("pool.balance"), [pool], BalancePool(moves=tuple(moves[:QUEUED]), at_once=4))
    stop()
    return float(most)


async def _done(going: Awaitable[Run]) -> None:
    (item,) = (await going).items
    assert item.state is RunState.DONE, str(item.reason)
