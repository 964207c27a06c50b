"""What is on the map, shared by all who look: changes of the mirror become small messages, encoded once for all browsers.

Nothing is observed while no map is open. A message is JSON:
`{"v": revision, "r": 1 if it replaces all, "p" | "h" | "m" | "s" | "n": rows of pools, hosts, VMs, SRs, networks, "x": [gone ids],
"f": [[pool, step, objects, samples], ...]}`; keys without content are left out. A step is five seconds of the epoch; the samples of a
pool are those of its hosts and VMs in the order of their ids.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import orjson

from components.map import frames
from components.map.rows import Row, host_row, network_row, pool_row, sr_row, vm_row
from components.map.touched import Joins, Thing
from data.history import STEP
from data.mirror import Change, Mirror, Operation, PoolMirror
from data.objects import SR, VM, Host, Network, PowerState
from data.placement import is_guest, memory_held, memory_total
from data.server import Server
from data.types import XapiObject

INTERVAL = 0.1
"""Seconds between two messages; the first goes at once."""

Send = Callable[[str], None]
DRAWN: tuple[type[Host | VM | SR | Network], ...] = (Host, VM, SR, Network)  # a host before what names it: ids are given in this order
KEYS: dict[type[Thing], str] = {Server: "p", Host: "h", VM: "m", SR: "s", Network: "n"}


@dataclass(frozen=True, slots=True)
class Counts:
    """What the head of the page says."""

    pools: int = 0
    hosts: int = 0
    vms: int = 0
    running: int = 0


@dataclass(slots=True)
class Item:
    """One thing on the map, and the row that the browsers have of it."""

    id: int
    thing: Thing
    row: Row = field(default_factory=list)


class Scene:
    """The map of one mirror; keep it open as long as a map shows it."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._sends: dict[int, Send] = {}
        self._opened = self._revision = self._next_id = 0
        self._stop: Callable[[], object] = lambda: None
        self._clear()

    def _clear(self) -> None:
        self._ids: dict[Thing, int] = {}
        self._items: dict[Thing, Item] = {}
        self._measured: dict[str, dict[int, Item]] = {}  # {server: its hosts and VMs, by id in ascending order}
        self._watches: dict[str, Callable[[], object]] = {}
        self._joins = Joins()
        self._dirty: dict[Thing, None] = {}
        self._due: dict[int, Item] = {}
        self._gone: list[int] = []
        self._fresh: dict[str, None] = {}
        self._timer: asyncio.Handle | None = None
        self._snapshot = ""

    # ---- who looks

    def open(self, send: Send) -> Callable[[], None]:
        """Call `send` with every message from now on, until the answer is called. `snapshot()` is what there was before."""
        if not self._sends:
            self._stop = self._mirror.observe(self._changed)
            for pool in self._mirror:
                self._add(pool)
            self._rebuild()
            self._due.clear()
        self._opened += 1
        key = self._opened
        self._sends[key] = send

        def close() -> None:
            if self._sends.pop(key, None) and not self._sends:
                self._end()

        return close

    def _end(self) -> None:
        self._stop()
        for stop in self._watches.values():
            stop()
        if self._timer:
            self._timer.cancel()
        self._clear()

    @property
    def is_open(self) -> bool:
        return bool(self._sends)

    # ---- what changed

    def _add(self, pool: PoolMirror) -> None:
        self._measured[pool.id] = {}
        self._watches[pool.id] = pool.history.observe(lambda _uuids: self._wake(fresh=pool.id))
        self._dirty[pool.server] = None
        for kind in DRAWN:
            self._dirty.update(dict.fromkeys(pool.all(kind).values()))

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            subject = change.subject
            if isinstance(subject, Server) and change.operation is Operation.ADD and subject.id in self._mirror.pools:
                self._add(self._mirror.pools[subject.id])
            self._dirty.update(dict.fromkeys(self._joins.touched(change)))
            if change.operation is Operation.DEL and isinstance(subject, Server | Host | VM | SR | Network):
                self._remove(subject)
        if self._dirty or self._gone:
            self._wake()

    def _remove(self, thing: Thing) -> None:
        self._dirty.pop(thing, None)
        self._hide(thing)
        self._ids.pop(thing, None)
        if isinstance(thing, Server):
            self._measured.pop(thing.id, None)
            self._watches.pop(thing.id, lambda: None)()

    def _hide(self, thing: Thing) -> None:
        """Take it off the map."""
        item = self._items.pop(thing, None)
        if item is None:
            return
        self._gone.append(item.id)
        self._due.pop(item.id, None)
        if isinstance(thing, XapiObject):
            self._measured.get(thing.home.id, {}).pop(item.id, None)
        if isinstance(thing, VM):
            self._joins.forget(thing)

    # ---- rows

    def _rebuild(self) -> None:
        """Make the rows of what is dirty anew; those that differ are due."""
        things, self._dirty = self._dirty, {}
        for thing in things:
            pool = self._mirror.pools.get(thing.id if isinstance(thing, Server) else thing.home.id)
            if pool is None:
                continue  # its server was removed before this was looked at
            id_ = self._id(thing)
            row = self._row(id_, thing, pool)
            if row is None:
                self._hide(thing)
                continue
            item = self._items.get(thing)
            if item is None:
                item = self._items[thing] = Item(id_, thing)
                if isinstance(thing, (Host, VM)):
                    _insert(self._measured[pool.id], item)
            if row != item.row:
                item.row = row
                self._due[item.id] = item

    def _row(self, id_: int, thing: Thing, pool: PoolMirror) -> Row | None:
        if isinstance(thing, Server):
            return pool_row(id_, pool)
        pool_id = self._id(pool.server)
        if isinstance(thing, Host):
            guests = [vm for vm in thing.all_of(VM, thing.resident_VMs) if is_guest(vm)]
            return host_row(id_, pool_id, thing, guests)
        if isinstance(thing, VM):
            if not is_guest(thing):
                return None
            self._joins.note(thing)
            return vm_row(id_, pool_id, thing, self._id_of)
        return sr_row(id_, pool_id, thing, self._id_of) if isinstance(thing, SR) else network_row(id_, pool_id, thing, self._id_of)

    def _id(self, thing: Thing) -> int:
        if thing not in self._ids:
            self._next_id += 1
            self._ids[thing] = self._next_id
        return self._ids[thing]

    def _id_of(self, thing: XapiObject | None) -> int:
        return self._id(thing) if isinstance(thing, DRAWN) else -1

    # ---- messages

    def _wake(self, fresh: str | None = None) -> None:
        if fresh is not None:
            self._fresh[fresh] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._rebuild()
        if not (self._due or self._gone or self._fresh):
            self._timer = None
            return
        self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._flush)
        self._revision += 1
        self._snapshot = ""
        message = self._message(list(self._due.values()), list(self._fresh))
        if self._gone:
            message["x"] = self._gone
        self._due, self._gone, self._fresh = {}, [], {}
        text = orjson.dumps(message).decode()
        for send in list(self._sends.values()):
            send(text)

    def snapshot(self) -> str:
        """All of it, as a message; the same text for everybody until something changes."""
        if not self._snapshot:
            message = self._message(list(self._items.values()), list(self._measured))
            self._snapshot = orjson.dumps({**message, "r": 1}).decode()
        return self._snapshot

    def _message(self, items: list[Item], pools: list[str]) -> dict[str, object]:
        message: dict[str, object] = {"v": self._revision}
        for kind, key in KEYS.items():
            if rows := [item.row for item in items if isinstance(item.thing, kind)]:
                message[key] = rows
        if found := [self._frame(self._mirror.pools[id_]) for id_ in pools if id_ in self._measured]:
            message["f"] = found
        return message

    def _frame(self, pool: PoolMirror) -> list[object]:
        items, loads = self._measured[pool.id].values(), pool.history.loads
        samples = frames.encode(frames.sample(loads.get(item.thing.uuid), _memory(item.thing)) for item in items)  # type: ignore[union-attr]
        return [self._id(pool.server), round(time.time() / STEP), len(items), samples]

    def trails(self, ids: Sequence[int]) -> str:
        """The CPU of the last minutes of hosts and VMs: `[[id, samples], ...]`; unknown ids are left out."""
        wanted = frozenset(ids)
        found = [
            (item.id, frames.encode([frames.trail(self._mirror.pools[server_id].history, item.thing.uuid)]))  # type: ignore[union-attr]
            for server_id, items in self._measured.items()
            for item in (items.get(id_) for id_ in wanted)
            if item is not None
        ]
        return orjson.dumps(found).decode()

    @property
    def counts(self) -> Counts:
        """As of now; 10,000 VMs cost a millisecond, so not more often than something changes."""
        self._rebuild()
        states = [item.thing.power_state for item in self._items.values() if isinstance(item.thing, VM)]
        hosts = sum(isinstance(item.thing, Host) for item in self._items.values())
        return Counts(len(self._measured), hosts, len(states), states.count(PowerState.RUNNING))


def _memory(thing: Thing) -> int:
    if isinstance(thing, Host):
        return memory_total(thing)
    return memory_held(thing) if isinstance(thing, VM) else 0


def _insert(items: dict[int, Item], item: Item) -> None:
    """Keep ids ascending: one that was given early, because another row named it, may come to be drawn late."""
    late = [other for other in items if other > item.id] if items and next(reversed(items)) > item.id else []
    moved = [items.pop(other) for other in late]
    items[item.id] = item
    items.update({other.id: other for other in moved})
