"""What many browsers show alike: rows are made once, kept up to date while somebody looks, and each change is encoded once for all."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic, Protocol, TypeVar

from nicegui import background_tasks

from components.deltas import DeltaLog, Haste, LateReaders, RowDelta, dumps
from data.changes import Change
from data.coalesce import Coalescer
from data.sight import Sight
from data.turns import in_turns

log = logging.getLogger(__name__)

SQUEEZED: Final = 4
"""Level of gzip: rows are read often and anew at every change."""

News = TypeVar("News")


class Viewers(Generic[News]):
    """Those who are told what is new, until they leave."""

    def __init__(self) -> None:
        self._all: dict[int, Callable[[News], object]] = {}
        self._joined = 0

    def __bool__(self) -> bool:
        return bool(self._all)

    def join(self, viewer: Callable[[News], object], gone: Callable[[], None]) -> Callable[[], None]:
        """Tell `viewer` from now on, until the answer is called; `gone` is called when that was the last one."""
        self._joined += 1
        key = self._joined
        self._all[key] = viewer

        def leave() -> None:
            if self._all.pop(key, None) and not self._all:
                gone()

        return leave

    def tell(self, news: News) -> None:
        for viewer in list(self._all.values()):
            try:
                viewer(news)
            except Exception:  # one broken page must not keep the others from the change
                log.exception("a page could not be brought up to date")


class Rows(Protocol):
    """All rows there are, as of one revision. Another `epoch` has nothing in common with this one."""

    epoch: str
    revision: int

    def fill(self) -> Iterator[None]:
        """Make all rows; pauses after every slice, so that whoever runs it can let others have a turn."""

    def update(self, changes: Sequence[Change]) -> bool:
        """Take changes in; whether there may be news now."""

    def take(self) -> RowDelta | None:
        """What became different since the last time, as a new revision; None if nothing did."""

    def whole(self) -> dict[str, object]:
        """All of it for a browser that has nothing, besides epoch and revision."""


RowsT = TypeVar("RowsT", bound=Rows)


class Feed(Generic[RowsT]):
    """Observes the mirror while a page is open, and only then. A browser reads it by a `components.deltas.DeltaReader`."""

    def __init__(self, mirror: Sight, make: Callable[[Sight], RowsT]) -> None:
        self._mirror, self._make = mirror, make
        self._viewers: Viewers[RowDelta] = Viewers()
        self._unsubscribe: Callable[[], None] | None = None
        self.late = LateReaders()
        self._pace = Coalescer(self._flush)
        self._start()

    def _start(self) -> None:
        self.rows = self._make(self._mirror)
        self.log = DeltaLog(self.rows.epoch)
        self._filling: asyncio.Task[None] | None = None
        self._encoded: tuple[str, bytes] | None = None

    @property
    def revision(self) -> int:
        """Of the rows, as far as viewers were told."""
        return self.rows.revision

    def join(self, viewer: Callable[[RowDelta], object]) -> Callable[[], None]:
        """Tell `viewer` of each delta until what is returned is called."""
        if not self._viewers:
            self._start()  # nobody kept it up to date until now
            self._unsubscribe = self._mirror.observe(self._changed)
        return self._viewers.join(viewer, self._end)

    def _end(self) -> None:
        if self._unsubscribe:
            self._unsubscribe()
        self._start()

    async def snapshot(self) -> tuple[str, bytes]:
        """(tag, gzipped JSON {epoch, revision, ...}) of all rows; the same tag means the same rows."""
        if not self._viewers:
            self._start()  # what is asked for without a page is not kept up to date
        rows = await self._filled()
        self._flush()
        tag = f"{rows.epoch}-{rows.revision}"
        if self._encoded is None or self._encoded[0] != tag:
            whole = {"epoch": rows.epoch, "revision": rows.revision, **rows.whole()}
            self._encoded = tag, await asyncio.to_thread(lambda: gzip.compress(dumps(whole), SQUEEZED))
        return self._encoded

    async def _filled(self) -> RowsT:
        """The rows, all of them made; they are others if the last page closed and another opened meanwhile."""
        while True:
            rows = self.rows
            if self._filling is None:
                self._filling = background_tasks.create(in_turns(rows.fill()), name="fill a feed")
            await asyncio.shield(self._filling)
            if rows is self.rows:
                return rows

    def _changed(self, changes: Sequence[Change]) -> None:
        if self._filling is not None and self.rows.update(changes):
            self._pace.wake()

    def _flush(self) -> bool:
        """Tell of what became different; whether there was something."""
        if self._filling is None or not self._filling.done():
            return self._filling is not None  # its rows are on their way as a whole
        delta = self.rows.take()
        if delta is None:
            return False
        self.log.add(self.rows.revision, delta)
        self._viewers.tell(delta)
        if delta.haste is Haste.NOW:
            self.log.settle()
        return True
