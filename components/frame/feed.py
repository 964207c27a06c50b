"""What all open pages share of the tree and the search: built once, kept up to date, encoded once for everybody."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import orjson
from nicegui import background_tasks

from components.frame.nodes import Delta, Nodes, Row
from data.mirror import Change, Mirror
from data.search import Index

log = logging.getLogger(__name__)

INTERVAL: Final = 0.1
"""Seconds between two deltas; the first after a quiet time goes at once."""


class News(NamedTuple):
    """A delta for all: what it is, the revision before and after it, and `encoded`, what a browser is sent of it."""

    epoch: str
    since: int
    revision: int
    delta: Delta
    encoded: str


Viewer = Callable[[News], None]


def encode(epoch: str, since: int, revision: int, put: Iterable[Row], gone: Iterable[int]) -> str:
    """JSON arguments of the tree's `delta`: for whoever has at least revision `since`."""
    return orjson.dumps((epoch, since, revision, list(put), list(gone))).decode()


class Feed:
    """Observes the mirror while a page is open, and only then."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._viewers: dict[int, Viewer] = {}
        self._next = 0
        self._unsubscribe: Callable[[], None] | None = None
        self._busy = False
        self._start()

    def _start(self) -> None:
        self.nodes = Nodes(self._mirror)
        self._index: Index | None = None
        self._nodes_ready: asyncio.Task[None] | None = None
        self._index_ready: asyncio.Task[None] | None = None
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
        """(tag, gzipped JSON {epoch, revision, rows}) of the whole tree; the same tag means the same tree."""
        await self._nodes_are_ready()
        self._flush_now()
        tag = f"{self.nodes.epoch}-{self.nodes.revision}"
        if self._encoded is None or self._encoded[0] != tag:
            rows = self.nodes.rows()
            whole = {"epoch": self.nodes.epoch, "revision": self.nodes.revision, "rows": rows}
            self._encoded = tag, await asyncio.to_thread(lambda: gzip.compress(orjson.dumps(whole), 4))
        return self._encoded

    async def index(self) -> Index:
        """The search's index, filled."""
        if self._index is None:
            self._index = Index(self._mirror)
            self._index_ready = background_tasks.create(_run(self._index.fill()), name="fill the search")
        index, ready = self._index, self._index_ready
        if ready is not None:
            await asyncio.shield(ready)
        return index

    async def _nodes_are_ready(self) -> None:
        if self._nodes_ready is None:
            self._nodes_ready = background_tasks.create(_run(self.nodes.fill()), name="fill the tree")
        await asyncio.shield(self._nodes_ready)

    def _changed(self, changes: Sequence[Change]) -> None:
        if self._index is not None:
            self._index.update(changes)
        if self._nodes_ready is not None and self.nodes.update(changes) and not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._busy = self._flush_now()
        if self._busy:
            asyncio.get_running_loop().call_later(INTERVAL, self._flush)

    def _flush_now(self) -> bool:
        """Send what became different; whether there was something."""
        if self._nodes_ready is None or not self._nodes_ready.done():
            return bool(self._nodes_ready)  # its rows are on their way as a whole
        delta = self.nodes.take()
        if delta is None:
            return False
        epoch, revision = self.nodes.epoch, self.nodes.revision
        news = News(epoch, revision - 1, revision, delta, encode(epoch, revision - 1, revision, delta.put, delta.gone))
        for viewer in list(self._viewers.values()):
            try:
                viewer(news)
            except Exception:  # one broken page must not keep the others from the change
                log.exception("a tree could not be brought up to date")
        return True


async def _run(slices: Iterator[None]) -> None:
    for _ in slices:
        await asyncio.sleep(0)


_feeds: WeakKeyDictionary[Mirror, Feed] = WeakKeyDictionary()


def feed_of(mirror: Mirror) -> Feed:
    """The one feed of a mirror; a program has one mirror."""
    if mirror not in _feeds:
        _feeds[mirror] = Feed(mirror)
    return _feeds[mirror]
