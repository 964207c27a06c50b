"""How soon a pool is asked again after it told of changes: most of what a change costs is that it is asked for by itself."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

UNWATCHED: Final = 1.0
"""Seconds that changes may wait for more while nobody looks."""
BUSY: Final = 0.2
"""... while people look at a pool that tells of changes without a pause."""
SHORT: Final = 0.25
"""Seconds within which an answer comes without a pause."""
FEW: Final = 5
"""Answers in a row that are of a person's doing: they are passed on at once."""


class Interest(Enum):
    """Who waits for changes."""

    NOBODY = "nobody"
    PAGES = "pages"
    COMMANDS = "commands"
    """A command goes on, which waits for what it does."""


class Pace:
    """Of one pool."""

    def __init__(self, interest: Callable[[], Interest]) -> None:
        self._interest = interest
        self._streak = 0

    def pause(self, waited: float, *, changed: bool) -> float:
        """Seconds until the next question, after an answer that took `waited` seconds and had changes in it, or not."""
        self._streak = self._streak + 1 if changed and waited < SHORT else 0
        if not changed:
            return 0.0
        match self._interest():
            case Interest.NOBODY:
                return UNWATCHED
            case Interest.PAGES if self._streak > FEW:
                return BUSY
        return 0.0
