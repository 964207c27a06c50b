"""What a browser sends to a console, message by message: what is typed and pointed at goes through only for those who may.

Source: RFC 6143, chapter 7; QEMU's messages from its own documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Final

INPUT: Final = frozenset({4, 5, 6, 251})
"""Key, pointer, cut text, the size of the desktop."""
QEMU: Final = 255
QEMU_KEY: Final = 0
FIXED: Final = {0: 20, 3: 10, 4: 8, 150: 10}
"""{message: its bytes}; 150: continuous updates."""
QEMU_LENGTHS: Final = {QEMU_KEY: 12, 1: 4}
"""{QEMU's message: its bytes}; audio with its format is longer, and nobody's here."""
LONGEST: Final = 1 << 20
"""Bytes of a message: a text that is pasted."""
NONE: Final = 1
"""The one kind of security that a console has: whoever got as far is trusted."""


class ProtocolError(Exception):
    """No RFB client says such a thing."""


class ClientFilter:
    """Cuts the stream of one client into messages, and leaves out what this client may not send."""

    def __init__(self, may_type: Callable[[], bool]) -> None:
        """`may_type`: asked for each key, pointer and cut text."""
        self._may_type = may_type
        self._held = bytearray()
        self._parts = self._messages()
        self._wanted = next(self._parts)
        self._out = bytearray()
        self.typed = False
        """Whether anything of what came last was a key, a pointer or a text that went through."""

    def feed(self, data: bytes) -> bytes:
        """What of it, and of what was held before, goes on to the host. Raises ProtocolError."""
        self._held += data
        self._out, self.typed = bytearray(), False
        while len(self._held) >= self._wanted:
            self._wanted = self._parts.send(None)
        return bytes(self._out)

    def _messages(self) -> Generator[int, None, None]:
        """Yields how many bytes have to be held before it goes on."""
        yield 12
        version = bytes(self._held[:12])
        if not version.startswith(b"RFB 003.00"):
            raise ProtocolError("not RFB 3")
        self._pass(12)
        if version >= b"RFB 003.007":
            yield 1
            if self._held[0] != NONE:
                raise ProtocolError(f"security {self._held[0]}")
            self._pass(1)
        yield 1
        self._pass(1)  # shared or alone
        while True:
            yield from self._message()

    def _message(self) -> Iterator[int]:
        yield 1
        kind = self._held[0]
        if kind in FIXED:
            length = FIXED[kind]
        elif kind == 2:  # encodings
            yield 4
            length = 4 + 4 * int.from_bytes(self._held[2:4], "big")
        elif kind == 5:
            yield 2
            length = 7 if self._held[1] & 0x80 else 6  # with the marker of more buttons than seven
        elif kind == 6:
            yield 8
            length = 8 + abs(int.from_bytes(self._held[4:8], "big", signed=True))  # negative: the extended clipboard
        elif kind == 248:  # a fence
            yield 9
            length = 9 + self._held[8]
        elif kind == 251:  # a size for the desktop
            yield 8
            length = 8 + 16 * self._held[6]
        elif kind == QEMU:
            yield 2
            length = QEMU_LENGTHS.get(self._held[1], 0)
        else:
            length = 0
        if not 0 < length <= LONGEST:
            raise ProtocolError(f"message {kind}")
        yield length
        is_input = kind in INPUT or (kind == QEMU and self._held[1] == QEMU_KEY)
        if is_input and not self._may_type():
            del self._held[:length]
            return
        self.typed = self.typed or is_input
        self._pass(length)

    def _pass(self, length: int) -> None:
        self._out += self._held[:length]
        del self._held[:length]
