"""XXH64 with seed 0: the checksum in .xxhash files of an XVA. Slow in Python, so a megabyte of zeros is known by heart."""

from __future__ import annotations

import struct
from functools import lru_cache

MASK = (1 << 64) - 1
P1, P2, P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P4, P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & MASK


def round_(lane: int, word: int) -> int:
    return rotated((lane + word * P2) & MASK, 31) * P1 & MASK


def lanes(data: bytes, end: int) -> int:
    """The part of the data that is whole stripes of 32 bytes."""
    a, b, c, d = (P1 + P2) & MASK, P2, 0, -P1 & MASK
    for w, x, y, z in struct.iter_unpack("<4Q", data[:end]):
        a = (a + w * P2) & MASK
        a = ((a << 31 | a >> 33) & MASK) * P1 & MASK
        b = (b + x * P2) & MASK
        b = ((b << 31 | b >> 33) & MASK) * P1 & MASK
        c = (c + y * P2) & MASK
        c = ((c << 31 | c >> 33) & MASK) * P1 & MASK
        d = (d + z * P2) & MASK
        d = ((d << 31 | d >> 33) & MASK) * P1 & MASK
    total = (rotated(a, 1) + rotated(b, 7) + rotated(c, 12) + rotated(d, 18)) & MASK
    for lane in (a, b, c, d):
        total = ((total ^ round_(0, lane)) * P1 + P4) & MASK
    return total


def xxh64(data: bytes) -> int:
    size = len(data)
    end = size - size % 32
    total = (lanes(data, end) if end else P5) + size
    rest = data[end:]
    words = len(rest) // 8
    for (word,) in struct.iter_unpack("<Q", rest[: words * 8]):
        total = (rotated((total & MASK) ^ round_(0, word), 27) * P1 + P4) & MASK
    rest = rest[words * 8 :]
    if len(rest) >= 4:
        total = (rotated((total & MASK) ^ (int.from_bytes(rest[:4], "little") * P1 & MASK), 23) * P2 + P3) & MASK
        rest = rest[4:]
    for byte in rest:
        total = rotated((total & MASK) ^ (byte * P5 & MASK), 11) * P1 & MASK
    total &= MASK
    total = (total ^ total >> 33) * P2 & MASK
    total = (total ^ total >> 29) * P3 & MASK
    return total ^ total >> 32


@lru_cache(maxsize=4)
def of_zeros(size: int) -> str:
    return f"{xxh64(bytes(size)):016X}"


def digest(data: bytes) -> str:
    """As xapi writes it."""
    return f"{xxh64(data):016X}"
