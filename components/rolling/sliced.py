"""Something that is found out again whenever things change, in slices, so that others have their turn meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from typing import Final

from nicegui import background_tasks

from data.turns import in_turns, timed

log = logging.getLogger(__name__)
REST: Final = 2.0
"""Times as long as it took to look, until it is looked again."""


class SlicedLook:
    """`ask` at once, where that takes no longer than others may wait; what is asked for meanwhile is one look more."""

    def __init__(self, steps: Callable[[], Iterator[None]], failed: Callable[[], None], gone: Callable[[], bool]) -> None:
        """`failed`: told of a fault of ours, or one would wait for ever. `gone`: whether nobody looks any more."""
        self._steps, self._failed, self._gone = steps, failed, gone
        self._asked = self._seen = 0  # how often it was asked to look; how often it had been when it did
        self._is_looking = False

    def ask(self) -> None:
        self._asked += 1
        if not self._is_looking:
            self._is_looking = True
            slices = timed(self._guarded())
            for _slice in slices:
                background_tasks.create(self._go_on(slices), name="what stands against a rolling run")
                return
            self._is_looking = False

    async def _go_on(self, slices: Iterator[None]) -> None:
        """To the end, and again while things have changed meanwhile."""
        try:
            while True:
                began = time.monotonic()
                await in_turns(slices)
                if self._seen == self._asked or self._gone():
                    break
                await asyncio.sleep(REST * (time.monotonic() - began))
                slices = timed(self._guarded())
        finally:
            self._is_looking = False

    def _guarded(self) -> Iterator[None]:
        self._seen = self._asked
        try:
            yield from self._steps()
        except Exception:
            log.exception("what stands against a rolling run could not be found out")
            if not self._gone():
                self._failed()
