"""How threads that compute let the event loop have the interpreter's lock."""

from __future__ import annotations

import threading
import time
from typing import Final

EVERY: Final = 0.001
"""Seconds of its own processor time that a thread computes before it pauses: the switch interval of `sync.gc_tuning`, after which a
thread that waits may have the lock from any other. A pause costs 30 µs and what was in the processor's caches: not one for each record."""


class _Spent(threading.local):
    """Of this thread, by its clock of processor time."""

    at_last = 0.0


_spent = _Spent()


def breathe() -> None:
    """Pause, if this thread has computed for a while: to be called often, between two pieces of work of a fraction of EVERY."""
    now = time.thread_time()
    if now - _spent.at_last >= EVERY:
        time.sleep(0)  # really sleeps for a moment: what gives the lock back and takes it again at once wakes nobody in time
        _spent.at_last = time.thread_time()
