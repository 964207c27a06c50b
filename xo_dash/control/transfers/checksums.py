"""Whether a file is the one that was meant, found out while it goes by."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Final

from msgspec import Meta

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.transfers.ends import EndFailed
from xo_dash.i18n import N_

FEW: Final = 4096
"""Bytes that are hashed at once; more of them in a thread, which leaves the interpreter to others meanwhile."""
Checksum = Annotated[
    str,
    Meta(
        pattern=r"^((sha256:)?[0-9a-fA-F]{64}|(sha512:)?[0-9a-fA-F]{128})$",
        extra={"wrong": N_("it must be sha256: or sha512: and the checksum in hexadecimal digits")},
    ),
]
"""SHA-256 or SHA-512 in hex, with or without its name before it."""


class Hasher:
    """Compares with a `Checksum`; with none everything is right."""

    def __init__(self, checksum: str) -> None:
        name, _colon, digits = checksum.rpartition(":")
        self._wanted = digits.lower()
        self._digest = hashlib.new(name or ("sha512" if len(digits) == 128 else "sha256")) if digits else None

    @property
    def is_needed(self) -> bool:
        return self._digest is not None

    def add_now(self, piece: bytes | memoryview) -> None:
        if self._digest is not None:
            self._digest.update(piece)

    async def add(self, piece: bytes | memoryview) -> None:
        if self._digest is None or len(piece) <= FEW:
            self.add_now(piece)
        else:
            await asyncio.to_thread(self._digest.update, piece)

    def check(self) -> None:
        """Raises EndFailed."""
        if self._digest is not None and (found := self._digest.hexdigest()) != self._wanted:
            raise EndFailed(_wrong(found, self._wanted))


def _wrong(found: str, wanted: str) -> LazyText:
    said = N_("the checksum is {found}, not {wanted}: the file was damaged on the way, or is a different one")
    return lazy(said, found=found, wanted=wanted)


async def checked(pieces: AsyncIterator[bytes], checksum: str) -> AsyncGenerator[bytes]:
    """The same, the last one only once the checksum is right: a receiver that lacks it takes nothing for complete. Raises EndFailed."""
    hasher, held = Hasher(checksum), b""
    async for piece in pieces:
        await hasher.add(piece)
        if held:
            yield held
        held = piece
    hasher.check()
    if held:
        yield held
