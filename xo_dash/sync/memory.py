"""What keeps the interpreter from holding the loop.

One look of the garbage collector at 100,000 long-lived objects takes a tenth of a second; a thread that computes keeps the
interpreter's lock for a switch interval each time the loop wants it.
"""

from __future__ import annotations

import gc
import sys
from types import TracebackType

THRESHOLDS = (50_000, 20, 100)
SWITCH_INTERVAL = 0.001
"""Seconds; five times as often as usual, which costs a computing thread a fifth."""


def tune() -> None:
    """Collect seldom, switch often. Once, before anything large is loaded."""
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL)


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
