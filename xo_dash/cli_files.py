"""Files of `xo-dash do`: read and written by the command line itself, with its own rights, and handed over by the dashboard's socket."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from xo_dash.i18n import _
from xo_dash.local_socket import LONGEST, within

PIECE: Final = 256 << 10


class FileError(Exception):
    """A file that cannot be read or written; the text is a sentence."""


class Files:
    """`begin` what the dashboard asks for, `settle` when the command has ended, `discard` in any case."""

    def __init__(self, directory: Path, sent: Mapping[str, Path], output: Path | None) -> None:
        """`sent`: by the command's field. `output`: where what comes out goes."""
        self._directory = directory
        self._sent = sent
        self._output = output
        self._tasks: list[asyncio.Task[None]] = []
        self._written: list[Path] = []

    def offered(self) -> dict[str, dict[str, object]]:
        """What is sent, as the order tells it. Raises FileError."""
        found: dict[str, dict[str, object]] = {}
        for field, path in self._sent.items():
            try:
                with path.open("rb") as file:
                    found[field] = {"name": path.name, "size": os.fstat(file.fileno()).st_size}
            except OSError as error:
                raise FileError(_("{path} cannot be read: {reason}").format(path=path, reason=error.strerror)) from error
        return found

    def begin(self, answer: Mapping[str, object]) -> None:
        """The dashboard wants a file, or has one."""
        match answer:
            case {"send": dict(uploads)}:
                for field, upload in uploads.items():
                    self._tasks.append(asyncio.create_task(self._send(self._sent[field], str(upload))))
            case {"fetch": str(ticket), "name": str(name)}:
                self._tasks.append(asyncio.create_task(self._fetch(ticket, name)))

    async def settle(self, *, done: bool) -> None:
        """Wait for what is under way; what is not whole goes. Raises FileError."""
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        error = next((result for result in results if isinstance(result, OSError)), None)
        if done and error is None:
            self._written.clear()
        self.discard()
        if error is not None:
            raise FileError(_("the file could not be written or read: {reason}").format(reason=error.strerror or error)) from error

    def discard(self) -> None:
        """Whatever is not known to be whole goes: the dashboard may be gone, or somebody has pressed Ctrl+C."""
        for task in self._tasks:
            task.cancel()
        for path in self._written:
            path.unlink(missing_ok=True)
        self._written.clear()

    def _place(self, name: str) -> Path:
        """`--output` is a file, or a folder; without one, here. Nothing that is there is written over."""
        wanted = self._output or Path()
        return wanted / Path(name).name if wanted.is_dir() else wanted

    async def _fetch(self, ticket: str, name: str) -> None:
        path = self._place(name)
        reader, writer = await self._connected({"fetch": ticket})
        try:
            with path.open("xb") as file:
                self._written.append(path)
                while piece := await reader.read(PIECE):
                    await asyncio.to_thread(file.write, piece)
        finally:
            writer.close()

    async def _send(self, path: Path, upload: str) -> None:
        reader, writer = await self._connected({"send": upload})
        try:
            with path.open("rb") as file:
                while line := await reader.readline():
                    wanted = orjson.loads(line)
                    await _pour(file, wanted["offset"], wanted["length"], writer)
        except ConnectionError:
            pass  # what became of it the command says
        finally:
            writer.close()

    async def _connected(self, asked: Mapping[str, object]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        with within(self._directory) as name:
            reader, writer = await asyncio.open_unix_connection(name, limit=LONGEST)
        writer.write(orjson.dumps(asked) + b"\n")
        return reader, writer


async def _pour(file: BinaryIO, offset: int, length: int, writer: asyncio.StreamWriter) -> None:
    file.seek(offset)
    while length > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE, length))):
        writer.write(piece)
        await writer.drain()
        length -= len(piece)
