"""A mirror that is kept fresh, for tests: `async with synced(pool) as house: await house.until(...)`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from data.mirror import Mirror, PoolMirror
from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.servers import ServerRecord, ServerStore, TlsMode
from data.stores.vault import Vault
from tests.waiting import until
from xo_dash.simulator.testing import SimulatedPool
from xo_dash.sync.servers import Servers


@dataclass(frozen=True)
class House:
    mirror: Mirror
    store: ServerStore
    servers: Servers

    async def add(
        self, pool: SimulatedPool, *, address: str = "", password: str = "", tls: TlsMode = TlsMode.CA, **more: str
    ) -> PoolMirror:
        record = await self.servers.add(address or pool.url, pool.user, password or pool.password, tls=tls, **more)
        return self.mirror.pools[record.id]

    def record(self, pool: PoolMirror) -> ServerRecord:
        return self.store.need(pool.id)

    async def becomes(self, pool: PoolMirror, state: ServerState) -> None:
        await until(lambda: pool.server.state is state)

    async def live(self, pool: PoolMirror) -> PoolMirror:
        await self.becomes(pool, ServerState.LIVE)
        return pool


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    directory = DataDirectory(folder)
    store = ServerStore(directory, Vault(directory))
    mirror = Mirror()
    servers = Servers(mirror, store)
    await servers.start()
    try:
        yield House(mirror, store, servers)
    finally:
        await servers.stop()
        directory.close()
