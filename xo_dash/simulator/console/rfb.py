"""RFB 3.8 (and 3.7, 3.3) as a server: no password, Raw and DesktopSize; keys go to the terminal."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

from . import font
from .pixels import Painter, PixelFormat, changed, size
from .stream import Stream
from .terminal import Picture, Terminal

RAW, DESKTOP_SIZE = 0, -223
NONE = 1  # the security type
TICK = 0.25  # real seconds between looks at a screen that changes by itself
IDLE_TICK = 1.0
KEYS = {0xFF0D: "\n", 0xFF8D: "\n", 0xFF08: "\b", 0xFF09: "    "}
KEYPAD = range(0xFFAA, 0xFFBA)
CONTROL, ALT, DELETE = (0xFFE3, 0xFFE4), (0xFFE9, 0xFFEA), (0xFFFF, 0xFF9F)


class ProtocolError(Exception):
    """The client says what no client says."""


class Viewer:
    """One client; `alive` says whether the domain is still there, `touched` is told of keys and of the mouse."""

    def __init__(self, stream: Stream, terminal: Terminal, alive: Callable[[], bool], touched: Callable[[], None]) -> None:
        self._stream, self._terminal, self._alive, self._touched = stream, terminal, alive, touched
        self._painter = Painter(PixelFormat())
        self._resizable = False
        self._shown: Picture | None = None
        self._size = (0, 0)
        self._wanted = asyncio.Event()  # a request for an update is open
        self._changed = asyncio.Event()
        self._held: set[int] = set()

    async def serve(self) -> None:
        """Until the client or the domain goes. EOFError, ConnectionError, ProtocolError."""
        await self._greet()
        self._terminal.watchers.add(self._changed)
        reading, painting = asyncio.ensure_future(self._read()), asyncio.ensure_future(self._paint())
        try:
            done, _ = await asyncio.wait({reading, painting}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._terminal.watchers.discard(self._changed)
            for task in (reading, painting):
                task.cancel()
            await asyncio.gather(reading, painting, return_exceptions=True)

    async def _greet(self) -> None:
        await self._stream.write(b"RFB 003.008\n")
        version = await self._stream.exactly(12)
        if not version.startswith(b"RFB 003."):
            raise ProtocolError(f"version {version!r}")
        if version < b"RFB 003.007\n":
            await self._stream.write(struct.pack(">I", NONE))
        else:
            await self._stream.write(bytes((1, NONE)))
            if (await self._stream.exactly(1))[0] != NONE:
                await self._stream.write(struct.pack(">II", 1, 13) + b"only None (1)")
                raise ProtocolError("another security type")
            if version >= b"RFB 003.008\n":
                await self._stream.write(struct.pack(">I", 0))
        await self._stream.exactly(1)  # shared or not: always shared
        self._size = size(self._terminal.picture())
        name = self._terminal.name.encode()
        await self._stream.write(struct.pack(">HH", *self._size) + PixelFormat().packed() + struct.pack(">I", len(name)) + name)

    async def _read(self) -> None:
        while True:
            kind = (await self._stream.exactly(1))[0]
            match kind:
                case 0:
                    data = await self._stream.exactly(19)
                    try:
                        self._painter = Painter(PixelFormat.read(data[3:]))
                    except ValueError as error:
                        raise ProtocolError(str(error)) from None
                    self._shown = None
                case 2:
                    (count,) = struct.unpack(">xH", await self._stream.exactly(3))
                    encodings = struct.unpack(f">{count}i", await self._stream.exactly(4 * count))
                    self._resizable = DESKTOP_SIZE in encodings
                case 3:
                    if not (await self._stream.exactly(9))[0]:
                        self._shown = None
                    self._wanted.set()
                    self._changed.set()
                case 4:
                    down, keysym = struct.unpack(">BxxI", await self._stream.exactly(7))
                    self._key(keysym, bool(down))
                case 5:
                    await self._stream.exactly(5)
                    self._touched()
                case 6:
                    (length,) = struct.unpack(">3xI", await self._stream.exactly(7))
                    await self._stream.skip(length)
                case 255:  # QEMU's own: a key with its code
                    down, keysym = struct.unpack(">xHI4x", await self._stream.exactly(11))
                    self._key(keysym, bool(down))
                case _:
                    raise ProtocolError(f"message {kind}")

    def _key(self, keysym: int, down: bool) -> None:
        self._touched()
        if not down:
            self._held.discard(keysym)
            return
        self._held.add(keysym)
        control, alt = self._held.intersection(CONTROL), self._held.intersection(ALT)
        if keysym in DELETE and control and alt:
            self._terminal.key("\f")
        elif self._terminal.booting or control or alt:
            return
        elif keysym in KEYS:
            self._terminal.key(KEYS[keysym])
        elif keysym in KEYPAD:
            self._terminal.key(chr(keysym - 0xFF80))
        elif 0x20 <= keysym < 0x7F or 0xA0 <= keysym < 0x100:
            self._terminal.key(chr(keysym))

    async def _paint(self) -> None:
        while self._alive():
            self._changed.clear()
            if self._wanted.is_set():
                picture = self._terminal.picture()
                if self._resizable and size(picture) != self._size:
                    await self._resize(picture)
                    continue
                rows = list(changed(self._shown, picture))
                if rows:
                    self._wanted.clear()
                    self._shown = picture
                    await self._update(picture, rows)
            try:
                await asyncio.wait_for(self._changed.wait(), TICK if self._terminal.booting else IDLE_TICK)
            except TimeoutError:
                continue

    async def _resize(self, picture: Picture) -> None:
        self._wanted.clear()
        self._shown, self._size = None, size(picture)
        await self._stream.write(struct.pack(">BxH", 0, 1) + struct.pack(">HHHHi", 0, 0, *self._size, DESKTOP_SIZE))

    async def _update(self, picture: Picture, rows: list[int]) -> None:
        """One rectangle a line; what does not fit into the client's screen is not sent."""
        width, height = self._size
        columns = min(picture.columns, width // font.WIDTH)
        cut = Picture(columns, tuple(line[:columns].ljust(width // font.WIDTH) for line in picture.lines), picture.cursor)
        fitting = [row for row in rows if (row + 1) * font.HEIGHT <= height]
        await self._stream.write(struct.pack(">BxH", 0, len(fitting)))
        for row in fitting:
            head = struct.pack(">HHHHi", 0, row * font.HEIGHT, width // font.WIDTH * font.WIDTH, font.HEIGHT, RAW)
            await self._stream.write(head + self._painter.line(cut, row))
