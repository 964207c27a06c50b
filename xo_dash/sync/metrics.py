"""Collects one pool's measurements: each host keeps those of its own VMs, and is asked by its own clock."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections import defaultdict
from collections.abc import Coroutine, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial

from data.facts.host import is_live
from data.facts.vm import vcpus_online
from data.history import LENGTH, NO_CLOCK, STEP, Clock
from data.mirror import PoolMirror
from data.objects import VM, Host
from data.types import Ref, XapiDate, timestamp
from xo_dash.sync.gc_tuning import Loading
from xo_dash.sync.rounds import EARLY, IDLE_ROUND, IN_LINE_OF_A_POOL, ROUND, WIDE_ROUND, Rounds
from xo_dash.xapi import rrd
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadReply, BadStatus, XapiError

log = logging.getLogger(__name__)

SLICE = 10
"""Objects whose samples are stored in one turn of the loop."""
GATHER = 0.25
"""Seconds in which hosts that answer together become one publication."""

CLOCK = 600.0
"""Seconds after which a host's clock is looked at again."""
CLOCK_WITHIN = 5.0
"""Seconds for its answer: who is asked in line keeps others waiting."""
SILENT = 3
"""Answers without a new sample after which it is looked at too: it may have been set back."""

FUTURE = 60.0
"""Seconds that a sample may be newer than its host's clock."""

MOST_NAMED = 30
"""VMs that a host is asked for by name, rather than for all that it measures."""
Selection = Mapping[str, str | Sequence[str]]
EVERYTHING: Selection = {"host": "true"}
"""All VMs there, and the host itself, as `/rrd_updates` has it."""


@dataclass(slots=True)
class _Asked:
    """What we know of one host's clock and samples."""

    uuid: str
    end: int = 0  # epoch seconds, its clock: the newest sample of all that it measures
    part: frozenset[str] = frozenset()  # uuids of which we have more, up to `part_end`: the rest waits for a slow round
    part_end: int = 0
    all_at: float = -math.inf  # when it was asked for all (monotonic)
    clock_at: float = -CLOCK  # when its clock was looked at (monotonic)
    silent: int = 0  # answers in a row without a new sample
    failures: int = 0  # in a row
    rest_until: float = 0.0  # it is left alone till then (monotonic)
    reader: rrd.Reader = field(default_factory=rrd.Reader)  # of answers for everything
    named_reader: rrd.Reader = field(default_factory=rrd.Reader)  # of those by name: each goes on with the legend of its last
    in_xml: bool = False  # its JSON cannot be read
    knows_names: bool = True  # it answers for each of several VMs that are named, not for the first alone
    absent: frozenset[str] = frozenset()  # of `part`: not even among all that it measures, as while a VM starts
    busy: bool = False
    began: float = -math.inf  # when it was asked last (monotonic)
    uuids: set[str] = field(default_factory=set)  # what it measured last time

    @property
    def is_new(self) -> bool:
        """Whether it was never asked: the first answer is of ten minutes."""
        return self.began == -math.inf

    @property
    def newest(self) -> int:
        """Epoch seconds, its clock: its newest sample that we have."""
        return max(self.end, self.part_end)

    def part_of(self, looked_at: frozenset[str]) -> frozenset[str]:
        """What to ask for now: these uuids, where all samples of them but the newest are known; empty for everything."""
        is_slow = time.monotonic() - self.all_at >= IDLE_ROUND - EARLY
        return frozenset() if is_slow or not looked_at <= self.part else looked_at


class Collector:
    """Fills the history of one pool."""

    def __init__(self, pool: PoolMirror, connection: Connection, loading: Loading | None = None, rounds: Rounds | None = None) -> None:
        """`loading` and `rounds`: those of all pools."""
        self._pool = pool
        self._loading = loading or Loading()
        self._rounds = rounds or Rounds()
        self._connection = connection
        self._hosts: dict[Ref, _Asked] = {}
        self._line = asyncio.Semaphore(IN_LINE_OF_A_POOL)
        self._tasks: set[asyncio.Task[None]] = set()
        self._fresh: set[str] = set()
        self._publishing: asyncio.TimerHandle | None = None
        self._last_clearing = time.monotonic()
        pool.history.when_watched = self.hurry

    async def tick(self) -> None:
        """Ask the hosts that are due. One that has not answered yet is left out."""
        if not self._pool.server.is_live:
            self._rounds.forget(self._pool.id)
            return
        hosts, now = self._pool.all(Host), time.monotonic()
        for ref in self._hosts.keys() - hosts.keys():
            self._pool.history.clocks.pop(self._hosts.pop(ref).uuid, None)
        looked_at = self._looked_at()
        self._rounds.note(self._pool.id, len(hosts), len(looked_at))
        watched = self._rounds.watched
        for ref, host in hosts.items():
            asked = self._hosts.setdefault(ref, _Asked(host.uuid))
            every = watched if ref in looked_at else IDLE_ROUND
            is_due = now - asked.began >= every - EARLY and now >= asked.rest_until
            if not is_due or asked.busy or not is_live(host):
                continue
            if not asked.is_new and ref not in looked_at and not self._rounds.take_turn(now):
                continue  # with one of the next ticks
            ask = self._ask_in_line if asked.is_new or watched == WIDE_ROUND else self._ask
            asked.busy, asked.began = True, now
            self._begin(ask(host, asked, looked_at.get(ref, frozenset())))
        if now - self._last_clearing > IDLE_ROUND:
            self._last_clearing = now
            self._begin(self._forget_the_dead())

    def _looked_at(self) -> Mapping[Ref, frozenset[str]]:
        """{host: what somebody looks at of what it measures, by uuid; empty for everything}"""
        history = self._pool.history
        if not history.is_watched:
            return {}
        watched = history.watched
        if watched is None:
            return dict.fromkeys(self._pool.all(Host), frozenset())
        found: defaultdict[Ref, set[str]] = defaultdict(set)
        for uuid in watched:
            if vm := self._pool.by_uuid(VM, uuid):
                found[vm.resident_on].add(uuid)
            elif host := self._pool.by_uuid(Host, uuid):
                found[host.ref].add(uuid)
        return {ref: frozenset(uuids) for ref, uuids in found.items()}

    def hurry(self) -> None:
        """Start the next round now if it is due, not with the schedule's next tick."""
        self._begin(self.tick())

    def stop(self) -> None:
        """No more rounds; what is under way is broken off."""
        self._rounds.forget(self._pool.id)
        self._pool.history.when_watched = lambda: None
        for task in self._tasks:
            task.cancel()
        if self._publishing is not None:
            self._publishing.cancel()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask_in_line(self, host: Host, asked: _Asked, looked_at: frozenset[str]) -> None:
        """In line with those of all pools: all at once, they would be busy with that for so long that they answer nothing else."""
        async with self._line, self._rounds.line:
            asked.began = time.monotonic()
            await self._ask(host, asked, looked_at)

    async def _ask(self, host: Host, asked: _Asked, looked_at: frozenset[str]) -> None:
        try:
            part = asked.part_of(looked_at)
            update = await self._fetch(host, asked, part)
            asked.silent = 0 if update is not None and update.end > asked.newest else asked.silent + 1
            if update is not None:
                await self._check_time(host, asked, update)
            if part:
                asked.part_end = asked.newest if update is None else update.end
            else:
                asked.end, asked.all_at = asked.end if update is None else update.end, time.monotonic()
                asked.part, asked.part_end = looked_at, asked.end
            if asked.uuids:
                await self._store(asked, update, part)
            else:  # all of its series are made, and stay
                with self._loading:
                    await self._store(asked, update, part)
            asked.failures = 0
        except XapiError as error:  # the poller says what there is to say about a pool that is gone
            asked.failures += 1
            rest = min(IDLE_ROUND, ROUND * 2 ** (asked.failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311  # not all at once
            asked.rest_until = time.monotonic() + (rest if asked.failures > 1 else 0)
            log.debug("no measurements of %s: %s", host.name_label, error)
        finally:
            asked.busy = False

    async def _fetch(self, host: Host, asked: _Asked, part: frozenset[str]) -> rrd.Update | None:
        if time.monotonic() - asked.clock_at >= CLOCK or asked.silent == SILENT:
            await self._look_at_clock(host, asked)
        oldest = int(self._time_of(host) - (LENGTH - 1) * STEP)  # farther back, it would answer with one sample a minute
        start = max((asked.newest if part else asked.end) + 1, oldest)
        chosen = _selection(host.uuid, part) if asked.knows_names else EVERYTHING
        update = await self._request(host, asked, start, part, chosen)
        if chosen is not EVERYTHING and update is not None and (missing := part - update.objects.keys()) - asked.absent:
            update = await self._request(host, asked, start, part, EVERYTHING)
            asked.knows_names = update is None or missing.isdisjoint(update.objects)
        if update is not None:
            asked.absent = (part or asked.absent) - update.objects.keys()
        return update

    async def _request(self, host: Host, asked: _Asked, start: int, part: frozenset[str], chosen: Selection) -> rrd.Update | None:
        query = {"start": str(start), "interval": str(int(STEP)), "cf": "AVERAGE", **chosen}
        online = {vm.uuid: vcpus_online(vm) for vm in host.all_of(VM, host.resident_VMs) if not part or vm.uuid in part}
        reader = asked.reader if chosen is EVERYTHING else asked.named_reader
        parse = partial(reader.parse, online=online, only=part)
        if asked.in_xml:
            return await self._connection.get(host.address, "/rrd_updates", query, parse, accept="text/xml")
        query["json"] = "true"
        try:
            return await self._connection.get(host.address, "/rrd_updates", query, parse, accept="application/json")
        except BadReply as error:
            asked.in_xml = not isinstance(error, BadStatus)  # from the next round on
            raise

    async def _check_time(self, host: Host, asked: _Asked, update: rrd.Update) -> None:
        """Raises BadReply for samples of the future, behind which there would be room for no others."""
        if update.end > self._time_of(host) + FUTURE:
            await self._look_at_clock(host, asked)  # perhaps it was set
            if update.end > self._time_of(host) + FUTURE:
                raise BadReply("measurements of the future")

    def _time_of(self, host: Host) -> float:
        """Seconds since 1970 by the host's own clock, as far as we know it."""
        return time.time() + self._pool.history.clocks.get(host.uuid, NO_CLOCK).ahead

    async def _look_at_clock(self, host: Host, asked: _Asked) -> None:
        before = time.time()
        clock = timestamp(XapiDate(await self._connection.text("host.get_servertime", host.ref, within=CLOCK_WITHIN)))
        if clock is not None:
            after = time.time()
            ahead = clock + 0.5 - (before + after) / 2  # it tells whole seconds
            self._pool.history.clocks[host.uuid] = Clock(ahead, 0.5 + abs(after - before) / 2)
            if asked.newest > clock + SILENT * STEP:  # it was set back, and what was measured before lies ahead
                asked.end = asked.part_end = 0
                asked.part = frozenset()
                self._pool.history.forget(asked.uuids)
        asked.clock_at = time.monotonic()

    async def _store(self, asked: _Asked, update: rrd.Update | None, part: frozenset[str]) -> None:
        """What this host no longer measures has no load any more; another host may have it by now."""
        history = self._pool.history
        measured = {uuid: block for uuid, block in update.objects.items() if self._is_known(uuid)} if update is not None else {}
        gone = (part or asked.uuids) - measured.keys() if update is not None else set()
        elsewhere = set().union(*(other.uuids for other in self._hosts.values() if other is not asked)) if gone else set()
        if not part:
            asked.uuids = set(measured) or asked.uuids
        for number, (uuid, block) in enumerate(measured.items()):
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)
            history.measured(uuid, block, update.first if update is not None else 0)
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
            if not self._is_known(uuid):
                self._pool.history.forget((uuid,))

    def _is_known(self, uuid: str) -> bool:
        return self._pool.by_uuid(VM, uuid) is not None or self._pool.by_uuid(Host, uuid) is not None


def _selection(host: str, part: Set[str]) -> Selection:
    """What of a host's series to ask for, by the host's uuid, where `part` of it is of interest; empty for everything."""
    vms = sorted(part - {host})
    if not 0 < len(vms) <= MOST_NAMED:
        return EVERYTHING
    return {"vm_uuid": vms, **(EVERYTHING if host in part else {})}
