"""VMDK as it is shipped: compressed grains one after the other, read in their order, each unpacked to no more than a grain.

Source: VMware's Virtual Disk Format 1.1, "Stream-Optimized Compressed Sparse Extents".
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final

from xo_dash.control.lazy_text import lazy
from xo_dash.control.transfers.checksums import Hasher
from xo_dash.control.transfers.ends import EndFailed, Source
from xo_dash.i18n import N_

SECTOR: Final = 512
COMPRESSED: Final = 3 << 16
"""Flags: grains are compressed, and have markers before them."""
LARGEST_GRAIN: Final = 1 << 20
BATCH: Final = 1 << 20
"""Bytes that are unpacked at a time, in a thread."""
BROKEN: Final = lazy(N_("the disk image cannot be read: it is damaged, cut off, or of a kind that is not supported"))


def is_stream_optimized(head: bytes) -> bool:
    return len(head) == SECTOR and head.startswith(b"KDMV") and int.from_bytes(head[8:12], "little") & COMPRESSED == COMPRESSED


def capacity_of(head: bytes) -> int:
    """Bytes of the disk."""
    return int.from_bytes(head[12:20], "little") * SECTOR


class ForwardReader:
    """Reads what comes in its order; a piece may be lent until the next one is asked for."""

    def __init__(self, pieces: AsyncGenerator[bytes | memoryview], hasher: Hasher) -> None:
        self._pieces = pieces
        self._hasher = hasher
        self._held = bytearray()

    async def read(self, count: int) -> bytes:
        """Fewer at the end."""
        while len(self._held) < count and (piece := await anext(self._pieces, b"")):
            await self._hasher.add(piece)
            self._held += piece
        found = bytes(self._held[:count])
        del self._held[:count]
        return found

    async def skip(self, count: int) -> None:
        while count > 0 and (passed := len(await self.read(min(count, BATCH)))):
            count -= passed

    async def close(self) -> None:
        await self._pieces.aclose()


async def grains(source: Source, hasher: Hasher) -> AsyncGenerator[tuple[int, bytes]]:
    """(offset, data) of what is in it. Raises EndFailed."""
    forward = ForwardReader(source.pieces(), hasher)
    try:
        head = await forward.read(SECTOR)
        size, grain = capacity_of(head), int.from_bytes(head[20:28], "little") * SECTOR
        overhead = int.from_bytes(head[64:72], "little") * SECTOR
        if not SECTOR <= grain <= LARGEST_GRAIN or overhead > source.size:
            raise EndFailed(BROKEN)
        await forward.skip(overhead - SECTOR)
        batch: list[tuple[int, bytes]] = []
        async for offset, packed in _packed(forward, grain):
            if offset + grain > -(-size // grain) * grain:
                raise EndFailed(BROKEN)
            batch.append((offset, packed))
            if len(batch) * grain >= BATCH:
                for one in await asyncio.to_thread(_unpacked, batch, grain, size):
                    yield one
                batch = []
        for one in await asyncio.to_thread(_unpacked, batch, grain, size):
            yield one
        await forward.skip(source.size)  # what follows is in the checksum too
    finally:
        await forward.close()


async def _packed(forward: ForwardReader, grain: int) -> AsyncIterator[tuple[int, bytes]]:
    """(offset in the disk, compressed data), up to the marker of the end, or the end of the file: qemu-img writes no marker."""
    while len(marker := await forward.read(SECTOR)) == SECTOR:
        value, count = int.from_bytes(marker[:8], "little"), int.from_bytes(marker[8:12], "little")
        if count:
            if count > 2 * grain + SECTOR:
                raise EndFailed(BROKEN)
            rest = max(0, 12 + count - SECTOR)
            packed = marker[12 : 12 + count] + await forward.read(-(-rest // SECTOR) * SECTOR)
            yield value * SECTOR, packed[:count]
        elif not int.from_bytes(marker[12:16], "little"):
            return
        else:
            await forward.skip(value * SECTOR)


def _unpacked(batch: list[tuple[int, bytes]], grain: int, size: int) -> list[tuple[int, bytes]]:
    """Raises EndFailed for a grain that is more than one."""
    found = []
    for offset, packed in batch:
        try:
            data = zlib.decompressobj().decompress(packed, grain + 1)
        except zlib.error as error:
            raise EndFailed(BROKEN) from error
        if len(data) > grain or len(data) < min(grain, size - offset):
            raise EndFailed(BROKEN)
        found.append((offset, data[: size - offset]))
    return found
