"""The reactive mirror of XAPI: what every pool looks like now, and who wants to know when it changes.

One writer (the poller), many readers, one event loop: everything here is synchronous and called on the loop.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar, cast

from data.changes import Change, Event, Observer, Operation, Subject, Topic
from data.failover import Fates
from data.findings.registry import FindingRegistry
from data.findings.rules import RULES
from data.grants.table import GrantTable
from data.history import History
from data.identity import parse, pool_keys
from data.objects import KINDS, VDI, Pool
from data.observers import Observers, Unsubscribe, call
from data.placement import OthersMemory
from data.relations import Naming, one_way
from data.server import Server
from data.trash import Trash
from data.types import NULL_REF, Home, Ref, XapiObject

T = TypeVar("T", bound=XapiObject)
P = TypeVar("P")

Lens = Callable[[type[XapiObject], Mapping[Any, XapiObject]], Mapping[Any, XapiObject]]
"""(class, table) -> what is seen of it."""


NAMES_KEPT = 2000
"""Names of what is gone, a pool: the last ones."""


FIELDS: Mapping[type[XapiObject], tuple[str, ...]] = {
    kind: tuple(name for name in kind.__struct_fields__ if name not in ("ref", "home")) for kind in KINDS
}
"""What XAPI has of each class, as far as we do."""
_NAMES = {kind: frozenset(names) for kind, names in FIELDS.items()}
_SHARED: dict[frozenset[str], frozenset[str]] = {}
"""Equal sets of operations are one object: thousands of VMs have the same few."""


def _share(row: XapiObject) -> None:
    operations = getattr(row, "allowed_operations", None)
    if operations is not None:
        row.allowed_operations = _SHARED.setdefault(operations, operations)  # type: ignore[attr-defined]


class _Tables(dict[type[XapiObject], Mapping[str, XapiObject]]):
    """Rows by uuid: a table is made when its class is asked for. Of most classes nobody ever asks, and a table of all takes room."""

    def __init__(self, make: Callable[[type[XapiObject]], Mapping[str, XapiObject]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, kind: type[XapiObject]) -> Mapping[str, XapiObject]:
        table = self[kind] = self._make(kind)
        return table

    def put(self, row: XapiObject) -> None:
        if isinstance(table := self.get(type(row)), dict):
            table[row.uuid] = row

    def drop(self, row: XapiObject) -> None:
        if isinstance(table := self.get(type(row)), dict) and table.get(row.uuid) is row:
            del table[row.uuid]


def _table_by_uuid(rows: Mapping[type[XapiObject], Mapping[Ref, XapiObject]], kind: type[XapiObject]) -> dict[str, XapiObject]:
    return {row.uuid: row for row in rows[kind].values()}


class PoolMirror(Home):
    """The picture of one server's pool."""

    def __init__(
        self, server: Server, findings: FindingRegistry, trash: Trash, grants: GrantTable, pools: Mapping[str, Home],
        renamed: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`pools`: all of the installation. `renamed` is called when its pool may have got another uuid."""
        self.id = self.key = server.id
        self.pools = pools
        self._renamed = renamed
        self.findings = findings
        self.trash = trash
        self.fates = Fates()
        self.server = server
        self.history = History()
        self._parts: Mapping[type, object] = {
            History: self.history,
            FindingRegistry: findings,
            Fates: self.fates,
            Trash: trash,
            GrantTable: grants,
            OthersMemory: OthersMemory(),
        }
        self._naming = Naming()
        self._rows: dict[type[XapiObject], dict[Ref, XapiObject]] = {kind: {} for kind in KINDS}
        self._by_uuid = _Tables(partial(_table_by_uuid, self._rows))
        self._gone: OrderedDict[str, str] = OrderedDict()  # {uuid: name}
        self._above: defaultdict[str, set[VDI]] = defaultdict(set)  # {uuid of a disk: those that stand on it}

    def all(self, kind: type[T]) -> Mapping[Ref, T]:
        return self._rows[kind]  # type: ignore[return-value]  # a table holds its own kind only

    def one(self, kind: type[T], ref: Ref) -> T | None:
        return None if ref == NULL_REF else self._rows[kind].get(ref)  # type: ignore[return-value]

    def by_uuid(self, kind: type[T], uuid: str) -> T | None:
        return self._by_uuid[kind].get(uuid)  # type: ignore[return-value]  # a table holds its own kind only

    def name_of_gone(self, uuid: str) -> str:
        return self._gone.get(uuid, "")

    def part(self, kind: type[P]) -> P:
        return cast(P, self._parts[kind])

    def naming(self, ref: Ref) -> Iterable[XapiObject]:
        return self._naming.of(ref)

    def above(self, vdi: T) -> Set[T]:
        return cast(Set[T], self._above.get(vdi.uuid, frozenset()))

    @property
    def label(self) -> str:
        return self.server.label or self.server.address

    @property
    def given_name(self) -> str:
        return self.server.given_name

    @property
    def pool(self) -> Pool | None:
        """The pool's own row; None before the first sync."""
        return next(iter(self.all(Pool).values()), None)

    @property
    def uuid(self) -> str:
        """The pool's own uuid; empty before anybody has told it."""
        return self.pool.uuid if self.pool else self.server.pool_uuid

    @property
    def counts(self) -> dict[str, int]:
        """{XAPI's class: number of rows}."""
        return {kind.xapi_class: len(rows) for kind, rows in self._rows.items()}

    @contextmanager
    def seen_through(self, by_ref: Lens, by_uuid: Lens) -> Generator[None]:
        """For one synchronous turn readers get the tables as these make them. See `data.reading`."""
        rows, uuids = self._rows, self._by_uuid
        self._rows = {kind: by_ref(kind, table) for kind, table in rows.items()}  # type: ignore[misc]  # nobody writes meanwhile
        self._by_uuid = _Tables(lambda kind: by_uuid(kind, uuids[kind]))
        try:
            yield
        finally:
            self._rows, self._by_uuid = rows, uuids

    def apply(self, events: Iterable[Event], complete: Iterable[type[XapiObject]] = ()) -> list[Change]:
        """Bring the picture up to date; of the classes in `complete`, rows that `events` do not name are gone.

        The first state of a pool and its later changes both come through here.
        """
        changes: list[Change] = []
        gone = {kind: set(self._rows[kind]) for kind in complete}
        for event in events:
            if event.row is None:
                self._remove(event.kind, event.ref, changes)
            else:
                self._put(event.kind, event.ref, event.row, changes)
                if event.kind in gone:
                    gone[event.kind].discard(event.ref)
        for kind, refs in gone.items():
            for ref in refs:
                self._remove(kind, ref, changes)
        return changes

    def _put(self, kind: type[XapiObject], ref: Ref, row: XapiObject, changes: list[Change]) -> None:
        old = self._rows[kind].get(ref)
        _share(row)
        if old is None:
            row.ref, row.home = ref, self
            self._rows[kind][ref] = row
            self._by_uuid.put(row)
            self._naming.put(row, one_way(kind))
            self._stack(row)
            if kind is Pool:
                self._renamed()
            changes.append(Change(row, Operation.ADD, _NAMES[kind]))
            return
        names = frozenset(name for name in FIELDS[kind] if getattr(old, name) != getattr(row, name))
        if not names:
            return
        if "uuid" in names:
            self._by_uuid.drop(old)
        if "sm_config" in names:
            self._unstack(old)
        others = names.intersection(one_way(kind))
        self._naming.drop(old, others)
        for name in names:
            setattr(old, name, getattr(row, name))
        if "uuid" in names:
            self._by_uuid.put(old)
        self._naming.put(old, others)
        if kind is Pool and "uuid" in names:
            self._renamed()
        if "sm_config" in names:
            self._stack(old)
        changes.append(Change(old, Operation.MOD, names))

    def _remove(self, kind: type[XapiObject], ref: Ref, changes: list[Change]) -> None:
        row = self._rows[kind].pop(ref, None)
        if row is not None:
            self._by_uuid.drop(row)
            self._naming.drop(row, one_way(kind))
            self._unstack(row)
            self._keep_name(row)
            if kind is Pool:
                self._renamed()
            changes.append(Change(row, Operation.DEL, frozenset()))

    def _keep_name(self, row: XapiObject) -> None:
        """Of what messages and records go on speaking of."""
        if name := getattr(row, "name_label", ""):
            self._gone[row.uuid] = name
            while len(self._gone) > NAMES_KEPT:
                self._gone.popitem(last=False)

    def _stack(self, row: XapiObject) -> None:
        if isinstance(row, VDI) and (below := row.sm_config.get("vhd-parent")):
            self._above[below].add(row)

    def _unstack(self, row: XapiObject) -> None:
        if isinstance(row, VDI) and (below := row.sm_config.get("vhd-parent", "")) in self._above:
            self._above[below].discard(row)
            if not self._above[below]:
                del self._above[below]


class Mirror:
    """All pools, what is wrong with them, and the observers of both."""

    def __init__(self) -> None:
        self.findings = FindingRegistry(RULES)
        self.trash = Trash()
        self.grants = GrantTable()
        self.pools: dict[str, PoolMirror] = {}
        self._observers: Observers[[Sequence[Change]]] = Observers()
        self._by_subject: defaultdict[Subject | Topic, dict[int, Observer]] = defaultdict(dict)
        self._next = 0
        self._renamed: list[Change] = []  # of pools that got another key, not told yet

    def __iter__(self) -> Iterator[PoolMirror]:
        return iter(self.pools.values())

    def every(self, kind: type[T]) -> Iterator[T]:
        """Every object of `kind` in every pool."""
        for pool in self.pools.values():
            yield from pool.all(kind).values()

    def having(self, kind: type[T], key: str) -> list[T]:
        """Every object of `kind` that `key` may mean: one, where it names the pool as `data.identity` says."""
        uuid, pool = parse(key)
        if kind is Pool:
            return [own for home in self.called(pool or uuid) if key and (own := home.pool)]  # type: ignore[misc]  # T is Pool here
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
        self._next += 1
        key, watched = self._next, tuple(subjects)
        for subject in watched:
            self._by_subject[subject][key] = observer

        def unsubscribe() -> None:
            for subject in watched:
                observers = self._by_subject.get(subject)
                if observers is not None:
                    observers.pop(key, None)
                    if not observers:
                        del self._by_subject[subject]

        return unsubscribe

    @property
    def observer_count(self) -> int:
        """How many subscriptions are open: zero when nobody looks."""
        return len(self._observers) + sum(len(observers) for observers in self._by_subject.values())

    def _observing(self, subject: Subject) -> dict[int, Observer]:
        found: dict[int, Observer] = {}
        for topic in (subject, type(subject), subject.ref if isinstance(subject, XapiObject) else None):
            if topic is not None and (observers := self._by_subject.get(topic)):
                found |= observers
        return found

    def publish(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        calls: dict[int, tuple[Observer, list[Change]]] = {}
        if self._by_subject:
            for change in changes:
                for key, observer in self._observing(change.subject).items():
                    calls.setdefault(key, (observer, []))[1].append(change)
        self._observers.tell(changes)
        for observer, own in calls.values():
            call(observer, own)
