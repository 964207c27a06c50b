"""Where runs write down how far they are: `runs/KEY.log` in the data directory, as long as a run goes on.

The first line says which version wrote it, each other one is sealed by the vault: answers may be secret. Lines are only added. What a kill
cut off is left out at the next start, as nobody relied on it. A run whose file cannot be written any more goes on without one.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import msgspec

from data.stores.errors import SecretUnreadable
from xo_dash.control.resume.lines import VERSION, RunBegan, RunLine, decoded, encoded

log = logging.getLogger(__name__)

FOLDER: Final = "runs"
MOST: Final = 16 << 20
"""Bytes of one file; a run of more is not continued."""
MOST_FILES: Final = 200
"""Runs at a time that are written down."""


class Seal(Protocol):
    """`data.stores.vault.Vault` is one."""

    def seal(self, text: str, place: str) -> str: ...

    def open(self, sealed: str, place: str) -> str: ...


class _Header(msgspec.Struct, frozen=True):
    version: int


class RunFile:
    """The file of one run. Lines that come together share one trip to the disk."""

    def __init__(self, path: Path, vault: Seal, thread: ThreadPoolExecutor, size: int = 0) -> None:
        """`size`: bytes of it that are good; it is cut there before the next line."""
        self.path = path
        self._vault = vault
        self._thread = thread
        self._size = size
        self._waiting: list[Callable[[], str]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._dropped = False

    def note(self, line: RunLine) -> None:
        """It will be on the disk soon, after those before it. Raises TypeError for an answer that is no plain data."""
        text = encoded(line)
        self._put(lambda: text)

    def note_later(self, make: Callable[[], RunLine]) -> None:
        """The same of a line that the thread makes: a large one would hold the loop."""
        self._put(lambda: encoded(make()))

    def _put(self, text: Callable[[], str]) -> None:
        if self._dropped:
            return
        self._waiting.append(text)
        if self._flushing is None:
            self._flushing = asyncio.get_running_loop().create_task(self._flush())

    async def write(self, line: RunLine) -> None:
        """Return when it is on the disk."""
        self.note(line)
        await self.settle()

    async def settle(self) -> None:
        """Return when all that was noted is on the disk."""
        if self._flushing is not None:
            await asyncio.shield(self._flushing)

    async def remove(self) -> None:
        """The run has ended."""
        self._dropped = True
        await self.settle()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._unlink)

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._append, batch)
                except Exception as error:  # also of a line that cannot be made
                    self._dropped = True
                    self._waiting.clear()
                    reason = getattr(error, "strerror", None) or error
                    log.warning("%s cannot be written (%s): this run is not continued after a restart", self.path, reason)
        finally:
            self._flushing = None

    def _append(self, texts: Sequence[Callable[[], str]]) -> None:
        """For the thread. A file that cannot be written must not be there either: it would tell of less than was done."""
        try:
            lines = b"".join(self._vault.seal(text(), self.path.stem).encode() + b"\n" for text in texts)
            self._write(lines if self._size else msgspec.json.encode(_Header(VERSION)) + b"\n" + lines)
        except Exception:
            self._unlink()
            raise

    def _write(self, lines: bytes) -> None:
        if self._size + len(lines) > MOST:
            raise OSError(f"more than {MOST >> 20} MiB")
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(handle, self._size)
            view, at = memoryview(lines), self._size
            while view:
                count = os.pwrite(handle, view, at)
                view, at = view[count:], at + count
            os.fsync(handle)
        finally:
            os.close(handle)
        self._size += len(lines)

    def _unlink(self) -> None:
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a file says."""

    file: RunFile
    began: RunBegan
    lines: Sequence[RunLine]  # the others


class RunFiles:
    """All of them. Written by one thread."""

    def __init__(self, directory: Path, vault: Seal) -> None:
        self._folder = directory / FOLDER
        self._vault = vault
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="runs")
        self._open: dict[str, RunFile] = {}
        self._removals: set[asyncio.Task[None]] = set()

    def begin(self, key: str) -> RunFile | None:
        """A file for a new run; None where there are too many already."""
        if len(self._open) >= MOST_FILES:
            return None
        self._open[key] = self._file(key)
        return self._open[key]

    def of(self, key: str) -> RunFile | None:
        """That of a run that goes on."""
        return self._open.get(key)

    def end(self, file: RunFile) -> None:
        """Its run has ended: it is removed, soon."""
        self._open.pop(file.path.stem, None)
        removal = asyncio.get_running_loop().create_task(file.remove())
        self._removals.add(removal)
        removal.add_done_callback(self._removals.discard)

    async def left(self) -> list[Recorded]:
        """What runs wrote down that had not ended when the program did, oldest first."""
        found = await asyncio.get_running_loop().run_in_executor(self._thread, lambda: list(self._left()))
        self._open |= {one.file.path.stem: one.file for one in found}
        return found

    async def settle(self) -> None:
        """Return when all that was noted of any run is on the disk."""
        await asyncio.gather(*(file.settle() for file in tuple(self._open.values())), *self._removals)

    async def close(self) -> None:
        await self.settle()
        self._thread.shutdown()

    def _file(self, key: str, size: int = 0) -> RunFile:
        return RunFile(self._folder / f"{key}.log", self._vault, self._thread, size)

    def _left(self) -> Iterator[Recorded]:
        paths = [path for path in self._folder.glob("*.log") if path.is_file() and not path.is_symlink()]
        for path in sorted(paths, key=lambda path: path.stat().st_mtime):
            try:
                with path.open("rb") as file:
                    recorded = self._read(path, file.read(MOST))
            except OSError as error:
                log.warning("%s cannot be read: %s", path, error.strerror or error)
                continue
            if recorded is not None:
                yield recorded

    def _read(self, path: Path, content: bytes) -> Recorded | None:
        """None where nobody can tell what was done; the audit then says what had begun."""
        header, *sealed = content.split(b"\n")[:-1] or [b""]  # a last line without its end was cut off
        try:
            version = msgspec.json.decode(header, type=_Header).version
        except msgspec.DecodeError:
            path.unlink(missing_ok=True)  # not even its first line
            return None
        if version > VERSION:
            log.warning("%s was written by a newer version of xo-dash; start that version to continue the run", path)
            return None
        lines = self._opened(path.stem, sealed)
        if not lines or not isinstance(lines[0], RunBegan):
            log.warning("%s is damaged, or was written with another secret key: the run is not continued", path)
            path.unlink(missing_ok=True)
            return None
        size = sum(len(one) + 1 for one in (header, *sealed[: len(lines)]))
        return Recorded(self._file(path.stem, size), lines[0], lines[1:])

    def _opened(self, key: str, sealed: Sequence[bytes]) -> list[RunLine]:
        """The lines but a last one that a power cut spoilt; none where another is damaged."""
        lines: list[RunLine] = []
        for line in sealed:
            try:
                lines.append(decoded(self._vault.open(line.decode("ascii"), key)))
            except (SecretUnreadable, msgspec.DecodeError, UnicodeDecodeError):
                return lines if len(lines) == len(sealed) - 1 else []
        return lines
