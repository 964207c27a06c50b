"""How far a pool's database has been read: XAPI counts its changes, and says at which one it is."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class DatabaseGeneration:
    """Of one pool. The mirror shows every change up to `read`, and perhaps later ones."""

    def __init__(self) -> None:
        self.read: int | None = None
        """None: nobody reads it by events; 0: only some of what has been read is in the mirror yet."""
        self._stirred = asyncio.Event()
        self._wanted = asyncio.Event()  # set while somebody waits
        self._waiting = 0

    def reach(self, generation: int) -> None:
        self.read = generation
        self._stirred.set()

    async def until(self, generation: int) -> None:
        """Return once the mirror shows it; whoever reads makes no pause meanwhile."""
        self._waiting += 1
        self._wanted.set()
        try:
            while (self.read or 0) < generation:
                self._stirred.clear()
                await self._stirred.wait()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()

    async def pause(self, seconds: float) -> None:
        """Of whoever reads; shorter where somebody waits."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wanted.wait()
