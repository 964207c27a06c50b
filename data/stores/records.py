"""Dataclasses in a file, with a copy in memory to read from."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from data.stores.directory import DataDirectory
from data.stores.errors import RecordMissing
from data.stores.storage import Migration, Row, StoreFile
from xo_dash.i18n import _


class Record(Protocol):
    @property
    def id(self) -> str: ...


R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Records(Generic[R]):
    """The records of one file by their id.

    Raises StoreError of one kind or another at the first reading, so that a damaged file stops the start.
    """

    def __init__(self, directory: DataDirectory, kind: str, record: type[R], migrations: Sequence[Migration] = ()) -> None:
        self._directory = directory
        self._record = record
        self._file = StoreFile(directory, kind, migrations)
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

    async def reload(self) -> bool:
        """`refresh` in the stores' thread."""
        return await self._directory.run(self.refresh)

    def _change(self, change: Callable[[dict[str, R]], T]) -> T:
        """Let `change` edit the records, as they are on the disk now, and write what came of it.

        If it raises, nothing happened. For a thread: it waits for the disk.
        """
        with self._directory.write_lock():
            self._refresh()
            edited = dict(self._records)
            result = change(edited)
            if edited != self._records:
                self._write(edited)
            return result

    def _update(self, record_id: str, change: Callable[[R], R]) -> R:
        """Replace one record by what `change` makes of it; raises RecordMissing."""

        def edit(records: dict[str, R]) -> R:
            records[record_id] = change(_need(records, record_id))
            return records[record_id]

        return self._change(edit)

    def _discard(self, record_id: str) -> R:
        """Take one away; raises RecordMissing."""

        def edit(records: dict[str, R]) -> R:
            _need(records, record_id)
            return records.pop(record_id)

        return self._change(edit)

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


def _need(records: dict[str, R], record_id: str) -> R:
    record = records.get(record_id)
    if record is None:
        raise RecordMissing(_("it is no longer there: somebody removed it"))
    return record
