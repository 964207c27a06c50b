"""The reactive mirror of XAPI: what every pool looks like now, and who wants to know when it changes.

One writer (the poller), many readers, one event loop: everything here is synchronous and called on the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar, cast

from data.changes import Change, Event, Observer, Operation, Subject, Topic
from data.facts.pool import own_pool
from data.failover import Fates, Surveyed
from data.findings.registry import FindingRegistry
from data.findings.rules import RULES
from data.generation import DatabaseGeneration
from data.grants.table import GrantTable
from data.history import History
from data.identity import parse, pool_keys
from data.methods import Methods
from data.objects import KINDS, Pool
from data.observers import Observers, Unsubscribe, call
from data.placement import OthersMemory
from data.pool_tables import PoolTables
from data.server import Server
from data.subject_observers import SubjectObservers
from data.trash import Trash
from data.types import Home, XapiObject

T = TypeVar("T", bound=XapiObject)
P = TypeVar("P")


class PoolMirror(PoolTables):
    """The picture of one server's pool: its rows, and what else is known of it."""

    def __init__(
        self, server: Server, findings: FindingRegistry, trash: Trash, grants: GrantTable, pools: Mapping[str, Home],
        renamed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`pools`: all of the installation. `renamed` is called when its pool may have got another uuid."""
        super().__init__()
        self.id = self.key = server.id
        self.server, self.pools = server, pools
        self._renamed = renamed
        self.history = History()
        self._parts: Mapping[type, object] = {
            History: self.history,
            FindingRegistry: findings,
            Fates: Fates(),
            Surveyed: Surveyed(),
            Trash: trash,
            GrantTable: grants,
            OthersMemory: OthersMemory(),
            Methods: Methods(),
            DatabaseGeneration: DatabaseGeneration(),
        }

    def part(self, kind: type[P]) -> P:
        return cast(P, self._parts[kind])

    @property
    def label(self) -> str:
        return self.server.label or self.server.address

    @property
    def given_name(self) -> str:
        return self.server.given_name

    @property
    def uuid(self) -> str:
        """The pool's own uuid; empty before anybody has told it."""
        own = own_pool(self)
        return own.uuid if own else self.server.pool_uuid

    def apply(self, events: Iterable[Event], complete: Iterable[type[XapiObject]] = ()) -> list[Change]:
        changes = super().apply(events, complete)
        if any(type(change.subject) is Pool and (change.operation is Operation.DEL or "uuid" in change.names) for change in changes):
            self._renamed()
        return changes


class Mirror:
    """All pools, what is wrong with them, and the observers of both."""

    def __init__(self) -> None:
        self.findings = FindingRegistry(RULES)
        self.trash = Trash()
        self.grants = GrantTable()
        self.pools: dict[str, PoolMirror] = {}
        self._observers: Observers[[Sequence[Change]]] = Observers()
        self._by_subject = SubjectObservers()
        self._renamed: list[Change] = []  # of pools that got another key, not told yet

    def __iter__(self) -> Iterator[PoolMirror]:
        return iter(self.pools.values())

    def stands(self) -> Callable[[], bool]:
        """A question for later: whether nothing has changed since now."""
        now = [(pool, pool.revision) for pool in self]
        return lambda: now == [(pool, pool.revision) for pool in self]

    def every(self, kind: type[T]) -> Iterator[T]:
        """Every object of `kind` in every pool."""
        for pool in self.pools.values():
            yield from pool.all(kind).values()

    def having(self, kind: type[T], key: str) -> list[T]:
        """Every object of `kind` that `key` may mean: one, where it names the pool as `data.identity` says."""
        uuid, pool = parse(key)
        if kind is Pool:
            return [own for home in self.called(pool or uuid) if key and (own := own_pool(home))]  # type: ignore[misc]  # T is Pool here
        return [row for home in self.called(pool) if (row := home.by_uuid(kind, uuid))]

    def find(self, kind: type[T], key: str) -> T | None:
        """The one object of `kind` that `key` means; None if there is none, or several."""
        found = self.having(kind, key)
        return found[0] if len(found) == 1 else None

    def called(self, pool: str) -> list[PoolMirror]:
        """The pools that this names: a server's id, or a pool's uuid; all, where it is empty."""
        if pool in self.pools:
            return [self.pools[pool]]
        return [one for one in self if not pool or one.uuid == pool]

    def _name_pools(self) -> None:
        """Each pool by its uuid; two of one uuid by their servers."""
        for id_, key in pool_keys({pool.id: pool.uuid for pool in self}).items():
            pool = self.pools[id_]
            if pool.key != key:
                pool.key = key
                self._renamed.append(Change(pool.server, Operation.MOD, frozenset({"key"})))

    def _take_renamed(self) -> list[Change]:
        renamed, self._renamed = self._renamed, []
        return renamed

    def add(self, server: Server) -> PoolMirror:
        pool = self.pools[server.id] = PoolMirror(server, self.findings, self.trash, self.grants, self.pools, self._name_pools)
        self._name_pools()
        self.publish([Change(server, Operation.ADD, frozenset()), *self._take_renamed()])
        return pool

    def remove(self, server_id: str) -> None:
        """Forget a server and all it showed."""
        if pool := self.pools.pop(server_id, None):
            changes = pool.apply((), complete=KINDS)
            self._name_pools()
            self.publish([*changes, Change(pool.server, Operation.DEL, frozenset()), *self._take_renamed()])

    def apply(self, pool: PoolMirror, events: Iterable[Event], complete: Iterable[type[XapiObject]] = ()) -> list[Change]:
        """Apply a batch to `pool` and tell who looks at what changed, in one synchronous turn."""
        changes = pool.apply(events, complete)
        self.publish([*changes, *renamed] if (renamed := self._take_renamed()) else changes)
        return changes

    def set_server(self, server: Server, **values: object) -> None:
        """Change fields of a server's live side and tell who looks at it."""
        names = frozenset(name for name, value in values.items() if getattr(server, name) != value)
        for name in names:
            setattr(server, name, values[name])
        if "pool_uuid" in names:
            self._name_pools()
        if names:
            self.publish([Change(server, Operation.MOD, names), *self._take_renamed()])

    def observe(self, observer: Observer) -> Unsubscribe:
        """Call `observer` with every batch. For what shows whole collections: the tree, lists, the map."""
        return self._observers.add(observer)

    def observe_subjects(self, subjects: Iterable[Subject | Topic], observer: Observer) -> Unsubscribe:
        """Call `observer` with the changes of exactly these objects, or of those that a topic means; nothing else costs it anything."""
        return self._by_subject.add(subjects, observer)

    @property
    def observer_count(self) -> int:
        """How many subscriptions are open: zero when nobody looks."""
        return len(self._observers) + len(self._by_subject)

    def publish(self, changes: Sequence[Change]) -> None:
        """Tell whoever looks. What is about subjects is gathered before anybody is told: who leaves, or comes, meanwhile changes it."""
        if changes:
            of_subjects = self._by_subject.gather(changes)
            self._observers.tell(changes)
            for observer, own in of_subjects:
                call(observer, own)
