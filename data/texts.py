"""Texts that anybody may write: numbers that XAPI keeps as such, and names that are sorted."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 18
"""Digits of the largest number that is believed."""
LAST_MOMENT: Final = 250_000_000_000
"""Epoch seconds, in the year 9892."""
SORTED: Final = 1 << 14
"""Names whose place in the order is kept: those of the largest fleet, of which a list asks again and again."""
COMPARED: Final = 256
"""Characters of a name that its place is decided by: a pool may call something anything."""
_DIGITS: Final = re.compile("[0-9]+")
_WHOLE: Final = re.compile("[0-9]{1,18}")
_DECIMAL: Final = re.compile("[0-9]{1,15}(?:[.,][0-9]{1,9})?")


def whole(text: str, otherwise: int = 0) -> int:
    """`"12"` is 12; `otherwise` for what is no number from 0 on."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST else otherwise


def typed_whole(text: str) -> int | None:
    """What somebody typed, where that is a number from 0 on in plain digits: no sign, no `1e3`, no `1_000`, no other script's."""
    return int(text) if _WHOLE.fullmatch(text := text.strip()) else None


def typed_decimal(text: str) -> float | None:
    """The same with a part after a point or a comma."""
    return float(text.replace(",", ".")) if _DECIMAL.fullmatch(text := text.strip()) else None


def decimal(text: str) -> float:
    """`"2600.000"` is 2600.0; 0 for what is no number above it."""
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 < value < 10**LONGEST and math.isfinite(value) else 0.0


def moment(text: str) -> float:
    """Epoch seconds, as `"1795180643."`; 0 for none that a calendar has."""
    value = decimal(text)
    return value if value < LAST_MOMENT else 0.0


def natural(text: str) -> str:
    """What sorts a name as people do: whatever the case, and host-2 before host-10."""
    return _padded(text[:COMPARED])


@lru_cache(SORTED)
def _padded(text: str) -> str:
    return _DIGITS.sub(lambda found: found[0].zfill(LONGEST), text.casefold())
