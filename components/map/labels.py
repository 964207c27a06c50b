"""Words that many rows of the map share (systems, folders, tags), by number, so that each goes over the wire once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


class LabelTable:
    """A word that no row has any more is forgotten: it may be of what its readers no longer see. Its number is not given again."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._words: list[str] = []
        self._uses: Counter[int] = Counter()
        self._told = 0  # words that were taken

    def number(self, word: str) -> int:
        """-1 for none."""
        if not word:
            return -1
        if word not in self._numbers:
            self._numbers[word] = len(self._words)
            self._words.append(word)
        return self._numbers[word]

    def use(self, now: Iterable[int], before: Iterable[int]) -> None:
        """A row has these instead of those."""
        self._uses.update(now)
        for number in before:
            self._uses[number] -= 1
            if not self._uses[number]:
                del self._uses[number], self._numbers[self._words[number]]
                self._words[number] = ""

    def all(self) -> list[str]:
        return self._words

    def take(self) -> list[int | str]:
        """The new ones since the last time, after the number of the first; empty: none."""
        first, self._told = self._told, len(self._words)
        return [first, *self._words[first:]] if self._told > first else []
