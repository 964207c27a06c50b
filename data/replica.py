"""A smaller mirror: what somebody may see of the mirror of everything, with rows of its own, kept up by the changes of that.

Who looks at it has no way to anything else: its rows, homes, connections and findings are its own. What is no longer visible leaves it
as what was deleted does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from data.changes import Change, Operation, Subject
from data.failover import Fates
from data.findings.excerpt import FindingExcerpt
from data.findings.registry import FindingRegistry
from data.grants.table import GrantTable
from data.history import History, HistoryExcerpt
from data.methods import Methods
from data.mirror import Mirror, PoolMirror
from data.objects import SR, VM, Host
from data.placement import OthersMemory, guests_on, memory_of
from data.server import Server
from data.trash import Trash
from data.types import Home, XapiObject
from data.views.host import HostView
from data.visibility import ASKED, Degree, Excerpt, Sees

P = TypeVar("P")
T = TypeVar("T", bound=XapiObject)

SLICE: Final = 20
"""Objects that are asked for at once: a millisecond or two, with what belongs to them."""
WRITTEN: Final = 200
"""Rows that are written at once: the same."""
MEASURED: Final[tuple[type[XapiObject], ...]] = (VM, Host, SR)
"""What there are measurements of."""


class Replica(Mirror):
    """Of `source` what `sees` lets through. Empty until it is reviewed."""

    def __init__(self, source: Mirror, sees: Sees) -> None:
        super().__init__()
        self._source, self._sees = source, sees
        self.trash, self.grants = source.trash, source.grants
        self.findings = FindingExcerpt(source.findings, self._here, self._there)
        self._excerpts: dict[str, Excerpt] = {}  # {server's id: what is seen of its pool}
        self._ends: tuple[Callable[[], object], ...] = (source.observe(self._follow), source.findings.observe(self.findings.tell))

    def close(self) -> None:
        """No more of it."""
        for end in self._ends:
            end()
        self._ends = ()
        self.pools.clear()
        self._excerpts.clear()

    def review(self) -> Iterator[None]:
        """Ask of everything anew whether it may be seen; pauses after every slice, so that others have a turn."""
        for pool in list(self._source):
            excerpt = self._excerpt(pool)
            for kind in ASKED:
                rows = list(pool.all(kind).values())
                for start in range(0, len(rows), SLICE):
                    for row in rows[start : start + SLICE]:
                        excerpt.ask(row)
                    excerpt.judge()
                    yield
            yield from self._settling(pool, excerpt, pool.all(Host).values())

    def shows(self, subject: Subject) -> bool:
        """Whether it, or what stands for it here, is seen as a whole, not by name alone."""
        return self._there(subject) is not None or self._here(subject) is not None

    def has(self, subject: Subject) -> bool:
        """Whether it, or what stands for it here, may be seen, if only by name."""
        if isinstance(subject, Server):
            return subject.id in self.pools
        pool = self.pools.get(subject.home.id)
        found = pool.one(type(subject), subject.ref) if pool is not None else None
        return found is not None and (found is subject or subject.home is self._source.pools.get(subject.home.id))

    # ---- from one to the other

    def _here(self, subject: Subject) -> Subject | None:
        """What stands for it here, if it is seen as a whole."""
        if isinstance(subject, Server):
            pool = self.pools.get(subject.id)
            return pool.server if pool is not None and self._sees(subject) else None
        pool, excerpt = self.pools.get(subject.home.id), self._excerpts.get(subject.home.id)
        if pool is None or excerpt is None or excerpt.degree(subject) is not Degree.WHOLE:
            return None
        return pool.one(type(subject), subject.ref)

    def _there(self, subject: Subject) -> Subject | None:
        """What a row here stands for, if it is seen as a whole."""
        pool = self._source.pools.get(subject.id if isinstance(subject, Server) else subject.home.id)
        if pool is None:
            return None
        found: Subject | None = pool.server if isinstance(subject, Server) else pool.one(type(subject), subject.ref)
        return found if found is not None and self._here(found) is subject else None

    # ---- what changes

    def _excerpt(self, pool: PoolMirror) -> Excerpt:
        if pool.id not in self._excerpts:
            self._excerpts[pool.id] = Excerpt(pool, self._sees)
        return self._excerpts[pool.id]

    def _follow(self, changes: Sequence[Change]) -> None:
        touched: dict[str, PoolMirror] = {}
        hosts: dict[str, set[Host]] = {}
        for change in changes:
            subject = change.subject
            id_ = subject.id if isinstance(subject, Server) else subject.home.id
            pool = self._source.pools.get(id_)
            if pool is None:
                self._excerpts.pop(id_, None)
                self.remove(id_)
                continue
            touched[id_] = pool
            if isinstance(subject, Server):
                self._connection(pool, change.names)
                continue
            self._excerpt(pool).changed(subject, change.operation, change.names)
            hosts.setdefault(id_, set()).update(HostView.memory.reads.affected(change, self._source.pools))
        servers = {change.subject.id for change in changes if isinstance(change.subject, Server)}
        for id_, pool in touched.items():
            self._excerpt(pool).judge()
            if id_ in self.pools or id_ in servers or self._excerpt(pool):  # else nothing of it is seen, as before
                self._settle(pool, hosts.get(id_, ()))

    def _connection(self, pool: PoolMirror, names: frozenset[str]) -> None:
        """The server of a pool is another; what it is called too, and by that who may see it."""
        if names & {"key", "pool_uuid"}:
            self._excerpt(pool).ask_all()
        if (own := self.pools.get(pool.id)) is not None:
            if "key" in names:
                self._name_pools()
            self.set_server(own.server, **self._told_of(pool))

    def _told_of(self, pool: PoolMirror) -> dict[str, object]:
        server = pool.server
        told: dict[str, object] = {"state": server.state, "since": server.since, "last_event_at": server.last_event_at}
        if self._sees(server):
            fields = ("label", "address", "detail", "master", "pool_uuid", "product")
            return told | {field: getattr(server, field) for field in fields}
        return told | {"label": server.given_name, "pool_uuid": server.pool_uuid, "product": server.product}

    def _settling(self, pool: PoolMirror, excerpt: Excerpt, hosts: Iterable[Host]) -> Iterator[None]:
        """Have here what the excerpt has; pauses after every slice. `hosts`: whose account may be another."""
        own = self.pools.get(pool.id)
        if not excerpt and not self._sees(pool.server):
            if own is not None:
                self.remove(pool.id)
            return
        if own is None:
            own = self._join(pool)
        touched = {host.ref for host in hosts}
        while events := excerpt.take(WRITTEN):
            changes = self.apply(own, events)
            touched |= {host.ref for change in changes for host in HostView.memory.reads.affected(change, self.pools)}
            yield
        self._account(own, [host for ref in touched if (host := pool.one(Host, ref)) is not None])

    def _settle(self, pool: PoolMirror, hosts: Iterable[Host]) -> None:
        for _ in self._settling(pool, self._excerpt(pool), hosts):
            pass

    def _join(self, pool: PoolMirror) -> PoolMirror:
        server = Server(id=pool.id, label="", address="")
        for field, value in self._told_of(pool).items():
            setattr(server, field, value)
        own = ReplicaPool(server, self.findings, pool, self._excerpt(pool), self.pools, self._name_pools)
        self.pools[server.id] = own
        self._name_pools()
        self.publish([Change(server, Operation.ADD, frozenset()), *self._take_renamed()])
        return own

    def _name_pools(self) -> None:
        """As they are called for everybody: two of one uuid by their servers, whether both are seen or not."""
        for id_, own in self.pools.items():
            key = self._source.pools[id_].key if id_ in self._source.pools else own.key
            if own.key != key:
                own.key = key
                self._renamed.append(Change(own.server, Operation.MOD, frozenset({"key"})))

    def _account(self, own: PoolMirror, hosts: Iterable[Host]) -> None:
        """What is held on hosts by VMs that are not seen, so that their sums stay true."""
        others, news = own.part(OthersMemory), list[Change]()
        for host in hosts:
            here = own.one(Host, host.ref)
            if here is None:
                others.pop(host.ref, None)
                continue
            before = others.pop(host.ref, 0)
            amount = memory_of(host, guests_on(host)).used - memory_of(here, guests_on(here)).used
            if amount > 0:
                others[host.ref] = amount
            if before != max(amount, 0):
                news.append(Change(here, Operation.MOD, frozenset({"resident_VMs"})))
        own.revision += bool(news)
        self.publish(news)


class ReplicaPool(PoolMirror):
    """What somebody may see of one pool."""

    def __init__(
        self,
        server: Server,
        findings: FindingRegistry,
        whole: PoolMirror,
        excerpt: Excerpt,
        pools: Mapping[str, Home],
        renamed: Callable[[], None],
    ) -> None:
        super().__init__(server, findings, whole.part(Trash), whole.part(GrantTable), pools, renamed)
        self._whole, self._excerpt = whole, excerpt
        self.history = HistoryExcerpt(whole.history, self._is_whole)
        self._parts = {**self._parts, History: self.history, Methods: whole.part(Methods)}

    def part(self, kind: type[P]) -> P:
        """What would become of all VMs of a host is for who sees the whole pool."""
        return self._whole.part(kind) if kind is Fates and self._excerpt.has_whole_pool else super().part(kind)

    def original(self, row: T) -> T:
        """What is gone stands for nothing any more."""
        return self._whole.one(type(row), row.ref) or row

    def shows_whole(self, row: XapiObject) -> bool:
        return self._excerpt.degree(row) is Degree.WHOLE

    def _is_whole(self, uuid: str) -> bool:
        """Whether what is measured under this uuid is seen as a whole, and not by name alone."""
        rows = (self._whole.by_uuid(kind, uuid) for kind in MEASURED)
        return any(row is not None and self._excerpt.degree(row) is Degree.WHOLE for row in rows)

    def _keep_name(self, row: XapiObject) -> None:
        """What left may be there for others."""
