"""One file of records, kept by TinyDB: read as a whole, checked, replaced as a whole.

The file is `{"_store": {"1": {"kind": "users", "version": 1}}, "users": {"1": {...}, ...}}`: two TinyDB tables.
TinyDB's own storage writes in place, which a `kill -9` can tear; here a new file takes the old one's name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Table

from data.stores import copies
from data.stores.directory import DataDirectory
from data.stores.errors import DirectoryUnusable, StoreTooNew, StoreUnreadable
from data.stores.replacing import replace_file
from xo_dash.i18n import _

Row = dict[str, Any]
"""A record as it is in JSON."""
Migration = Callable[[list[Row]], list[Row]]
"""All records of one version -> all records of the next."""
Tables = dict[str, dict[str, Any]]
Signature = tuple[int, int, int]

META = "_store"


class Staged(Storage):
    """What TinyDB reads and writes during one change."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def read(self) -> Tables | None:
        return self.tables

    def write(self, data: Tables) -> None:
        self.tables = data


class StoreFile:
    """`<directory>/<kind>.json`, of schema version 1 + len(migrations); `migrations[n]` leads from version n + 1 to n + 2.

    Where one of `followers` is there and it is not, or a copy has it, it was lost; otherwise it has not begun.
    """

    def __init__(self, directory: DataDirectory, kind: str, migrations: Sequence[Migration] = (), followers: Sequence[str] = ()) -> None:
        self._directory = directory
        self._kind = kind
        self._migrations = migrations
        self._followers = followers
        self.version = 1 + len(migrations)
        self.path = directory.path / f"{kind}.json"

    def signature(self) -> Signature | None:
        """Differs whenever the file is another one; None if there is none."""
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def rows(self) -> list[Row]:
        """All records, brought to this version; the file itself stays as it is.

        Raises StoreTooNew, StoreUnreadable, DirectoryUnusable.
        """
        return list(self._load().get(self._kind, {}).values())

    @contextmanager
    def change(self) -> Iterator[Table]:
        """The table, alone with it; what was changed is on the disk at the end, all of it or (after an exception) nothing.

        The caller holds the directory's `write_lock`.
        """
        staged = Staged(self._load())
        yield TinyDB(storage=lambda: staged).table(self._kind)
        self._replace(staged.tables)

    def _load(self) -> Tables:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            self._check_not_lost()
            return {}
        except OSError as error:
            message = _("{file} cannot be read: {reason}")
            raise DirectoryUnusable(message.format(file=self.path, reason=error.strerror)) from error
        tables = self._tables(content)
        version = self._version(tables)
        if version > self.version:
            message = _(
                "{file} was written by a newer xo-dash (format {found}, this one knows {known}); "
                "install that version again, or use another data directory"
            )
            raise StoreTooNew(message.format(file=self.path, found=version, known=self.version))
        rows = list(tables.get(self._kind, {}).values())
        for migrate in self._migrations[version - 1 :]:
            rows = migrate(rows)
        return {self._kind: {str(number): row for number, row in enumerate(rows, 1)}}

    def _tables(self, content: bytes) -> Tables:
        try:
            tables = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise self.unreadable(str(error)) from error
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            raise self.unreadable("not a table")
        return tables

    def _version(self, tables: Tables) -> int:
        match tables.get(META):
            case {"1": {"kind": self._kind, "version": int(version)}} if version >= 1:
                return version
        raise self.unreadable(f"no version of {self._kind}")

    def unreadable(self, reason: str) -> StoreUnreadable:
        message = _("{file} is damaged, or a newer xo-dash wrote it ({reason}); it was not changed: {way}, or install that version")
        return StoreUnreadable(message.format(file=self.path, reason=reason, way=copies.way_back(self._directory)))

    def _check_not_lost(self) -> None:
        """Raises StoreUnreadable."""
        if self._followers and (copies.names(self._directory) or any((self._directory.path / name).exists() for name in self._followers)):
            message = _("{file} is missing, though there were users here: {way}; to start anew, choose another data directory")
            raise StoreUnreadable(message.format(file=self.path, way=copies.way_back(self._directory)))

    def _replace(self, tables: Mapping[str, Any]) -> None:
        content = orjson.dumps(
            {META: {"1": {"kind": self._kind, "version": self.version}}, **tables},
            option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS,
        )
        try:
            self._keep_older_version()
            replace_file(self.path, content)
        except OSError as error:
            message = _("{file} cannot be written: {reason}; nothing was changed")
            raise DirectoryUnusable(message.format(file=self.path, reason=error.strerror)) from error

    def _keep_older_version(self) -> None:
        """A migrated file stays beside its successor once, for who wants to go back."""
        if not self._migrations or not self.path.exists():
            return
        content = self.path.read_bytes()
        version = self._version(self._tables(content))
        if version < self.version:
            replace_file(self.path.with_suffix(f".v{version}.json"), content)
