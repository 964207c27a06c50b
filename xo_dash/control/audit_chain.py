"""The chain of the audit: each line ends with a link, SHA-256 of the link before it and of the line itself.

Who changes, adds or removes a line in the middle has to write all later links anew, and the last one is then another than the one that was
noted elsewhere. A chain proves nothing of lines cut off at its end, unless its last link was noted.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

START = "0" * 64
"""What stands for the link before the first line of all."""
_LINK = re.compile(rb',"chain":"([0-9a-f]{64})"\}\Z')
_LINK_LENGTH = len(b',"chain":""}') + 64
_TAIL = 64 << 10
"""Bytes read at a time, from the end, in search of the last line."""


class ChainVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. `broken_in` is empty when every link fits."""

    lines: int  # of the chain, as far as it is whole
    earlier: int  # lines of before the chain began, of which nothing can be said
    since: str  # `at` of the chain's first line, empty when there is none
    last: str  # the last link that fits
    broken_in: str = ""  # the name of the file
    broken_at: int = 0  # the first line there that does not fit, counted from 1
    anchored: bool = False  # whether the link that was asked for is part of the chain


def seal(previous: str, lines: Iterable[bytes], *, opening: bool = False) -> tuple[bytes, str]:
    """JSON objects (without line ends) as lines with their links, and the last link.

    `opening`: they begin a file; its first line then names the link that it follows, which may be deleted with an older file.
    """
    sealed = bytearray()
    follows = b',"follows":"' + previous.encode() + b'"' if opening else b""
    for line in lines:
        body = line[:-1] + follows
        previous = _link(previous, body + b"}")
        sealed += body + b',"chain":"' + previous.encode() + b'"}\n'
        follows = b""
    return bytes(sealed), previous


def link_of(line: bytes) -> str:
    """The link that a line carries; empty when it has none."""
    found = _LINK.search(line[-_LINK_LENGTH:])
    return found[1].decode() if found else ""


def last_line(handle: int, size: int) -> tuple[bytes, int]:
    """The last whole line of an open file, without its end, and where the next one begins: what follows was cut off by a crash."""
    tail, start = b"", size
    while start and tail.count(b"\n") < 2:
        wanted = min(_TAIL, start)
        start -= wanted
        tail = os.pread(handle, wanted, start) + tail
    whole, newline, _cut = tail.rpartition(b"\n")
    return whole.rpartition(b"\n")[2], start + len(whole) + len(newline)


def verify(files: Iterable[Path], anchor: str = "") -> ChainVerdict:
    """Go through the lines of `files`, oldest first. `anchor`: a link noted earlier. Raises OSError."""
    earlier = lines = 0
    since, last, anchored = "", START, not anchor
    for path in files:
        for number, line in _whole_lines(path):
            link = link_of(line)
            if not link and not lines:
                earlier += 1
                continue
            if not lines:
                head = _head(line)
                since, last = head.at, START if earlier else head.follows
            if not link or link != _link(last, _unsealed(line)):
                return ChainVerdict(
                    lines=lines, earlier=earlier, since=since, last=last, broken_in=path.name, broken_at=number, anchored=anchored
                )
            lines, last = lines + 1, link
            anchored = anchored or link == anchor
    return ChainVerdict(lines=lines, earlier=earlier, since=since, last=last, anchored=anchored)


def _link(previous: str, line: bytes) -> str:
    return hashlib.sha256(previous.encode() + line).hexdigest()


def _unsealed(line: bytes) -> bytes:
    return line[:-_LINK_LENGTH] + b"}"


def _whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """With their numbers; not one that is being written at this moment."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.endswith(b"\n"):
                yield number, line[:-1]


class _Head(msgspec.Struct):
    at: str = ""
    follows: str = START


def _head(line: bytes) -> _Head:
    try:
        return msgspec.json.decode(line, type=_Head)
    except msgspec.DecodeError:
        return _Head()
