"""A socket in the data directory by which `xo-dash do` speaks to the dashboard that runs on it.

Who may open the directory may: it holds the key of the pools' passwords, and is its owner's alone. The peer's user id is looked at besides.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import orjson

from xo_dash.control.local_user import local_user
from xo_dash.control.order_desk import OrderDesk
from xo_dash.control.orders import Order
from xo_dash.control.transfers.upload import Wanted
from xo_dash.i18n import LOCALES, _, using

log = logging.getLogger(__name__)

NAME = "command.sock"
LONGEST = 1 << 20
"""Bytes of an order."""
PIECE = 256 << 10
"""Bytes of a file that are handed over at a time."""
PATIENCE = 10.0
"""Seconds until an order has come whole."""


class SocketRequest(msgspec.Struct, frozen=True):
    """What a command line sends: one line of JSON."""

    order: Order
    language: str = "en"


class HandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of an order: what comes out is fetched by its ticket, what goes in is sent as it is asked for."""

    fetch: str = ""
    send: str = ""


class ApiQuestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A path of the API whose answer is wanted; with a body it is posted."""

    get: str
    post: dict[str, Any] | None = None
    language: str = "en"


AnswerApi = Callable[[str, bytes | None, str], AsyncIterator[int | bytes]]
"""A path of the API, what is posted there, the reader's language -> its status, then its body in pieces."""


class LocalSocket:
    """Listens while the dashboard runs."""

    def __init__(self, directory: Path, desk: OrderDesk, api: AnswerApi | None = None) -> None:
        """`api`: none where there is only a desk."""
        self._path = directory / NAME
        self._desk = desk
        self._api = api
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """A socket that a killed dashboard left is in nobody's use: the directory's lock says so."""
        try:
            self._server = await asyncio.start_unix_server(self._serve, sock=self._bound(), limit=LONGEST)
        except OSError as error:
            log.warning("no commands from the command line while this runs: %s", error.strerror or error)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    def _bound(self) -> socket.socket:
        """Private before anybody can connect to it."""
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with within(self._path.parent) as name:
            listening.bind(name)
        self._path.chmod(0o600)
        return listening

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not _is_ours(writer.get_extra_info("socket")):
                return
            async with asyncio.timeout(PATIENCE):
                line = await reader.readline()
            await self._answer(line, reader, writer)
        except (TimeoutError, ValueError, ConnectionError) as error:  # ValueError: a line without end
            log.debug("a command line went away: %s", error)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """An order, or a file of one."""
        with suppress(msgspec.DecodeError):
            await self._hand_over(msgspec.json.decode(line, type=HandOver), reader, writer)
            return
        with suppress(msgspec.DecodeError):
            await self._answer_api(msgspec.json.decode(line, type=ApiQuestion), reader, writer)
            return
        async for answer in self._answers(line):
            writer.write(orjson.dumps(answer) + b"\n")
            await writer.drain()

    async def _answer_api(self, asked: ApiQuestion, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until all is told, or whoever asked is gone."""
        if self._api is None:
            return
        body = orjson.dumps(asked.post) if asked.post is not None else None
        async for told in self._api(asked.get, body, asked.language):
            if reader.at_eof():
                return
            writer.write(orjson.dumps({"status": told}) + b"\n" if isinstance(told, int) else told)
            await writer.drain()

    async def _hand_over(self, asked: HandOver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=0)  # a piece is lent until the next one is asked for
        async for piece in self._desk.fetch(asked.fetch):
            writer.write(piece)
            await writer.drain()

        async def want(part: Wanted) -> AsyncIterator[bytes]:
            writer.write(orjson.dumps({"offset": part.offset, "length": part.length}) + b"\n")
            left = part.length
            while left > 0 and (piece := await reader.read(min(PIECE, left))):
                left -= len(piece)
                yield piece
            if left > 0:
                raise ConnectionResetError("the file is shorter than it was, or its reader is gone")

        await self._desk.send(local_user(), asked.send, want)

    async def _answers(self, line: bytes) -> AsyncIterator[dict[str, object]]:
        try:
            spoken = msgspec.json.decode(line, type=SocketRequest)
        except msgspec.DecodeError as error:
            yield {"error": _("this is not a command: {reason}").format(reason=error), "faults": {}}
            return
        with using(spoken.language if spoken.language in LOCALES else "en"):
            async for answer in self._desk.take(local_user(), spoken.order):
                yield answer


class within:  # noqa: N801  # reads as what it is: `with within(folder) as name`
    """A name for the socket that is short enough for the system's 100 bytes, wherever the directory is."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._handle = -1

    def __enter__(self) -> str:
        path = self._directory / NAME
        if len(os.fsencode(path)) < 100 or not sys.platform.startswith("linux"):
            return str(path)
        self._handle = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._handle}/{NAME}"

    def __exit__(self, *_error: object) -> None:
        if self._handle >= 0:
            os.close(self._handle)


def _is_ours(peer: socket.socket) -> bool:
    """Whether it is our own user or root on the other end. Where the system does not tell, the directory's mode has to do."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    _pid, uid, _gid = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return uid in (os.geteuid(), 0)
