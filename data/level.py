"""How grave something is."""

from enum import IntEnum


class Level(IntEnum):
    NONE = 0
    INFORMATION = 1
    WARNING = 2
    CRITICAL = 3
