"""A simulated pool in a mirror, by the real client, and a runner that changes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from data.generation import DatabaseGeneration
from data.mirror import Mirror, PoolMirror
from data.objects import KINDS, VM, Pool
from data.server import Server, ServerState
from data.stores.users import User
from tests.control.fake_pool import Users, user
from tests.waiting import PATIENCE
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner
from xo_dash.control.vm.kinds import is_machine
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import XapiError
from xo_dash.xapi.events import Token
from xo_dash.xapi.tls import Trust

T = TypeVar("T")


class Wired:
    """`vm("vm-1")`, `runner`, `ann` (an operator)."""

    def __init__(
        self, connections: Mapping[str, Connection], mirror: Mirror, home: PoolMirror, runner: Runner, users: Users, folder: Path,
        hears: asyncio.Event,
    ) -> None:  # fmt: skip
        self.connections = connections.__getitem__
        self.connection = connections[home.id]
        self.mirror = mirror
        self.home = home
        self.hears = hears
        """While it is not set, no event reaches the mirror."""
        self.runner = runner
        self.folder = folder
        self.users = users
        self.ann = self.hire(user())

    def hire(self, one: User) -> User:
        """Somebody the runner knows."""
        self.users[one.id] = one
        return one

    @property
    def pool(self) -> Pool:
        """The pool's own row."""
        return next(iter(self.home.all(Pool).values()))

    @property
    def machines(self) -> list[VM]:
        """Those people mean by a VM."""
        return [vm for vm in self.home.all(VM).values() if is_machine(vm)]

    def halted(self) -> VM:
        """One that can be started."""
        return next(vm for vm in self.machines if "start" in vm.allowed_operations)

    async def until(self, true: Callable[[], T], seconds: float = PATIENCE) -> T:
        """Wait for a change of the mirror or of a run after which it is true."""
        stirred = asyncio.Event()
        unsubscribe = self.mirror.observe(lambda _changes: stirred.set())
        unsubscribe_too = self.runner.observe(lambda _run: stirred.set())
        try:
            async with asyncio.timeout(seconds):
                while not (value := true()):
                    stirred.clear()
                    await stirred.wait()
                return value
        finally:
            unsubscribe()
            unsubscribe_too()


@asynccontextmanager
async def wired(
    pool: SimulatedPool, folder: Path, *others: SimulatedPool, patience: float = 20.0, shown_within: float = PATIENCE
) -> AsyncIterator[Wired]:
    """`others` are in the mirror too, as the servers "other-1", ..."""
    mirror, users = Mirror(), Users()
    connections: dict[str, Connection] = {}
    runner = Runner(mirror, connections.__getitem__, users, Audit(folder), patience=patience, shown_within=shown_within)
    hears = asyncio.Event()
    hears.set()
    async with AsyncExitStack() as open_pools:
        for number, one in enumerate((pool, *others)):
            home = mirror.add(Server(id=f"other-{number}" if number else "lab", label="lab", address=one.url, state=ServerState.LIVE))
            connections[home.id] = await open_pools.enter_async_context(_followed(mirror, home, one, hears))
        try:
            yield Wired(connections, mirror, mirror.pools["lab"], runner, users, folder, hears)
        finally:
            hears.set()
            await runner.stop()


@asynccontextmanager
async def _followed(mirror: Mirror, home: PoolMirror, pool: SimulatedPool, hears: asyncio.Event) -> AsyncIterator[Connection]:
    """A connection that keeps `home` as the pool is."""
    connection = Connection(Address.parse(pool.url), pool.user, pool.password, Trust(plain=True), originator="tests")
    await connection.sign_in()
    ready, stopping = asyncio.Event(), asyncio.Event()

    async def follow() -> None:
        token = Token()
        while not stopping.is_set():
            try:
                batch = await connection.events(KINDS, token, 0.3)
            except XapiError:
                mirror.set_server(home.server, state=ServerState.UNREACHABLE)
                token = Token()
                await asyncio.sleep(0.05)
                with suppress(XapiError):
                    await connection.sign_in()
                continue
            await hears.wait()
            mirror.apply(home, batch.events, complete=() if token.database else KINDS)
            home.part(DatabaseGeneration).reach(batch.token.database)
            mirror.set_server(home.server, state=ServerState.LIVE)
            token = batch.token
            ready.set()

    following = asyncio.create_task(follow())
    try:
        await asyncio.wait_for(ready.wait(), PATIENCE)
        yield connection
    finally:
        stopping.set()
        await following  # a poll that is left open would outlive the simulator
        await connection.close()
