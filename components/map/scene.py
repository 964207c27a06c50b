"""The map, shared by all who look: what changes on the stage becomes small messages, encoded once for all browsers.

Nothing is observed while no map is open. A message is JSON:
`{"v": revision, "r": 1 if it replaces all, "p" | "h" | "m" | "s" | "n": rows of pools, hosts, VMs, SRs, networks, "x": [gone ids],
"f": [[pool, step, objects, samples], ...]}`; keys without content are left out. A step is five seconds of the epoch; the samples of a
pool are those of its hosts and VMs in the order of their ids.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

import orjson

from components.feeds import Viewers
from components.map import frames
from components.map.stage import Counts, Item, Stage, count, measured
from components.map.touched import Thing
from components.pace import INTERVAL
from data.history import STEP
from data.mirror import Change, Mirror, Operation, PoolMirror, Subject
from data.objects import SR, VM, Host, Network
from data.placement import memory_held, memory_total
from data.server import Server

HOLD = 0.004
"""Seconds the event loop is held while many rows are made."""

Send = Callable[[str], None]
KEYS: dict[type[Thing], str] = {Server: "p", Host: "h", VM: "m", SR: "s", Network: "n"}


class Scene:
    """The map of one mirror; keep it open as long as a map shows it."""

    def __init__(self, mirror: Mirror, hold: float = HOLD) -> None:
        self._mirror, self._hold = mirror, hold
        self._viewers: Viewers[str] = Viewers()
        self._revision = 0
        self._stops: list[Callable[[], object]] = []
        self._clear()

    def _clear(self) -> None:
        self._stage = Stage(self._mirror)
        self._watches: dict[str, Callable[[], object]] = {}
        self._fresh: dict[str, None] = {}
        self._frames: dict[str, tuple[int, orjson.Fragment]] = {}
        self._waiting: list[Send] | None = None  # those to whom it is shown as soon as it is made; None: it is
        self._timer: asyncio.Handle | None = None
        self._snapshot = ""

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
        if not self._stage.rebuild(self._hold):
            self._timer = asyncio.get_running_loop().call_later(0, self._make)
            return
        self._timer = None
        self._stage.take()
        waiting, self._waiting = self._waiting or (), None
        for send in waiting:
            send(self.snapshot())

    def show(self, send: Send) -> None:
        """Call `send` with a message that has all of it, now or as soon as it is made."""
        if self._waiting is None:
            send(self.snapshot())
        else:
            self._waiting.append(send)

    def _end(self) -> None:
        for stop in (*self._stops, *self._watches.values()):
            stop()
        if self._timer:
            self._timer.cancel()
        self._clear()

    @property
    def is_open(self) -> bool:
        return bool(self._viewers)

    @property
    def counts(self) -> Counts:
        """As of now, also while rows are still being made."""
        return self._stage.counts if self._waiting is None and self._stage.rebuild(self._hold) else count(self._mirror)

    # ---- what changed

    def _add(self, pool: PoolMirror) -> None:
        self._stage.add(pool)
        self._watches[pool.id] = pool.history.observe(lambda _uuids: self._measured(pool.id))

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(server := change.subject, Server):
                if change.operation is Operation.ADD and server.id in self._mirror.pools:
                    self._add(self._mirror.pools[server.id])
                elif change.operation is Operation.DEL:
                    self._watches.pop(server.id, lambda: None)()
        if self._stage.changed(changes):
            self._wake()

    def _judged(self, subjects: Iterable[Subject]) -> None:
        if self._stage.judged(subjects):
            self._wake()

    def _measured(self, server_id: str) -> None:
        self._fresh[server_id] = None
        self._frames.pop(server_id, None)
        self._wake()

    # ---- messages

    def _wake(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._stage.rebuild(self._hold):
            self._timer = loop.call_later(0, self._flush)
            return
        items, gone = self._stage.take()
        if not (items or gone or self._fresh):
            self._timer = None
            return
        self._timer = loop.call_later(INTERVAL, self._flush)
        self._revision += 1
        self._snapshot = ""
        message = self._message(items, self._fresh)
        if gone:
            message["x"] = gone
        self._fresh = {}
        self._viewers.tell(orjson.dumps(message).decode())

    def snapshot(self) -> str:
        """All of it, as a message; the same text for everybody until something changes."""
        if not self._snapshot:
            self._snapshot = orjson.dumps({**self._message(self._stage.items.values(), self._stage.casts), "r": 1}).decode()
        return self._snapshot

    def _message(self, items: Iterable[Item], server_ids: Iterable[str]) -> dict[str, object]:
        message: dict[str, object] = {"v": self._revision}
        rows: dict[str, list[orjson.Fragment]] = {}
        for item in items:
            rows.setdefault(KEYS[type(item.thing)], []).append(orjson.Fragment(item.json))
        message.update(rows)
        if found := [self._frame(id_) for id_ in server_ids if id_ in self._stage.casts]:
            message["f"] = found
        return message

    def _frame(self, server_id: str) -> orjson.Fragment:
        """The measurements of one pool; encoded once a round."""
        cast = self._stage.casts[server_id]
        version, frame = self._frames.get(server_id, (-1, None))
        if frame is None or version != cast.version:
            pool = self._mirror.pools[server_id]
            loads = pool.history.loads
            samples = frames.encode(frames.sample(loads.get(thing.uuid), _memory(thing)) for _item, thing in measured(cast))
            frame = orjson.Fragment(orjson.dumps([self._stage.pool_id(pool.server), round(time.time() / STEP), len(cast.items), samples]))
            self._frames[server_id] = cast.version, frame
        return frame

    def trails(self, ids: Sequence[int]) -> str:
        """The CPU of the last minutes of hosts and VMs: `[[id, samples], ...]`; unknown ids are left out."""
        found = []
        for server_id, cast in self._stage.casts.items():
            history = self._mirror.pools[server_id].history
            for item in (cast.items[id_] for id_ in frozenset(ids) if id_ in cast.items):
                if isinstance(item.thing, Host | VM):
                    found.append((item.id, frames.encode([frames.trail(history, item.thing.uuid)])))
        return orjson.dumps(found).decode()


def _memory(thing: Host | VM) -> int:
    return memory_total(thing) if isinstance(thing, Host) else memory_held(thing)
