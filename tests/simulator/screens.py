"""An RFB client of a few lines: it knows what the screen shows, as pixels."""

from __future__ import annotations

import struct
from collections.abc import Callable

from xo_dash.simulator.console import font


class Screen:
    """`receive(n)` gives exactly n bytes, `send` takes some."""

    def __init__(self, receive: Callable[[int], bytes], send: Callable[[bytes], None], encodings: tuple[int, ...] = (0, -223)) -> None:
        self.receive, self.send = receive, send
        assert receive(12) == b"RFB 003.008\n"
        send(b"RFB 003.008\n")
        assert receive(receive(1)[0]) == b"\x01"
        send(b"\x01")
        assert receive(4) == bytes(4)
        send(b"\x01")
        self.width, self.height = struct.unpack(">HH", receive(4))
        assert receive(16)[:4] == bytes((32, 24, 0, 1))
        self.name = receive(int.from_bytes(receive(4), "big")).decode()
        self.pixels = bytearray(self.width * self.height * 4)
        send(struct.pack(f">BxH{len(encodings)}i", 2, len(encodings), *encodings))

    def ask(self, *, incremental: bool = True) -> None:
        self.send(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def update(self) -> list[tuple[int, int, int, int]]:
        """The rectangles of the next update."""
        kind, count = struct.unpack(">BxH", self.receive(4))
        assert kind == 0
        found = []
        for _ in range(count):
            x, y, width, height, encoding = struct.unpack(">HHHHi", self.receive(12))
            found.append((x, y, width, height))
            if encoding == -223:
                self.width, self.height = width, height
                self.pixels = bytearray(width * height * 4)
                continue
            assert encoding == 0
            data = self.receive(width * height * 4)
            for line in range(height):
                at = ((y + line) * self.width + x) * 4
                self.pixels[at : at + width * 4] = data[line * width * 4 : (line + 1) * width * 4]
        return found

    def type(self, text: str) -> None:
        for char in text:
            keysym = {"\n": 0xFF0D, "\b": 0xFF08}.get(char, ord(char))
            for down in (1, 0):
                self.send(struct.pack(">BBxxI", 4, down, keysym))

    def text(self) -> str:
        """What is on it, letter for letter, as the simulator's font has them."""
        known = {font.cell(chr(c)): chr(c) for c in range(0x20, 0x7F)}
        seen: dict[bytes, str] = {}
        lines = []
        for row in range(self.height // 16):
            line = ""
            for column in range(self.width // 8):
                cell = self._cell(column, row)
                if cell not in seen:
                    seen[cell] = known.get(dots(cell), "?")
                line += seen[cell]
            lines.append(line.rstrip())
        return "\n".join(lines)

    def _cell(self, column: int, row: int) -> bytes:
        starts = (((row * 16 + y) * self.width + column * 8) * 4 for y in range(16))
        return b"".join(self.pixels[at : at + 32] for at in starts)


def dots(cell: bytes) -> tuple[int, ...]:
    """Sixteen rows of eight, as the font has them; the first pixel is ground."""
    pixels = [cell[at : at + 4] != cell[:4] for at in range(0, len(cell), 4)]
    return tuple(sum(dot << (7 - x) for x, dot in enumerate(pixels[y * 8 : y * 8 + 8])) for y in range(16))
