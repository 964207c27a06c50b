"""The garbage collector's habits: one look at 100,000 long-lived objects holds the loop for a tenth of a second."""

from __future__ import annotations

import gc
from types import TracebackType

THRESHOLDS = (50_000, 20, 100)


def tune() -> None:
    """Collect seldom. Once, before anything large is loaded."""
    gc.set_threshold(*THRESHOLDS)


def settle() -> None:
    """Once the program is up: what it consists of is never looked at again."""
    gc.collect()
    gc.freeze()


class Loading:
    """`with loading:` thousands of objects are made that stay: no collection until they are there, and none of them after.

    One for all who load. Freezing costs nothing, but a ring of garbage that exists at this moment stays for ever: not for daily use.
    """

    def __init__(self) -> None:
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1
        gc.disable()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._depth -= 1
        if not self._depth:
            gc.freeze()
            gc.enable()
