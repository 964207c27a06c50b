"""Sizes as people write them."""

from __future__ import annotations

import re
from typing import Final

WRITTEN_SIZE: Final = r"([0-9]{1,15})(?:[.,]([0-9]{1,6}))? ?(?:([kKmMgGtTpP])([iI]?[bB])?|[bB])?"
_SIZE: Final = re.compile(WRITTEN_SIZE)


def parse_size(text: str, bare: str = "") -> int | str:
    """Bytes of `20 GiB`, `1,5 T`, `512M` (all of them of 1024) or of a bare number, in `bare` (`G`); the text itself if it is none."""
    found = _SIZE.fullmatch(text.strip().replace("\u202f", " ").replace("\u00a0", " "))
    if found is None:
        return text
    whole, part, unit, _rest = found.groups()
    if text.strip()[-1].isdigit():
        unit = bare
    factor = 1024 ** (1 + "kmgtp".index(unit.lower())) if unit else 1
    return int(whole) * factor + (int(part) * factor // 10 ** len(part) if part else 0)


def written_size(size: int) -> str:
    """What `parse_size` reads as exactly that: `32 GiB`, `1536 MiB`, or bytes where it is no whole number of any unit."""
    for power, unit in ((5, "PiB"), (4, "TiB"), (3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power} {unit}"
    return f"{size} B"
