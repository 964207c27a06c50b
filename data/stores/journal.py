"""The journal: what changed at VMs, with before and after, in a database of its own in the data directory.

It is written in batches by a thread and never grows without bound. A process that is killed loses the batch that was not written yet,
and nothing else (SQLite with a write-ahead log). A database that is damaged is put aside under another name, and a new one begun.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

log = logging.getLogger(__name__)

FILE: Final = "history.db"
MOST: Final = 200_000
"""Changes that are kept, about 50 MB."""
DAYS: Final = 400
"""... and for how long."""
PRUNED_EVERY: Final = 2000
"""Changes between two prunings."""
SHOWN: Final = 500
"""Changes that one asking gets at most."""

_TABLE = """
CREATE TABLE IF NOT EXISTS change (
  id INTEGER PRIMARY KEY, at REAL NOT NULL, pool TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL,
  key TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, run TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS of_object ON change (uuid, pool, at);
CREATE INDEX IF NOT EXISTS by_time ON change (at);
"""


class JournalLine(NamedTuple):
    """One change. `pool` is what names it in keys; `who` is empty where nobody of ours did it; `run`: the key of theirs."""

    at: float  # seconds since 1970
    pool: str
    uuid: str  # of the VM
    name: str  # as it was called then
    key: str  # see data.configuration; "created", "deleted", "power_state", "disk" ...
    before: str
    after: str
    who: str = ""
    action: str = ""
    run: str = ""

    def has(self, words: Sequence[str]) -> bool:
        text = " ".join((self.name, self.uuid, self.key, self.before, self.after)).casefold() if words else ""
        return all(word in text for word in words)


class JournalFile:
    """Written by one thread. `most` lines are kept, those of DAYS days."""

    def __init__(self, directory: Path, *, most: int = MOST) -> None:
        self.path = directory / FILE
        self._most = most
        self._database: sqlite3.Connection | None = None
        self._since_pruning = PRUNED_EVERY  # the first batch prunes

    def write(self, lines: Sequence[JournalLine]) -> None:
        """All of them or, after an exception, none. Raises sqlite3.Error."""
        database = self._opened()
        with database:
            database.executemany(
                "INSERT INTO change (at, pool, uuid, name, key, before, after, who, action, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [tuple(_clean(value) for value in line) for line in lines],
            )
        self._since_pruning += len(lines)
        if self._since_pruning >= PRUNED_EVERY:
            self._since_pruning = 0
            self._prune(database)

    def lines(self, pool: str, uuid: str, begin: float, end: float, most: int = SHOWN) -> list[JournalLine]:
        """Those of one VM between two moments, newest first. For any thread: it reads by a connection of its own. Raises sqlite3.Error."""
        return list(islice(self._newest_first("uuid = ? AND pool = ?", (uuid, pool), begin, end), most))

    def external(self, words: Sequence[str], begin: float, end: float, most: int = SHOWN) -> list[JournalLine]:
        """As `lines`, of all VMs, what nobody of ours did. Each of `words` is somewhere in a line, in lower case."""
        found = self._newest_first("who = ''", (), begin, end)
        return list(islice((line for line in found if line.has(words)), most))

    def _newest_first(self, fits: str, values: tuple[str, ...], begin: float, end: float) -> Iterator[JournalLine]:
        """Raises sqlite3.Error."""
        if not self.path.exists():
            return
        with closing(sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True, timeout=5.0)) as database:
            found = database.execute(
                "SELECT at, pool, uuid, name, key, before, after, who, action, run FROM change "  # noqa: S608  # of this file alone
                f"WHERE {fits} AND at BETWEEN ? AND ? ORDER BY at DESC, id DESC",
                (*values, begin, end),
            )
            yield from (JournalLine(*row) for row in found)

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _prune(self, database: sqlite3.Connection) -> None:
        with database:
            database.execute("DELETE FROM change WHERE id <= (SELECT max(id) FROM change) - ?", (self._most,))
            database.execute("DELETE FROM change WHERE at < ?", (time.time() - DAYS * 86400,))
        database.execute("PRAGMA incremental_vacuum")

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            try:
                self._database = _open(self.path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise  # no room, no right: the file itself is good
                aside = self.path.with_name(f"history.{time.strftime('%Y%m%dT%H%M%S')}.damaged.db")
                log.error("%s cannot be read (%s); it is %s now, and a new one is begun", self.path, error, aside.name)
                for suffix in ("-wal", "-shm"):
                    Path(f"{self.path}{suffix}").unlink(missing_ok=True)
                self.path.rename(aside)
                self._database = _open(self.path)
        return self._database


def _open(path: Path) -> sqlite3.Connection:
    """Private to its owner, as everything in the data directory. The thread that closes it may be another."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_RDWR, 0o600))
    database = sqlite3.connect(path, timeout=5.0, check_same_thread=False)
    try:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(_TABLE)
        database.execute("SELECT count(*) FROM (SELECT 1 FROM change LIMIT 1)").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database


def _clean(value: str | float) -> str | float:
    """SQLite takes no lone surrogates, and a NUL ends a text for many of its tools."""
    return value.encode("utf-8", "replace").decode().replace("\0", "�") if isinstance(value, str) else value
