"""Tar as xapi writes it (plain headers, no owner, mode 0400), and as anybody writes it when read."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .body import Body

BLOCK = 512
END = bytes(2 * BLOCK)
LONG_NAME, EXTENDED = b"L", (b"x", b"g")


def checksum(header: bytes) -> int:
    return sum(header[:148]) + 8 * 0x20 + sum(header[156:BLOCK])


def header(name: str, size: int) -> bytes:
    fields = f"{size:011o}\0{int(time.time()):011o}\0".encode()
    head = name.encode().ljust(100, b"\0") + b"0000400\0" + b"0000000\0" * 2 + fields + b" " * 8
    head = head.ljust(BLOCK, b"\0")
    return head[:148] + f"{checksum(head):07o}\0".encode() + head[156:]


def padding(size: int) -> bytes:
    return bytes(-size % BLOCK)


def member(name: str, data: bytes) -> bytes:
    return header(name, len(data)) + data + padding(len(data))


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    size: int


class NotTarError(Exception):
    """What stands where a header should is none."""


async def next_member(body: Body) -> Member | None:
    """The next file's header; None at the end of the archive. EOFError if it just stops, NotTarError for anything else."""
    long_name = ""
    while True:
        head = await body.peek(BLOCK)
        if not head:
            raise EOFError
        if len(head) < BLOCK:
            raise NotTarError
        found = parsed(head) if any(head) else None
        await body.skip(BLOCK)
        if found is None:
            return None
        kind = head[156:157]
        if kind == LONG_NAME:
            long_name = (await body.exactly(found.size)).rstrip(b"\0").decode()
        elif kind in EXTENDED:
            await body.skip(found.size)
        else:
            return Member(long_name or found.name, found.size)
        await body.skip(-found.size % BLOCK)


def parsed(head: bytes) -> Member:
    try:
        if int(head[148:156].strip(b"\0 "), 8) != checksum(head):
            raise NotTarError
        size = int.from_bytes(head[125:136], "big") if head[124] & 0x80 else int(head[124:136].strip(b"\0 ") or b"0", 8)
        name = head[:100].rstrip(b"\0").split(b"\0")[0].decode()
        prefix = head[345:500].split(b"\0")[0].decode() if head[257:262] == b"ustar" and head[262:263] in b"\x000" else ""
    except (ValueError, UnicodeDecodeError):
        raise NotTarError from None
    return Member(f"{prefix}/{name}" if prefix else name, size)
