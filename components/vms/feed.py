"""What all open lists share: the rows are made once, kept up to date while somebody looks, and each change is encoded once."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from weakref import WeakKeyDictionary

import orjson
from nicegui import background_tasks

from components.vms.roster import Roster
from components.vms.rows import Row
from data.mirror import Change, Mirror

log = logging.getLogger(__name__)

INTERVAL: Final = 0.1
"""Seconds between two deltas; the first after a quiet time goes at once."""

Viewer = Callable[[str], None]
"""Gets each delta as JSON: epoch, revision, rows put, ids gone, places or null."""


class Feed:
    """Observes the mirror while a list is open, and only then."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._viewers: dict[int, Viewer] = {}
        self._next = 0
        self._unsubscribe: Callable[[], None] | None = None
        self._busy = False
        self._start()

    def _start(self) -> None:
        self.roster = Roster(self._mirror)
        self._ready: asyncio.Task[None] | None = None
        self._encoded: tuple[str, bytes] | None = None

    def join(self, viewer: Viewer) -> Callable[[], None]:
        """Send deltas to `viewer` until what is returned is called."""
        self._next += 1
        key = self._next
        self._viewers[key] = viewer
        if self._unsubscribe is None:
            self._start()  # nobody kept it up to date until now
            self._unsubscribe = self._mirror.observe(self._changed)

        def leave() -> None:
            if self._viewers.pop(key, None) and not self._viewers and self._unsubscribe:
                self._unsubscribe()
                self._unsubscribe = None
                self._start()

        return leave

    async def snapshot(self) -> tuple[str, bytes]:
        """(tag, gzipped JSON {epoch, revision, names, rows, places}) of all VMs; the same tag means the same rows."""
        if self._unsubscribe is None:
            self._start()  # what was asked for without a page is not kept up to date
        if self._ready is None:
            self._ready = background_tasks.create(_run(self.roster.fill()), name="fill the list of VMs")
        await asyncio.shield(self._ready)
        self._flush_now()
        roster = self.roster
        tag = f"{roster.epoch}-{roster.revision}"
        if self._encoded is None or self._encoded[0] != tag:
            rows, places = roster.rows(), roster.places
            whole = {"epoch": roster.epoch, "revision": roster.revision, "names": Row._fields, "rows": rows, "places": places}
            self._encoded = tag, await asyncio.to_thread(lambda: gzip.compress(_json(whole), 4))
        return self._encoded

    def _changed(self, changes: Sequence[Change]) -> None:
        if self._ready is not None and self.roster.mark(changes) and not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._busy = self._flush_now()
        if self._busy:
            asyncio.get_running_loop().call_later(INTERVAL, self._flush)

    def _flush_now(self) -> bool:
        """Send what became different; whether there was something."""
        if self._ready is None or not self._ready.done():
            return self._ready is not None  # its rows are on their way as a whole
        delta = self.roster.take()
        if delta is None:
            return False
        encoded = _json((self.roster.epoch, self.roster.revision, *delta)).decode()
        for viewer in list(self._viewers.values()):
            try:
                viewer(encoded)
            except Exception:  # one broken page must not keep the others from the change
                log.exception("a list could not be brought up to date")
        return True


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=tuple)  # named tuples go as lists


async def _run(slices: Iterator[None]) -> None:
    for _ in slices:
        await asyncio.sleep(0)


_feeds: WeakKeyDictionary[Mirror, Feed] = WeakKeyDictionary()


def feed_of(mirror: Mirror) -> Feed:
    """The one feed of a mirror; a program has one mirror."""
    if mirror not in _feeds:
        _feeds[mirror] = Feed(mirror)
    return _feeds[mirror]
