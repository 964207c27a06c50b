"""Collects one pool's measurements: each host keeps those of its own VMs, and is asked by its own clock."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial

from data.facts.vm import vcpus_online
from data.history import LENGTH, STEP, Clock, Load
from data.mirror import PoolMirror
from data.objects import VM, Host, HostMetrics
from data.types import Ref, XapiDate, timestamp
from xo_dash.sync.memory import Loading
from xo_dash.xapi import rrd
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadReply, XapiError

log = logging.getLogger(__name__)

ROUND = STEP
"""Seconds between rounds while somebody looks: hosts measure no oftener."""
MANY, WIDE_ROUND = 60, 30.0
"""With more hosts than this, rounds are so far apart: a request a host each time."""
IDLE_ROUND = 60.0
"""... while nobody does; nothing is lost, a host answers with all samples since."""
SLICE = 10
"""Objects whose samples are stored in one turn of the loop."""
GATHER = 0.05
"""Seconds in which hosts that answer together become one publication."""

CLOCK = 600.0
"""Seconds after which a host's clock is looked at again."""

FIELDS = tuple(Load.__dataclass_fields__)


@dataclass(slots=True)
class _Asked:
    """What we know of one host's clock and samples."""

    uuid: str
    end: int = 0  # epoch seconds, its clock: its newest sample that we have
    ahead: float = 0.0  # seconds its clock is ahead of ours
    clock_at: float = -CLOCK  # when that was measured (monotonic)
    failures: int = 0  # in a row
    rest_until: float = 0.0  # it is left alone till then (monotonic)
    in_xml: bool = False  # its JSON cannot be read
    busy: bool = False
    uuids: set[str] = field(default_factory=set)  # what it measured last time


class Collector:
    """Fills the history of one pool."""

    def __init__(self, pool: PoolMirror, connection: Connection, loading: Loading | None = None) -> None:
        self._pool = pool
        self._loading = loading or Loading()
        self._connection = connection
        self._hosts: dict[Ref, _Asked] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._fresh: set[str] = set()
        self._publishing: asyncio.TimerHandle | None = None
        self._last_round = -IDLE_ROUND
        self._last_clearing = time.monotonic()
        pool.history.when_watched = self.hurry

    async def tick(self) -> None:
        """Start a round if one is due. A host that has not answered the last one is left out."""
        hosts, now = self._pool.all(Host), time.monotonic()
        brisk = ROUND if len(hosts) <= MANY else WIDE_ROUND
        pause = (brisk if self._pool.history.is_watched else IDLE_ROUND) - 0.5
        if not self._pool.server.is_live or now - self._last_round < pause:
            return
        self._last_round = now
        for ref in self._hosts.keys() - hosts.keys():
            self._pool.history.clocks.pop(self._hosts.pop(ref).uuid, None)
        for ref, host in hosts.items():
            metrics = self._pool.one(HostMetrics, host.metrics)
            asked = self._hosts.setdefault(ref, _Asked(host.uuid))
            if metrics is not None and metrics.live and not asked.busy and now >= asked.rest_until:
                asked.busy = True
                self._begin(self._ask(host, asked))
        if now - self._last_clearing > IDLE_ROUND:
            self._last_clearing = now
            self._begin(self._forget_the_dead())

    def hurry(self) -> None:
        """Start the next round now if it is due, not with the schedule's next tick."""
        self._begin(self.tick())

    def stop(self) -> None:
        """No more rounds; what is under way is broken off."""
        self._pool.history.when_watched = lambda: None
        for task in self._tasks:
            task.cancel()
        if self._publishing is not None:
            self._publishing.cancel()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, host: Host, asked: _Asked) -> None:
        try:
            update = await self._fetch(host, asked)
            if update is not None:
                asked.end = update.end
            if asked.uuids:
                await self._store(asked, update)
            else:  # all of its series are made, and stay
                with self._loading:
                    await self._store(asked, update)
            asked.failures = 0
        except XapiError as error:  # the poller says what there is to say about a pool that is gone
            asked.failures += 1
            rest = min(IDLE_ROUND, ROUND * 2 ** (asked.failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311  # not all at once
            asked.rest_until = time.monotonic() + (rest if asked.failures > 1 else 0)
            log.debug("no measurements of %s: %s", host.name_label, error)
        finally:
            asked.busy = False

    async def _fetch(self, host: Host, asked: _Asked) -> rrd.Update | None:
        if time.monotonic() - asked.clock_at >= CLOCK:
            await self._look_at_clock(host, asked)
        oldest = int(time.time() + asked.ahead - (LENGTH - 1) * STEP)  # farther back, it would answer with one sample a minute
        query = {"start": str(max(asked.end + 1, oldest)), "interval": str(int(STEP)), "cf": "AVERAGE", "host": "true"}
        parse = partial(rrd.parse, online={vm.uuid: vcpus_online(vm) for vm in host.all_of(VM, host.resident_VMs)})
        if asked.in_xml:
            return await self._connection.get(host.address, "/rrd_updates", query, parse, accept="text/xml")
        query["json"] = "true"
        try:
            return await self._connection.get(host.address, "/rrd_updates", query, parse, accept="application/json")
        except BadReply:
            asked.in_xml = True  # from the next round on
            raise

    async def _look_at_clock(self, host: Host, asked: _Asked) -> None:
        before = time.time()
        clock = timestamp(XapiDate(str(await self._connection.call("host.get_servertime", host.ref))))
        if clock is not None:
            after = time.time()
            asked.ahead = clock + 0.5 - (before + after) / 2  # it tells whole seconds
            self._pool.history.clocks[host.uuid] = Clock(asked.ahead, 0.5 + abs(after - before) / 2)
        asked.clock_at = time.monotonic()

    async def _store(self, asked: _Asked, update: rrd.Update | None) -> None:
        """What this host no longer measures has no load any more; another host may have it by now."""
        history = self._pool.history
        measured = dict(update.objects) if update is not None else {}
        gone = asked.uuids - measured.keys() if update is not None else set()
        elsewhere = set().union(*(other.uuids for other in self._hosts.values() if other is not asked)) if gone else set()
        asked.uuids = set(measured) or asked.uuids
        for number, (uuid, columns) in enumerate(measured.items()):
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            history.extend(uuid, columns, update.first if update is not None else 0)
            history.loads[uuid] = Load(**{name: columns[name][-1] for name in FIELDS if name in columns})
        for uuid in gone - elsewhere:
            history.loads.pop(uuid, None)
        self._publish(measured.keys() | gone)

    def _publish(self, uuids: set[str]) -> None:
        self._fresh |= uuids
        if self._fresh and self._publishing is None:
            self._publishing = asyncio.get_running_loop().call_later(GATHER, self._tell)

    def _tell(self) -> None:
        fresh, self._fresh, self._publishing = frozenset(self._fresh), set(), None
        self._pool.history.publish(fresh)

    async def _forget_the_dead(self) -> None:
        """Samples of what is destroyed."""
        for number, uuid in enumerate(list(self._pool.history.uuids)):
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            if self._pool.by_uuid(VM, uuid) is None and self._pool.by_uuid(Host, uuid) is None:
                self._pool.history.forget((uuid,))
