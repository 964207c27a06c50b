"""What is on the map: a row for each thing that is drawn, made anew when the mirror says that it may look different."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

import orjson

from components.map.labels import LabelTable
from components.map.reads import READS, Thing
from components.map.rows import STATES, Row, host_row, is_protected, labels_in, network_row, pool_row, sr_row, vm_row
from data.changes import Change, Operation, Subject
from data.facts.pool import has_ha
from data.facts.vm import VmState, is_guest, state_of
from data.objects import SR, VM, Host, Network, Pool
from data.server import Server
from data.sight import Sight
from data.types import Home, XapiObject

SLICE = 50
"""Rows that are taken up at once; the clock is looked at after each, since that of a network of many hosts takes a millisecond."""

DRAWN: tuple[type[Host | VM | SR | Network], ...] = (Host, VM, SR, Network)  # a host before what names it: ids are given in this order
MOST_MEASURED = 64
"""Networks of a pool that are looked at with each round of measurements."""
FLAGS, LIVE = 4, 2
"""The place of the flags in a host's row, and the one that says whether it responds."""
POOL, STATE = 2, 5
"""The places of the pool and of the state in a VM's row."""
SUMMED: Final[Mapping[type, Sequence[tuple[str, int]]]] = {Host: (("memory", 5), ("memory_free", 7)), SR: (("space", 6), ("space_used", 7))}
"""The places of amounts, in MiB, that the head of the page sums up."""

COUNTED = (VmState.RUNNING, VmState.HALTED, VmState.PAUSED, VmState.SUSPENDED)


@dataclass(frozen=True, slots=True)
class MapCounts:
    """What the head of the page says."""

    pools: int = 0
    hosts: int = 0
    vms: int = 0
    running: int = 0
    halted: int = 0
    paused: int = 0
    suspended: int = 0
    memory: int = 0
    """MiB of all hosts that respond; 0 while nobody knows."""
    memory_free: int = 0
    space: int = 0
    """MiB of all SRs but ISO libraries; 0 while nobody knows."""
    space_used: int = 0
    unprotected: int = 0
    """VMs that HA does not restart, in pools where it is on."""


@dataclass(slots=True)
class MapItem:
    """One thing on the map, and the JSON of the row that browsers have of it."""

    id: int
    thing: Thing
    json: bytes = b"[]"

    @property
    def row(self) -> Row:
        """Read anew each time: as objects, ten thousand of them would take twice the room."""
        row: Row = orjson.loads(self.json)
        return row


@dataclass(slots=True)
class RowSlots:
    """The hosts and VMs of a pool in the order of their ids, and how often who is in it has changed."""

    items: dict[int, MapItem] = field(default_factory=dict)
    version: int = 0

    def put(self, item: MapItem) -> None:
        """Ids stay ascending, though one that was given early, since another row named it, may come to be drawn late."""
        late = [self.items.pop(id_) for id_ in list(self.items) if id_ > item.id] if next(reversed(self.items), 0) > item.id else []
        self.items[item.id] = item
        self.items.update({other.id: other for other in late})
        self.version += 1

    def drop(self, id_: int) -> None:
        if self.items.pop(id_, None):
            self.version += 1


class MapRows:
    """All rows of one mirror. Tell it of every change, then `rebuild`, then `take` what differs."""

    def __init__(self, mirror: Sight) -> None:
        self._mirror = mirror
        self._next_id = 0
        self._ids: dict[Thing, int] = {}
        self._dirty: dict[Thing, None] = {}
        self._due: dict[int, MapItem] = {}
        self._gone: list[int] = []
        self.labels = LabelTable()
        self.items: dict[Thing, MapItem] = {}
        self.slots: dict[str, RowSlots] = {}  # {server's id: who is measured there}
        self._states: Counter[object] = Counter()  # VMs by their state in rows
        self._kinds: dict[type[Thing], int] = {}
        self._unprotected: Counter[object] = Counter()  # VMs that HA does not restart, by their pool in rows
        self._sums: Counter[str] = Counter()

    def add(self, pool: Home) -> None:
        """Draw everything of a pool."""
        self.slots[pool.id] = RowSlots()
        self._dirty[pool.server] = None
        for kind in DRAWN:
            self._dirty.update(dict.fromkeys(pool.all(kind).values()))

    def changed(self, changes: Sequence[Change]) -> bool:
        """Note what may look different; whether anything may."""
        for change in changes:
            subject = change.subject
            if isinstance(subject, Server):
                self._dirty[subject] = None
            touched = READS.affected(change, self._mirror.pools)
            self._dirty.update({row.home.server if isinstance(row, Pool) else row: None for row in touched})  # type: ignore[misc]
            if change.operation is Operation.DEL and isinstance(subject, Server | Host | VM | SR | Network):
                self._remove(subject)
        return bool(self._dirty or self._gone)

    def judged(self, subjects: Iterable[Subject]) -> bool:
        """Note whose mark may be another; whether any may."""
        things = (subject.home.server if isinstance(subject, Pool) else subject for subject in subjects)
        self._dirty.update({thing: None for thing in things if isinstance(thing, (Server, *DRAWN)) and thing in self.items})
        return bool(self._dirty)

    def measured(self, pool: Home) -> None:
        """Rails are as bright as their lines are busy. Of hundreds of networks few rails are drawn, and which ones the browser says."""
        networks = pool.all(Network)
        if len(networks) <= MOST_MEASURED:
            self._dirty.update(dict.fromkeys(networks.values()))

    def _remove(self, thing: Thing) -> None:
        self._dirty.pop(thing, None)
        self._hide(thing)
        self._ids.pop(thing, None)
        if isinstance(thing, Server):
            self.slots.pop(thing.id, None)

    def _hide(self, thing: Thing) -> None:
        """Take it off the map."""
        item = self.items.pop(thing, None)
        if item is None:
            return
        self._gone.append(item.id)
        self._due.pop(item.id, None)
        self._tally(thing, item.row, [])
        if isinstance(thing, XapiObject) and thing.home.id in self.slots:
            self.slots[thing.home.id].drop(item.id)

    def rebuild(self, seconds: float = float("inf")) -> bool:
        """Make rows anew for about `seconds`; whether all are up to date then."""
        end = time.perf_counter() + seconds
        while self._dirty:
            for thing in list(islice(self._dirty, SLICE)):
                del self._dirty[thing]
                self._renew(thing)
                if time.perf_counter() > end:
                    return not self._dirty
        return True

    def _renew(self, thing: Thing) -> None:
        pool = self._mirror.pools.get(thing.id if isinstance(thing, Server) else thing.home.id)
        if pool is None or pool.id not in self.slots:
            return  # its server was removed before this was looked at
        row = self._row(self._id(thing), thing, pool)
        if row is None:
            self._hide(thing)
            return
        item = self.items.get(thing)
        if item is None:
            item = self.items[thing] = MapItem(self._id(thing), thing)
            if isinstance(thing, (Host, VM)):
                self.slots[pool.id].put(item)
        if (told := orjson.dumps(row)) != item.json:
            self._tally(thing, item.row, row)
            item.json = told
            self._due[item.id] = item

    def _row(self, id_: int, thing: Thing, pool: Home) -> Row | None:
        if isinstance(thing, Server):
            return pool_row(id_, pool)
        pool_id = self._id(pool.server)
        if isinstance(thing, Host):
            return host_row(id_, pool_id, thing)
        if isinstance(thing, VM):
            return vm_row(id_, pool_id, thing, self._id_of, self.labels.number) if is_guest(thing) else None
        return sr_row(id_, pool_id, thing, self._id_of) if isinstance(thing, SR) else network_row(id_, pool_id, thing, self._id_of)

    def _tally(self, thing: Thing, old: Row, new: Row) -> None:
        self._kinds[type(thing)] = self._kinds.get(type(thing), 0) + bool(new) - bool(old)
        for row, by in ((old, -1), (new, 1)):
            if row and _is_summed(thing, row):
                self._sums.update({name: by * row[at] for name, at in SUMMED.get(type(thing), ())})  # type: ignore[operator]  # see `SUMMED`
        if isinstance(thing, VM):
            self.labels.use(labels_in(new), labels_in(old))
            for row, by in ((old, -1), (new, 1)):
                if row:
                    self._states[row[STATE]] += by
                    self._unprotected[row[POOL]] += by * (not is_protected(row))

    def _id(self, thing: Thing) -> int:
        if thing not in self._ids:
            self._next_id += 1
            self._ids[thing] = self._next_id
        return self._ids[thing]

    def _id_of(self, thing: XapiObject | None) -> int:
        return self._id(thing) if isinstance(thing, DRAWN) else -1

    def take(self) -> tuple[list[MapItem], list[int]]:
        """What differs since the last time: (items with another row, ids of what is gone)."""
        due, gone = list(self._due.values()), self._gone
        self._due, self._gone = {}, []
        return due, gone

    def pool_id(self, server: Server) -> int:
        return self._id(server)

    @property
    def counts(self) -> MapCounts:
        states = (self._states[STATES[state]] for state in COUNTED)
        unprotected = sum(self._unprotected[self._ids.get(pool.server)] for pool in with_ha(self._mirror))
        amounts = {**self._sums, "unprotected": unprotected}
        return MapCounts(len(self.slots), self._kinds.get(Host, 0), self._kinds.get(VM, 0), *states, **amounts)


def _is_summed(thing: Thing, row: Sequence[Any]) -> bool:
    """By its row. No VM is put on a host that does not respond, nor a disk into a library of ISOs."""
    return bool(row[FLAGS] & LIVE) if isinstance(thing, Host) else not isinstance(thing, SR) or row[5] != "iso"


def count(mirror: Sight) -> MapCounts:
    """The same without rows; amounts are left out, since they take long."""
    guests = [state_of(vm) for vm in mirror.every(VM) if is_guest(vm)]
    unprotected = sum(is_guest(vm) and not vm.ha_restart_priority for pool in with_ha(mirror) for vm in pool.all(VM).values())
    found = MapCounts(len(mirror.pools), sum(1 for _host in mirror.every(Host)), len(guests), *map(guests.count, COUNTED))
    return replace(found, unprotected=unprotected)


def with_ha(mirror: Sight) -> list[Home]:
    return [pool for pool in mirror if has_ha(pool)]


def measured(slots: RowSlots) -> Iterator[tuple[MapItem, Host | VM]]:
    """The items of `slots` with their things, which are hosts and VMs alone."""
    for item in slots.items.values():
        if isinstance(item.thing, Host | VM):
            yield item, item.thing
