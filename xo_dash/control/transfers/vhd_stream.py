"""A VHD as a host sends it: its table of blocks comes first, so that what is made of it can be measured before any of them has come.

Source: Microsoft's Virtual Hard Disk Image Format; vhd-tool, which sends the blocks in the order of the disk.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import AsyncGenerator, Iterator
from typing import Final

from xo_dash.control.transfers.checksums import Hasher
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.control.transfers.stream_optimized import BROKEN, SECTOR, ForwardReader

BLOCK: Final = 2 << 20
"""Bytes of a block: what XAPI's own disks have."""
BITMAP: Final = SECTOR
"""Bytes before each: which of its sectors are used."""
LARGEST: Final = 2040 << 30
"""Bytes of a disk. Source: xapi's Constants.max_vhd_size."""
HEAD: Final = 1024
DYNAMIC: Final = 3
UNUSED: Final = 0xFFFF_FFFF


class VHDStream:
    """`size` and `blocks` are known once it has begun. Raises EndFailed for what is no such VHD."""

    def __init__(self, pieces: AsyncGenerator[bytes | memoryview]) -> None:
        self._forward = ForwardReader(pieces, Hasher(""))
        self._at = 0
        self._table: array[int] = array("I")
        self.size = 0

    async def begin(self) -> None:
        footer = await self._read(SECTOR)
        kind, self.size = int.from_bytes(footer[60:64], "big"), int.from_bytes(footer[48:56], "big")
        if not footer.startswith(b"conectix") or kind != DYNAMIC or not 0 < self.size <= LARGEST:
            raise EndFailed(BROKEN)
        await self._go(int.from_bytes(footer[16:24], "big"))
        head = await self._read(HEAD)
        count = -(-self.size // BLOCK)
        if not head.startswith(b"cxsparse") or int.from_bytes(head[32:36], "big") != BLOCK or int.from_bytes(head[28:32], "big") < count:
            raise EndFailed(BROKEN)
        await self._go(int.from_bytes(head[16:24], "big"))
        self._table.frombytes(await self._read(4 * count))
        if sys.byteorder == "little":
            self._table.byteswap()

    @property
    def blocks(self) -> Iterator[int]:
        """The numbers of those that hold data."""
        return (number for number, sector in enumerate(self._table) if sector != UNUSED)

    async def contents(self) -> AsyncGenerator[tuple[int, bytes]]:
        """(number, data) of each of these; data of the last one may reach beyond the disk."""
        for number in self.blocks:
            await self._go(self._table[number] * SECTOR + BITMAP)
            yield number, await self._read(BLOCK)
        await self._forward.skip(sys.maxsize)  # the host ends its task once all is taken

    async def close(self) -> None:
        await self._forward.close()

    async def _read(self, count: int) -> bytes:
        found = await self._forward.read(count)
        self._at += len(found)
        if len(found) < count:
            raise EndFailed(BROKEN)
        return found

    async def _go(self, place: int) -> None:
        """Forward, to there."""
        if not 0 <= place - self._at <= LARGEST:
            raise EndFailed(BROKEN)
        await self._forward.skip(place - self._at)
        self._at = place
