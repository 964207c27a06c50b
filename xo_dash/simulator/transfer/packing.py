"""Archives that are packed: gzip in here, zstd by the program of that name, as on a real host."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ..errors import XapiError
from .body import Body
from .wire import Wire

PIECE = 1 << 18  # bytes that are packed or unpacked at once
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
KINDS = {"true": "gzip", "gzip": "gzip", "zstd": "zstd"}  # of use_compression; all else means none


class Plain:
    """What goes out as it is."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def write(self, data: bytes) -> None:
        await self._wire.write(data)

    async def end(self) -> None:
        return


class Gzip(Plain):
    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self._deflate = zlib.compressobj(1, wbits=31)

    async def write(self, data: bytes) -> None:
        if packed := self._deflate.compress(data):
            await self._wire.write(packed)

    async def end(self) -> None:
        await self._wire.write(self._deflate.flush())


@dataclass(frozen=True, slots=True)
class Pipe:
    """Both ends of a program at work."""

    into: asyncio.StreamWriter
    out: asyncio.StreamReader

    async def pieces(self) -> AsyncIterator[bytes]:
        while data := await self.out.read(PIECE):
            yield data


class Zstd(Plain):
    def __init__(self, wire: Wire, pipe: Pipe) -> None:
        super().__init__(wire)
        self._pipe = pipe
        self.forwarding = asyncio.ensure_future(self._forward())

    async def _forward(self) -> None:
        async for packed in self._pipe.pieces():
            await self._wire.write(packed)

    async def write(self, data: bytes) -> None:
        if self.forwarding.done():  # the client has gone
            await self.forwarding
        self._pipe.into.write(data)
        await self._pipe.into.drain()

    async def end(self) -> None:
        self._pipe.into.close()
        await self.forwarding


def need(kind: str) -> None:
    """NOT_IMPLEMENTED where this machine has no zstd."""
    if kind == "zstd" and not shutil.which("zstd"):
        raise XapiError("NOT_IMPLEMENTED", "zstd: the program is not installed where the simulator runs")


@asynccontextmanager
async def zstd(option: str) -> AsyncIterator[Pipe]:
    need("zstd")
    pipe = asyncio.subprocess.PIPE
    program = await asyncio.create_subprocess_exec("zstd", "-q", "-c", option, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL)
    try:
        if program.stdin and program.stdout:
            yield Pipe(program.stdin, program.stdout)
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.kill()
        await program.wait()


@asynccontextmanager
async def packed(wire: Wire, kind: str) -> AsyncIterator[Plain]:
    """Somewhere to write to; `end` it when all is written. `kind` is one of KINDS' values, or anything for none."""
    if kind != "zstd":
        yield Gzip(wire) if kind == "gzip" else Plain(wire)
        return
    async with zstd("-1") as pipe:
        out = Zstd(wire, pipe)
        async with ended(out.forwarding):
            yield out


@asynccontextmanager
async def opened(raw: Body) -> AsyncIterator[Body]:
    """The archive in it, unpacked if need be."""
    start = await raw.peek(4)
    if start != ZSTD:
        yield Body(gunzipped(raw)) if start[:2] == GZIP else raw
        return
    async with zstd("-d") as pipe, ended(asyncio.ensure_future(feed(raw, pipe.into))):
        yield Body(pipe.pieces())


@asynccontextmanager
async def ended(task: asyncio.Future[None]) -> AsyncIterator[None]:
    """What flows beside us ends with us."""
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def feed(raw: Body, into: asyncio.StreamWriter) -> None:
    """A program that has had enough breaks the pipe."""
    with contextlib.suppress(ConnectionError):
        async for piece in raw.rest():
            into.write(piece)
            await into.drain()
    into.close()


async def gunzipped(raw: Body) -> AsyncIterator[bytes]:
    """Of one or more members. IMPORT_ERROR if it is broken."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        async for piece in raw.rest():
            rest = piece
            while rest:
                if inflate.eof:
                    inflate = zlib.decompressobj(wbits=31)
                data = inflate.decompress(rest, PIECE)
                rest = inflate.unconsumed_tail or inflate.unused_data
                if data:
                    yield data
    except zlib.error as error:
        raise XapiError("IMPORT_ERROR", f"gzip: {error}") from None
