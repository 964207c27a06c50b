"""What somebody read of the mirror, kept so that it can be read again as it was then.

    with reading(mirror.pools) as seen:
        steps = rehearse(plan)
    kept = seen.recorded()()        # plain data, to be written down
    ...
    with PastRows(mirror.pools, kept).restored():
        ...                     # the same rows, with the values that they had

Both are for one synchronous turn: whoever else looked meanwhile would see them too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import chain, compress
from operator import attrgetter, ne
from typing import Any, Final

import msgspec

from data.mirror import PoolMirror
from data.objects import KINDS
from data.pool_tables import FIELDS, Lens
from data.types import Ref, XapiObject

MOST: Final = 3000
"""Rows that are kept; of a reading of more nothing is."""

Kind = type[XapiObject]
Key = tuple[str, Kind, Ref]
_BY_NAME: Final = {kind.xapi_class: kind for kind in KINDS}


class RecordedRow(msgspec.Struct, frozen=True):
    """A row as it was; of its fields those that differ from what a new one has."""

    pool: str  # the server's id
    kind: str  # XAPI's class
    ref: str
    fields: dict[str, Any]  # as they are in the row


class RecordedRows(msgspec.Struct, frozen=True):
    """Rows, and the classes of which there were no others: all of them were looked through."""

    rows: list[RecordedRow] = []
    whole: list[tuple[str, str]] = []


class ReadTracer:
    """The rows that have been read so far."""

    def __init__(self) -> None:
        self.rows: dict[XapiObject, None] = {}
        self.whole: set[tuple[str, Kind]] = set()

    def note(self, row: XapiObject) -> None:
        self.rows[row] = None

    def recorded(self) -> Callable[[], RecordedRows]:
        """As they are now; nothing where there are too many. To be called by a thread: of a pool's rows it takes milliseconds."""
        if len(self.rows) > MOST:
            return RecordedRows
        found = [(row.home.id, type(row), row.ref, _fields(type(row))[0](row)) for row in self.rows]  # values are replaced, never changed
        whole = [(pool, kind.xapi_class) for pool, kind in self.whole]
        return lambda: RecordedRows(
            [RecordedRow(pool, kind.xapi_class, ref, _differing(kind, now)) for pool, kind, ref, now in found], whole
        )


def _differing(kind: Kind, values: tuple[Any, ...]) -> dict[str, Any]:
    return dict(compress(zip(FIELDS[kind], values, strict=True), map(ne, values, _fields(kind)[1])))


@cache
def _fields(kind: Kind) -> tuple[Callable[[XapiObject], tuple[Any, ...]], tuple[Any, ...]]:
    """What gets all fields of a row at once, and those of a new one: a plan may read all rows of a pool, in one turn."""
    values_of: Callable[[XapiObject], tuple[Any, ...]] = attrgetter(*FIELDS[kind])
    return values_of, values_of(kind())


class _Noting(Mapping[Any, XapiObject]):
    """A table that notes which of its rows are asked for."""

    def __init__(self, table: Mapping[Any, XapiObject], seen: ReadTracer, pool: str, kind: Kind) -> None:
        self._table, self._seen, self._pool, self._kind = table, seen, pool, kind

    def __getitem__(self, key: Any) -> XapiObject:
        row = self._table[key]
        self._seen.note(row)
        return row

    def get(self, key: Any, default: Any = None) -> Any:
        row = self._table.get(key)
        if row is None:
            return default
        self._seen.note(row)
        return row

    def __contains__(self, key: Any) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[Any]:
        self._seen.whole.add((self._pool, self._kind))
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


class _Overlaid(Mapping[Any, XapiObject]):
    """A table in which some rows are others."""

    def __init__(self, over: Mapping[Any, XapiObject], table: Mapping[Any, XapiObject]) -> None:
        self._over, self._table = over, table

    def __getitem__(self, key: Any) -> XapiObject:
        return self._over[key] if key in self._over else self._table[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(dict.fromkeys(chain(self._over, self._table)))

    def __len__(self) -> int:
        return len(self._over.keys() | self._table.keys())


@contextmanager
def reading(pools: Mapping[str, PoolMirror], so_far: ReadTracer | None = None) -> Generator[ReadTracer]:
    """Note which rows are read meanwhile, by reference, by uuid or by looking through all; besides those `so_far`."""
    seen = so_far or ReadTracer()

    def noting(pool: PoolMirror) -> Lens:
        return lambda kind, table: _Noting(table, seen, pool.id, kind)

    with ExitStack() as windows:
        for pool in pools.values():
            windows.enter_context(pool.seen_through(noting(pool), noting(pool)))
        yield seen


class PastRows:
    """Rows as they were, to be put in the place of what they are now."""

    def __init__(self, pools: Mapping[str, PoolMirror], kept: RecordedRows) -> None:
        """Rows of pools and of classes that are no more are left out."""
        self._pools = pools
        self._whole = {(pool, _BY_NAME[kind]) for pool, kind in kept.whole if kind in _BY_NAME}
        self._rows: dict[Key, XapiObject] = {}
        for one in kept.rows:
            kind, home = _BY_NAME.get(one.kind), pools.get(one.pool)
            if kind is not None and home is not None:
                row = msgspec.convert({name: value for name, value in one.fields.items() if name in FIELDS[kind]}, kind)
                row.ref, row.home = Ref(one.ref), home
                self._rows[one.pool, kind, row.ref] = row

    @property
    def of(self) -> set[str]:
        """The pools whose they are, by the server's id."""
        return {pool for pool, _kind, _ref in self._rows}

    def row(self, pool: str, kind: Kind, uuid: str) -> XapiObject | None:
        """One of them, of which nothing may be left in the pool."""
        return next((row for (home, of, _ref), row in self._rows.items() if (home, of, row.uuid) == (pool, kind, uuid)), None)

    @contextmanager
    def restored(self) -> Generator[None]:
        """Readers see them meanwhile; what has not been read then is as it is now."""
        swapped: list[tuple[XapiObject, XapiObject]] = []
        tables: dict[tuple[str, Kind], dict[Ref, XapiObject]] = {}
        for (pool, kind, ref), then in self._rows.items():
            row = self._pools[pool].one(kind, ref) if pool in self._pools else None
            if row is not None:
                swapped.append((row, _copy(kind, row)))
                _assign(kind, row, then)
            tables.setdefault((pool, kind), {})[ref] = row or then
        try:
            with ExitStack() as windows:
                for pool_id, home in self._pools.items():
                    windows.enter_context(home.seen_through(*self._overlays(pool_id, tables)))
                yield
        finally:
            for row, now in swapped:
                _assign(type(row), row, now)

    def _overlays(self, pool: str, tables: Mapping[tuple[str, Kind], Mapping[Ref, XapiObject]]) -> tuple[Lens, Lens]:
        def overlay(kind: Kind, table: Mapping[Any, XapiObject], over: Mapping[Any, XapiObject]) -> Mapping[Any, XapiObject]:
            if (pool, kind) in self._whole:
                return over
            return _Overlaid(over, table) if over else table

        return (
            lambda kind, table: overlay(kind, table, tables.get((pool, kind), {})),
            lambda kind, table: overlay(kind, table, {row.uuid: row for row in tables.get((pool, kind), {}).values()}),
        )


def _copy(kind: Kind, row: XapiObject) -> XapiObject:
    return kind(**{name: getattr(row, name) for name in FIELDS[kind]})


def _assign(kind: Kind, row: XapiObject, values: XapiObject) -> None:
    for name in FIELDS[kind]:
        setattr(row, name, getattr(values, name))
