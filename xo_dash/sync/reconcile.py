"""Finds rows that are gone without a word: XAPI keeps only the last few hundred deletions of a class.

Every event batch counts the rows of each class. A count that differs in two batches one after another is no coincidence.
"""

from __future__ import annotations

from collections.abc import Mapping

from data.mirror import PoolMirror
from data.types import XapiObject

Kind = type[XapiObject]


class Reconciler:
    """The counts of one pool, compared with its mirror."""

    def __init__(self, mirror: PoolMirror) -> None:
        self._mirror = mirror
        self._suspects: dict[Kind, int] = {}  # class -> how many rows we had too many in the last batch
        self._fetched: dict[Kind, int] = {}  # ... when it was read again
        self._usual: dict[Kind, int] = {}  # ... if reading it again did not help: that server counts otherwise

    def check(self, counts: Mapping[Kind, int]) -> list[Kind]:
        """The classes to be read again, after a batch with these counts was applied."""
        surplus = {kind: len(self._mirror.all(kind)) - count for kind, count in counts.items()}
        odd = {kind: many for kind, many in surplus.items() if many != self._usual.get(kind, 0)}
        confirmed = [kind for kind, many in odd.items() if self._suspects.get(kind) == many]
        self._suspects = odd
        wrong = []
        for kind in confirmed:
            if self._fetched.get(kind) == odd[kind]:
                self._usual[kind] = odd[kind]
            else:
                self._fetched[kind] = odd[kind]
                wrong.append(kind)
        for kind in self._fetched.keys() - odd.keys():
            del self._fetched[kind]
        return wrong

    @property
    def doubts(self) -> bool:
        """Whether the next batch is needed soon, to be sure."""
        return bool(self._suspects)

    def reset(self) -> None:
        """After all was read anew."""
        self._suspects, self._fetched, self._usual = {}, {}, {}
