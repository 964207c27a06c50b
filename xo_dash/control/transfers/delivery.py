"""What comes out of a pool, for somebody who fetches it: handed over piece by piece, no faster than it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final, Protocol

from xo_dash.control.lazy_text import LazyText
from xo_dash.control.run import Run, RunItem
from xo_dash.control.transfers.ends import CUT, STALLED, EndFailed
from xo_dash.i18n import N_

Piece = bytes | memoryview


class Outlet(Protocol):
    """The receiver's connection, for a thread to write to. Raises OSError; TimeoutError where for so many seconds nothing could be sent."""

    def put(self, piece: memoryview, within: float) -> None: ...


class Broken(Exception):  # the receiver must not take what came for the whole
    """It ended before its end."""


class Delivery:
    """One end writes, the other iterates over `pieces`, once. Raises EndFailed to who writes when nobody takes it.

    Where the other end has an `outlet`, what is `put` there is not among its pieces; that they end is the end of both.
    """

    def __init__(self, run: Run, item: RunItem, name: str) -> None:
        """`name`: of the file."""
        self.run = run
        self.item = item
        self.name = name
        self.ticket = ""  # who has it may fetch, once
        self.session = ""  # to which the ticket was given
        self.outlet: Outlet | None = None  # where who writes may write to instead, from before it is claimed
        self._claimed = asyncio.Event()
        self._offered: Piece = b""
        self._has_come = asyncio.Event()  # a piece, or the end
        self._is_taken = asyncio.Event()  # the last one
        self._is_gone = False
        self._why_gone = CUT
        self._is_broken = False
        self._is_whole = False

    @property
    def is_claimed(self) -> bool:
        return self._claimed.is_set()

    @property
    def is_gone(self) -> bool:
        """Whether nobody takes it any more."""
        return self._is_gone

    @property
    def why_gone(self) -> LazyText:
        """Why nobody takes it."""
        return self._why_gone

    async def fetched(self, within: float) -> None:
        """Return when somebody begins to take it. Raises EndFailed."""
        try:
            async with asyncio.timeout(within):
                await self._claimed.wait()
        except TimeoutError:
            raise EndFailed(NOT_FETCHED) from None

    def lend(self, outlet: Outlet) -> None:
        self.outlet = outlet

    def put(self, piece: memoryview) -> None:
        """Write it to the outlet, in a thread."""
        assert self.outlet is not None  # noqa: S101  # who writes has looked
        try:
            self.outlet.put(piece, STALLED)
        except OSError:
            raise EndFailed(self._why_gone) from None

    async def write(self, piece: Piece) -> None:
        """Returns once it is taken, so that its bytes may be others then."""
        if self._is_gone:
            raise EndFailed(self._why_gone)
        self._offered = piece
        self._is_taken.clear()
        self._has_come.set()
        try:
            async with asyncio.timeout(STALLED):
                await self._is_taken.wait()
        except TimeoutError:
            raise EndFailed(CUT) from None
        if self._is_gone:
            raise EndFailed(self._why_gone)

    def finish(self) -> None:
        """It is whole: only now the receiver's end is one. Raises EndFailed where nobody is there any more."""
        if self._is_gone:
            raise EndFailed(self._why_gone)
        self._is_whole = True
        self._has_come.set()

    def abort(self) -> None:
        """It is not whole, unless it was finished, and its receiver learns of that."""
        if not self._is_whole:
            self._is_broken = True
            self._has_come.set()

    def revoke(self) -> None:
        """Whoever takes it may no longer."""
        self._why_gone = NO_RIGHT
        self.abort()

    async def pieces(self) -> AsyncGenerator[Piece]:
        """For the receiver; a piece is lent until the next one is asked for. Raises Broken."""
        self._claimed.set()
        try:
            while True:
                await self._has_come.wait()
                self._has_come.clear()
                if self._is_broken:
                    raise Broken
                if self._is_whole:
                    return
                yield self._offered
                self._offered = b""
                self._is_taken.set()
        finally:
            self._is_gone = True
            self._is_taken.set()  # a writer goes on, and sees that nobody is there


NO_RIGHT: Final = LazyText(N_("the download was stopped: its user no longer has the right to it"))
NOT_FETCHED: Final = LazyText(N_("the download was not started; start it again and keep the page open"))
