"""JSON on its way out: a thread hashes and compresses it while the rest is still being written."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from typing import Final

SQUEEZED_FROM: Final = 16 << 10
"""Bytes from which an answer is compressed, in a thread."""
GZIP: Final = 31
"""What zlib calls the format."""


class Written:
    """`write` what there is so far; at the end `finish`, then `content`, `tag` and `is_squeezed` say what is sent."""

    def __init__(self, *, squeeze: bool) -> None:
        """`squeeze`: whether who asked takes gzip."""
        self._hash = hashlib.blake2b(digest_size=12)
        self._squeezer = zlib.compressobj(1, wbits=GZIP) if squeeze else None
        self._waiting: list[bytes] = []
        self._length = 0  # of what waits
        self._done: list[bytes] = []
        self._worker: asyncio.Future[None] | None = None  # of what was handed to a thread last
        self.content = b""

    @property
    def tag(self) -> str:
        return f'"{self._hash.hexdigest()}"'

    @property
    def is_squeezed(self) -> bool:
        return self._squeezer is not None and self._worker is not None

    def write(self, piece: bytes) -> None:
        self._waiting.append(piece)
        self._length += len(piece)
        if self._length >= SQUEEZED_FROM and (self._worker is None or self._worker.done()):
            self._hand_over()

    async def finish(self) -> None:
        while self._worker is not None and (self._waiting or not self._worker.done()):
            await self._worker
            if self._waiting:
                self._hand_over()
        if self._worker is None:  # it is short
            self._done = self._waiting
            self._hash.update(b"".join(self._done))
        elif self._squeezer is not None:
            self._done.append(self._squeezer.flush())
        self.content = b"".join(self._done)

    def _hand_over(self) -> None:
        piece = b"".join(self._waiting)
        self._waiting, self._length = [], 0
        self._worker = asyncio.get_running_loop().run_in_executor(None, self._take, piece)

    def _take(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._done.append(piece if self._squeezer is None else self._squeezer.compress(piece))
