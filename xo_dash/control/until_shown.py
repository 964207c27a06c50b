"""A run ends once the mirror shows what it did: whoever looks next, a person, a program or the next plan, finds it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from data.facts.pool import own_pool
from data.generation import DatabaseGeneration
from data.methods import Methods
from data.mirror import Mirror, PoolMirror
from data.objects import Pool
from xo_dash.control.task_waiter import Connections
from xo_dash.xapi.errors import XapiError, XapiFailure
from xo_dash.xapi.events import Token

WITHIN: Final = 2.0
"""Seconds; then the run has ended all the same."""
INJECT: Final = "event.inject"
NOT_FOR_US: Final = frozenset({"RBAC_PERMISSION_DENIED", "MESSAGE_METHOD_UNKNOWN", "MESSAGE_REMOVED", "NOT_IMPLEMENTED"})
"""Refusals that stay: such a pool is not asked again."""


@dataclass(slots=True)
class _Questions:
    """To one pool, one at a time: all that waits for the end of one shares the next."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    begun: int = 0


class UntilShown:
    """Asks pools how far their databases are, and waits until that has been read."""

    def __init__(self, mirror: Mirror, connections: Connections, within: float = WITHIN) -> None:
        self._mirror = mirror
        self._connections = connections
        self._within = within
        self._questions: defaultdict[str, _Questions] = defaultdict(_Questions)
        self._mute: set[str] = set()

    async def wait(self, pools: Collection[str]) -> None:
        """`pools`: ids of servers. A pool that cannot tell, or takes too long, is not waited for."""
        await asyncio.gather(*(self._one(home) for server_id in pools if (home := self._mirror.pools.get(server_id)) is not None))

    async def _one(self, home: PoolMirror) -> None:
        own = own_pool(home)
        if own is None or home.id in self._mute or home.part(DatabaseGeneration).read is None or home.part(Methods).lacks(INJECT):
            return
        questions = self._questions[home.id]
        begun = questions.begun
        with suppress(TimeoutError):
            async with asyncio.timeout(self._within), questions.turn:
                if questions.begun == begun:  # else one was asked after what is waited for, and answered
                    questions.begun += 1
                    await self._ask(home, own)

    async def _ask(self, home: PoolMirror, own: Pool) -> None:
        """Source: event.inject gives the generation before a change that it makes: event.from tells that one at once."""
        try:
            answer = await self._connections(home.id).call(INJECT, "pool", own.ref)
            generation = Token.parse(str(answer)).database
        except XapiError as error:
            if isinstance(error, XapiFailure) and error.code in NOT_FOR_US:
                self._mute.add(home.id)
            return
        await home.part(DatabaseGeneration).until(generation)
