"""What all open pages share of the tree and the search."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from nicegui import background_tasks

from components.feeds import Feed
from components.frame.tree_rows import TreeRows
from data.changes import Change
from data.search import Index
from data.sight import Sight
from data.turns import in_turns


class TreeFeed(Feed[TreeRows]):
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

    def _changed(self, changes: Sequence[Change]) -> None:
        if self._index is not None:
            self._index.update(changes)
        super()._changed(changes)
