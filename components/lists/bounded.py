"""A list of which a browser has no more rows than it needs: the newest, and those that it asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import orjson
from nicegui import events

from components.browser import tell
from components.lists.listing import Listing
from components.lists.rows import BulkActions, TableSpec
from components.lists.window import ListQuery, Window
from data.changes import Change
from data.sight import Sight
from data.turns import in_turns
from data.types import XapiObject

T = TypeVar("T", bound=XapiObject)


class BoundedListing(Listing[T]):
    """Takes all the room of its page. The browser is told how many there are, and asks again when it searches, chooses or scrolls."""

    def __init__(self, mirror: Sight, spec: TableSpec[T], *, acts: BulkActions[T] | None = None) -> None:
        super().__init__(mirror, spec, full=True, acts=acts)
        self._props["bound"] = True
        self._window = Window(spec)
        self._asked, self._question = ListQuery(), 0
        self._touched: dict[T, None] = {}
        self._filled, self._choosing = False, asyncio.Lock()
        self._told: object = None
        self.on("ask", self._ask)

    def _ask(self, event: events.GenericEventArguments) -> None:
        match event.args:
            case [int() as question, list() as asked]:
                self._question, self._asked = question, ListQuery.read(asked)
                self._render()

    async def _act(self, do: Callable[[list[T]], Awaitable[None]], told: object) -> None:
        """For the rows that are named; or for all that fit, here or not."""
        match told:
            case ["all", list() as asked]:
                async with self._choosing:
                    await in_turns(self._window.ask(ListQuery.read(asked)))
                    found = list(self._window.fit)
                await do(found)
            case _:
                await super()._act(do, told)

    # ---- what has to be told

    def _start(self) -> None:
        self._told = None
        self._ids.clear()
        self._touched.clear()
        self._filled = False
        super()._start()

    def _collect(self, changes: Sequence[Change]) -> bool:
        return super()._collect(changes) or bool(self._touched)

    def _own(self, row: T) -> None:
        self._touched[row] = None

    # ---- telling it

    async def _choose(self) -> None:
        """Have the rows that the browser should get, and no others."""
        window, is_news = self._window, False
        async with self._choosing:
            if not self._filled:
                self._filled = is_news = True
                await in_turns(window.fill(self._coming))
            while self._touched or window.asked != self._asked:
                touched, self._touched, is_news = self._touched, {}, True
                await in_turns(window.take(touched))
                await in_turns(window.ask(self._asked))
                self._dirty.update((row, None) for row in touched if row in self._ids)
        if not is_news:
            return
        shown = dict.fromkeys(window.shown)
        for row in [row for row in self._ids if row not in shown]:
            self._forget(row)
        self._coming = [row for row in reversed(shown) if row not in self._ids]
        self._tell_size()

    def _tell_size(self) -> None:
        window = self._window
        told = (self._question, window.size, len(window.fit), {name: count for name, count in window.counts.items() if count})
        if told != self._told:
            self._told = told
            tell(self, "sized", orjson.dumps(told).decode())
