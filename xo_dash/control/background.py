"""What goes on beside what is done, until it is stopped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

PIECE: Final = 0.0015
"""Seconds of work after which others run, where it comes in pieces."""


async def give_way() -> None:
    """Let everybody run who became ready meanwhile. A timer or a socket ends a future in the turn after this work, and whoever awaits
    that runs one later still: after one turn alone all of them would wait for the next piece."""
    for _turn in range(3):
        await asyncio.sleep(0)


async def in_pieces(
    pieces: Iterable[object],
    is_same: Callable[[], bool] | None = None,
    within: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> bool:
    """Work through `pieces` and let others run between some of them; whether all is done.

    `is_same`: asked after each pause; the rest is left where it is not, since what was made of it would not belong together. Without
    it there is no pause. `within`: entered for each turn.
    """
    rest = iter(pieces)
    while True:
        with within():
            end = time.perf_counter() + PIECE
            if not any(is_same is not None and time.perf_counter() > end for _piece in rest):
                return True
        await give_way()
        if is_same is not None and not is_same():
            return False


class Background:
    """Tasks of one service: one that nobody holds may be collected."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Cancel all; return when they have ended."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
