"""From text to pixels, in whatever format an RFB client asks for."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from . import font
from .terminal import Picture

Colour = tuple[int, int, int]
INK, PAPER, TITLE = (0xD8, 0xDE, 0xE9), (0x10, 0x14, 0x1C), (0x3B, 0x82, 0xC4)


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """As RFB has it; `maxima` and `shifts` are red, green, blue."""

    bits: int = 32
    depth: int = 24
    big_endian: bool = False
    true_colour: bool = True
    maxima: tuple[int, int, int] = (255, 255, 255)
    shifts: tuple[int, int, int] = (16, 8, 0)

    def packed(self) -> bytes:
        return struct.pack(">BBBBHHHBBB3x", self.bits, self.depth, self.big_endian, self.true_colour, *self.maxima, *self.shifts)

    @classmethod
    def read(cls, data: bytes) -> PixelFormat:
        """ValueError for what nobody can draw in."""
        bits, depth, big, true, *rest = struct.unpack(">BBBBHHHBBB3x", data)
        maxima, shifts = (rest[0], rest[1], rest[2]), (rest[3], rest[4], rest[5])
        if bits not in (8, 16, 32) or any(shift > 31 for shift in shifts):
            raise ValueError(f"pixels of {bits} bits")
        if not true:  # a palette that is never told: 8 bits as if they were colours
            maxima, shifts = (7, 7, 3), (0, 3, 6)
        return cls(bits, depth, bool(big), bool(true), maxima, shifts)

    def pixel(self, colour: Colour) -> bytes:
        value = sum(c * most // 255 << shift for c, most, shift in zip(colour, self.maxima, self.shifts, strict=True))
        return (value & (1 << self.bits) - 1).to_bytes(self.bits // 8, "big" if self.big_endian else "little")


class Painter:
    """Draws cells; remembers what each looks like in this format."""

    def __init__(self, kind: PixelFormat) -> None:
        self._ink = {False: (kind.pixel(PAPER), kind.pixel(INK)), True: (kind.pixel(TITLE), kind.pixel(PAPER))}
        self._inverse = (kind.pixel(INK), kind.pixel(PAPER))
        self._cells: dict[tuple[str, bool, bool], tuple[bytes, ...]] = {}

    def _cell(self, char: str, title: bool, cursor: bool) -> tuple[bytes, ...]:
        key = char, title, cursor
        if key not in self._cells:
            ground, ink = self._inverse if cursor else self._ink[title]
            self._cells[key] = tuple(b"".join(ink if row & 0x80 >> x else ground for x in range(font.WIDTH)) for row in font.cell(char))
        return self._cells[key]

    def line(self, picture: Picture, row: int) -> bytes:
        """A line of text: `columns` x 8 by 16 pixels."""
        cells = [self._cell(char, row == 0, (row, column) == picture.cursor) for column, char in enumerate(picture.lines[row])]
        return b"".join(b"".join(cell[y] for cell in cells) for y in range(font.HEIGHT))


def size(picture: Picture) -> tuple[int, int]:
    return picture.columns * font.WIDTH, picture.rows * font.HEIGHT


def changed(old: Picture | None, new: Picture) -> Iterator[int]:
    """Rows that do not look the same."""
    moved = {at[0] for at in (old.cursor, new.cursor) if at} if old and old.cursor != new.cursor else set()
    for row, line in enumerate(new.lines):
        if old is None or old.columns != new.columns or row >= old.rows or old.lines[row] != line or row in moved:
            yield row
