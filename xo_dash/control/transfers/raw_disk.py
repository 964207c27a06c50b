"""A disk's bytes for XAPI's `/import_raw_vdi?format=raw&chunked=true`: pieces with their places, those of zeros left out.

A frame is its offset and its length, little endian, then the data; twelve bytes of zeros end it. On a fresh disk what is not written reads
as zeros, but on SRs that hand out blocks of a device as they are (`writes_zeros`). Source: xapi's chunked.ml, vhd-tool's impl.ml.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final

from data.facts.sr import THICK
from xo_dash.control.lazy_text import lazy
from xo_dash.control.transfers.checksums import Hasher
from xo_dash.control.transfers.ends import EndFailed, Source
from xo_dash.i18n import N_

BLOCK: Final = 256 << 10
"""Bytes of a frame; a multiple of what direct I/O wants."""
SECTOR: Final = 512
HEAD: Final = struct.Struct("<QI")
END: Final = bytes(12)
ZERO: Final = bytes(BLOCK)


def writes_zeros(sr_type: str) -> bool:
    """Whether its fresh disks may hold what was there before."""
    return sr_type in THICK


def framed(checksum: str, *, zeros: bool, expected: object = None) -> Callable[[Source], AsyncGenerator[bytes]]:
    """How a file's raw bytes are sent. `checksum`: theirs, unless empty. `expected`: bytes of the disk that was made for it.

    The end, without which XAPI takes nothing for complete, is sent after the checksum was found right.
    """

    async def frames(source: Source) -> AsyncGenerator[bytes]:
        hasher, offset, size = Hasher(checksum), 0, source.size
        expect(expected, whole_sectors(size))
        async for block in blocks(source.pieces()):
            await hasher.add(block if offset + len(block) <= size else block[: size - offset])  # without what fills up the last sector
            if zeros or not is_zero(block):
                yield HEAD.pack(offset, len(block)) + block
            offset += len(block)
        hasher.check()
        yield END

    return frames


def whole_sectors(size: int) -> int:
    return -(-size // SECTOR) * SECTOR


async def raw_size(source: Source) -> int:
    """Bytes of the disk that a file is, as it is."""
    return whole_sectors(source.size)


def expect(expected: object, size: int) -> None:
    """Raises EndFailed where another file has come than the one that was looked into."""
    if expected is not None and str(expected) != str(size):
        raise EndFailed(CHANGED)


async def blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in blocks; the last one is filled up to whole sectors."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        while len(held) >= BLOCK:
            yield bytes(held[:BLOCK])
            del held[:BLOCK]
    if held:
        yield bytes(held).ljust(whole_sectors(len(held)), b"\0")


def is_zero(block: bytes) -> bool:
    return block == (ZERO if len(block) == BLOCK else bytes(len(block)))


CHANGED: Final = lazy(N_("the file has changed in the meantime; start again"))
