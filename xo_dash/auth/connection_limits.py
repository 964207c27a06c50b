"""How many may be connected at once: strangers little, so that there is always room for who is signed in and for /healthz.

A connection is a stranger's until a request on it came with an open session. Where strangers are too many, the one that has
not asked for anything for longest is cut, not the one that comes: who asks is let in, however many only hold a connection.
"""

import resource
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from xo_dash.auth.kinds import SessionKind
from xo_dash.auth.throttle import address_key

MOST_FILES = 65_536
"""File handles that are asked for; more are never needed."""
OTHER_FILES = 200
"""Handles that are no browser's: pools, stores, the program itself."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Connections at once; seconds; bytes."""

    all: int = 10_000
    strangers: int = 1_000
    of_address: int = 500  # strangers of one address, which may be a proxy's
    of_person: int = 256  # of one session; a browser has one for each page, and six
    of_kiosk: int = 16
    head: float = 10.0  # seconds until the next request's head is complete, from the end of the last one
    body: float = 30.0  # seconds without a byte of a request that is not complete
    answer: float = 60.0  # seconds from a stranger's head to the end of what it gets
    head_size: int = 32_768  # bytes of a request line and its header fields, with those after a body
    pipelined: int = 8  # requests that wait for the answer to one before them

    @classmethod
    def fitting(cls, files: int) -> "ConnectionLimits":
        """Those for so many file handles."""
        usual = cls()
        most = max(32, min(usual.all, files - OTHER_FILES))
        return replace(usual, all=most, strangers=min(usual.strangers, most // 2), of_address=min(usual.of_address, most // 4))


def raise_file_limit() -> int:
    """Take as many file handles as this process may have; how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft


class ConnectionGuest:
    """One connection, for as long as it is there."""

    __slots__ = ("_crowd", "address", "cut", "on_known", "session")

    def __init__(self, crowd: "ConnectionCounter", address: str, cut: Callable[[], None]) -> None:
        """`cut` ends the connection at once."""
        self._crowd = crowd
        self.address = address
        self.cut = cut
        self.session = ""  # the key of the session it last came with; empty for a stranger
        self.on_known: Callable[[], None] | None = None

    def came_with(self, session: str, kind: SessionKind) -> bool:
        """A request on it has this session (none if empty). False if that has too many connections already."""
        return self._crowd.know(self, session, kind)

    def asked(self) -> None:
        """It asked for something."""
        self._crowd.refresh(self)

    def leave(self) -> None:
        self._crowd.leave(self)


class ConnectionCounter:
    """All who are connected; lives on the event loop."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._guests: set[ConnectionGuest] = set()
        self._strangers: dict[ConnectionGuest, None] = {}  # who has not asked for longest comes first
        self._by_address: dict[str, dict[ConnectionGuest, None]] = {}  # the same, of each address
        self._by_session: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._guests)

    def enter(self, address: str, cut: Callable[[], None]) -> ConnectionGuest | None:
        """A new connection; None if there is no room, as all of it is taken by who is signed in."""
        guest = ConnectionGuest(self, address_key(address), cut)
        if len(self._by_address.get(guest.address, ())) >= self.limits.of_address:
            self._cut_first(self._by_address[guest.address])
        while self._strangers and (len(self._strangers) >= self.limits.strangers or len(self._guests) >= self.limits.all):
            self._cut_first(self._strangers)
        if len(self._guests) >= self.limits.all:
            return None
        self._guests.add(guest)
        self._add_stranger(guest)
        return guest

    def know(self, guest: ConnectionGuest, session: str, kind: SessionKind) -> bool:
        if guest not in self._guests or session == guest.session:
            return True
        if session and self._by_session[session] >= (self.limits.of_kiosk if kind is SessionKind.KIOSK else self.limits.of_person):
            return False
        self._remove(guest)
        guest.session = session
        if not session:
            self._add_stranger(guest)
            return True
        self._by_session[session] += 1
        if guest.on_known:
            guest.on_known()
        return True

    def refresh(self, guest: ConnectionGuest) -> None:
        if guest in self._strangers:
            self._remove(guest)
            self._add_stranger(guest)

    def leave(self, guest: ConnectionGuest) -> None:
        if guest in self._guests:
            self._guests.remove(guest)
            self._remove(guest)

    def _cut_first(self, guests: dict[ConnectionGuest, None]) -> None:
        guest = next(iter(guests))
        self.leave(guest)
        guest.cut()

    def _add_stranger(self, guest: ConnectionGuest) -> None:
        self._strangers[guest] = None
        self._by_address.setdefault(guest.address, {})[guest] = None

    def _remove(self, guest: ConnectionGuest) -> None:
        """From where its kind is counted."""
        if guest.session:
            self._by_session[guest.session] -= 1
            if not self._by_session[guest.session]:
                del self._by_session[guest.session]
        elif guest in self._strangers:
            del self._strangers[guest]
            same = self._by_address[guest.address]
            del same[guest]
            if not same:
                del self._by_address[guest.address]
