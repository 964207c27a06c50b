"""Keeps the findings fresh: looks at what changed, what a measurement moved and what a clock makes due, a few milliseconds at a time."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial

from data.changes import Change, Operation, Subject
from data.clock import SteadyClock
from data.facts.sr import is_shown
from data.failover import Fates, failover_steps
from data.findings.affected import about, around, beyond, is_judged
from data.findings.finding import Finding, Rule
from data.findings.overrides import Acknowledgement, Overrides, Tuning, older_uuids
from data.growth import Sample
from data.identity import Key, key_of
from data.mirror import Mirror, PoolMirror
from data.objects import SR, VM, Host, Network, Pool
from data.server import Server
from data.stores.errors import StoreError
from data.stores.findings import FindingStore
from data.types import Home, XapiObject
from xo_dash.sync.agenda import Agenda

log = logging.getLogger(__name__)

ROUND = 1.0
"""Seconds between two looks at what is due."""
SOON = 10.0
"""Seconds until what is far from a change is looked at: many changes are one look then."""
GATHER = 0.1
"""Seconds in which changes are gathered."""
SHARE = 0.02
"""Of a core, for what is due: with thousands of VMs it takes longer, not more."""
KEEP = 900.0
"""Seconds between two writings of what is to be remembered."""
LARGE = (Pool, SR, Network)
"""What may be about thousands of others: a rule at a time."""
HOLD = 0.001
"""Seconds for which the loop is held."""
REST = 0.003
"""Seconds in which others have it, where thousands are to be looked at: a loop that is always busy is late for everybody."""


class Evaluator:
    """The only writer of `mirror.findings`."""

    def __init__(self, mirror: Mirror, store: FindingStore | None = None) -> None:
        """Without a store nothing is remembered, and nothing can be put off."""
        self._mirror, self._store = mirror, store
        self._before: dict[str, list[Sample]] = {}  # {SR's key: how it filled}
        self._older: set[str] = set()  # uuids of which something was kept before names said the pool
        self._renamed: dict[str, str] = {}  # notes that are not stored under their name yet: {older: name}
        self._kept_at = time.monotonic()
        self._clock = SteadyClock()
        self._book = mirror.findings
        self._kinds = self._book.kinds
        self._dirty: dict[Subject, None] = {}
        self._dirty_pools: dict[Server, Iterator[Subject]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_behind = False  # whether the last tick left something
        self._agenda = Agenda(time.monotonic())
        self._measured: dict[Subject, None] = {}
        self._due = _Looks(lambda: self._agenda.take(time.monotonic()), self._look)
        self._moved = _Looks(lambda: self._measured.popitem()[0] if self._measured else None, self._glance)
        self._urgent = _Looks(self._next_dirty, self._look_anew)
        self._stops = {"": mirror.observe(self._changed)}  # and by server's id, its measurements
        if store is not None:
            memory = store.remembered()
            self._before = {key: [Sample(*pair) for pair in samples] for key, samples in memory.growth.items()}
            self._book.recall(memory.since)
            self._book.overrides = store.overrides()
            self._older = older_uuids((*memory.since, *self._book.overrides.notes)) | {key for key in memory.growth if "@" not in key}
        for pool in mirror:
            self._join(pool)
            self._plan(self._of_server(pool.server), 0.0)

    async def stop(self) -> None:
        """Write down what is to be remembered."""
        for stop in self._stops.values():
            stop()
        if self._timer:
            self._timer.cancel()
        await self._keep()

    # ---- what people say

    async def tune(self, rule: Rule, tuning: Tuning) -> None:
        """From now on `rule` speaks as `tuning` says. Raises StoreError."""
        if self._store is not None:
            await self._store.tune(rule, tuning)
            self._wish(self._stored(self._store), (row for pool in self._mirror for row in self._of(pool, rule.kind)))

    async def note(self, finding: Finding, note: Acknowledgement | None) -> None:
        """Put a finding off, or mark it as seen; None takes that back. Raises StoreError."""
        if self._store is not None:
            await self._store.note(finding.rule, finding.subjects, note)
            self._wish(self._stored(self._store), finding.subjects)

    def _stored(self, store: FindingStore) -> Overrides:
        return store.overrides().renamed(self._renamed)

    def _adopt(self, subject: XapiObject) -> None:
        """Take over what was kept of it by its uuid alone; nothing where several have that: nobody knows whose it was."""
        if len(self._mirror.having(type(subject), subject.uuid)) != 1:
            return
        self._older.discard(subject.uuid)
        self._renamed |= self._book.adopt(subject)
        if (samples := self._before.pop(subject.uuid, None)) is not None:
            self._before[key_of(subject)] = samples

    def _wish(self, overrides: Overrides, subjects: Iterable[Subject]) -> None:
        self._book.overrides = overrides
        self._dirty.update(dict.fromkeys(subjects))
        self._wake()

    def _of(self, pool: PoolMirror, kind: type[XapiObject] | type[Server]) -> Iterable[Subject]:
        return pool.all(kind).values() if issubclass(kind, XapiObject) else (pool.server,)

    async def _keep(self) -> None:
        self._kept_at = time.monotonic()
        if self._store is not None:
            now = {str(Key(uuid, pool.key)): list(samples) for pool in self._mirror for uuid, samples in pool.history.grown()}
            growth = self._before | now
            await self._store.remember(growth, self._book.remembered())
            ended, self._book.ended = self._book.ended, set()
            with suppress(StoreError):
                await self._store.rename(dict(self._renamed))
                await self._store.tidy(time.time(), ended)
                self._book.overrides = self._stored(self._store)

    # ---- what changed

    def _changed(self, changes: Sequence[Change]) -> None:
        soon: dict[Subject, None] = {}
        gone: set[tuple[Home, str]] = set()
        for change in changes:
            subject = change.subject
            if isinstance(subject, Server):
                self._connected(change.operation, subject)
                continue
            if change.operation is Operation.DEL:
                self._ended(subject)
                gone.add((subject.home, subject.uuid))
            pool = self._mirror.pools.get(subject.home.id)
            if pool is None or not pool.server.is_live:
                continue  # all of it is looked at when it is
            if not is_judged(change):
                continue  # no rule reads it, of whatever object
            if change.operation is not Operation.DEL and isinstance(subject, self._kinds):
                self._dirty[subject] = None
            self._dirty.update(dict.fromkeys(around(change)))
            soon.update(dict.fromkeys(beyond(change)))
        if gone:
            self._dirty.update(dict.fromkeys(about(gone, self._book.told)))
        self._plan(soon, SOON)
        self._wake()

    def _connected(self, operation: Operation, server: Server) -> None:
        pool = self._mirror.pools.get(server.id)
        if operation is Operation.DEL or pool is None:
            self._forget(server)
            self._dirty_pools.pop(server, None)
            self._stops.pop(server.id, lambda: None)()
            return
        self._join(pool)
        self._dirty_pools[server] = self._of_server(server)

    def _join(self, pool: PoolMirror) -> None:
        """Hear of what is measured there."""
        if pool.server.id not in self._stops:
            self._stops[pool.server.id] = pool.history.judge(partial(self._hear, pool))

    def _hear(self, pool: PoolMirror, uuids: frozenset[str]) -> None:
        for uuid in uuids:
            if vm := pool.by_uuid(VM, uuid):
                self._measured[vm] = None
            elif host := pool.by_uuid(Host, uuid):
                self._measured[host] = None

    def _ended(self, subject: XapiObject) -> None:
        if isinstance(subject, Host) and (pool := self._mirror.pools.get(subject.home.id)):
            pool.part(Fates).pop(subject.ref, None)
        self._forget(subject)

    def _forget(self, subject: Subject) -> None:
        """Nothing is told of it, and nothing is due."""
        self._dirty.pop(subject, None)
        self._measured.pop(subject, None)
        self._agenda.drop(subject)
        self._book.forget(subject)

    def _plan(self, subjects: Iterable[Subject], seconds: float) -> None:
        """Look at them in `seconds`."""
        at = time.monotonic() + seconds
        for subject in subjects:
            if isinstance(subject, (Server, *self._kinds)):
                self._book.changed(subject)
                self._agenda.put(subject, at)

    def _of_server(self, server: Server) -> Iterator[Subject]:
        """All of its pool: it is told of, or not, as the connection stands."""
        yield server
        if pool := self._mirror.pools.get(server.id):
            for kind in self._kinds:
                yield from list(pool.all(kind).values())

    def _wake(self) -> None:
        if self._timer is None and (self._dirty or self._dirty_pools or self._book.is_due):
            self._timer = asyncio.get_running_loop().call_later(GATHER, self._flush)

    def _flush(self) -> None:
        """Look at what changed; a batch of thousands in several turns."""
        self._timer = None
        self._follow_the_clock()
        over = self._urgent.go_on(time.perf_counter() + HOLD)
        self._book.publish()
        if not over:
            self._timer = asyncio.get_running_loop().call_later(REST, self._flush)

    def _look_anew(self, subject: Subject) -> Iterator[None]:
        self._book.changed(subject)
        yield from self._look(subject)

    def _next_dirty(self) -> Subject | None:
        if self._dirty:
            return self._dirty.popitem()[0]
        while self._dirty_pools:
            server, rows = next(iter(self._dirty_pools.items()))
            if (subject := next(rows, None)) is not None:
                return subject
            self._dirty_pools.pop(server)
        return None

    # ---- what is due

    def is_due(self) -> bool:
        """Whether `tick` would do anything."""
        now = time.monotonic()
        waits = self._is_behind or self._measured or self._book.is_due or self._agenda.is_due(now)
        return bool(waits) or self._clock.was_set or now - self._kept_at > KEEP

    async def tick(self) -> None:
        """Look at what a clock or a measurement makes due."""
        self._follow_the_clock()
        spent, self._is_behind = 0.0, True
        while self._is_behind and spent < SHARE * ROUND:
            started = time.perf_counter()
            end = started + HOLD
            self._is_behind = not (self._moved.go_on(end) and self._due.go_on(end))
            spent += time.perf_counter() - started
            if self._is_behind:
                await asyncio.sleep(REST)
        self._book.publish()
        if time.monotonic() - self._kept_at > KEEP:
            await self._keep()

    def _follow_the_clock(self) -> None:
        """If it was set, nothing has lasted longer or shorter for that, and no age is below zero."""
        seconds = self._clock.set_by()
        if not seconds:
            return
        log.warning("the system's clock was set by %+.0f s", seconds)
        self._book.redate(seconds)
        for pool in self._mirror:
            server = pool.server
            pool.history.redate(seconds)
            if server.last_event_at:
                server.last_event_at += seconds
            self._mirror.set_server(server, since=server.since + seconds)

    def _glance(self, subject: Subject) -> Iterator[None]:
        """Look at it if its measurements may make a difference."""
        if self._book.is_moved(subject, time.time()):
            yield from self._look(subject)

    def _look(self, subject: Subject) -> Iterator[None]:
        """A step at a time, where one look takes long."""
        now = time.time()
        pool = self._mirror.pools.get(subject.id if isinstance(subject, Server) else subject.home.id)
        if pool is None or not (pool.server.is_live or subject is pool.server):
            self._forget(subject)  # what we know of a pool that is gone may not be true any more
            return
        self._agenda.drop(subject)
        if isinstance(subject, XapiObject):
            if subject.uuid in self._older:
                self._adopt(subject)
            if isinstance(subject, SR) and is_shown(subject) and subject.physical_utilisation >= 0:
                pool.history.grow(subject.uuid, Sample(now, subject.physical_utilisation), self._before.get(key_of(subject), ()))
            if isinstance(subject, Host):
                yield from self._foresee(pool, subject)
        steps, is_large = self._book.looking(subject, now), isinstance(subject, LARGE)
        is_there = _is_there(subject, pool)
        while is_there:
            try:
                next(steps)
            except StopIteration as end:
                self._agenda.put(subject, math.ceil(time.monotonic() + end.value))
                return
            if is_large:
                yield
                is_there = _is_there(subject, pool)

    def _foresee(self, pool: PoolMirror, host: Host) -> Generator[None, None, None]:
        """What would become of its VMs without it. Milliseconds in a large pool, so a step at a time."""
        fate = (yield from failover_steps((host,))).fate
        if pool.one(Host, host.ref) is host and pool.part(Fates).get(host.ref) != fate:
            pool.part(Fates)[host.ref] = fate
            self._book.touch(pool.server)


class _Looks:
    """Looks at one subject after the other, and can stop in the midst of one."""

    def __init__(self, following: Callable[[], Subject | None], look: Callable[[Subject], Iterator[None]]) -> None:
        self._following, self._look = following, look
        self._begun: Iterator[None] = iter(())

    def go_on(self, end: float) -> bool:
        """Until `end` (of the performance counter); whether there is nothing left."""
        over = object()
        while time.perf_counter() < end:
            if next(self._begun, over) is not over:
                continue
            subject = self._following()
            if subject is None:
                return True
            self._begun = self._look(subject)
        return False


def _is_there(subject: Subject, pool: PoolMirror) -> bool:
    if isinstance(subject, Server):
        return subject is pool.server
    return pool.server.is_live and pool.one(type(subject), subject.ref) is subject
