"""What is in a tar archive, by its headers alone. Python's own reads whatever a header claims into memory."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from typing import Final

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.transfers.ends import EndFailed, Source, read_at
from xo_dash.i18n import N_

BLOCK: Final = 512
MOST: Final = 200
"""Files of an archive."""
LONGEST_NAME: Final = 4096
"""Bytes of what stands for a long name."""
_SIZE_IN_PAX: Final = re.compile(rb"\d{1,4} size=(\d{1,18})\n")
_NAME_IN_PAX: Final = re.compile(rb"\d{1,4} path=([^\n]{1,1000})\n")
TRUNCATED: Final = lazy(N_("the archive is incomplete: it ends too early"))
NO_ARCHIVE: Final = lazy(N_("it is not an OVA, which is a tar archive with an OVF and disks"))
TOO_MANY: Final = lazy(N_("the archive holds more files than an appliance has"))


class Member:
    """One file of the archive. Meets Source."""

    def __init__(self, source: Source, name: str, offset: int, size: int) -> None:
        self._source = source
        self._offset = offset
        self._size = size
        self.name = name

    @property
    def moved(self) -> Callable[[int], None]:
        return self._source.moved

    @moved.setter
    def moved(self, moved: Callable[[int], None]) -> None:
        self._source.moved = moved

    @property
    def size(self) -> int:
        return self._size

    def pieces(self, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes]:
        return self._source.pieces(self._offset + offset, self._size - offset if length is None else length)

    def close(self, reason: LazyText | None) -> None:
        """The archive is closed by whoever opened it."""


async def members(source: Source) -> dict[str, Member]:
    """{name: file}. Raises EndFailed."""
    found: dict[str, Member] = {}
    at, told_name, told_size = 0, "", -1  # by an entry before the one that they are about
    while at + BLOCK <= source.size:
        header = await read_at(source, at, BLOCK)
        if header == bytes(BLOCK):
            break
        kind, name, size = _parsed(header, is_first=not found)
        size = told_size if told_size >= 0 and kind in (b"0", b"\0") else size
        at += BLOCK
        if at + size > source.size:
            raise EndFailed(TRUNCATED)
        if kind in (b"L", b"x", b"g"):
            text = await read_at(source, at, min(size, LONGEST_NAME))
            if kind == b"L":
                told_name = text.rstrip(b"\0").decode("utf-8", "replace")
            elif kind == b"x":
                told_name = match[1].decode("utf-8", "replace") if (match := _NAME_IN_PAX.search(text)) else ""
                told_size = int(match[1]) if (match := _SIZE_IN_PAX.search(text)) else -1
        elif kind in (b"0", b"\0"):
            name, told_name, told_size = _fit(told_name or name), "", -1
            if name in found or len(found) >= MOST:
                raise EndFailed(TOO_MANY)
            found[name] = Member(source, name, at, size)
        elif kind != b"5":
            raise EndFailed(lazy(N_("the archive holds a link or a device, {name}"), name=name[:80]))
        at += -(-size // BLOCK) * BLOCK
    if not found:
        raise EndFailed(NO_ARCHIVE if at == 0 else TRUNCATED)
    return found


def _parsed(header: bytes, *, is_first: bool) -> tuple[bytes, str, int]:
    """(kind, name, bytes). Raises EndFailed."""
    told = _number(header[148:156])
    if told != sum(header[:148]) + 8 * 32 + sum(header[156:]):
        raise EndFailed(NO_ARCHIVE if is_first else TRUNCATED)
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:262] == b"ustar" and header[262:263] == b"\0" else b""
    return header[156:157], (prefix + b"/" + name if prefix else name).decode("utf-8", "replace"), max(0, _number(header[124:136]))


def _number(field: bytes) -> int:
    """Octal digits, or for what is too large for them bytes; -1 for neither."""
    if field[0] == 0x80:
        return int.from_bytes(field[4:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if re.fullmatch(rb"[0-7]{1,12}", digits) else 0 if not digits else -1


def _fit(name: str) -> str:
    """Raises EndFailed for a name that leads out of the archive."""
    plain = name.removeprefix("./")
    if not plain or plain.startswith("/") or "\\" in plain or ".." in plain.split("/") or not plain.isprintable():
        raise EndFailed(lazy(N_("the archive holds a file whose name leads out of it: {name}"), name=name[:80]))
    return plain
