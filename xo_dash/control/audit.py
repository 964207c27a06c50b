"""The audit: one line of JSON for every attempt to change something, on the disk before the attempt is made.

Commands to pools have a line at their begin and one at their end. Changes of our own records (users, servers, links, rules), and
what happens at the sign-in, have one line: `change`. The stores tell of them, whoever calls (see data.stores.trace).

Lines are only ever added, each with a link to the one before (see `audit_chain`); a full file is put aside under the time it was closed,
and the oldest of these go.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import fcntl
import logging
import os
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import orjson

from data.stores.errors import StoreError
from data.stores.trace import Actor, Deed
from xo_dash.control import audit_chain
from xo_dash.i18n import _

log = logging.getLogger(__name__)

FILE = "audit.jsonl"
SIZE = 10 << 20
"""Bytes after which a file is put aside."""
STOPPED = "Stopped"
"""The code of an end that only says that the program was stopped: what became of it is still to be told."""
RECALLED = 1000
"""Beginnings without an end that are told."""
KEPT = 20
"""Files put aside that stay."""


class AuditUnwritable(StoreError):  # a state of the disk, told as a sentence
    """The disk does not take the audit; the text is a sentence."""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `begin` without an `end` of the same run and uuid: the program ended in between."""

    at: str  # 2026-01-31T14:05:06.789Z
    event: str  # begin, end, refused, change
    run: str  # unique; the same for all objects of one command
    action: str
    user: str  # the name at that time
    user_id: str
    address: str = ""  # where the user's browser is; "command line"
    server: str = ""  # our id of the pool's connection
    pool: str = ""  # what the pool is called
    pool_uuid: str = ""
    kind: str  # XAPI's class; of our own records, the file they are in
    uuid: str = ""
    name: str
    arguments: Mapping[str, object] = {}
    result: str = ""  # done, failed, refused, cancelled, lost
    code: str = ""  # XAPI's, where there is one
    reason: str = ""  # in English, of a pool's refusal
    seconds: float | None = None  # from begin to end
    tasks: list[str] = []  # XAPI's refs


class Audit:
    """audit.jsonl of the data directory. Lines that come together share one trip to the disk."""

    def __init__(self, directory: Path, *, size: int = SIZE, kept: int = KEPT) -> None:
        self.path = directory / FILE
        self._size = size
        self._kept = kept
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        self._appending = threading.Lock()
        self._end = (-1, -1, "")  # inode, size and last link of the file as we left it
        self._posts: set[asyncio.Task[None]] = set()  # a task nobody holds may be collected

    async def write(self, entry: AuditEntry) -> None:
        """Return when the line is on the disk. Raises AuditUnwritable."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((_line(entry), written))
        if self._writing is None:
            self._write_waiting()
        await asyncio.shield(written)

    def tell(self, actor: Actor, deed: Deed) -> None:
        """Return when what somebody did is on the disk: for the stores, which write in a thread of theirs. Raises AuditUnwritable."""
        try:
            self._append([_line(_entry(actor, deed))])
        except OSError as error:
            raise self._unwritable(error) from error

    def post(self, actor: Actor, deed: Deed) -> None:
        """The same from the event loop, which waits for nothing: of what has happened already."""
        task = asyncio.get_running_loop().create_task(self._post(_entry(actor, deed)))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    async def _post(self, entry: AuditEntry) -> None:
        try:
            await self.write(entry)
        except AuditUnwritable as error:
            log.error("%s by %s: %s", entry.action, entry.user, error)

    async def settle(self) -> None:
        """Return when all that was posted is written."""
        await asyncio.gather(*self._posts)

    def unfinished(self) -> list[AuditEntry]:
        """The beginnings without an end that says what became of it, oldest first. For a thread: it reads the last two files."""
        begun: dict[tuple[str, str], AuditEntry] = {}
        for path in self.files()[-2:]:
            for entry in _entries(path):
                key = (entry.run, entry.uuid)
                if entry.event == "begin":
                    begun[key] = entry
                elif entry.event == "end" and entry.code != STOPPED:
                    begun.pop(key, None)
        return list(begun.values())[-RECALLED:]

    def files(self) -> list[Path]:
        """All that there are, oldest first; the last one may not be there yet."""
        return [*self._aside(), self.path]

    def _aside(self) -> list[Path]:
        return sorted(self.path.parent.glob("audit.*.jsonl"))

    def verify(self, anchor: str = "") -> audit_chain.ChainVerdict:
        """Whether every line is as it was written. For a thread. `anchor`: a link noted earlier. Raises OSError."""
        while True:
            files = self.files()
            with suppress(FileNotFoundError):  # the oldest one went
                verdict = audit_chain.verify((path for path in files if path.exists()), anchor)
                if files == self.files():
                    return verdict
            # a file was put aside meanwhile: between those that were read lines are missing which are there

    def close(self) -> None:
        """Let the thread go, once all is written."""
        self._thread.shutdown()

    def _write_waiting(self) -> None:
        """By no task: those are cancelled when the loop ends, and what is told of that end is written too."""
        batch, self._waiting = self._waiting, []
        self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._append, [line for line, _written in batch])
        self._writing.add_done_callback(partial(self._written, batch))

    def _written(self, batch: list[tuple[bytes, asyncio.Future[None]]], writing: asyncio.Future[None]) -> None:
        self._writing = None
        error = writing.exception()
        _settle(batch, self._unwritable(error) if isinstance(error, OSError) else error)
        if self._waiting:
            self._write_waiting()

    def _unwritable(self, error: OSError) -> AuditUnwritable:
        return AuditUnwritable(_("the audit log {file} cannot be written: {reason}").format(file=self.path, reason=error.strerror or error))

    def _append(self, lines: list[bytes]) -> None:
        """For a thread. Others may append at the same time: a store's thread, and a command line beside the server."""
        with self._appending:
            handle = self._open()
            try:
                before, previous = self._whole_end(handle)
                sealed, link = audit_chain.seal(previous, lines, opening=before == 0)
                try:
                    _write_all(handle, sealed)
                    os.fsync(handle)
                except OSError:
                    os.ftruncate(handle, before)  # half a line would spoil the next one
                    raise
                self._end = (os.fstat(handle).st_ino, before + len(sealed), link)
                if before + len(sealed) >= self._size:
                    self._put_aside()
            finally:
                os.close(handle)

    def _whole_end(self, handle: int) -> tuple[int, str]:
        """The size of the file and its last link, without a last line that a crash cut: it was acknowledged to nobody."""
        now = os.fstat(handle)
        if self._end[:2] == (now.st_ino, now.st_size):
            return now.st_size, self._end[2]
        line, size = audit_chain.last_line(handle, now.st_size)
        if size < now.st_size:
            os.ftruncate(handle, size)
        return size, (audit_chain.link_of(line) or audit_chain.START) if line else self._link_aside()

    def _link_aside(self) -> str:
        """The last link of the newest file put aside."""
        for path in self._aside()[-1:]:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                line, _size = audit_chain.last_line(handle, os.fstat(handle).st_size)
            finally:
                os.close(handle)
            return audit_chain.link_of(line) or audit_chain.START
        return audit_chain.START

    def _open(self) -> int:
        """The file that has this name at the moment, locked against other programs."""
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            with suppress(FileNotFoundError):
                if self.path.stat().st_ino == os.fstat(handle).st_ino:
                    return handle
            os.close(handle)  # another program has put it aside meanwhile

    def _put_aside(self) -> None:
        """The lines are safe by now, so what fails here is tried again after the next ones."""
        moment = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self.path.rename(self.path.with_name(f"audit.{moment}.jsonl"))
        aside = self._aside()
        for old in aside[: max(0, len(aside) - self._kept)]:
            old.unlink(missing_ok=True)


ENTRY = msgspec.json.Decoder(AuditEntry)
"""Made before there are threads, as in `data.decode`."""


def _entries(path: Path) -> Iterator[AuditEntry]:
    """The lines of one file, without what cannot be read: a full disk may have cut one."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(msgspec.DecodeError):
            yield ENTRY.decode(line)


def _line(entry: AuditEntry) -> bytes:
    return orjson.dumps(msgspec.to_builtins(entry))


def _entry(actor: Actor, deed: Deed) -> AuditEntry:
    return AuditEntry(
        at=moment(time.time()),
        event="change",
        run=uuid.uuid4().hex,
        action=deed.action,
        user=actor.user,
        user_id=actor.user_id,
        address=actor.address,
        kind=deed.kind,
        uuid=deed.id,
        name=deed.name,
        arguments=dict(deed.arguments),
        result=deed.result,
        reason=deed.reason,
    )


def _write_all(handle: int, lines: bytes) -> None:
    view = memoryview(lines)
    while view:
        view = view[os.write(handle, view) :]


def _settle(batch: list[tuple[bytes, asyncio.Future[None]]], error: BaseException | None) -> None:
    for _line, written in batch:
        if not written.done():
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)


def moment(seconds: float) -> str:
    """Seconds since 1970 as the audit writes them."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
