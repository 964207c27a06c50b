"""VMDK as appliances have it, written in one go and with its length known before: its grains are stored as they are, not packed.

Source: VMware's Virtual Disk Format 1.1, "Stream-Optimized Compressed Sparse Extents"; RFC 1950 and 1951 for what is not packed.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterable, Iterator
from typing import Final

from xo_dash.control.transfers.stream_optimized import COMPRESSED, SECTOR

GRAIN: Final = 64 << 10
TABLE: Final = 512
"""Grains of a table."""
OVERHEAD: Final = 64 << 10
"""Bytes before the first grain."""
DESCRIPTOR_AT, DESCRIPTOR_SECTORS = 1, 20
AT_THE_END: Final = (1 << 64) - 1
"""In the head: its directory is told of in the copy of it that is the foot."""
FIRST_PART: Final = (1 << 16) - 1
"""Bytes: no stored part holds a whole grain."""
STORED: Final = -(-(12 + 2 + 5 + FIRST_PART + 5 + (GRAIN - FIRST_PART) + 4) // SECTOR) * SECTOR
"""Bytes of a grain, with its marker and what surrounds it."""
TABLES, DIRECTORY, FOOT = 1, 2, 3
"""Kinds of markers."""


class VMDKWriter:
    """`begin`, then each block in the order of the disk, then `finish`; `length` bytes in all."""

    def __init__(self, size: int, block: int, blocks: Iterable[int], name: str) -> None:
        """`size`: bytes of the disk; `blocks`: the numbers of those that will come, each of `block` bytes, whole parts of a table."""
        self._size, self._block = size, block
        self._name = name
        self._grains = -(-size // GRAIN)
        self._directory = array("I", bytes(4 * -(-self._grains // TABLE)))
        self._table = array("I", bytes(4 * TABLE))
        self._group = -1  # whose table that is
        self._at = 0
        self.length = self._foretold(blocks)

    def begin(self) -> bytes:
        return self._counted(b"".join((self._head(AT_THE_END), self._descriptor())).ljust(OVERHEAD, b"\0"))

    def block(self, number: int, data: bytes) -> Iterator[bytes]:
        """One that holds data; in pieces."""
        first, view = number * self._block // GRAIN, memoryview(data)
        for grain in range(first, min(first + self._block // GRAIN, self._grains)):
            if grain // TABLE != self._group:
                yield from self._table_of_group()
                self._group = grain // TABLE
            self._table[grain % TABLE] = self._at // SECTOR
            yield self._counted(_stored(grain, view[(grain - first) * GRAIN : (grain - first + 1) * GRAIN]))

    def finish(self) -> Iterator[bytes]:
        yield from self._table_of_group()
        directory, place = _sectors(self._directory), self._at // SECTOR + 1
        yield self._counted(_marker(DIRECTORY, directory))
        yield self._counted(_marker(FOOT, self._head(place)))
        yield self._counted(bytes(SECTOR))

    def _table_of_group(self) -> Iterator[bytes]:
        if self._group < 0:
            return
        self._directory[self._group] = self._at // SECTOR + 1
        yield self._counted(_marker(TABLES, _sectors(self._table)))
        self._table = array("I", bytes(4 * TABLE))

    def _foretold(self, blocks: Iterable[int]) -> int:
        """Bytes of all of it."""
        grains, groups, last, each = 0, 0, -1, self._block // GRAIN
        for number in blocks:
            grains += min(each, self._grains - number * each)
            group = number * each // TABLE
            groups, last = groups + (group != last), group
        return OVERHEAD + grains * STORED + groups * (SECTOR + 4 * TABLE) + SECTOR + len(_sectors(self._directory)) + 3 * SECTOR

    def _head(self, directory: int) -> bytes:
        """`directory`: at which sector."""
        fields = struct.pack(
            "<4sIIQQQQIQQQB4sH", b"KDMV", 3, COMPRESSED | 1, -(-self._size // SECTOR), GRAIN // SECTOR, DESCRIPTOR_AT, DESCRIPTOR_SECTORS,
            TABLE, 0, directory, OVERHEAD // SECTOR, 0, b"\n \r\n", 1,
        )  # fmt: skip
        return fields.ljust(SECTOR, b"\0")

    def _descriptor(self) -> bytes:
        sectors = -(-self._size // SECTOR)
        lines = (
            "# Disk DescriptorFile", "version=1", f"CID={zlib.crc32(self._name.encode()) & 0x7FFFFFFF:08x}", "parentCID=ffffffff",
            'createType="streamOptimized"', "", "# Extent description", f'RW {sectors} SPARSE "{self._name}"', "",
            "# The Disk Data Base", "",
            'ddb.adapterType = "lsilogic"', f'ddb.geometry.cylinders = "{min(sectors // (255 * 63), 65535)}"', 'ddb.geometry.heads = "255"',
            'ddb.geometry.sectors = "63"', 'ddb.virtualHWVersion = "8"', "",
        )  # fmt: skip
        return "\n".join(lines).encode().ljust(DESCRIPTOR_SECTORS * SECTOR, b"\0")

    def _counted(self, piece: bytes) -> bytes:
        self._at += len(piece)
        return piece


def _stored(grain: int, data: memoryview) -> bytes:
    """A grain behind its marker, as zlib's stream of two stored parts."""
    if len(data) < GRAIN:
        data = memoryview(bytes(data).ljust(GRAIN, b"\0"))
    rest = GRAIN - FIRST_PART
    stream = (
        b"\x78\x01\0", struct.pack("<HH", FIRST_PART, FIRST_PART ^ 0xFFFF), data[:FIRST_PART],
        b"\1", struct.pack("<HH", rest, rest ^ 0xFFFF), data[FIRST_PART:], struct.pack(">I", zlib.adler32(data)),
    )  # fmt: skip
    marker = struct.pack("<QI", grain * (GRAIN // SECTOR), sum(map(len, stream)))
    return b"".join((marker, *stream)).ljust(STORED, b"\0")


def _marker(kind: int, content: bytes) -> bytes:
    """What is no grain, behind its marker."""
    return struct.pack("<QII", len(content) // SECTOR, 0, kind).ljust(SECTOR, b"\0") + content


def _sectors(numbers: array[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers).ljust(-(-4 * len(numbers) // SECTOR) * SECTOR, b"\0")
