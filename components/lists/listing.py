"""A list on a page: follows the mirror, and sends the rows that became different, some dozens at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final, Generic, TypeVar

import orjson
from nicegui import background_tasks, events, ui

import components.charts.units
import components.lists.browser_modules  # noqa: F401
from components.browser import tell
from components.lists.props import acts_props, list_props
from components.lists.rows import BulkActions, ListRow, Reveal, TableSpec, Wire
from components.live import follow_all, follow_source
from data.changes import Change, Subject
from data.history import History
from data.server import Server
from data.sight import Sight
from data.types import Home, XapiObject
from data.views.view import is_present
from xo_dash.i18n import _

T = TypeVar("T", bound=XapiObject)
IN_SIGHT: Final = 200
"""Rows that a browser shows at most."""

TURN: Final = 0.004
"""Seconds in which rows are made before others have a turn."""


class Listing(ui.element, Generic[T], component="listing.js"):
    """The list of what `spec` says. A `full` one takes all the room of its page and keeps filter and order in the address."""

    def __init__(
        self,
        mirror: Sight,
        spec: TableSpec[T],
        *,
        full: bool = False,
        acts: BulkActions[T] | None = None,
        reveal: Reveal | None = None,
        offer: Callable[[list[T], float, float], None] | None = None,
        on_count: Callable[[int], None] | None = None,
    ) -> None:
        """With `acts`, rows can be chosen, and something is done to them or to all that are in the list.

        `offer` opens the menu of commands for rows, at pixels of the window: at a right click, and by a button for the chosen.

        With `reveal`, what the spec hides can be shown; without, nothing is hidden. `on_count` is told how many there are, those apart.
        """
        super().__init__()
        self._on_count = on_count
        self._count(spec.expected)
        self._mirror, self._spec = mirror, spec
        self._ids: dict[T, int] = {}
        self._veiled = set[T]()  # those that it leaves out at first
        self._sent: dict[int, bytes] = {}
        self._coming: list[T] = []  # of the first telling; what is in it may be gone
        self._dirty: dict[T, None] = {}
        self._gone: list[int] = []
        self._homes: dict[Home, int] = {}
        self._stale: list[int] = []
        self._ready = self._draining = False
        self._sums: list[str] = []
        self._next = 0
        self._histories: dict[Home, Callable[[], None]] = {}
        self._traced: dict[int, str] = {}  # of the rows in sight, as the browser has them
        self._hides = spec.hidden if reveal is not None else None
        self._props.update(list_props(spec, full=full, has_pools=bool(mirror.pools)))
        self.classes("x-list-full" if full else "")
        if acts is not None:
            self._props["acts"] = acts_props(acts)
            self.on("act", lambda event: self._act(acts.do, event.args))
        if offer is not None:
            self._props["offers"] = _("Actions")
            self.on("offer", lambda event: self._offered(offer, event.args))
        if reveal is not None:
            self._props["reveal"] = {"shown": reveal.shown, "show": _("Show hidden"), "why": _("More details")}
            self.on("reveal", lambda event: reveal.keep(event.args is True))
        if spec.trace is not None:
            self._props["traced"] = True
            self.on("sight", self._sees)
        self.on("ready", self._start, [])
        with self:
            follow_all(mirror, self._collect, self._render)
            if spec.judged:
                follow_source(self._follow_findings, self._render)

    async def _act(self, do: Callable[[list[T]], Awaitable[None]], told: object) -> None:
        await do(self._named(told))

    def _named(self, ids: object) -> list[T]:
        """The rows that a browser names; what is gone, or never was here, is left out."""
        wanted = {id_ for id_ in ids if isinstance(id_, int)} if isinstance(ids, list) else set()
        return [row for row, id_ in self._ids.items() if id_ in wanted]

    def _offered(self, offer: Callable[[list[T], float, float], None], told: object) -> None:
        match told:
            case [ids, int() | float() as x, int() | float() as y] if rows := self._named(ids):
                offer(rows, x, y)

    # ---- what has to be told

    def _start(self) -> None:
        """The browser has drawn it and wants its rows."""
        self._ready = True
        self._sent.clear()
        self._gone.clear()
        self._sums = []
        self._stale = [-1]
        self._dirty.clear()
        self._coming = [row for pool in self._mirror for row in pool.all(self._spec.kind).values()]
        self._follow_histories()
        self._render()

    def _collect(self, changes: Sequence[Change]) -> bool:
        if not self._ready:
            return False
        near, pools = self._spec.near, self._mirror.pools
        for change in changes:
            for row in self._spec.reads.affected(change, pools):
                self._own(row)
        for row in near(changes) if near is not None else ():
            self._own(row)
        stands = any(isinstance(change.subject, Server) for change in changes)
        if stands:
            self._follow_histories()
        return stands or bool(self._dirty or self._gone)

    def _follow_findings(self, tell_of: Callable[[], None]) -> Callable[[], None]:
        def judged(subjects: frozenset[Subject]) -> None:
            found = [row for row in subjects if row in self._ids]
            self._dirty.update(dict.fromkeys(found))
            if found:
                tell_of()

        return self._mirror.findings.observe(judged)

    def _own(self, row: T) -> None:
        if is_present(row) and self._spec.belongs(row):
            self._dirty[row] = None
        elif row in self._ids:
            self._forget(row)

    def _forget(self, row: T) -> None:
        id_ = self._ids.pop(row)
        self._veiled.discard(row)
        self._sent.pop(id_, None)
        self._dirty.pop(row, None)
        self._gone.append(id_)

    def again(self, rows: Iterable[T]) -> None:
        """These look different for a reason that the mirror does not tell."""
        if self._ready:
            for row in rows:
                self._own(row)
            self._render()

    # ---- telling it

    def _render(self) -> None:
        if self._ready and not self._draining:
            self._draining = True
            background_tasks.create(self._drain(), name="rows of a list")

    async def _drain(self) -> None:
        try:
            with self:
                while not self.is_deleted and not self.client.is_deleted:
                    await self._choose()
                    self._send()
                    if not (self._dirty or self._coming):
                        self._count(len(self._ids) - len(self._veiled))
                        self._sum()
                        return
                    await asyncio.sleep(0)
        finally:
            self._draining = False

    async def _choose(self) -> None:
        """Whatever has to be decided before rows are sent: nothing, where the browser gets all."""

    def _count(self, count: int) -> None:
        if self._on_count is not None:
            self._on_count(count)

    def _sum(self) -> None:
        if self._spec.sums is None:
            return
        sums = list(self._spec.sums(self._ids))
        if sums != self._sums:
            self._sums = sums
            tell(self, "summed", orjson.dumps([sums]).decode())

    def _send(self) -> None:
        """One slice: rows put, ids gone, pools whose picture is old; nothing if none of it is news."""
        until = time.perf_counter() + TURN
        put = []
        while (row := self._next_row()) is not None:
            if (news := self._news(row)) is not None:
                put.append(news)
            if time.perf_counter() > until:
                break
        gone, self._gone = self._gone, []
        stale = sorted(place for home, place in self._homes.items() if not home.server.is_live)
        if put or gone or stale != self._stale:
            self._stale = stale
            rows_json = b"[" + b",".join(put) + b"]"
            tell(self, "delta", f"[{rows_json.decode()},{gone},{stale},{'false' if self._dirty or self._coming else 'true'}]")

    def _next_row(self) -> T | None:
        if self._dirty:
            return self._dirty.popitem()[0]  # the first of a dict is slow to find once thousands before it are gone
        while self._coming:
            row = self._coming.pop()
            if is_present(row) and self._spec.belongs(row):
                return row
        return None

    def _news(self, row: T) -> bytes | None:
        """The row as JSON: id, pool, segments, words, cells, uuid, whether it is left out; None if the browser has it so."""
        id_ = self._ids.get(row)
        if id_ is None:
            self._next += 1
            id_ = self._ids[row] = self._next
        made = self._spec.row(row)
        place = self._homes.setdefault(row.home, len(self._homes))
        hidden = self._hides is not None and self._hides(row)
        (self._veiled.add if hidden else self._veiled.discard)(row)
        encoded = orjson.dumps([id_, place, list(made.segments), made.words.lower(), _wires(made), row.uuid, hidden])
        if self._sent.get(id_) == encoded:
            return None
        self._sent[id_] = encoded
        return encoded

    # ---- measurements

    def _follow_histories(self) -> None:
        if self._spec.measure is None:
            return
        present = set(self._mirror)
        for home in [home for home in self._histories if home not in present]:
            self._histories.pop(home)()
        for pool in present - self._histories.keys():
            self._histories[pool] = pool.part(History).observe(partial(self._measured, pool))

    def _measured(self, home: Home, fresh: frozenset[str]) -> None:
        if self._spec.measure is None or self.client.is_deleted:
            return
        with self:
            by, columns = self._spec.measured_by, {self._spec.measured: self._spec.measure, **self._spec.also}
            cells = [
                [id_, measure(row).wire(), at]
                for row, id_ in self._ids.items()
                if row.home is home and (row.uuid in fresh if by is None else not fresh.isdisjoint(by(row)))
                for at, measure in columns.items()
            ]
            self._sum()
        if cells:
            tell(self, "measured", orjson.dumps([cells]).decode())
        self._trace()

    def _sees(self, event: events.GenericEventArguments) -> None:
        """The rows in sight: their traces are sent from now on, and no others."""
        wanted = [id_ for id_ in event.args[:IN_SIGHT] if isinstance(id_, int)] if isinstance(event.args, list) else []
        self._traced = {id_: self._traced.get(id_, "") for id_ in wanted}
        self._trace()

    def _trace(self) -> None:
        trace = self._spec.trace
        if trace is None or not self._traced:
            return
        found = {id_: trace(row) for row, id_ in self._ids.items() if id_ in self._traced}
        news = [(id_, text) for id_, text in found.items() if text != self._traced[id_]]
        self._traced |= found
        if news:
            tell(self, "drawn", orjson.dumps([news]).decode())

    def _handle_delete(self) -> None:
        for leave in self._histories.values():
            leave()
        self._histories.clear()
        self._dirty.clear()
        self._coming.clear()
        super()._handle_delete()


def _wires(row: ListRow) -> Iterable[Wire]:
    return [cell.wire() for cell in row.cells]
