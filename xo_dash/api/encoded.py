"""Rows as JSON, kept from one list to the next until something in them differs: most of a list is the same as a moment ago."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import orjson

from data.changes import Change, Operation
from data.mirror import Mirror
from data.relations import referrers
from data.scope import everything
from data.types import XapiObject
from data.visibility import Sees
from xo_dash.api.rows import reader

MOST, MOST_OF_A_PART = 16 << 20, 2 << 20
"""Bytes that are kept of what all see who see everything, and of each scope that is less: there may be many."""
LINGER: Final = 60.0
"""Seconds for which they are kept without being asked for."""

Names = tuple[str, ...]


class EncodedRows:
    """Those of one scope. It follows the mirror only while it keeps any."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._kept: dict[type[XapiObject], dict[Names, dict[XapiObject, bytes]]] = {}
        self._size = 0  # bytes
        self._unsubscribe: Callable[[], None] | None = None
        self._end: asyncio.TimerHandle | None = None

    def encoder(self, kind: type[XapiObject], names: Names, sees: Sees) -> Callable[[XapiObject], bytes]:
        """What makes the JSON of a row, of these fields. For one list: what is asked for in a moment is asked anew."""
        self._linger()
        kept, read = self._kept.setdefault(kind, {}).setdefault(names, {}), reader(kind, names)
        most = MOST if sees is everything else MOST_OF_A_PART

        def encoded(row: XapiObject) -> bytes:
            if (known := kept.get(row)) is not None:
                return known
            made = orjson.dumps(read(row, sees))
            if self._size + len(made) <= most and self._unsubscribe is not None:
                kept[row] = made
                self._size += len(made)
            return made

        return encoded

    def _linger(self) -> None:
        if self._unsubscribe is None:
            self._unsubscribe = self._mirror.observe(self._changed)
        if self._end is not None:
            self._end.cancel()
        self._end = asyncio.get_running_loop().call_later(LINGER, self._forget)

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change.subject, XapiObject):
                self._drop(change.subject)
                if change.operation is not Operation.MOD:  # who refers to it names it from now on, or no longer
                    for row in referrers(change.subject):
                        self._drop(row)
            elif "key" in change.names:  # which each of its rows tells
                self._clear()

    def _drop(self, row: XapiObject) -> None:
        for kept in self._kept.get(type(row), {}).values():
            self._size -= len(kept.pop(row, b""))

    def _clear(self) -> None:
        for tables in self._kept.values():
            for kept in tables.values():
                kept.clear()  # a list may be on its way with it
        self._size = 0

    def _forget(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._unsubscribe = self._end = None
        self._clear()
        self._kept = {}
