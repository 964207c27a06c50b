"""QCOW2: clusters found by two levels of tables, each counted; written as a stream, read as a file."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

BITS = 16
CLUSTER = 1 << BITS
MAGIC = b"QFI\xfb"
# magic, version, backing offset and size, cluster bits, size, encryption, L1 entries and offset, refcount table's offset and clusters,
# snapshots and their offset; version 3 adds incompatible, compatible and autoclear features, the refcount's order, the header's length
HEADER = struct.Struct(">4sIQIIQIIQQIIQ")
MORE = struct.Struct(">QQQII")
COPIED = 1 << 63
COMPRESSED = 1 << 62
OFFSET = 0x00FFFFFFFFFFFE00
PER_TABLE = CLUSTER // 8  # entries of an L2 table
PER_BLOCK = CLUSTER // 2  # counts of a refcount block


class NotQcow2Error(Exception):
    """Why it cannot be read."""


def clusters(count: int, size: int) -> int:
    """That hold `count` things of `size` bytes."""
    return -(-count * size // CLUSTER)


def beginning(size: int, used: Sequence[int]) -> Iterator[bytes]:
    """Everything before the data of the clusters `used`, which follow in their order."""
    entries = max(1, -(-size // (CLUSTER * PER_TABLE)))
    groups = sorted({number // PER_TABLE for number in used})
    level1 = clusters(entries, 8)
    blocks = 1
    while True:
        counts = clusters(blocks, 8)
        total = 1 + level1 + counts + blocks + len(groups) + len(used)
        if total <= blocks * PER_BLOCK:
            break
        blocks += 1
    at_counts = 1 + level1
    at_groups = at_counts + counts + blocks
    head = HEADER.pack(MAGIC, 3, 0, 0, BITS, size, 0, entries, CLUSTER, at_counts * CLUSTER, counts, 0, 0) + MORE.pack(0, 0, 0, 4, 104)
    yield head.ljust(CLUSTER, b"\0")
    yield table({group: at_groups + n for n, group in enumerate(groups)}, level1, COPIED)
    yield table({n: at_counts + counts + n for n in range(blocks)}, counts, 0)
    yield (b"\0\1" * total).ljust(blocks * CLUSTER, b"\0")
    at_data = at_groups + len(groups)
    places = {number: at_data + n for n, number in enumerate(used)}
    for group in groups:
        first = group * PER_TABLE
        yield table({n: places[first + n] for n in range(PER_TABLE) if first + n in places}, 1, COPIED)


def table(places: dict[int, int], size: int, flag: int) -> bytes:
    """`places` are {entry: cluster of the file}; `size` in clusters."""
    held = [0] * (size * PER_TABLE)
    for entry, cluster in places.items():
        held[entry] = cluster * CLUSTER | flag
    return struct.pack(f">{len(held)}Q", *held)


def written(file: BinaryIO, room: int) -> Iterator[tuple[int, bytes]]:
    """(offset, data) of what the image holds; clusters it says nothing of are left out. `room` is the size of the disk."""
    head = file.read(HEADER.size)
    if len(head) < HEADER.size or head[:4] != MAGIC:
        raise NotQcow2Error("no QCOW2 header")
    _, version, _, _, bits, size, encrypted, entries, at, *_ = HEADER.unpack(head)
    features = struct.unpack(">Q", file.read(8))[0] if version >= 3 else 0
    if version not in (2, 3) or not 9 <= bits <= 21 or encrypted or features & ~1 or entries > 1 << 22:
        raise NotQcow2Error("a kind of QCOW2 that cannot be read here")
    if size > room:
        raise NotQcow2Error("the image is larger than the disk")
    cluster = 1 << bits
    for group, entry in enumerate(numbers(file, at, entries)):
        if not entry & OFFSET:
            continue
        for number, place in enumerate(numbers(file, entry & OFFSET, cluster // 8)):
            offset = (group * (cluster // 8) + number) * cluster
            data = content(file, place, bits, version) if offset < size else b""
            if data:
                yield offset, data[: size - offset]


def numbers(file: BinaryIO, at: int, count: int) -> tuple[int, ...]:
    return struct.unpack(f">{count}Q", exactly(file, at, count * 8))


def content(file: BinaryIO, place: int, bits: int, version: int) -> bytes:
    """Of one cluster; empty if the image says nothing of it."""
    cluster = 1 << bits
    if place & COMPRESSED:
        shift = 62 - (bits - 8)
        start, sectors = place & ((1 << shift) - 1), (place & (COMPRESSED - 1)) >> shift
        file.seek(start)
        try:
            return zlib.decompressobj(wbits=-12).decompress(file.read((sectors + 1) * 512 - start % 512), cluster)
        except zlib.error:
            raise NotQcow2Error("a compressed cluster is broken") from None
    if version >= 3 and place & 1:
        return bytes(cluster)
    return exactly(file, place & OFFSET, cluster) if place & OFFSET else b""


def exactly(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    data = file.read(count)
    if len(data) < count:
        raise NotQcow2Error("the image ends too early")
    return data
