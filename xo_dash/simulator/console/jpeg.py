"""A screen as a JPEG: baseline, shades of grey, as small a coder as there can be.

Text has few different blocks of 8 x 8, so each is transformed once. The code tables are flat: every symbol has a code of the same length.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache

from . import font
from .pixels import INK, PAPER, TITLE, Colour
from .terminal import Picture

STEP = 6  # of the quantisation
EDGE = 8
COSINES = [[(0.5 if u else math.sqrt(0.125)) * math.cos((2 * x + 1) * u * math.pi / 16) for x in range(EDGE)] for u in range(EDGE)]
ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else -(i // 8)))
SIZES = list(range(12))  # of DC differences
SYMBOLS = [run << 4 | size for run in range(16) for size in range(1, 11)] + [0x00, 0xF0]
DC_BITS, AC_BITS = 4, 8
END, SIXTEEN_ZEROS = 0x00, 0xF0


def grey(colour: Colour) -> int:
    return (299 * colour[0] + 587 * colour[1] + 114 * colour[2]) // 1000


def jpeg(picture: Picture) -> bytes:
    width, height = picture.columns * font.WIDTH, picture.rows * font.HEIGHT
    return b"".join((
        b"\xff\xd8",
        segment(0xDB, bytes((0, *[STEP] * 64))),
        segment(0xC0, struct.pack(">BHHBBBB", 8, height, width, 1, 1, 0x11, 0)),
        segment(0xC4, table(0x00, SIZES, DC_BITS) + table(0x10, SYMBOLS, AC_BITS)),
        segment(0xDA, bytes((1, 1, 0, 0, 63, 0))),
        scan(picture),
        b"\xff\xd9",
    ))  # fmt: skip


def segment(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(data) + 2) + data


def table(name: int, symbols: list[int], bits: int) -> bytes:
    counts = [0] * 16
    counts[bits - 1] = len(symbols)
    return bytes((name, *counts, *symbols))


def scan(picture: Picture) -> bytes:
    """Rows of blocks; a cell of text is two of them, one above the other."""
    out: list[str] = []
    before = 0
    for row, line in enumerate(picture.lines):
        for half in (0, 1):
            for column, char in enumerate(line):
                dc, rest = block(char, half, row == 0, (row, column) == picture.cursor)
                out.append(signed(f"{SIZES.index(size_of(dc - before)):0{DC_BITS}b}", dc - before) + rest)
                before = dc
    bits = "".join(out)
    bits += "1" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")


def size_of(value: int) -> int:
    return abs(value).bit_length()


def signed(code: str, value: int) -> str:
    """The code, and the value in as many bits as it says; negative ones are one less."""
    size = size_of(value)
    return code + (f"{value if value > 0 else value + (1 << size) - 1:0{size}b}" if size else "")


@lru_cache(maxsize=2048)
def block(char: str, half: int, title: bool, cursor: bool) -> tuple[int, str]:
    """(DC, the bits of everything else)"""
    ground, ink = (TITLE, PAPER) if title else (PAPER, INK)
    if cursor:
        ground, ink = INK, PAPER
    levels = grey(ground) - 128, grey(ink) - 128
    rows = font.cell(char)[half * EDGE : half * EDGE + EDGE]
    samples = [[levels[bool(row & 0x80 >> x)] for x in range(EDGE)] for row in rows]
    half_done = [[sum(c * s for c, s in zip(COSINES[u], row, strict=True)) for u in range(EDGE)] for row in samples]
    flat = [sum(COSINES[v][y] * half_done[y][u] for y in range(EDGE)) for v in range(EDGE) for u in range(EDGE)]
    values = [round(flat[at] / STEP) for at in ZIGZAG]
    bits, zeros = [], 0
    last = max((n for n, value in enumerate(values) if value), default=0)
    for value in values[1 : last + 1]:
        if not value:
            zeros += 1
            continue
        bits += [code(SIXTEEN_ZEROS)] * (zeros // 16)
        bits.append(signed(code(zeros % 16 << 4 | size_of(value)), value))
        zeros = 0
    if last < 63:
        bits.append(code(END))
    return values[0], "".join(bits)


def code(symbol: int) -> str:
    return f"{SYMBOLS.index(symbol):0{AC_BITS}b}"
