"""The configured servers: each has a connection, a poller and a collector as long as its record says so."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Unpack

from data.changes import Event, Operation
from data.mirror import Mirror, PoolMirror
from data.objects import KINDS
from data.server import Server as LiveServer
from data.server import ServerState
from data.stores.errors import RecordMissing, SecretUnreadable, StoreError
from data.stores.findings import FindingStore
from data.stores.records import reload
from data.stores.servers import ServerChanges, ServerRecord, ServerStore, TlsMode
from xo_dash.sync import evaluator, gc_tuning, probe
from xo_dash.sync.archives import Archives
from xo_dash.sync.evaluator import Evaluator
from xo_dash.sync.metrics import Collector
from xo_dash.sync.pace import Interest
from xo_dash.sync.poller import SLICE, Contact, Known, Poller
from xo_dash.sync.pool_identity import Identity, identify
from xo_dash.sync.rounds import ROUND, Rounds
from xo_dash.sync.schedule import Schedule
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadAddress, NotConnected, XapiError
from xo_dash.xapi.tls import Trust

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between two looks whether a command changed the records."""


@dataclass(frozen=True, slots=True)
class _Running:
    """What runs for one record."""

    record: ServerRecord
    connection: Connection
    poller: Poller
    collector: Collector


class Servers:
    """Adds, edits and removes connections, and keeps the mirror fresh. Changes raise StoreError with a sentence."""

    def __init__(
        self,
        mirror: Mirror,
        store: ServerStore,
        findings: FindingStore | None = None,
        interest: Callable[[], Interest] = lambda: Interest.COMMANDS,
    ) -> None:
        """`findings`: see Watch. `interest`: who waits for changes."""
        self._interest = interest
        self._mirror = mirror
        self._store = store
        self._originator = f"xo-dash {store.installation}"  # tells our sessions from another dashboard's in XAPI's lists
        self.schedule = Schedule()
        self.watch = Evaluator(mirror, findings)
        self.archives = Archives(self.connection)
        self.loading = gc_tuning.Loading()
        self._rounds = Rounds()
        self._one_at_a_time = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._changing = asyncio.Lock()
        self._learning: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        gc_tuning.tune()
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it would tell of every run
        self.schedule.start()
        await self._follow_records()
        self.schedule.every(LOOK, "records", self._look)
        self.schedule.every(evaluator.ROUND, "findings", self.watch.tick, self.watch.is_due)

    async def stop(self) -> None:
        """Sign out everywhere."""
        async with self._changing:
            await asyncio.gather(*(self._close(server_id) for server_id in list(self._running)))
        await asyncio.gather(*self._learning)
        await self.watch.stop()
        await self.schedule.stop()

    async def add(
        self, address: str, user: str, password: str, *, tls: TlsMode, label: str = "", fingerprint: str = "", simulated: bool = False
    ) -> ServerRecord:
        """Raises BadAddress too."""
        parsed(address, tls)
        record = await self._store.add(address, user, password, tls=tls, label=label, fingerprint=fingerprint, simulated=simulated)
        await self._follow_records()
        return record

    async def edit(self, server_id: str, **changes: Unpack[ServerChanges]) -> ServerRecord:
        """Raises BadAddress too. Wherever it leads from now on, it must be the pool that it was; else see `accept_pool`."""
        if "address" in changes:
            Address.parse(changes["address"])
        record = await self._store.update(server_id, **changes)
        await self.retry(server_id)
        return record

    async def accept_pool(self, server_id: str) -> ServerRecord:
        """Let the server lead to whatever pool answers next."""
        return await self.edit(server_id, pool_uuid="", members=(), host_fingerprints=())

    async def enable(self, server_id: str, enabled: bool) -> ServerRecord:
        return await self.edit(server_id, enabled=enabled)

    async def remove(self, server_id: str) -> None:
        await self._store.remove(server_id)
        await self._follow_records()

    async def retry(self, server_id: str) -> None:
        """Connect anew now, whatever the next attempt waits for."""
        async with self._changing:
            await self._close(server_id)
        await self._follow_records()

    async def probe(
        self, address: str, user: str = "", password: str = "", *, tls: TlsMode = TlsMode.CA, fingerprint: str = ""
    ) -> probe.Probe:
        """What is behind `address`; see sync.probe. Raises BadAddress."""
        return await probe.probe(address, user, password, _trust(tls, (fingerprint,)), originator=f"{self._originator} probe")

    async def other_that_is(self, pool: Identity, server_id: str) -> str:
        """The label of another server than this that leads to the pool; empty for none."""
        for id_, other in list(self._running.items()):
            found = other.poller.found if id_ != server_id else None
            if found is not None and pool.is_alike(found) and (pool.is_same_pool(found) or await _is_now(other.connection, pool)):
                record = self._store.get(id_)
                return record.label if record else ""
        return ""

    def connection(self, server_id: str) -> Connection:
        """Raises NotConnected for a server that is disabled or gone."""
        running = self._running.get(server_id)
        if running is None:
            raise NotConnected("this server is not connected")
        return running.connection

    async def _look(self) -> None:
        """`xo-dash server add` writes the records from another process."""
        if await reload(self._store):
            await self._follow_records()

    async def _follow_records(self) -> None:
        """Make what runs agree with what is stored."""
        async with self._changing:
            records = {record.id: record for record in self._store.all()}
            for server_id in [server_id for server_id in self._mirror.pools if server_id not in records]:
                await self._close(server_id)
                await self._empty(self._mirror.pools[server_id])
                self._mirror.remove(server_id)
            for record in records.values():
                running = self._running.get(record.id)
                if running is not None and _needs(running.record) != _needs(record):
                    await self._close(record.id)
                    running = None
                if running is None:
                    self._open(record)
                else:
                    self._mirror.set_server(self._mirror.pools[record.id].server, label=record.label)

    def _open(self, record: ServerRecord) -> None:
        pool = self._mirror.pools.get(record.id)
        if pool is None:
            pool = self._mirror.add(LiveServer(id=record.id, label=record.label, address=record.address, since=time.time()))
        live = pool.server
        self._mirror.set_server(live, label=record.label, address=record.address, pool_uuid="")
        if not record.enabled:
            self._stands(live, ServerState.DISABLED)
            return
        try:
            connection = self._connect(record)
        except SecretUnreadable as error:
            self._stands(live, ServerState.BAD_PASSWORD, str(error))
            return
        except BadAddress as error:
            self._stands(live, ServerState.UNREACHABLE, str(error))
            return
        self._stands(live, ServerState.CONNECTING)
        known = Known(
            uuid=lambda: self._pool_uuid(record.id),
            duplicate=lambda identity: self.other_that_is(identity, record.id),
            learn=lambda contact: self._learn(record.id, contact),
        )
        poller = Poller(self._mirror, pool, connection, known, self.loading, self._interest)
        collector = Collector(pool, connection, self.loading, self._rounds)
        self._running[record.id] = _Running(record, connection, poller, collector)
        self.schedule.always(f"poll {record.id}", poller.run)
        self.schedule.every(ROUND, f"measure {record.id}", collector.tick)

    async def _close(self, server_id: str) -> None:
        running = self._running.pop(server_id, None)
        if running is None:
            return
        self.schedule.forget(f"poll {server_id}")
        self.schedule.forget(f"measure {server_id}")
        running.poller.stop()
        running.collector.stop()
        await running.connection.close()

    async def _empty(self, pool: PoolMirror) -> None:
        """Take a picture down in slices: at once, a large one would hold the loop."""
        for kind in KINDS:
            refs = list(pool.all(kind))
            for at in range(0, len(refs), SLICE):
                self._mirror.apply(pool, [Event(kind, Operation.DEL, ref, None) for ref in refs[at : at + SLICE]])
                await asyncio.sleep(0)

    def _connect(self, record: ServerRecord) -> Connection:
        return Connection(
            parsed(record.address, record.tls),
            record.user,
            self._store.password(record.id),
            _trust(record.tls, (record.fingerprint, *record.host_fingerprints)),
            originator=self._originator,
            members=record.members,
            one_at_a_time=self._one_at_a_time,
            left=self._store.sessions(record.id),
            remember=lambda sessions: self._keep(record.id, ServerChanges(sessions=sessions)),
        )

    def _stands(self, live: LiveServer, state: ServerState, *detail: str) -> None:
        self._mirror.set_server(live, state=state, detail=detail, since=live.since if state is live.state else time.time())

    def _pool_uuid(self, server_id: str) -> str:
        record = self._store.get(server_id)
        return record.pool_uuid if record else ""

    def _learn(self, server_id: str, contact: Contact) -> None:
        running, record = self._running.get(server_id), self._store.get(server_id)
        if running is None or record is None:
            return
        running.collector.hurry()  # the first picture stands
        running.connection.hosts.members = contact.members
        if running.connection.trust.pins:
            running.connection.trust = _trust(record.tls, (record.fingerprint, *contact.host_fingerprints))
        changes = ServerChanges(pool_uuid=contact.pool_uuid, members=contact.members, host_fingerprints=contact.host_fingerprints)
        if any(getattr(record, name) != value for name, value in changes.items()):
            self._keep(server_id, changes)

    def _keep(self, server_id: str, changes: ServerChanges) -> None:
        """Write down what was learned."""
        task = asyncio.get_running_loop().create_task(self._store_learned(server_id, changes))
        self._learning.add(task)
        task.add_done_callback(self._learning.discard)

    async def _store_learned(self, server_id: str, changes: ServerChanges) -> None:
        try:
            await self._store.learn(server_id, **changes)
        except RecordMissing:
            pass  # removed meanwhile
        except StoreError as error:
            log.warning("%s", error)


def parsed(address: str, tls: TlsMode) -> Address:
    """Where a server is. Raises BadAddress."""
    return Address.parse(address, plain=tls is TlsMode.PLAIN)


def _needs(record: ServerRecord) -> tuple[object, ...]:
    """What a connection depends on."""
    return record.address, record.user, record.sealed_password, record.tls, record.fingerprint, record.enabled


def _trust(tls: TlsMode, fingerprints: tuple[str, ...]) -> Trust:
    return Trust.pinned(fingerprints) if tls is TlsMode.PINNED else Trust(plain=tls is TlsMode.PLAIN)


async def _is_now(connection: Connection, pool: Identity) -> bool:
    """Whether a server leads to the pool by now: what is known of it may be from before a restart. Who does not answer may."""
    try:
        return pool.is_same_pool(await identify(connection))
    except XapiError:
        return True
