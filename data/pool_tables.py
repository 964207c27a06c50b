"""The rows of one pool: by reference and by uuid, who names whom, and what those that are gone were called."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Generator, Iterable, Mapping, Set
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any, TypeVar, cast

from data.changes import Change, Event, Operation
from data.objects import KINDS, VDI
from data.relations import Naming, one_way
from data.types import NULL_REF, Home, Ref, XapiObject

T = TypeVar("T", bound=XapiObject)

Lens = Callable[[type[XapiObject], Mapping[Any, XapiObject]], Mapping[Any, XapiObject]]
"""(class, table) -> what is seen of it."""

NAMES_KEPT = 2000
"""Names of what is gone, a pool: the last ones."""

FIELDS: Mapping[type[XapiObject], tuple[str, ...]] = {
    kind: tuple(name for name in kind.__struct_fields__ if name not in ("ref", "home")) for kind in KINDS
}
"""What XAPI has of each class, as far as we do."""
_NAMES = {kind: frozenset(names) for kind, names in FIELDS.items()}


@lru_cache(maxsize=1000)
def _shared(operations: frozenset[str]) -> frozenset[str]:
    """Equal sets of operations are one object: thousands of VMs have the same few."""
    return operations


def _share(row: XapiObject) -> None:
    operations = getattr(row, "allowed_operations", None)
    if operations is not None:
        row.allowed_operations = _shared(operations)  # type: ignore[attr-defined]


class _ByUuid(dict[type[XapiObject], Mapping[str, XapiObject]]):
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


class PoolTables(Home):
    """Kept up to date by `apply` alone."""

    def __init__(self) -> None:
        self._naming = Naming()
        self._rows: dict[type[XapiObject], dict[Ref, XapiObject]] = {kind: {} for kind in KINDS}
        self._by_uuid = _ByUuid(partial(_table_by_uuid, self._rows))
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

    def naming(self, ref: Ref) -> Iterable[XapiObject]:
        return self._naming.of(ref)

    def above(self, vdi: T) -> Set[T]:
        return cast(Set[T], self._above.get(vdi.uuid, frozenset()))

    @property
    def counts(self) -> dict[str, int]:
        """{XAPI's class: number of rows}."""
        return {kind.xapi_class: len(rows) for kind, rows in self._rows.items()}

    @contextmanager
    def seen_through(self, by_ref: Lens, by_uuid: Lens) -> Generator[None]:
        """For one synchronous turn readers get the tables as these make them. See `data.reading`."""
        rows, uuids = self._rows, self._by_uuid
        self._rows = {kind: by_ref(kind, table) for kind, table in rows.items()}  # type: ignore[misc]  # nobody writes meanwhile
        self._by_uuid = _ByUuid(lambda kind: by_uuid(kind, uuids[kind]))
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
        self.revision += bool(changes)
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
            changes.append(Change(row, Operation.ADD, _NAMES[kind]))
            return
        row.uuid = row.uuid or old.uuid  # an event that lacks it is no other object's
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
