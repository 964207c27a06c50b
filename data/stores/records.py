"""Dataclasses in a file, with a copy in memory to read from."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing, RecordRefused, StoreError
from data.stores.storage import Migration, Row, StoreFile
from data.stores.trace import Deed, Result, changed, name_of
from xo_dash.i18n import _


class Record(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)
T = TypeVar("T")

log = logging.getLogger(__name__)


class Records(Generic[R]):
    """The records of one file by their id.

    Raises StoreError of one kind or another at the first reading, so that a damaged file stops the start.
    """

    def __init__(
        self, directory: DataDirectory, kind: str, record: type[R], migrations: Sequence[Migration] = (), followers: Sequence[str] = ()
    ) -> None:
        self._directory = directory
        self._kind = kind
        self._record = record
        self._file = StoreFile(directory, kind, migrations, followers)
        self._signature = self._file.signature()
        self._records = self._decode(self._file.rows())

    def all(self) -> tuple[R, ...]:
        """In the order they were added."""
        return tuple(self._records.values())

    def get(self, record_id: str) -> R | None:
        return self._records.get(record_id)

    def need(self, record_id: str) -> R:
        """Raises RecordMissing."""
        return _need(self._records, record_id)

    def refresh(self) -> bool:
        """Read the file again if another process changed it; whether it did. For a thread: it reads the disk."""
        if self._file.signature() == self._signature:
            return False
        with self._directory.write_lock():
            return self._refresh()

    def _change(self, action: str | None, change: Callable[[dict[str, R]], T], about: str = "") -> T:
        """Let `change` edit the records, as they are on the disk now, and write what came of it.

        `action` is what the audit calls it, "user.add"; None for what is nobody's doing, or nobody else's business.
        `about`: the id of the record, or a name for one that is not there yet; told where it is refused.
        If it raises, nothing happened. For a thread: it waits for the disk.
        """
        with self._directory.write_lock():
            self._refresh()
            edited = dict(self._records)
            try:
                if self._directory.actor.only_looks:
                    raise RecordRefused(_("you are viewing as another user; stop viewing to change anything"))
                result = change(edited)
            except StoreError as error:
                self._tell(self._deed(action, about, None, None, result=Result.REFUSED, reason=str(error)))
                raise
            if edited != self._records:
                self._write_told(action, edited)
            return result

    def _write_told(self, action: str | None, edited: dict[str, R]) -> None:
        """First the audit, then the records: what it does not have is not done."""
        pairs = [(key, self._records.get(key), edited.get(key)) for key in dict.fromkeys((*self._records, *edited))]
        deeds = [self._deed(action, key, before, after) for key, before, after in pairs if before != after]
        self._tell(*deeds)
        try:
            self._write(edited)
        except StoreError as error:
            self._tell(*(replace(deed, result=Result.FAILED, reason=str(error)) for deed in deeds if deed))
            raise

    def _deed(
        self, action: str | None, record_id: str, before: R | None, after: R | None, *, result: Result = Result.DONE, reason: str = ""
    ) -> Deed | None:
        if action is None:
            return None
        known = after or before or self._records.get(record_id)
        name = name_of(known) if known else record_id
        shown = record_id if known and "id" in {one.name for one in fields(known) if one.repr} else ""  # type: ignore[arg-type]
        arguments = changed(before, after)
        return Deed(action=action, kind=self._kind, id=shown, name=name, arguments=arguments, result=result, reason=reason)

    def _tell(self, *deeds: Deed | None) -> None:
        for deed in deeds:
            if deed is not None:
                self._directory.tell(self._directory.actor, deed)

    def _update(self, action: str | None, record_id: str, change: Callable[[R], R]) -> R:
        """Replace one record by what `change` makes of it; raises RecordMissing."""

        def edit(records: dict[str, R]) -> R:
            records[record_id] = change(_need(records, record_id))
            return records[record_id]

        return self._change(action, edit, record_id)

    def _discard(self, action: str | None, record_id: str) -> R:
        """Take one away; raises RecordMissing."""

        def edit(records: dict[str, R]) -> R:
            _need(records, record_id)
            return records.pop(record_id)

        return self._change(action, edit, record_id)

    def _refresh(self) -> bool:
        signature = self._file.signature()
        if signature == self._signature:
            return False
        self._records, self._signature = self._decode(self._file.rows()), signature
        return True

    def _write(self, edited: dict[str, R]) -> None:
        """All at once: TinyDB looks through a whole table for each record that is changed by itself."""
        with self._file.change() as table:
            rows = {row["id"]: dict(row) for row in table.all()}
            table.truncate()
            table.insert_multiple(
                rows[key] if key in rows and self._records.get(key) == record else rows.get(key, {}) | msgspec.to_builtins(record)
                for key, record in edited.items()
            )
        self._records, self._signature = edited, self._file.signature()

    def _decode(self, rows: Iterable[Row]) -> dict[str, R]:
        try:
            records = [msgspec.convert(row, self._record) for row in rows]
        except msgspec.ValidationError as error:
            raise self._file.unreadable(str(error)) from error
        return {record.id: record for record in records}


async def reload(*stores: Records[Any]) -> bool:
    """Read again what other processes changed, of stores of one directory: one visit to their thread. Whether that was anything.

    What cannot be read stays as it was.
    """
    return await stores[0]._directory.run(lambda: True in [_reload(store) for store in stores])


def _reload(store: Records[Any]) -> bool:
    try:
        return store.refresh()
    except StoreError as error:
        log.warning("%s", error)
        return False


def _need(records: dict[str, R], record_id: str) -> R:
    record = records.get(record_id)
    if record is None:
        raise RecordMissing(_("it no longer exists: somebody removed it"))
    return record
