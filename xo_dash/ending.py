"""Ends the program within a bounded time after it was told to stop, whatever still runs in it."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from types import FrameType
from typing import Final

log = logging.getLogger(__name__)

LONGEST: Final = 4.5
"""Seconds from the signal to the end."""
CONNECTIONS: Final = 1
"""Seconds of them that open connections get; signing out of the pools takes two at most, the simulator one."""
INTERRUPTED: Final = 130

Handler = Callable[[int, FrameType | None], object]


class Ending:
    """A thread that ends the process if it has not ended by itself.

    A thread that hangs in a call, or a loop that is held, would keep it for ever: Python waits for every thread.
    All that is written is on the disk whole or not at all, so nothing is lost by it. One that has ended in good order
    leaves its memory to the system: Python would free it object by object, which takes seconds on a busy machine.
    """

    def __init__(self, when_told: Callable[[], None] = lambda: None) -> None:
        """`when_told` is called by the signal's handler, after what was done before at that signal."""
        self._when_told = when_told
        self._signals: SimpleQueue[int] = SimpleQueue()  # not an Event: the next signal may come within its lock, and wait for ever
        self._is_told = False
        self._status = 0

    def watch(self) -> None:
        """From now on SIGTERM and Ctrl-C start the time; what they did before they do as well."""
        threading.Thread(target=self._wait, name="ending", daemon=True).start()  # not in the handler: it may be in the middle of another
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            signal.signal(number, self._handler(before if callable(before) else signal.default_int_handler))
        atexit.register(self._leave)

    def _handler(self, before: Handler) -> Handler:
        def handle(number: int, frame: FrameType | None) -> None:
            self._status = INTERRUPTED if number == signal.SIGINT else 0
            self._is_told = True
            self._signals.put(number)
            before(number, frame)
            self._when_told()

        return handle

    def _wait(self) -> None:
        self._signals.get()
        time.sleep(LONGEST)
        left = sorted(thread.name for thread in threading.enumerate() if not thread.daemon)
        log.warning("not everything stopped within %s s: %s; ending anyway", LONGEST, ", ".join(left))
        self._exit()

    def _leave(self) -> None:
        """Every thread has ended."""
        if self._is_told:
            self._exit()

    def _exit(self) -> None:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self._status)
