"""What a rolling run sees of its pool, and the commands that it gives there besides those for the hosts' turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from data.facts.pool import own_pool
from data.mirror import Mirror
from data.objects import Host, Pool
from data.types import XapiObject
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.local_user import Users
from xo_dash.control.packed_text import packed
from xo_dash.control.rolling.aside import WHAT, aside_of, turned_off, turned_on
from xo_dash.control.rolling.book import RollingBook
from xo_dash.control.rolling.found import is_back
from xo_dash.control.rolling.pauses import NOBODY
from xo_dash.control.rolling.state import HostTurn, PutAside, Rolling
from xo_dash.control.run import RunState
from xo_dash.control.runner import Runner
from xo_dash.i18n import N_

SEEN_WITHIN: Final = 60.0
"""Seconds until the mirror shows what was just done."""


class RollingCommands:
    """Given in the name of whoever started the run, or went on with it."""

    def __init__(self, mirror: Mirror, runner: Runner, users: Users, book: RollingBook) -> None:
        self._mirror, self._runner, self._users, self._book = mirror, runner, users, book

    def pool(self, rolling: Rolling) -> Pool | None:
        home = self._mirror.pools.get(rolling.pool)
        return own_pool(home) if home is not None and home.uuid == rolling.pool_uuid else None

    def host_now(self, rolling: Rolling, turn: HostTurn) -> Host | None:
        """None also while the pool is not connected: nobody knows then how it is."""
        home = self._mirror.pools.get(rolling.pool)
        return home.by_uuid(Host, turn.host) if home is not None and home.server.is_live else None

    async def host(self, rolling: Rolling, turn: HostTurn) -> Host | None:
        await self.connected(rolling)
        return self.host_now(rolling, turn)

    async def back(self, rolling: Rolling, turn: HostTurn) -> None:
        """Return when it is heard, and has booted since its turn began."""
        await self._until(lambda: (host := self.host_now(rolling, turn)) is not None and is_back(host, turn))

    async def connected(self, rolling: Rolling) -> None:
        """Until the pool is connected: before that nobody knows how it is."""
        await self._until(lambda: (home := self._mirror.pools.get(rolling.pool)) is not None and home.server.is_live)

    async def _until(self, true: Callable[[], bool]) -> None:
        stirred = asyncio.Event()
        unsubscribe = self._mirror.observe(lambda _changes: stirred.set())
        try:
            while not true():
                stirred.clear()
                await stirred.wait()
        finally:
            unsubscribe()

    async def do(
        self, rolling: Rolling, row: AnyAction, subject: XapiObject, values: Mapping[str, object] | msgspec.Struct, how: str = ""
    ) -> LazyText | None:
        """None if it was done, else why not. `how`: what has become then of what it turns off or on, for the log."""
        user = self._users.get(rolling.user_id)
        if user is None:
            self._book.note(rolling, NOBODY)
            return lazy(NOBODY)
        request: Any = values
        run = await self._runner.run(user, row, [subject], request)
        item = run.items[0]
        if item.state is RunState.DONE:
            self._book.note(rolling, WHAT.get(row.id, row.done), item.name, packed(lazy(how)) if how else None)
            return None
        reason = item.reason or lazy(N_("not done"))
        self._book.note(rolling, row.title, item.name, packed(reason))
        return reason

    # what is put aside

    async def prepare(self, rolling: Rolling) -> bool:
        """HA, auto-start and workload balancing off, what they were being on the disk first."""
        pool = self.pool(rolling)
        if rolling.prepared or pool is None:
            return rolling.prepared
        if rolling.aside == PutAside():
            rolling.aside = aside_of(pool)
            await self._book.save(rolling)
        for name, values in turned_off(rolling.aside, pool):
            if await self.do(rolling, action(name), pool, values, N_("turned off for the run")) is not None:
                return False
        with suppress(TimeoutError):  # or it is refused because of an HA that is off already
            async with asyncio.timeout(SEEN_WITHIN):
                await self._until(lambda: not pool.ha_enabled)
        rolling.prepared = True
        await self._book.save(rolling)
        return True

    async def put_back(self, rolling: Rolling) -> None:
        """As it was before; what cannot be is said."""
        if rolling.aside == PutAside():  # nor does a pool that is away hold up the end of what never began
            rolling.restored = True
            return
        await self.connected(rolling)
        pool = self.pool(rolling)
        if pool is None or rolling.restored:
            return
        for name, values in turned_on(rolling.aside, pool):
            if await self.do(rolling, action(name), pool, values, N_("restored")) is not None:
                rolling.left.append(WHAT[name])
        rolling.restored = True
