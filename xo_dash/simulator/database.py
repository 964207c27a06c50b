"""The pool's database and its one door for change.

Every change goes through `create`, `set` or `destroy`. They keep both ends of every link, count the generation on, stamp the rows
they touched, remember a bounded number of deletions and wake who waits. `changes` answers event.from at a cost that follows
what changed: rows are kept in the order of their last change, so it walks back only as far as the token.

Records are handed out as they are, not copied: read them at once, and never write to them. Rows share what is empty in them.
"""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import XapiError
from .model import Link, Model
from .types import NULL

Record = dict[str, Any]
KEEP_DELETIONS = 256  # of a table; trimmed to this when twice as many


@dataclass(slots=True, eq=False)
class Row:
    cls: str
    ref: str
    record: Record
    created: int  # generation
    modified: int


@dataclass(frozen=True, slots=True)
class Deletion:
    ref: str
    created: int
    deleted: int


@dataclass(slots=True)
class Table:
    rows: dict[str, Row] = field(default_factory=dict)
    by_uuid: dict[str, str] = field(default_factory=dict)
    deletions: list[Deletion] = field(default_factory=list)  # oldest first


@dataclass(frozen=True, slots=True)
class Interest:
    """What a waiter wants to hear of: classes (None = all, lower case) and single references."""

    classes: frozenset[str] | None = None
    refs: frozenset[str] = frozenset()

    def covers(self, cls: str, ref: str) -> bool:
        return self.classes is None or cls in self.classes or ref in self.refs


@dataclass(slots=True)
class Changes:
    """What happened since a generation: each list by class in the model's order, oldest first."""

    added: list[Row]
    modified: list[Row]
    deleted: list[tuple[str, Deletion]]  # (class, deletion)
    last: int  # generation of the latest of what the interest covers, also of what came and went; where one stood, if there was nothing


class Database:
    def __init__(self, model: Model, rng: random.Random, generation: int = 0) -> None:
        self.model = model
        self.rng = rng
        self.generation = generation
        self.tables: dict[str, Table] = {name: Table() for name in model.classes}
        self._rows: OrderedDict[str, Row] = OrderedDict()  # by last change, oldest first
        self._waiting: dict[asyncio.Future[None], Interest] = {}
        self._lower = {name: name.lower() for name in model.classes}
        self._told = {name: None for name in model.classes if model.classes[name].has_events}  # in the model's order

    # reading

    def rows(self, cls: str) -> dict[str, Row]:
        return self.tables[cls].rows

    def records(self, cls: str) -> Iterator[tuple[str, Record]]:
        """(ref, record) of a class; safe against changes while it is walked."""
        return iter([(ref, row.record) for ref, row in self.tables[cls].rows.items()])

    def exists(self, ref: str) -> bool:
        return ref in self._rows

    def row(self, ref: str) -> Row | None:
        return self._rows.get(ref)

    def class_of(self, ref: str) -> str | None:
        row = self._rows.get(ref)
        return row.cls if row else None

    def record(self, cls: str, ref: str) -> Record:
        """HANDLE_INVALID if there is no such object."""
        row = self.tables[cls].rows.get(ref)
        if row is None:
            raise XapiError("HANDLE_INVALID", cls, ref)
        return row.record

    def get(self, ref: str, name: str) -> Any:
        """A field of an object that is known to exist."""
        row = self._rows.get(ref)
        if row is None:
            raise XapiError("HANDLE_INVALID", "object", ref)
        return row.record[name]

    def by_uuid(self, cls: str, uuid: str) -> str:
        ref = self.tables[cls].by_uuid.get(uuid)
        if ref is None:
            raise XapiError("UUID_INVALID", cls, uuid)
        return ref

    def find(self, cls: str, **wanted: Any) -> list[str]:
        """References of all objects whose fields have these values."""
        return [r for r, row in self.tables[cls].rows.items() if all(row.record[k] == v for k, v in wanted.items())]

    # changing: the one door

    def new_uuid(self) -> str:
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def create(self, cls: str, fields: Record | None = None, *, ref: str | None = None) -> str:
        """A new row of `cls`; fields left out get the data model's defaults. Links are set on both sides."""
        model = self.model.classes[cls]
        record = model.fresh.copy()
        record["uuid"] = self.new_uuid()
        linked: Record = {}
        for name, value in (fields or {}).items():
            if name not in record:
                raise KeyError(f"{cls}.{name}")
            if name in self.model.links[cls]:
                linked[name] = value
            else:
                record[name] = value
        ref = ref or f"OpaqueRef:{self.new_uuid()}"
        self.generation += 1
        row = Row(cls, ref, record, self.generation, self.generation)
        table = self.tables[cls]
        table.rows[ref] = row
        table.by_uuid[record["uuid"]] = ref
        self._rows[ref] = row
        for name, value in linked.items():
            self._relink(row, self.model.links[cls][name], value, fresh=True)
        self._notify(row)
        return ref

    def set(self, ref: str, **fields: Any) -> bool:
        """Change fields of a row; what is equal already is no change. True if anything changed."""
        row = self._rows.get(ref)
        if row is None:
            raise XapiError("HANDLE_INVALID", "object", ref)
        changed = {name: value for name, value in fields.items() if row.record[name] != value}
        if not changed:
            return False
        self.generation += 1
        links = self.model.links[row.cls]
        for name, value in changed.items():
            if name in links:
                self._relink(row, links[name], value)
            else:
                row.record[name] = value
        self._stamp(row)
        return True

    def touch(self, ref: str) -> None:
        """A change of nothing, as event.inject makes."""
        self.generation += 1
        self._stamp(self._rows[ref])

    def destroy(self, ref: str) -> None:
        row = self._rows.get(ref)
        if row is None:
            raise XapiError("HANDLE_INVALID", "object", ref)
        self.generation += 1
        for link in self.model.links[row.cls].values():
            self._unlink(row, link)
        table = self.tables[row.cls]
        del table.rows[ref], self._rows[ref]
        table.by_uuid.pop(row.record["uuid"], None)
        table.deletions.append(Deletion(ref, row.created, self.generation))
        if len(table.deletions) >= 2 * KEEP_DELETIONS:
            del table.deletions[:-KEEP_DELETIONS]
        self._notify(row)

    def _unlink(self, row: Row, link: Link) -> None:
        """The row goes: the other ends forget it, but snapshots do not. Its own record stays as it was, for who still reads it."""
        if link.field == "snapshots":
            return
        held = row.record[link.field]
        for ref in held if link.many else [held]:
            if (other := self._rows.get(ref)) and other.cls == link.other and other is not row:
                self._unhook(other, link, row.ref)

    def _relink(self, row: Row, link: Link, value: Any, *, fresh: bool = False) -> None:
        """Set one end of a link and the other ends with it."""
        old = row.record[link.field]
        before = old if link.many else [old]
        after = value if link.many else [value]
        for ref in before:
            if ref not in after and (other := self._rows.get(ref)) and other.cls == link.other:
                self._unhook(other, link, row.ref)
        row.record[link.field] = list(value) if link.many else value
        for ref in after:
            if ref not in before and (other := self._rows.get(ref)) and other.cls == link.other:
                self._hook(other, link, row.ref, fresh=fresh)
        if row.modified != self.generation:
            self._stamp(row)

    def _unhook(self, other: Row, link: Link, ref: str) -> None:
        held = other.record[link.other_field]
        if link.other_many and ref in held:
            other.record[link.other_field] = [r for r in held if r != ref]
            self._stamp(other)
        elif not link.other_many and held == ref:
            other.record[link.other_field] = NULL
            self._stamp(other)

    def _hook(self, other: Row, link: Link, ref: str, *, fresh: bool) -> None:
        """`fresh`: `ref` was made just now, so nobody can hold it yet."""
        if not link.other_many:
            if other.record[link.other_field] != ref:
                self._relink(other, self.model.links[other.cls][link.other_field], ref)
        elif fresh or ref not in other.record[link.other_field]:
            if held := other.record[link.other_field]:
                held.append(ref)
            else:
                other.record[link.other_field] = [ref]  # the empty list is everyone's
            self._stamp(other)

    def _stamp(self, row: Row) -> None:
        row.modified = self.generation
        self._rows.move_to_end(row.ref)
        self._notify(row)

    # waiting

    def watch(self, interest: Interest) -> asyncio.Future[None]:
        """A future that is done at the next change that `interest` covers; `unwatch` it when tired of it."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = interest
        return future

    def unwatch(self, future: asyncio.Future[None]) -> None:
        self._waiting.pop(future, None)
        future.cancel()

    def wake(self, cls: str, ref: str) -> None:
        """Wake who waits for this object; for what is no row, such as messages."""
        for future, interest in list(self._waiting.items()):
            if interest.covers(cls, ref):
                del self._waiting[future]
                if not future.done():
                    future.set_result(None)

    def _notify(self, row: Row) -> None:
        if self._waiting:
            self.wake(self._lower[row.cls], row.ref)

    # history

    def changes(self, since: int, interest: Interest) -> Changes:
        """What event.from reports of rows after the generation `since`."""
        added: dict[str, list[Row]] = {}
        modified: dict[str, list[Row]] = {}
        last = since
        for row in reversed(self._rows.values()):
            if row.modified <= since:
                break
            if row.cls in self._told and interest.covers(self._lower[row.cls], row.ref):
                last = max(last, row.modified)
                (added if row.created > since else modified).setdefault(row.cls, []).append(row)
        deleted: list[tuple[str, Deletion]] = []
        for cls in self._told:
            for gone in reversed(self.tables[cls].deletions):
                if gone.deleted <= since:
                    break
                if interest.covers(self._lower[cls], gone.ref):
                    last = max(last, gone.deleted)
                    if gone.created <= since:
                        deleted.append((cls, gone))
        return Changes(self._ordered(added), self._ordered(modified), deleted, last)

    def _ordered(self, found: dict[str, list[Row]]) -> list[Row]:
        return [row for cls in self._told if cls in found for row in reversed(found[cls])]

    def counts(self) -> dict[str, int]:
        """valid_ref_counts: how many rows each table has."""
        sizes = {self._lower[name]: len(table.rows) for name, table in self.tables.items()}
        return {name: sizes[name] for name in self.model.tables}

    # another life: restoring

    def snapshot(self) -> list[tuple[str, str, Record]]:
        """All rows, to be given to `restore` later."""
        return [(row.cls, row.ref, _copy(row.record)) for row in self._rows.values() if row.cls != "session"]

    def restore(self, rows: Iterable[tuple[str, str, Record]], generation: int) -> None:
        """Replace everything but sessions, as a restored backup does: rows, generation and all."""
        for ref in [r for r, row in self._rows.items() if row.cls != "session"]:
            row = self._rows.pop(ref)
            del self.tables[row.cls].rows[ref]
        self.generation = generation
        for table in self.tables.values():
            table.deletions.clear()
            table.by_uuid = {row.record["uuid"]: ref for ref, row in table.rows.items()}
        for cls, ref, record in rows:
            self.generation += 1
            row = Row(cls, ref, _copy(record), self.generation, self.generation)
            self._rows[ref] = self.tables[cls].rows[ref] = row
            self.tables[cls].by_uuid[record["uuid"]] = ref
        self.wake("pool", NULL)


def _copy(record: Record) -> Record:
    return {k: v.copy() if isinstance(v, list | dict) else v for k, v in record.items()}
