"""The rolling runs that there are: on the disk before anything is done, and who is told how they go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from data.observers import Observers
from xo_dash.control.packed_text import KeptText
from xo_dash.control.rolling.state import KEPT, LogLine, Rolling, RollingFiles


class RollingBook:
    """Those under way and the last ended, oldest first."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        """`folder`: the data directory."""
        self.runs: dict[str, Rolling] = {}
        self.observers: Observers[[Rolling]] = Observers()
        self._files = RollingFiles(folder)
        self._clock = clock
        self._writing = asyncio.Lock()

    def add(self, rolling: Rolling) -> None:
        self.runs[rolling.id] = rolling
        self._forget_old()

    def read(self) -> list[Rolling]:
        """Those that the last program wrote down."""
        for rolling in self._files.read():
            self.runs[rolling.id] = rolling
        self._forget_old()
        return list(self.runs.values())

    def note(self, rolling: Rolling, what: str, host: str = "", detail: KeptText = None, took: float = 0.0) -> None:
        """A line of its log; `what` is a message."""
        rolling.log.append(LogLine(at=self._clock(), what=what, host=host, detail=detail, took=took))
        self.observers.tell(rolling)

    async def save(self, rolling: Rolling) -> None:
        """Return when it is on the disk as it is now."""
        async with self._writing:  # one after the other, or what was before could come to stand over what is
            await asyncio.to_thread(self._files.write, msgspec.convert(msgspec.to_builtins(rolling), Rolling))
        self.observers.tell(rolling)

    def _forget_old(self) -> None:
        ended = [one for one in self.runs.values() if one.ended]
        for old in ended[: max(0, len(ended) - KEPT)]:
            del self.runs[old.id]
            self._files.forget(old)
