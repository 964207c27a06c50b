"""Fetches what hosts keep of the past when somebody looks at it; what was asked for is kept until there is more of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from data.archives import ArchiveData, ArchiveRange
from data.facts.host import is_live
from data.facts.pool import master_of
from data.history import NO_CLOCK, History
from data.hosts import paths_of
from data.mirror import PoolMirror
from data.names import name_of
from data.objects import SR, VM, Host
from data.types import Home
from xo_dash.xapi import archives as parsing
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadReply, XapiError
from xo_dash.xapi.wire import Reply

T = TypeVar("T")

KEPT: Final = 96
"""Archives that are kept, those that were asked for last; a large host's year is half a megabyte."""
SOON: Final = 5.0
"""Seconds for which a refusal is kept, and the least for which anything is."""
AT_ONCE: Final = 2
"""Hosts of one pool that are asked at once for a sum."""
NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""Asked for as a VM, it keeps all VMs out of the answer."""
SUMS: Final = {"cf": "AVERAGE"}
"""Least and most of several hosts cannot be added up: they are not asked for."""


class NoDataReason(StrEnum):
    """Why there is nothing to show."""

    POOL = "pool"  # it is not connected
    HOST = "host"  # it does not answer
    NOTHING = "nothing"  # nothing was measured


class Missing(Exception):
    """No archive: why, and the name of what is away."""

    def __init__(self, why: NoDataReason, name: str = "") -> None:
        super().__init__(f"{why}: {name}")
        self.why, self.name = why, name


@dataclass(frozen=True, slots=True)
class ArchiveResult:
    """Archives of the hosts that answered, and the names of those that did not."""

    pasts: Sequence[ArchiveData]
    away: Sequence[str] = ()


class Kept(Generic[T]):
    """Results by key until they are old; whoever asks meanwhile for the same waits for the one request."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._done: dict[Hashable, tuple[float, T | Missing]] = {}  # until when (monotonic)
        self._under_way: dict[Hashable, asyncio.Task[T]] = {}

    async def get(self, key: Hashable, good_for: Callable[[], float], make: Callable[[], Awaitable[T]]) -> T:
        """What `make` makes, good for `good_for()` seconds. Raises Missing."""
        known = self._done.get(key)
        if known is not None and time.monotonic() < known[0]:
            self._done[key] = self._done.pop(key)
            if isinstance(known[1], Missing):
                raise known[1]
            return known[1]
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._make(key, good_for, make))
            self._under_way[key] = task
            task.add_done_callback(lambda done: (self._under_way.pop(key, None), done.cancelled() or done.exception()))
        return await asyncio.shield(task)  # one who leaves does not take it away from the others

    async def _make(self, key: Hashable, good_for: Callable[[], float], make: Callable[[], Awaitable[T]]) -> T:
        try:
            made = await make()
        except Missing as missing:
            self._keep(key, SOON, missing)
            raise
        self._keep(key, max(good_for(), SOON - 1), made)
        return made

    def _keep(self, key: Hashable, seconds: float, made: T | Missing) -> None:
        self._done.pop(key, None)
        self._done[key] = (time.monotonic() + seconds, made)
        while len(self._done) > self._most:
            del self._done[next(iter(self._done))]


class Archives:
    """Asks the host that has it; one request at a time for an object."""

    def __init__(self, connection: Callable[[str], Connection]) -> None:
        """`connection`: by a server's id; raises Unreachable."""
        self._connection = connection
        self._kept: Kept[ArchiveData] = Kept()
        self._in_xml: set[str] = set()  # servers whose JSON cannot be read

    async def of_vm(self, vm: VM, stretch: ArchiveRange) -> ArchiveResult:
        """From the host it runs on, else from the master. Raises Missing."""
        pool = _live(vm.home)
        host = pool.one(Host, vm.resident_on) or _master(pool)
        key = (pool.id, vm.uuid, stretch, host.uuid)
        return ArchiveResult([await self._kept.get(key, lambda: until_next(stretch.step), lambda: self._vm(pool, vm, host, stretch))])

    async def of_host(self, host: Host, stretch: ArchiveRange) -> ArchiveResult:
        """Raises Missing."""
        return ArchiveResult([await self._host(_live(host.home), host, stretch, {})])

    async def of_sr(self, sr: SR, stretch: ArchiveRange) -> ArchiveResult:
        """What its hosts did with it, and how it filled where one of them has that. Raises Missing."""
        pool = _live(sr.home)
        hosts = [path.host for path in paths_of(sr) if path.host is not None and path.pbd.currently_attached]
        found = await self._hosts(pool, hosts, stretch)
        key = (pool.id, sr.uuid, stretch)
        try:
            own = await self._kept.get(key, lambda: until_next(stretch.step), lambda: self._sr(pool, sr, hosts, stretch))
        except Missing:
            return found
        return ArchiveResult([*found.pasts, own], found.away)

    async def of_pool(self, pool: Home, stretch: ArchiveRange) -> ArchiveResult:
        """Raises Missing."""
        return await self._hosts(_live(pool), list(pool.all(Host).values()), stretch)

    # ---- requests

    async def _hosts(self, pool: PoolMirror, hosts: Sequence[Host], stretch: ArchiveRange) -> ArchiveResult:
        """Those that answer; raises Missing only if none does."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(host: Host) -> ArchiveData | Missing:
            async with turn:
                try:
                    return await self._host(pool, host, stretch, SUMS)
                except Missing as missing:
                    return missing

        answers = await asyncio.gather(*(one(host) for host in hosts))
        pasts = [answer for answer in answers if isinstance(answer, ArchiveData) and answer.step == stretch.step]
        if not pasts:
            raise next((answer for answer in answers if isinstance(answer, Missing)), Missing(NoDataReason.NOTHING))
        return ArchiveResult(pasts, [answer.name for answer in answers if isinstance(answer, Missing) and answer.why is NoDataReason.HOST])

    async def _host(self, pool: PoolMirror, host: Host, stretch: ArchiveRange, what: Mapping[str, str]) -> ArchiveData:
        return await self._kept.get(
            (pool.id, host.uuid, stretch, *what),
            lambda: until_next(stretch.step),
            lambda: self._updates(pool, host, stretch, host.uuid, {"host": "true", "vm_uuid": NOBODY, **what}),
        )

    async def _vm(self, pool: PoolMirror, vm: VM, host: Host, stretch: ArchiveRange) -> ArchiveData:
        if pool.one(Host, vm.resident_on) is host:
            try:
                return await self._updates(pool, host, stretch, vm.uuid, {"vm_uuid": vm.uuid})
            except Missing as missing:
                if missing.why is not NoDataReason.NOTHING:
                    raise
        master = _master(pool)  # it has what is left of a VM that was shut down
        past = await self._ask(pool, master, "/vm_rrd", {"uuid": vm.uuid}, lambda reply: parsing.parse_whole(reply, stretch.step))
        return _ours(past, pool.history, master)

    async def _sr(self, pool: PoolMirror, sr: SR, hosts: Sequence[Host], stretch: ArchiveRange) -> ArchiveData:
        for host in hosts[:AT_ONCE]:
            try:
                return await self._updates(pool, host, stretch, sr.uuid, {"sr_uuid": sr.uuid, "vm_uuid": NOBODY})
            except Missing:
                continue
        raise Missing(NoDataReason.NOTHING)

    async def _updates(self, pool: PoolMirror, host: Host, stretch: ArchiveRange, uuid: str, selection: dict[str, str]) -> ArchiveData:
        ahead = pool.history.clocks.get(host.uuid, NO_CLOCK).ahead
        start = int(time.time() + ahead) - (stretch.rows - 1) * stretch.step
        query = {"start": str(start), "interval": str(stretch.step), **selection}  # no cf: MIN and MAX come along where they are kept
        past = await self._ask(pool, host, "/rrd_updates", query, lambda reply: parsing.parse_updates(reply, (uuid,), stretch.step))
        return _ours(past, pool.history, host)

    async def _ask(
        self, pool: PoolMirror, host: Host, path: str, query: dict[str, str], use: Callable[[Reply], ArchiveData | None]
    ) -> ArchiveData:
        if not is_live(host):
            raise Missing(NoDataReason.HOST, name_of(host))
        try:
            connection = self._connection(pool.id)
            try:
                in_xml = pool.id in self._in_xml
                past = await connection.get(host.address, path, query if in_xml else {**query, "json": "true"}, use,
                                            accept="text/xml" if in_xml else "application/json")  # fmt: skip
            except BadReply:
                if pool.id in self._in_xml:
                    raise
                past = await connection.get(host.address, path, query, use, accept="text/xml")
                self._in_xml.add(pool.id)
        except XapiError as error:
            raise Missing(NoDataReason.HOST, name_of(host)) from error
        if past is None:
            raise Missing(NoDataReason.NOTHING)
        return past


def until_next(step: int) -> float:
    """Seconds until the next sample: there is nothing new before."""
    return step - time.time() % step + 1


def _ours(past: ArchiveData, history: History, host: Host) -> ArchiveData:
    """By our clock; less than half a step is no matter."""
    ahead = round(history.clocks.get(host.uuid, NO_CLOCK).ahead / past.step) * past.step
    return past if not ahead else ArchiveData(past.step, past.first - ahead, past.columns)


def _live(home: object) -> PoolMirror:
    if not isinstance(home, PoolMirror) or not home.server.is_live:
        raise Missing(NoDataReason.POOL, home.server.label if isinstance(home, PoolMirror) else "")
    return home


def _master(pool: PoolMirror) -> Host:
    master = master_of(pool)
    if master is None:
        raise Missing(NoDataReason.POOL, pool.server.label)
    return master
