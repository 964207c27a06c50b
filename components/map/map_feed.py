"""The map, shared by all who look: what changes in the rows becomes small messages, encoded once for all browsers.

Nothing is observed while no map is open. A message is JSON:
`{"v": revision, "r": 1 if it replaces all, "l": [number of the first, words that rows name by number, ...],
"p" | "h" | "m" | "s" | "n": rows of pools, hosts, VMs, SRs, networks, "x": [gone ids],
"f": [[pool, step, objects, whether they are differences to the last, levels], ...]}`; keys without content are left out. A step is five
seconds of the epoch; the levels of a pool (see `frames`) are those of its hosts and VMs in the order of their ids, column by column.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import orjson

from components.feeds import SQUEEZED, Viewers
from components.map import frames
from components.map.map_rows import MapCounts, MapItem, MapRows, count, measured
from components.map.reads import Thing
from data.changes import Change, Operation, Subject
from data.coalesce import next_burst
from data.facts.host import memory_total
from data.history import STEP, History
from data.objects import SR, VM, Host, Network
from data.server import Server
from data.sight import Sight
from data.types import Home

HOLD = 0.004
"""Seconds the event loop is held while many rows are made."""

KEPT = 20
"""Messages, for those who fetched all of it and then come to be told of changes."""

MEASURED_SLICE = 200
"""Objects whose levels are renewed between two looks at the clock."""

Send = Callable[[str], None]
KEYS: dict[type[Thing], str] = {Server: "p", Host: "h", VM: "m", SR: "s", Network: "n"}


class MapFeed:
    """The map of one mirror; keep it open as long as a map shows it."""

    def __init__(self, mirror: Sight, hold: float = HOLD) -> None:
        self._mirror, self._hold = mirror, hold
        self._squeezing = asyncio.Lock()
        self._hopeful: dict[object, Callable[[], None]] = {}  # those who want to know when rows are made
        self._viewers: Viewers[str] = Viewers()
        self._revision = 0
        self._stops: list[Callable[[], object]] = []
        self._clear()

    def _clear(self) -> None:
        self._rows = MapRows(self._mirror)
        self._watches: dict[str, Callable[[], object]] = {}
        self._fresh: dict[str, None] = {}  # servers with levels to be renewed
        self._levels: dict[str, frames.Levels] = {}
        self._rails_at: dict[str, float] = {}  # when a server's networks were looked at for what is measured (monotonic)
        self._waiting: list[Send] | None = None  # those to whom it is shown as soon as it is made; None: it is
        self._timer: asyncio.Handle | None = None
        self._snapshot = ""
        self._squeezed = ("", b"")
        self._counted: MapCounts | None = None  # while rows are being made, until something changes
        self._recent = deque[str](maxlen=KEPT)

    # ---- who looks

    def open(self, send: Send) -> Callable[[], None]:
        """Call `send` with every message from now on, until the answer is called. What there is already: `show`."""
        if not self._viewers:
            self._stops = [self._mirror.observe(self._changed), self._mirror.findings.observe(self._judged)]
            self._waiting = []
            for pool in self._mirror:
                self._add(pool)
            self._make()
        return self._viewers.join(send, self._end)

    def _make(self) -> None:
        """Make all rows, a slice at a time: 10,000 VMs would hold the loop for a third of a second."""
        self._fresh = dict.fromkeys(self._rows.slots)
        if not (self._rows.rebuild(self._hold) and self._renew()):
            self._timer = asyncio.get_running_loop().call_later(0, self._make)
            return
        self._timer = None
        self._fresh = {}
        self._rows.take()
        self._rows.labels.take()
        waiting, self._waiting = self._waiting or (), None
        for send in waiting:
            send(self.snapshot())
        for tell in list(self._hopeful.values()):
            tell()

    def observe_counts(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` when amounts come to be known, until the answer is called: of large fleets that is after the first page is there."""
        self._hopeful[key := object()] = tell
        return lambda: self._hopeful.pop(key, None) and None

    def show(self, send: Send) -> None:
        """Call `send` with a message that has all of it, now or as soon as it is made."""
        if self._waiting is None:
            send(self.snapshot())
        else:
            self._waiting.append(send)

    def missed(self, since: int) -> list[str] | None:
        """The messages that who has the revision `since` lacks; None: all of it is needed, see `show`."""
        count = self._revision - since
        if self._waiting is not None or not 0 <= count <= len(self._recent):
            return None
        return list(islice(self._recent, len(self._recent) - count, None))

    async def whole(self) -> bytes:
        """All of it, gzipped, as soon as it is made, also while no map is open; once for all who ask until something changes."""
        made: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def keep(message: str) -> None:
            if not made.done():  # who asked may have left
                made.set_result(message)

        close = self.open(lambda _message: None)
        try:
            self.show(keep)
            text = await made
            async with self._squeezing:  # those who ask at the same time wait for the first
                if self._squeezed[0] is not text:
                    self._squeezed = text, await asyncio.to_thread(gzip.compress, text.encode(), SQUEEZED)
                return self._squeezed[1]
        finally:
            close()

    def _end(self) -> None:
        self._revision += 1  # what comes next has other ids
        for stop in (*self._stops, *self._watches.values()):
            stop()
        if self._timer:
            self._timer.cancel()
        self._clear()

    @property
    def is_open(self) -> bool:
        return bool(self._viewers)

    @property
    def counts(self) -> MapCounts:
        """As of now, also while rows are still being made; then it is counted once for all who look, until something changes."""
        if self._waiting is None and self._rows.rebuild(self._hold):
            return self._rows.counts
        if self._counted is None or not self._viewers:
            self._counted = count(self._mirror)
        return self._counted

    # ---- what changed

    def _add(self, pool: Home) -> None:
        self._rows.add(pool)
        self._watches[pool.id] = pool.part(History).observe(lambda uuids: self._measured(pool.id, uuids))

    def _changed(self, changes: Sequence[Change]) -> None:
        self._counted = None
        for change in changes:
            if isinstance(server := change.subject, Server):
                if change.operation is Operation.ADD and server.id in self._mirror.pools:
                    self._add(self._mirror.pools[server.id])
                elif change.operation is Operation.DEL:
                    self._watches.pop(server.id, lambda: None)()
                    self._levels.pop(server.id, None)
                    self._rails_at.pop(server.id, None)
        if self._rows.changed(changes):
            self._wake()

    def _judged(self, subjects: Iterable[Subject]) -> None:
        if self._rows.judged(subjects):
            self._wake()

    def _measured(self, server_id: str, uuids: frozenset[str]) -> None:
        self._fresh[server_id] = None
        if server_id in self._levels:
            self._levels[server_id].note(uuids)
        now = time.monotonic()
        if now - self._rails_at.get(server_id, -STEP) >= STEP:  # hosts answer one after the other, and a rail is of all of them
            self._rails_at[server_id] = now
            self._rows.measured(self._mirror.pools[server_id])
        self._wake()

    # ---- messages

    def _wake(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        if not (self._rows.rebuild(self._hold) and self._renew()):
            self._timer = loop.call_later(0, self._flush)
            return
        items, gone = self._rows.take()
        message = self._message(items)
        if labels := self._rows.labels.take():
            message["l"] = labels
        if found := [frame for id_ in self._fresh if (frame := self._change(id_))]:
            message["f"] = found
        if gone:
            message["x"] = gone
        self._fresh = {}
        if not message:
            self._timer = None
            return
        self._timer = loop.call_at(next_burst(loop.time()), self._flush)
        self._revision += 1
        self._snapshot = ""
        text = orjson.dumps({"v": self._revision, **message}).decode()
        self._recent.append(text)
        self._viewers.tell(text)

    def snapshot(self) -> str:
        """All of it, as a message; the same text for everybody until something changes."""
        if not self._snapshot:
            message = {"l": [0, *self._rows.labels.all()], **self._message(self._rows.items.values())}
            if found := [frame for id_ in self._rows.slots if (frame := self._whole(id_))]:
                message["f"] = found
            self._snapshot = orjson.dumps({"v": self._revision, **message, "r": 1}).decode()
        return self._snapshot

    def _message(self, items: Iterable[MapItem]) -> dict[str, object]:
        rows: dict[str, list[orjson.Fragment]] = {}
        for item in items:
            rows.setdefault(KEYS[type(item.thing)], []).append(orjson.Fragment(item.json))
        return {**rows}

    # ---- measurements

    def _renew(self) -> bool:
        """Bring the levels of what was measured up to date for a moment; whether all are."""
        end = time.perf_counter() + self._hold
        for server_id in self._fresh:
            if server_id not in self._rows.slots:
                continue
            levels = self._levels_of(server_id)
            history = self._mirror.pools[server_id].part(History)
            while not levels.renew(history, MEASURED_SLICE):
                if time.perf_counter() > end:
                    return False
        return True

    def _levels_of(self, server_id: str) -> frames.Levels:
        """The levels of one pool, for those who are in it now."""
        slots, levels = self._rows.slots[server_id], self._levels.setdefault(server_id, frames.Levels())
        if levels.version != slots.version:
            things = (thing for _item, thing in measured(slots))
            levels.assign(slots.version, ((thing.uuid, memory_total(thing) if isinstance(thing, Host) else 0) for thing in things))
        return levels

    def _change(self, server_id: str) -> list[object] | None:
        """The levels of one pool, as browsers need them; None if they have them."""
        levels = self._levels.get(server_id)
        if levels is None or server_id not in self._rows.slots or not levels.count:
            return None
        values, told = levels.values, levels.told
        levels.told = values
        if values == told:
            return None
        return (
            self._frame(server_id, levels, 1, frames.changes(values, told))
            if told
            else self._frame(server_id, levels, 0, frames.letters(values))
        )

    def _whole(self, server_id: str) -> list[object] | None:
        """The levels that browsers have been told, or of which the first telling will be a whole."""
        levels = self._levels_of(server_id)
        if not levels.told:
            levels.renew(self._mirror.pools[server_id].part(History), levels.count)
        return self._frame(server_id, levels, 0, frames.letters(levels.told or levels.values)) if levels.count else None

    def _frame(self, server_id: str, levels: frames.Levels, differs: int, text: str) -> list[object]:
        server = self._mirror.pools[server_id].server
        return [self._rows.pool_id(server), round(time.time() / STEP), levels.count, differs, text]

    def measured(self, ids: Sequence[int]) -> dict[int, Host | VM]:
        """The hosts and VMs among `ids`; unknown ids are left out."""
        things = ((id_, item.thing) for slots in self._rows.slots.values() for id_ in ids if (item := slots.items.get(id_)))
        return {id_: thing for id_, thing in things if isinstance(thing, Host | VM)}

    def trails(self, ids: Sequence[int], whole: Sequence[int] = ()) -> str:
        """The last minutes of hosts and VMs, for those in `whole` all that is kept of them, for `ids` the CPU alone:
        `[[id, levels, most of disk, most of network (B/s)], ...]`; unknown ids are left out."""
        found: list[list[object]] = []
        for server_id, slots in self._rows.slots.items():
            history = self._mirror.pools[server_id].part(History)
            wanted = {id_: slots.items[id_].thing for id_ in (*ids, *whole) if id_ in slots.items}
            known = {id_: thing.uuid for id_, thing in wanted.items() if isinstance(thing, Host | VM)}
            found += [[id_, frames.letters(frames.trail(history, known[id_]))] for id_ in dict.fromkeys(ids) if id_ in known]
            for id_ in dict.fromkeys(whole):
                if id_ in known:
                    levels, *tops = frames.trails(history, known[id_])
                    found.append([id_, frames.letters(levels), *map(round, tops)])
        return orjson.dumps(found).decode()
