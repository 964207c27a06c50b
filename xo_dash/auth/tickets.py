"""Tickets: a program that cannot send its token along opens one websocket with one, once and soon."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xo_dash.auth.sessions import Session

LASTS: Final = 30.0
"""Seconds."""
MOST: Final = 1000


class Tickets:
    """Those that were given and not used yet."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Session, float]] = {}  # the oldest first

    def give(self, session: Session) -> str:
        ticket = secrets.token_urlsafe(24)
        self._open[ticket] = (session, time.monotonic() + LASTS)
        while len(self._open) > MOST:
            del self._open[next(iter(self._open))]
        return ticket

    def take(self, ticket: str) -> Session | None:
        """Whose it is; it is used up."""
        session, until = self._open.pop(ticket, (None, 0.0))
        return session if session is not None and session.is_open and time.monotonic() < until else None
