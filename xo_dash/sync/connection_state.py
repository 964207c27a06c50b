"""How a connection stands, told once: to the pages by its Server, to the log when it goes and when it returns."""

from __future__ import annotations

import logging
import time

from data.mirror import Mirror
from data.server import NO_TLS, NO_XAPI, UNKNOWN_MASTER, Server, ServerState
from xo_dash.xapi.errors import BadCertificate, BadPassword, BadReply, NoTls, UnknownMaster, XapiError, XapiFailure

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = 1.0, 4.0
"""Seconds; see poller for what ends them sooner."""
ANOTHER_LOOK = 1.5
"""Seconds, for what somebody must correct, here or elsewhere: the session stays, so that a look is no sign-in."""
NEVER = 1e9


class WrongPool(XapiError):
    """The address answers for another pool than before."""

    def __init__(self, expected: str, actual: str, name: str) -> None:
        self.details = (expected, actual, name)
        super().__init__(f"pool {name} ({actual}) instead of {expected}")


class DuplicatePool(XapiError):
    """Another server of ours is already this pool."""

    def __init__(self, label: str) -> None:
        self.details = (label,)
        super().__init__(f"the same pool as {label}")


class ConnectionState:
    """The state of one server."""

    def __init__(self, mirror: Mirror, server: Server) -> None:
        self._mirror = mirror
        self._server = server
        self._retry = FIRST_RETRY
        self._gone = False

    @property
    def is_live(self) -> bool:
        return self._server.is_live

    def now(self, state: ServerState, detail: tuple[str, ...] = ()) -> None:
        since = self._server.since if state is self._server.state else time.time()
        self._mirror.set_server(self._server, state=state, detail=detail, since=since)

    def fresh(self) -> None:
        """The picture is true as of now. Nobody is told of the new time alone: it is what LIVE means."""
        self._server.last_event_at = time.time()
        self._retry = FIRST_RETRY
        if not self._server.is_live:
            self.now(ServerState.LIVE)
        if self._gone:
            self._gone = False
            log.info("%s: connected again", self._server.label)

    def failed(self, error: XapiError) -> float:
        """Say so, and give the seconds until the next attempt."""
        state, detail, wait = self._judged(error)
        if not self._gone:
            self._gone = True
            log.warning("%s: %s", self._server.label, error)
        self.now(state, detail)
        return wait

    def _judged(self, error: XapiError) -> tuple[ServerState, tuple[str, ...], float]:
        detail: tuple[str, ...]
        match error:
            case BadPassword():
                return ServerState.BAD_PASSWORD, error.details, NEVER  # every attempt counts as an attack
            case BadCertificate():
                return ServerState.BAD_CERTIFICATE, (error.expected, error.actual), ANOTHER_LOOK
            case WrongPool():
                return ServerState.WRONG_POOL, error.details, ANOTHER_LOOK
            case DuplicatePool():
                return ServerState.DUPLICATE, error.details, ANOTHER_LOOK
            case UnknownMaster():
                detail = (UNKNOWN_MASTER, error.master)
            case XapiFailure():
                detail = error.details
            case NoTls():
                detail = (NO_TLS, error.address)
            case BadReply():
                detail = (NO_XAPI, str(error))
            case _:
                detail = (str(error),)
        wait, self._retry = self._retry, min(self._retry * 2, LAST_RETRY)
        return ServerState.UNREACHABLE, detail, wait
