"""VHD, dynamic and differencing: a footer, a header, a table of blocks, and each block of 2 MiB behind a bitmap of its sectors."""

from __future__ import annotations

import struct
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from .body import Body

SECTOR = 512
BLOCK = 2 << 20
BITMAP = SECTOR  # of a block: a bit for each of 4096 sectors
UNUSED = 0xFFFFFFFF
EPOCH = 946684800  # 2000-01-01, as seconds of Unix
FIXED, DYNAMIC, DIFFERENCING = 2, 3, 4
FOOTER = struct.Struct(">8sIIQI4sI4sQQHBBII16sB427x")
HEADER = struct.Struct(">8sQQIIII16sI4x512s192s256x")


class NotVhdError(Exception):
    """Why it cannot be read."""


def checksum(data: bytes) -> int:
    return ~sum(data) & 0xFFFFFFFF


def geometry(size: int) -> tuple[int, int, int]:
    """(cylinders, heads, sectors per track) of so many bytes, by the format's own rule."""
    total = min(size // SECTOR, 65535 * 16 * 255)
    if total >= 65535 * 16 * 63:
        return total // 255 // 16, 16, 255
    sectors, heads = 17, max(4, (total // 17 + 1023) // 1024)
    if total // 17 >= heads * 1024 or heads > 16:
        sectors, heads = 31, 16
    if total // sectors >= heads * 1024:
        sectors, heads = 63, 16
    return total // sectors // heads, heads, sectors


def footer(size: int, identity: uuid.UUID, kind: int = DYNAMIC) -> bytes:
    def packed(check: int) -> bytes:
        offset = UNUSED << 32 | UNUSED if kind == FIXED else SECTOR
        return FOOTER.pack(b"conectix", 2, 0x10000, offset, int(time.time()) - EPOCH, b"tap\0", 0x10003, b"\0\0\0\0", size, size,
                           *geometry(size), kind, check, identity.bytes, 0)  # fmt: skip

    return packed(checksum(packed(0)))


def header(blocks: int, parent: uuid.UUID | None = None) -> bytes:
    name = f"{parent}.vhd".encode("utf-16-be") if parent else b""

    def packed(check: int) -> bytes:
        return HEADER.pack(b"cxsparse", UNUSED << 32 | UNUSED, 3 * SECTOR, 0x10000, blocks, BLOCK, check, parent.bytes if parent else b"",
                           0, name, b"")  # fmt: skip

    return packed(checksum(packed(0)))


def table(blocks: int, used: Sequence[int]) -> bytes:
    """Where each block is, in sectors; they follow each other in the order of `used`."""
    size = -(-blocks * 4 // SECTOR) * SECTOR
    entries = [UNUSED] * (size // 4)
    first = 3 + size // SECTOR
    for number, block in enumerate(used):
        entries[block] = first + number * (BITMAP + BLOCK) // SECTOR
    return struct.pack(f">{len(entries)}I", *entries)


def beginning(size: int, identity: uuid.UUID, used: Sequence[int], parent: uuid.UUID | None = None) -> bytes:
    """Everything before the first block."""
    blocks = -(-size // BLOCK)
    kind = DIFFERENCING if parent else DYNAMIC
    return footer(size, identity, kind) + header(blocks, parent) + table(blocks, used)


def block(data: bytes) -> bytes:
    return b"\xff" * BITMAP + data.ljust(BLOCK, b"\0")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the footer says: bytes of the disk, and how they are kept."""

    size: int
    kind: int


def read_footer(data: bytes) -> Shape:
    if len(data) < SECTOR or data[:8] != b"conectix":
        raise NotVhdError("no VHD footer")
    check = int.from_bytes(data[64:68], "big")
    if checksum(data[:64] + bytes(4) + data[68:SECTOR]) != check:
        raise NotVhdError("the footer's checksum is wrong")
    fields = FOOTER.unpack(data[:SECTOR])
    return Shape(fields[9], fields[13])


def read_header(data: bytes) -> tuple[int, int, int]:
    """(offset of the table, its entries, bytes of a block)"""
    if data[:8] != b"cxsparse":
        raise NotVhdError("no VHD header")
    check = int.from_bytes(data[36:40], "big")
    if checksum(data[:36] + bytes(4) + data[40:]) != check:
        raise NotVhdError("the header's checksum is wrong")
    fields = HEADER.unpack(data)
    return fields[2], fields[4], fields[5]


async def written(body: Body, shape: Shape) -> AsyncIterator[tuple[int, bytes]]:
    """(offset, data) of what a dynamic VHD holds, as it streams by; the first footer has been read. EOFError where it stops."""
    at = SECTOR
    offset, entries, size = read_header(await body.exactly(2 * SECTOR))
    at += 2 * SECTOR
    if offset < at or size < SECTOR or size & (size - 1) or size > 64 << 20 or entries * size > shape.size + size + (64 << 20):
        raise NotVhdError("the header makes no sense")
    await body.skip(offset - at)
    bat = struct.unpack(f">{entries}I", await body.exactly(entries * 4))
    at = offset + entries * 4
    places = sorted((sector * SECTOR, number) for number, sector in enumerate(bat) if sector != UNUSED)
    bitmap = -(-size // SECTOR // 8 // SECTOR) * SECTOR
    for place, number in places:
        if place < at:
            raise NotVhdError("blocks overlap")
        await body.skip(place - at)
        bits = await body.exactly(bitmap)
        data = await body.exactly(size)
        at = place + bitmap + size
        for start, end in runs(bits, size // SECTOR):
            begin = number * size + start * SECTOR
            piece = data[start * SECTOR : end * SECTOR][: max(0, shape.size - begin)]
            if piece:
                yield begin, piece


def runs(bits: bytes, sectors: int) -> list[tuple[int, int]]:
    """(first, last + 1) of the sectors whose bits are set, most significant bit first."""
    if bits[: sectors // 8] == b"\xff" * (sectors // 8):
        return [(0, sectors)]
    found: list[tuple[int, int]] = []
    for sector in range(sectors):
        if bits[sector // 8] & 0x80 >> sector % 8:
            if found and found[-1][1] == sector:
                found[-1] = (found[-1][0], sector + 1)
            else:
                found.append((sector, sector + 1))
    return found
