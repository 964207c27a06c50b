"""What all open pages share of the tree and the search."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson
from nicegui import background_tasks

from components.feeds import Feed
from components.frame.tree_rows import Row, TreeDelta, TreeRows
from data.changes import Change
from data.coalesce import in_turns
from data.search import Index
from data.sight import Sight


class News(NamedTuple):
    """A delta for all: what it is, the revision before and after it, and `encoded`, what a browser is sent of it."""

    epoch: str
    since: int
    revision: int
    delta: TreeDelta
    encoded: str


def encode(epoch: str, since: int, revision: int, put: Iterable[Row], gone: Iterable[int]) -> str:
    """JSON arguments of the tree's `delta`: for whoever has at least revision `since`."""
    return orjson.dumps((epoch, since, revision, list(put), list(gone))).decode()


class TreeFeed(Feed[TreeRows, News]):
    """The rows of the tree, and the index that the search asks: both follow the mirror while a page is open."""

    def __init__(self, mirror: Sight) -> None:
        super().__init__(mirror, TreeRows)

    def _start(self) -> None:
        super()._start()
        self._index: Index | None = None
        self._indexing: asyncio.Task[None] | None = None

    async def index(self) -> Index:
        """The search's index, filled."""
        if self._index is None:
            self._index = Index(self._mirror)
            self._indexing = background_tasks.create(in_turns(self._index.fill()), name="fill the search")
        index, indexing = self._index, self._indexing
        if indexing is not None:
            await asyncio.shield(indexing)
        return index

    def take(self) -> News | None:
        delta = self.rows.take()
        if delta is None:
            return None
        epoch, revision = self.rows.epoch, self.rows.revision
        return News(epoch, revision - 1, revision, delta, encode(epoch, revision - 1, revision, delta.put, delta.gone))

    def _changed(self, changes: Sequence[Change]) -> None:
        if self._index is not None:
            self._index.update(changes)
        super()._changed(changes)
