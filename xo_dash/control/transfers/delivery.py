"""What comes out of a pool, for somebody who fetches it: handed over piece by piece, no faster than it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from xo_dash.control.lazy_text import LazyText
from xo_dash.control.run import Run, RunItem
from xo_dash.control.transfers.ends import CUT, STALLED, EndFailed
from xo_dash.i18n import N_

WAITING: Final = 4
"""Pieces of 256 KiB that are read and not yet taken."""


class Broken(Exception):  # the receiver must not take what came for the whole
    """It ended before its end."""


class Delivery:
    """One end writes, the other iterates over `pieces`, once. Raises EndFailed to who writes when nobody takes it."""

    def __init__(self, run: Run, item: RunItem, name: str) -> None:
        """`name`: of the file."""
        self.run = run
        self.item = item
        self.name = name
        self.ticket = ""  # who has it may fetch, once
        self.session = ""  # to which the ticket was given
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)
        self._claimed = asyncio.Event()
        self._gone = asyncio.Event()
        self._broken = False
        self._is_whole = False

    @property
    def is_claimed(self) -> bool:
        return self._claimed.is_set()

    async def fetched(self, within: float) -> None:
        """Return when somebody begins to take it. Raises EndFailed."""
        try:
            async with asyncio.timeout(within):
                await self._claimed.wait()
        except TimeoutError:
            raise EndFailed(NOT_FETCHED) from None

    async def write(self, piece: bytes) -> None:
        await self._put(piece)

    async def finish(self) -> None:
        """It is whole: only now the receiver's end is one."""
        await self._put(None)
        self._is_whole = True

    def abort(self) -> None:
        """It is not whole, unless it was finished, and its receiver learns of that."""
        if self._is_whole:
            return
        self._broken = True
        while not self._pieces.empty():
            self._pieces.get_nowait()
        self._pieces.put_nowait(None)

    async def pieces(self) -> AsyncGenerator[bytes]:
        """For the receiver. Raises Broken."""
        self._claimed.set()
        try:
            while (piece := await self._pieces.get()) is not None:
                if self._broken:
                    raise Broken
                yield piece
            if self._broken:
                raise Broken
        finally:
            self._gone.set()
            if not self._pieces.empty():
                self._pieces.get_nowait()  # lets a writer go on, which then sees that nobody is there

    async def _put(self, piece: bytes | None) -> None:
        if self._gone.is_set():
            raise EndFailed(CUT)
        if self._pieces.full():  # a deadline for each piece would cost more than the piece
            try:
                await asyncio.wait_for(self._pieces.put(piece), STALLED)
            except TimeoutError:
                raise EndFailed(CUT) from None
        else:
            self._pieces.put_nowait(piece)
        if self._gone.is_set() and piece is not None:
            raise EndFailed(CUT)


NOT_FETCHED: Final = LazyText(N_("the download was not started; start it again and keep the page open"))
