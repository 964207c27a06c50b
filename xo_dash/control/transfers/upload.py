"""A file that somebody sends, piece by piece as it is asked for: nothing of it is kept, and after a cut it goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.transfers.ends import SILENT, STALLED, EndFailed
from xo_dash.i18n import N_

WAITING: Final = 4
"""Pieces that have come and are not yet taken."""
NO_RIGHT: Final = lazy(N_("the upload was stopped: its user no longer has the right to it"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the sender has to send next: bytes of the file."""

    offset: int
    length: int


class OutOfOrder(Exception):  # the sender asks again what is wanted
    """These bytes are not the ones that are wanted now."""


class Upload:
    """`wanted` says what to send, `feed` takes it. Meets Source: whoever reads says what is wanted by reading."""

    def __init__(self, upload_id: str, name: str, size: int, owner: str, stalled: float = STALLED) -> None:
        """`owner`: a user's id. `stalled`: seconds in which something has to come that is wanted."""
        self.id = upload_id
        self.name = name
        self.owner = owner
        self._size = size
        self._stalled = stalled
        self._wanted: Wanted | None = None
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self._stirred = asyncio.Event()
        self._feeding = False
        self.is_begun = False  # a command reads it
        self.moved: Callable[[int], None] = lambda _count: None  # told of bytes that were taken
        self.asked: Callable[[], None] = lambda: None  # told that something is wanted again
        self.closed = False
        self.reason: LazyText | None = None  # why it ended, if not because it was complete

    @property
    def size(self) -> int:
        return self._size

    # whoever reads

    async def pieces(self, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        """See Source."""
        left = self._size - offset if length is None else length
        if left > 0:
            self._want(Wanted(offset, left))
        while left > 0:
            piece = await self._next()
            left -= len(piece)
            self.moved(len(piece))
            yield piece

    def close(self, reason: LazyText | None = None) -> None:
        self.closed, self.reason = True, self.reason or reason
        self._want(None)
        while not self._pieces.empty():
            self._pieces.get_nowait()
        self._pieces.put_nowait(b"")  # for a reader that waits

    def revoke(self) -> None:
        """Whoever sends it may no longer."""
        self.close(NO_RIGHT)

    async def _next(self) -> bytes:
        if self.closed:
            raise EndFailed(self.reason or SILENT)
        if self._pieces.empty():  # a deadline for each piece would cost more than the piece
            try:
                piece = await asyncio.wait_for(self._pieces.get(), self._stalled)
            except TimeoutError:
                raise EndFailed(SILENT) from None
        else:
            piece = self._pieces.get_nowait()
        if self.closed:
            raise EndFailed(self.reason or SILENT)
        return piece

    def _want(self, wanted: Wanted | None) -> None:
        is_new = wanted is not None and self._wanted is None
        self._wanted = wanted
        self._stirred.set()
        if is_new:
            self.asked()

    # whoever sends

    @property
    def is_awaited(self) -> bool:
        """Whether something is wanted that nobody sends."""
        return self._wanted is not None and not self._feeding and not self.closed

    async def wanted(self, within: float) -> Wanted | None:
        """What to send; None if that is not known after so many seconds, or nothing is wanted any more (`closed`)."""
        try:
            async with asyncio.timeout(within):
                while self._wanted is None and not self.closed:
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            pass
        return self._wanted

    async def feed(self, offset: int, body: AsyncIterator[bytes]) -> None:
        """Take what is wanted from there on, as fast as it is read; more is left. Raises OutOfOrder.

        What came before a cut has arrived.
        """
        if self._feeding or self._wanted is None or self._wanted.offset != offset:
            raise OutOfOrder
        self._feeding = True
        try:
            async for piece in body:
                if (wanted := self._wanted) is None or self.closed:
                    return
                taken = piece[: wanted.length]
                rest = wanted.length - len(taken)
                # before it is handed over: the reader may want something else at once
                self._want(Wanted(wanted.offset + len(taken), rest) if rest else None)
                if taken:
                    await self._pieces.put(taken)
                if not rest:
                    return
        finally:
            self._feeding = False
