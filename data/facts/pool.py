"""Facts about a pool."""

from __future__ import annotations

from data.objects import Pool
from data.types import Home


def own_pool(home: Home) -> Pool | None:
    """The pool's own row; None before the first sync."""
    return next(iter(home.all(Pool).values()), None)
