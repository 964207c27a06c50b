"""Which calls a pool's XAPI has: releases add some and remove others."""

from __future__ import annotations

import sys
from collections.abc import Iterable


class Methods:
    """Of one pool, by its own list. While that is not known, nothing is missing: the call itself will tell."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: frozenset[str] = frozenset()

    def learn(self, names: Iterable[str]) -> None:
        """As the pool lists them: `VM.start`, without prefixes."""
        self._names = frozenset(map(sys.intern, names))  # of many pools the same

    def lacks(self, method: str) -> bool:
        return bool(self._names) and method not in self._names
