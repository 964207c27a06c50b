"""Before the first host of a run that was set for later: until its time has come, and the last look then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from xo_dash.control.lazy_text import LazyText
from xo_dash.control.packed_text import packed
from xo_dash.control.rolling.book import RollingBook
from xo_dash.control.rolling.commands import RollingCommands
from xo_dash.control.rolling.pauses import NOT_READY, TOO_LATE, Pauses
from xo_dash.control.rolling.state import Rolling
from xo_dash.i18n import N_

LATE: Final = 3600.0
"""Seconds after its time from which on nothing begins by itself: we were stopped then, or the pool was away."""
AGAIN: Final = 900.0
"""Seconds for which it is looked again by itself, at its time: a VM that has just started cannot move yet."""
LOOKS: Final = 30.0
"""Seconds between two looks, also at the clock on the wall, which may be set meanwhile."""


class LaterBegin:
    def __init__(
        self, book: RollingBook, pauses: Pauses, commands: RollingCommands, look: Callable[[Rolling], Awaitable[LazyText | None]],
        clock: Callable[[], float],
    ) -> None:  # fmt: skip
        """`look`: what stands against it as things are now; if nothing does, its hosts are those of now."""
        self._book, self._pauses, self._commands, self._look, self._clock = book, pauses, commands, look, clock

    async def begins(self, rolling: Rolling) -> bool:
        """Return when it begins, or when somebody has stopped it before."""
        if not rolling.due:
            return True
        said = await (self._pauses.pause(rolling, rolling.paused) if rolling.paused else self._until_due(rolling))
        while not rolling.stopping:
            if said != "go_on" and self._clock() > rolling.due + LATE:
                said = await self._pauses.pause(rolling, TOO_LATE)
            elif (reason := await self._look(rolling)) is not None:
                is_new, rolling.why = rolling.why != packed(reason), packed(reason)
                if said != "go_on" and self._clock() < rolling.due + AGAIN:
                    if is_new:
                        self._book.note(rolling, N_("waits"), detail=rolling.why)
                    said = await self._said_soon(rolling)
                else:
                    said = await self._pauses.pause(rolling, NOT_READY)
            elif not rolling.stopping:
                rolling.due, rolling.why, rolling.began = 0.0, None, self._clock()
                self._book.note(rolling, N_("begins"))
                await self._book.save(rolling)
                return True
        return False

    async def _until_due(self, rolling: Rolling) -> str:
        """What somebody says before its time has come and its pool is there; "" if nobody does."""
        said = asyncio.create_task(self._pauses.said(rolling))
        there = asyncio.create_task(self._commands.connected(rolling))
        try:
            while not (said.done() or rolling.stopping) and (left := rolling.due - self._clock()) > 0:
                await asyncio.wait({said}, timeout=min(left, LOOKS))
            if not rolling.stopping:
                await asyncio.wait({said, there}, return_when=asyncio.FIRST_COMPLETED)
            return said.result() if said.done() else ""
        finally:
            said.cancel()
            there.cancel()

    async def _said_soon(self, rolling: Rolling) -> str:
        """What somebody says before it is looked again; "" if nobody does."""
        said = asyncio.create_task(self._pauses.said(rolling))
        try:
            await asyncio.wait({said}, timeout=LOOKS)
            return said.result() if said.done() else ""
        finally:
            said.cancel()
