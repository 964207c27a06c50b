"""Waiting for what happens by itself, for as long as a busy machine may take: only a test that fails waits it out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 30.0
"""Seconds."""


async def until(true: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until it is; for changes that have no event."""
    async with asyncio.timeout(patience):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
