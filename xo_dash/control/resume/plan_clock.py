"""What a plan knows besides its request and its object: the moment it takes for now, which is when its run came to its object,
and who gave the command. Both are the same when it is driven again."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_user: ContextVar[str] = ContextVar("plan_user", default="")
_began: ContextVar[float | None] = ContextVar("plan_began", default=None)


def plan_time() -> float:
    """Seconds since 1970."""
    began = _began.get()
    return time.time() if began is None else began


def plan_user() -> str:
    """The name of whoever gave the command; "" while one is only foretold."""
    return _user.get()


@contextmanager
def plan_began(moment: float) -> Generator[None]:
    """While a plan is driven that began then."""
    token = _began.set(moment)
    try:
        yield
    finally:
        _began.reset(token)


@contextmanager
def plan_by(user: str) -> Generator[None]:
    """While a run of theirs is on its way."""
    token = _user.set(user)
    try:
        yield
    finally:
        _user.reset(token)
