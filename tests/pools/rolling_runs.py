"""Rolling runs over the wire and on a pool that does what a test says, with a clock that can be put forward."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from data.mirror import Mirror
from data.objects import Host, HostMetrics
from data.stores.directory import DataDirectory
from data.stores.users import Role
from data.stores.vault import Vault
from data.types import Ref
from tests.control.fake_pool import Users, ends_at_once, user
from tests.control.wired import Wired
from tests.networks.place import Place
from tests.waiting import PATIENCE
from xo_dash.control.audit import Audit
from xo_dash.control.resume.files import RunFiles
from xo_dash.control.rolling.engine import RollingRuns
from xo_dash.control.rolling.pauses import PAUSED
from xo_dash.control.rolling.request import RollHosts
from xo_dash.control.rolling.state import Rolling
from xo_dash.control.runner import Runner
from xo_dash.control.task_waiter import Connections

EVE = user(Role.ADMIN, "eve")


@asynccontextmanager
async def rolling_in(bench: Wired) -> AsyncIterator[RollingRuns]:
    users = Users({EVE.id: bench.hire(EVE)})
    engine = RollingRuns(bench.mirror, bench.runner, bench.connections, users, bench.folder)
    try:
        yield engine
    finally:
        await engine.stop()


async def until(engine: RollingRuns, true: Callable[[], bool], seconds: float = 60.0) -> None:
    stirred = asyncio.Event()
    unsubscribe = engine.observe(lambda _rolling: stirred.set())
    try:
        async with asyncio.timeout(seconds):
            while not true():
                stirred.clear()
                await stirred.wait()
    finally:
        unsubscribe()


def at_rest(rolling: Rolling) -> bool:
    """Whether it waits for a person, or has ended: what it waits for, or how it ended, is looked at then."""
    return bool(rolling.paused or rolling.ended)


async def answered(engine: RollingRuns, rolling: Rolling, what: str) -> None:
    """Return when it has come to rest after this answer."""
    so_far = len(rolling.log)
    assert engine.answer(EVE, rolling, what) is None
    await until(engine, lambda: bool(rolling.ended) or any(line.what == PAUSED for line in rolling.log[so_far:]))


async def begun(engine: RollingRuns, bench: Wired, **values: bool) -> Rolling:
    started = await engine.start(EVE, RollHosts(**values), bench.pool)  # type: ignore[arg-type]
    assert isinstance(started, Rolling), str(started)
    return started


@asynccontextmanager
async def one_life(
    mirror: Mirror, connections: Connections, users: Users, folder: Path, clock: Callable[[], float] = time.time
) -> AsyncIterator[tuple[RollingRuns, Runner]]:  # fmt: skip
    """A program with what the last one left on the disk, until it ends."""
    runner = Runner(mirror, connections, users, Audit(folder), files=RunFiles(folder, Vault(DataDirectory(folder))))
    engine = RollingRuns(mirror, runner, connections, users, folder, clock)
    try:
        await runner.recall()
        engine.recall()
        yield engine, runner
    finally:
        await engine.stop()
        await runner.stop()


class AheadLoop(asyncio.SelectorEventLoop):
    """Its clock can be put forward: what has waited long enough by that is over at once."""

    ahead = 0.0  # seconds

    def time(self) -> float:
        return super().time() + self.ahead

    async def passes(self, seconds: float, true: Callable[[], bool]) -> None:
        """So much time goes by, again and again, until this is so: what is waited for may not have begun to wait yet."""
        end = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < end, "it has not come to be so"
            self.ahead += seconds
            await asyncio.sleep(0)


def rebooting(place: Place, *, returns: Callable[[Host], bool]) -> None:
    """Hosts go down when they are told so, and come back unless they do not."""
    fake = place.fake

    def reboot(ref: Ref) -> Ref:
        host = fake.home.all(Host)[ref]
        fake.change(fake.home.all(HostMetrics)[host.metrics], live=False)
        if returns(host):
            up(place, host)
        return ends_at_once(fake)()

    def sets(*, enabled: bool) -> Callable[[Ref], Ref]:
        def change(ref: Ref) -> Ref:
            fake.change(fake.home.all(Host)[ref], enabled=enabled)
            return ends_at_once(fake)()

        return change

    fake.answers |= {"Async.host.reboot": reboot, "Async.host.disable": sets(enabled=False), "Async.host.enable": sets(enabled=True)}


def up(place: Place, host: Host) -> None:
    place.fake.change(host, other_config={**host.other_config, "boot_time": "99"})
    place.fake.change(place.fake.home.all(HostMetrics)[host.metrics], live=True)
