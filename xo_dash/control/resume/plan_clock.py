"""The moment that a plan takes for now: when its run came to its object, so that a plan driven again says the same."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_began: ContextVar[float | None] = ContextVar("plan_began", default=None)


def plan_time() -> float:
    """Seconds since 1970."""
    began = _began.get()
    return time.time() if began is None else began


@contextmanager
def plan_began(moment: float) -> Generator[None]:
    """While a plan is driven that began then."""
    token = _began.set(moment)
    try:
        yield
    finally:
        _began.reset(token)
