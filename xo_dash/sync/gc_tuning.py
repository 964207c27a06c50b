"""What keeps the interpreter from holding the loop, and memory that is no longer needed from staying.

One look of the garbage collector at 100,000 long-lived objects takes a tenth of a second; a thread that computes keeps the
interpreter's lock for a switch interval each time the loop wants it. What ends is freed by counting (components/release.py), so
the collector has little to find. What requests leave behind it finds while that is young; it looks at everything while nobody looks.
In the served program it runs in the loop's thread alone, when it is asked to: by itself it would run in whichever thread makes the
next object, and what uvloop has made must not end in another thread than its loop's.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

log = logging.getLogger(__name__)

THRESHOLDS = (20_000, 100_000, 100_000)
"""What has just been made is looked at by itself, the rest by `Tidying` alone: a request under way must not come to be taken for old."""
YOUNG = 5.0
"""Seconds between two looks at what was made since the last, which takes milliseconds: whatever a request left behind."""
SWITCH_INTERVAL = 0.001
"""Seconds; five times as often as usual, which costs a computing thread a fifth."""
M_ARENA_MAX, ARENAS = -8, 2
"""An option of GNU's C library: with a heap for each of dozens of threads much memory lies in heaps that are almost empty."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, LARGE = -1, -3, 1 << 20
"""Bytes. What is larger has memory of its own, which goes back as soon as it is freed, and so does the end of a heap from there on. By
itself the library raises both to sixty-four times as much after the first large reply."""
TIDY = 60.0
"""Seconds between two looks whether somebody looks."""
LONGEST = 12 * 3600.0
"""Seconds after which all is collected though somebody looks: what is always on a screen must not keep all garbage."""


def tune() -> None:
    """Collect seldom, switch often, keep memory together. Once, before anything large is loaded."""
    gc.set_threshold(*THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL)
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(M_ARENA_MAX, ARENAS)
        library.mallopt(M_MMAP_THRESHOLD, LARGE)
        library.mallopt(M_TRIM_THRESHOLD, LARGE)


def settle() -> None:
    """Once the program is up: what it consists of is never looked at again, and only `Tidying` looks at what is made from now on."""
    gc.disable()
    gc.collect()
    gc.freeze()


class Tidying:
    """Collects all there is at a time when nobody would notice, and gives freed memory back to the system."""

    def __init__(self, is_watched: Callable[[], bool], loading: Loading) -> None:
        """`is_watched`: whether a browser is connected."""
        self._is_watched, self._loading = is_watched, loading
        self._tidied_at = time.monotonic()
        self._watched = self._wanted = False

    async def young(self) -> None:
        """What was made lately, but for what is loaded just now: that stays."""
        if not self._loading.goes_on:
            gc.collect(1)

    async def tick(self) -> None:
        """Everything: once after the last browser left, and has not only gone to another page; every LONGEST while there is one."""
        before, self._watched = self._watched, self._is_watched()
        watched = before or self._watched
        self._wanted |= watched
        if self._wanted and (not watched or time.monotonic() - self._tidied_at > LONGEST):
            self._wanted, self._tidied_at = watched, time.monotonic()
            started = time.perf_counter()
            found = gc.collect()
            log.debug("%d objects of garbage, found in %.0f ms", found, (time.perf_counter() - started) * 1000)
            await asyncio.to_thread(_give_back)


def _give_back() -> None:
    """Memory that is free within the process goes back to the system; the C library of GNU can do that."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Loading:
    """`with loading:` thousands of objects are made that stay: no collection until they are there, and none of them after.

    One for all who load. Freezing costs nothing, but a ring of garbage that exists at this moment stays for ever: not for daily use.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._is_automatic = False

    @property
    def goes_on(self) -> bool:
        return self._depth > 0

    def __enter__(self) -> None:
        if not self._depth:
            self._is_automatic = gc.isenabled()
        self._depth += 1
        gc.disable()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._depth -= 1
        if not self._depth:
            gc.freeze()
            if self._is_automatic:
                gc.enable()
