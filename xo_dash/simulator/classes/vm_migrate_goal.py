"""Where a VM may come to: host.migrate_receive tells it to a client, who hands it to the sending pool."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from .. import machine
from ..call import Call
from ..errors import XapiError
from ..peer import LostError, Peer, reached
from ..pool import Pool
from ..registry import message
from ..sessions import Session
from ..types import NULL
from . import vm_migrate_duration, vm_migrate_remote_snapshot

log = logging.getLogger(__name__)


@message("host.migrate_receive")
def migrate_receive(call: Call, host: str, network: str, options: dict[str, str]) -> dict[str, str]:
    """A host that is disabled may say yes: who sends is told HOST_DISABLED later."""
    pool = call.pool
    address = receiving_address(pool, host, network)
    session = another_session(call, host)
    interface, master = at(pool, address), at(pool, pool.master.address)
    return {
        "SM": f"{interface}/services/SM?session_id={session}",
        "host": host,
        "xenops": f"{interface}/services/xenops?session_id={session}",
        "session_id": session,
        "master": f"{master}/",
    }


def at(pool: Pool, address: str) -> str:
    """http even where the pool has TLS: the sender chooses."""
    port = "" if pool.port in (0, 80, 443) else f":{pool.port}"
    return f"http://[{address}]{port}" if ":" in address else f"http://{address}{port}"


def receiving_address(pool: Pool, host: str, network: str) -> str:
    pif = next((pif for pif in pool.db.get(network, "PIFs") if pool.db.get(pif, "host") == host), NULL)
    if pif == NULL:
        raise XapiError("HOST_CANNOT_ATTACH_NETWORK", host, network)
    address = vm_migrate_duration.address_of(pool, pif)
    if not address:
        mode = "ipv6_configuration_mode" if pool.db.get(pif, "primary_address_type") == "IPv6" else "ip_configuration_mode"
        none = pool.db.get(pif, mode) == "None"
        raise XapiError("PIF_HAS_NO_NETWORK_CONFIGURATION" if none else "INTERFACE_HAS_NO_IP", pif)
    return address


def another_session(call: Call, host: str) -> str:
    """With the rights of the caller's own."""
    pool, session = call.pool, call.session
    where = next((h for h in pool.hosts.values() if h.ref == host), call.host)
    if session.permissions is None:
        return pool.sessions.login(where, pool.user, pool.password, "migrate_receive").ref
    subject = pool.db.get(session.ref, "subject")
    names = (session.user, session.user)
    return pool.sessions.open(where, names, session.sid, subject, session.permissions, "migrate_receive").ref


@dataclass(frozen=True, slots=True)
class Goal:
    """The host a VM is to go to, and the interface that takes it; `abroad` is another pool."""

    pool: Pool
    host: str
    address: str
    session: Session
    abroad: bool
    peer: Peer | None = None  # of a pool in another program: `pool` is what it looked like just now

    @property
    def pif(self) -> str:
        """The interface's PIF, or the management interface."""
        db = self.pool.db
        named = (pif for pif in db.get(self.host, "PIFs") if self.address in (db.get(pif, "IP"), *db.get(pif, "IPv6")))
        return next(named, vm_migrate_duration.management(self.pool, self.host))


async def goal(call: Call, dest: dict[str, str]) -> Goal:
    """What a client's `dest` means. CANNOT_CONTACT_HOST if nobody is there, SESSION_INVALID if he does not know the session."""
    missing = [key for key in ("SM", "host", "xenops", "session_id", "master") if key not in dest]
    if missing:
        raise XapiError("INTERNAL_ERROR", "Not_found")
    host, address = dest["host"], urlsplit(dest["xenops"]).hostname or ""
    pool = call.pool if host in call.db.rows("host") else neighbour(call.pool, dest["master"])
    if pool is None:
        return await elsewhere(call, dest, address)
    session = pool.sessions.get(dest["session_id"])
    pool.db.record("host", host)
    return Goal(pool, host, address, session, pool is not call.pool)


def neighbour(pool: Pool, url: str) -> Pool | None:
    """The other pool of this program that is at `url`."""
    place = urlsplit(url)
    for other in pool.facts.get("program", ()):
        known = place.hostname in other.hosts and place.port in (None, other.port)
        if known and other is not pool and not other.closed and machine.is_up(other, other.master.ref):
            return other if isinstance(other, Pool) else None
    return None


async def elsewhere(call: Call, dest: dict[str, str], address: str) -> Goal:
    """A pool of another program."""
    try:
        peer = await reached(dest["master"], dest["session_id"], tls=call.pool.facts.get("scheme") == "https")
        pool = await vm_migrate_remote_snapshot.seen(call.pool, peer)
    except LostError as error:
        log.info("migration: %s", error)
        raise XapiError("CANNOT_CONTACT_HOST", address) from None
    return Goal(pool, dest["host"], address, call.session, abroad=True, peer=peer.at(pool.db.record("host", dest["host"])["address"]))
