"""The two ends of a transfer that are not the pool: where bytes come from, and who takes them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TYPE_CHECKING, Final, Protocol

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

if TYPE_CHECKING:
    from xo_dash.control.requests.file import File

STALLED: Final = 600.0
"""Seconds without a byte, after which a sender or a receiver is given up: a browser may be asleep in between."""


class EndFailed(Exception):  # told to whoever gave the command
    """Whoever sends or takes the bytes cannot go on; `reason` is a sentence."""

    def __init__(self, reason: LazyText) -> None:
        self.reason = reason
        super().__init__(str(reason))


GONE: Final = lazy(N_("the file is no longer offered; choose it again"))
CUT: Final = lazy(N_("the download was interrupted by the browser"))
SILENT: Final = lazy(N_("no data for ten minutes"))


class Source(Protocol):
    """Bytes of a known number, to be read from anywhere. Raises EndFailed."""

    moved: Callable[[int], None]  # told of bytes that were taken

    @property
    def size(self) -> int: ...

    def pieces(self, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        """`length` bytes from `offset` (all the rest), in their order. One reader at a time."""
        ...

    def close(self, reason: LazyText | None) -> None:
        """No more is wanted; why, if not because all of it has arrived."""
        ...


Opening = Callable[["File"], AbstractAsyncContextManager[Source]]
"""Gives a file for a look into it. Raises EndFailed."""


@contextmanager
def uncounted(source: Source) -> Iterator[None]:
    """What is read meanwhile is read once more, and counted then."""
    moved, source.moved = source.moved, lambda _count: None
    try:
        yield
    finally:
        source.moved = moved


async def read_at(source: Source, offset: int, length: int) -> bytes:
    """So many bytes, all of which are there."""
    return b"".join([piece async for piece in source.pieces(offset, length)])
