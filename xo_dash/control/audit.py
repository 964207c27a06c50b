"""The audit: one line of JSON for every attempt to change something, on the disk before the attempt is made.

Lines are only ever added; a full file is put aside under the time it was closed, and the oldest of these go.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import orjson

from xo_dash.i18n import _

FILE = "audit.jsonl"
SIZE = 10 << 20
"""Bytes after which a file is put aside."""
KEPT = 20
"""Files put aside that stay."""


class AuditUnwritable(Exception):  # a state of the disk, told as a sentence
    """The disk does not take the audit; the text is a sentence."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line. `begin` without an `end` of the same run and uuid: the program ended in between."""

    at: str  # 2026-01-31T14:05:06.789Z
    event: str  # begin, end, refused
    run: str  # unique; the same for all objects of one command
    action: str
    user: str  # the name at that time
    user_id: str
    address: str = ""  # where the user's browser is
    server: str  # our id of the pool's connection
    pool: str = ""  # what the pool is called
    kind: str  # XAPI's class
    uuid: str
    name: str
    arguments: Mapping[str, object] = {}
    result: str = ""  # done, failed, refused, cancelled, lost
    code: str = ""  # XAPI's, where there is one
    reason: str = ""  # in English
    seconds: float | None = None  # from begin to end
    tasks: list[str] = []  # XAPI's refs


class Audit:
    """audit.jsonl of the data directory. Lines that come together share one trip to the disk."""

    def __init__(self, directory: Path, *, size: int = SIZE, kept: int = KEPT) -> None:
        self.path = directory / FILE
        self._size = size
        self._kept = kept
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")

    async def write(self, entry: Entry) -> None:
        """Return when the line is on the disk. Raises AuditUnwritable."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((orjson.dumps(msgspec.to_builtins(entry)) + b"\n", written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_waiting())
        await asyncio.shield(written)

    def close(self) -> None:
        """Let the thread go, once all is written."""
        self._thread.shutdown()

    async def _write_waiting(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._append, b"".join(line for line, _written in batch))
                except OSError as error:
                    message = _("the audit {file} cannot be written: {reason}").format(file=self.path, reason=error.strerror or error)
                    _settle(batch, AuditUnwritable(message))
                else:
                    _settle(batch, None)
        finally:
            self._writing = None

    def _append(self, lines: bytes) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            before = os.fstat(handle).st_size
            try:
                _write_all(handle, lines)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, before)  # half a line would spoil the next one
                raise
        finally:
            os.close(handle)
        if before + len(lines) >= self._size:
            self._put_aside()

    def _put_aside(self) -> None:
        """The lines are safe by now, so what fails here is tried again after the next ones."""
        moment = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self.path.rename(self.path.with_name(f"audit.{moment}.jsonl"))
        aside = sorted(self.path.parent.glob("audit.*.jsonl"))
        for old in aside[: max(0, len(aside) - self._kept)]:
            old.unlink(missing_ok=True)


def _write_all(handle: int, lines: bytes) -> None:
    view = memoryview(lines)
    while view:
        view = view[os.write(handle, view) :]


def _settle(batch: list[tuple[bytes, asyncio.Future[None]]], error: AuditUnwritable | None) -> None:
    for _line, written in batch:
        if not written.done():
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)


def moment(seconds: float) -> str:
    """Seconds since 1970 as the audit writes them."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
