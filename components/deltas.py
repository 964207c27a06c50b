"""What became different of rows that many browsers show: encoded once for all who have the same, and sent as soon as it matters to each.

A change of rows that a browser has in sight is sent at once, one of others with the next full second, so that many of them are one message.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple, Protocol

import orjson

log = logging.getLogger(__name__)

SOON: Final = 1.0
"""Seconds that news of rows out of sight may wait for more."""


class Haste(IntEnum):
    """How soon news matter to who has none of the rows in sight."""

    WHENEVER = 0
    """When they are in sight, or with other news."""
    SOON = 1
    """Rows are other than before; they may sort elsewhere, or be counted elsewhere."""
    NOW = 2
    """Something came, went, or moved."""


class RowDelta(NamedTuple):
    """What became different since the last time: rows, each beginning with its id, ids of rows that are gone, and what else there is."""

    put: Sequence[tuple[Any, ...]]
    gone: Sequence[int]
    haste: Haste
    more: tuple[object, ...] = ()


class DeltaLog:
    """The rows that became others since everybody was told of everything."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._revision = 0
        self._rows: dict[int, tuple[int, tuple[Any, ...]]] = {}  # {id: (revision, row)}, by revision
        self._rest: tuple[object, ...] = ((),)  # of the last one; what went before it has reached everybody
        self._encoded: dict[int, str] = {}

    def add(self, revision: int, delta: RowDelta) -> None:
        """To be followed by `settle` once all have been told, where it cannot wait."""
        for row in delta.put:
            self._rows.pop(row[0], None)
            self._rows[row[0]] = revision, row
        for id_ in delta.gone:
            self._rows.pop(id_, None)
        self._revision, self._rest = revision, (delta.gone, *delta.more)
        self._encoded.clear()

    def settle(self) -> None:
        """Everybody has been told of everything."""
        self._rows.clear()
        self._encoded.clear()

    def since(self, revision: int) -> str:
        """For who has at least `revision`, a list in JSON: epoch, that revision, the present one, rows, ids that are gone, and the rest."""
        text = self._encoded.get(revision)
        if text is None:
            put = []
            for at, row in reversed(self._rows.values()):
                if at <= revision:
                    break
                put.append(row)
            put.reverse()
            text = self._encoded[revision] = dumps((self._epoch, revision, self._revision, put, *self._rest)).decode()
        return text


class DeltaSource(Protocol):
    """Who has the log: see `components.feeds.Feed`."""

    @property
    def log(self) -> DeltaLog: ...

    @property
    def revision(self) -> int: ...

    @property
    def late(self) -> LateReaders: ...

    def join(self, viewer: Callable[[RowDelta], object]) -> Callable[[], None]: ...


class LateReaders:
    """Those who are told with the next full second: all in one turn of the loop, so that what a browser is told is one message."""

    def __init__(self) -> None:
        self._waiting: dict[DeltaReader, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, reader: DeltaReader) -> None:
        self._waiting[reader] = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at((math.floor(loop.time() / SOON) + 1) * SOON, self._tell)

    def drop(self, reader: DeltaReader) -> None:
        self._waiting.pop(reader, None)
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self) -> None:
        self._timer = None
        waiting, self._waiting = self._waiting, {}
        for reader in waiting:
            try:
                reader.catch_up()
            except Exception:  # one broken page must not keep the others from the change
                log.exception("a page could not be brought up to date")


class DeltaReader:
    """What one browser has of the rows, and which of them it has in sight."""

    def __init__(self, source: DeltaSource, send: Callable[[str], object]) -> None:
        """`send` gets what `DeltaLog.since` says."""
        self._source, self._send = source, send
        self._in_sight: frozenset[int] = frozenset()
        self._leave = source.join(self._hear)
        self._revision = source.revision

    def look_at(self, ids: Iterable[int]) -> None:
        """From now on it has these in sight."""
        self._in_sight = frozenset(ids)
        self.catch_up()

    def catch_up(self) -> None:
        """Send what it does not have."""
        since, self._revision = self._revision, self._source.revision
        if since < self._revision:
            self._send(self._source.log.since(since))

    def end(self) -> None:
        """Nobody is sent anything any more."""
        self._leave()
        self._source.late.drop(self)
        self._send = lambda _text: None

    def _hear(self, delta: RowDelta) -> None:
        if delta.haste is Haste.NOW or not self._in_sight.isdisjoint(row[0] for row in delta.put):
            self._source.late.drop(self)
            self.catch_up()
        elif delta.haste is Haste.SOON:
            self._source.late.add(self)


def dumps(value: object) -> bytes:
    return orjson.dumps(value, default=tuple)  # named tuples go as lists
