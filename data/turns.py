"""A long piece of work on the event loop, in turns: others run in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Final, TypeVar, cast

T = TypeVar("T")

TURN: Final = 0.002
"""Seconds of work between two turns of others."""


async def give_way() -> None:
    """Let everybody run who became ready meanwhile. A timer or a socket ends a future in the turn after this work, and whoever awaits
    that runs one later still: after one turn alone all of them would wait for the next slice."""
    for _turn in range(3):
        await asyncio.sleep(0)


class Turns:
    """`await turns.pause()` after a little work: others have a turn where it was enough."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        self._until = time.perf_counter() + TURN

    @property
    def is_over(self) -> bool:
        return time.perf_counter() > self._until

    async def pause(self) -> None:
        if self.is_over:
            await give_way()
            self.begin()


def finished(steps: Generator[None, None, T]) -> T:
    """What they come to, without a turn for others."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(T, end.value)


def timed(steps: Iterable[object]) -> Iterator[None]:
    """Small steps gathered to slices of a TURN."""
    turns = Turns()
    for _step in steps:
        if turns.is_over:
            yield
            turns.begin()


async def in_turns(slices: Iterable[object]) -> None:
    """Let others have a turn after each slice."""
    for _slice in slices:
        await give_way()


async def in_turns_while(
    is_same: Callable[[], bool] | None, steps: Iterable[object], within: Callable[[], AbstractContextManager[object]] = nullcontext
) -> bool:
    """Work through small steps and let others have their turns; whether all is done.

    `is_same`: asked after each of these; the rest is left where it is not, since what was made of it would not belong together. Without
    it nobody has one. `within`: entered for each slice.
    """
    slices = timed(steps)
    while True:
        with within():
            if all(is_same is None for _slice in slices):
                return True
        await give_way()
        if is_same is not None and not is_same():
            return False
