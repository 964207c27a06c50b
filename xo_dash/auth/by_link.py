"""Screens on a wall, which come in by a link."""

from __future__ import annotations

import logging

from data.stores.kiosks import KioskStore
from data.stores.trace import Actor, Deed
from xo_dash.auth.attempts import Attempts, from_address
from xo_dash.auth.refused import Refused
from xo_dash.auth.session_keeper import SCREEN, SESSIONS, SessionKeeper
from xo_dash.auth.sessions import Session, viewer_of
from xo_dash.i18n import _

log = logging.getLogger(__name__)


class KioskSignIn:
    """Whoever has the link of a screen."""

    def __init__(self, keeper: SessionKeeper, attempts: Attempts, kiosks: KioskStore | None) -> None:
        self._keeper = keeper
        self._attempts = attempts
        self._kiosks = kiosks

    async def enter(self, secret: str, address: str) -> tuple[str, Session]:
        """Let a screen in by its link. Raises Refused."""
        with self._attempts.at(from_address("kiosk", address), address, Deed(action="session.start", kind=SESSIONS, name=SCREEN)):
            kiosk = self._kiosks.of(secret) if self._kiosks else None
            if kiosk is None:
                raise Refused(_("This link is no longer valid; ask an administrator for a new one."))
        token, session = await self._keeper.start(viewer_of(kiosk), address)
        self._keeper.tell(Actor(kiosk.name, address=address), Deed(action="session.start", kind=SESSIONS, name=SCREEN))
        log.info("a screen shows the map by the link %r, from %s", kiosk.name, address)
        return token, session

    async def revoke(self, kiosk_id: str) -> None:
        """The link opens nothing any more, and what it opened is closed."""
        if self._kiosks is not None:
            await self._kiosks.remove(kiosk_id)
        for session in self._keeper.sessions.all():
            if session.kiosk_id == kiosk_id:
                self._keeper.end(session, "its link was revoked")
