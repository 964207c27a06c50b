"""A configured connection, and how it stands."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

NO_XAPI = "not XAPI"
"""In a server's detail: something answers, but not XAPI."""

NO_TLS = "not TLS"
"""In a server's detail: something answers, but without encryption."""

UNKNOWN_MASTER = "unknown master"
"""In a server's detail: a member of a pool, which names a master that the password is not sent to by itself."""


class ServerState(StrEnum):
    """How a connection stands; only LIVE shows the present."""

    CONNECTING = "connecting"
    SYNCING = "syncing"  # signed in, the first state is on its way
    LIVE = "live"
    UNREACHABLE = "unreachable"  # tried again by itself
    BAD_PASSWORD = "bad_password"  # noqa: S105  # a state, not a secret; not tried again until someone edits the server
    BAD_CERTIFICATE = "bad_certificate"  # the fingerprint is not the pinned one, or the CA is not trusted
    WRONG_POOL = "wrong_pool"  # the address answers for another pool than before
    DUPLICATE = "duplicate"  # another server of ours is already this pool
    DISABLED = "disabled"


@dataclass(eq=False, slots=True, weakref_slot=True, kw_only=True)
class Server:
    """The live side of a stored server; only the poller changes it."""

    id: str
    label: str
    address: str
    state: ServerState = ServerState.CONNECTING
    detail: tuple[str, ...] = ()
    """By state: unreachable: XAPI's code and arguments, NO_XAPI and a text, NO_TLS or
    UNKNOWN_MASTER and an address, or a system's text alone; bad password: code and
    arguments, or a sentence alone; bad certificate: the fingerprint expected (empty: an authority's) and the one presented;
    wrong pool: the uuid stored, the one found and the found pool's name; duplicate: the other server's label."""
    since: float = 0.0  # epoch seconds: in this state
    last_event_at: float = 0.0  # epoch seconds: when the picture was last known to be true; 0 for never. No change tells of it alone
    master: str = ""  # the address that answers as master
    pool_uuid: str = ""
    product: str = ""  # "XCP-ng 8.3.0"

    @property
    def given_name(self) -> str:
        """What a person called it; empty where nobody did: then its address stands for it, or one that it had."""
        host = _host(self.label)
        return "" if _is_number(host) or host == _host(self.address) else self.label.strip()

    @property
    def is_live(self) -> bool:
        return self.state is ServerState.LIVE

    @property
    def is_loading(self) -> bool:
        """Whether its first picture is on its way."""
        return not self.last_event_at and self.state in (ServerState.CONNECTING, ServerState.SYNCING)


def _host(address: str) -> str:
    """Of an address as people write it, without scheme and port."""
    address = address.strip()
    if _is_number(address):
        return address
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or address
    except ValueError:
        return address


def _is_number(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False
