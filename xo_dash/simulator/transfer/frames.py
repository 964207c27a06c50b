"""A disk as frames: where, how much, and that; a frame of nothing is the end. What was never written is left out."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator

from .body import Body
from .disks import Disk

HEAD = struct.Struct("<QI")  # offset, length
LONGEST = 64 << 20  # bytes in a frame
PIECE = 1 << 20


class DoesNotFitError(Exception):
    """There is more than the disk can hold."""


def pieces(disk: Disk, size: int) -> list[tuple[int, int]]:
    """(offset, length) of what is on it"""
    return [(at, min(PIECE, end - at)) for start, end in disk.extents(0, size) for at in range(start, end, PIECE)]


def length(disk: Disk, size: int) -> int:
    """Bytes that `written` will give."""
    return sum(HEAD.size + count for _, count in pieces(disk, size)) + HEAD.size


async def written(disk: Disk, size: int) -> AsyncIterator[bytes]:
    for at, count in pieces(disk, size):
        yield HEAD.pack(at, count) + disk.read(at, count)
    yield HEAD.pack(0, 0)


async def read(body: Body, size: int) -> AsyncIterator[tuple[int, bytes]]:
    """(offset, data) up to the end. EOFError, DoesNotFitError for what lies beyond `size`."""
    while True:
        offset, count = HEAD.unpack(await body.exactly(HEAD.size))
        if not count:
            return
        if count > LONGEST or offset + count > size:
            raise DoesNotFitError("a chunk lies beyond the end of the disk")
        yield offset, await body.exactly(count)
