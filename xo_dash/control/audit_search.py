"""Looking something up in the audit: newest first, as far as there is enough of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from xo_dash.control.audit import ENTRY, AuditEntry, moment

MOST = 200
"""Entries that are found at a time."""
_STEP = 1 << 18
"""Bytes that are read at a time."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; everything has to fit."""

    words: tuple[str, ...] = ()  # each is somewhere in the line, in lower case
    user: str = ""  # the id of who did it
    results: frozenset[str] = frozenset()  # any of them; empty: all
    begin: float = -math.inf  # seconds since 1970
    end: float = math.inf


class Found(msgspec.Struct, frozen=True):
    entries: list[AuditEntry]  # newest first; of a command that has ended its end alone
    more: bool  # whether older ones fit too


def search(files: Iterable[Path], query: Query, most: int = MOST) -> Found:
    """For a thread: it may read all files. `files`: oldest first; what cannot be read is left out."""
    entries: list[AuditEntry] = []
    ended: set[tuple[str, str]] = set()
    earliest, latest = _text(query.begin), _text(query.end)
    for path in reversed(list(files)):
        for line in _backwards(path):
            entry = _decoded(line)
            if entry is None or entry.at > latest:
                continue
            if entry.at < earliest:
                return Found(entries, more=False)
            if entry.event == "end":
                ended.add((entry.run, entry.uuid))
            elif entry.event == "begin" and (entry.run, entry.uuid) in ended:
                continue
            if _fits(entry, line, query):
                if len(entries) == most:
                    return Found(entries, more=True)
                entries.append(entry)
    return Found(entries, more=False)


def _fits(entry: AuditEntry, line: bytes, query: Query) -> bool:
    if query.user and entry.user_id != query.user:
        return False
    if query.results and entry.result not in query.results:
        return False
    text = line.decode("utf-8", "replace").casefold() if query.words else ""
    return all(word in text for word in query.words)


def _text(seconds: float) -> str:
    """As the lines have it, which sort as texts; before and after all of them where there is no limit."""
    if math.isinf(seconds) or not 0 <= seconds < 253_402_300_800:  # the year 10000
        return "" if seconds < 0 else "~"
    return moment(seconds)


def _decoded(line: bytes) -> AuditEntry | None:
    with suppress(msgspec.DecodeError):
        return ENTRY.decode(line)
    return None


def _backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file, the last one first."""
    try:
        with path.open("rb") as file:
            rest, place = b"", file.seek(0, 2)
            while place:
                step = min(_STEP, place)
                place -= step
                file.seek(place)
                first, *lines = (file.read(step) + rest).split(b"\n")
                yield from reversed(lines)
                rest = first
            yield rest
    except OSError:
        return
