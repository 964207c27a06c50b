"""What is behind an address, for the dialog that adds a server: asked before anything is stored or a password sent to a stranger."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from xo_dash.sync.pool_identity import Identity, identify
from xo_dash.xapi import tls
from xo_dash.xapi.address import Address
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.errors import BadCertificate, Unreachable, XapiError
from xo_dash.xapi.tls import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What was found.

    Go on without a question if `trusted`. Otherwise ask for a yes: to `fingerprint` if there is one, to plain http if `plain`.
    """

    address: Address
    reachable: bool
    plain: bool = False  # http: whoever is on the way reads the password
    fingerprint: str = ""  # SHA-256 of the certificate it presents, 64 hexadecimal digits; empty over plain http
    verified: bool = False  # an authority that this system trusts signed it, for this name
    trusted: bool = False  # verified, or the fingerprint is the one that was said yes to, or plain and agreed to (or loopback)
    pool: Identity | None = None  # with a user and password, at a trusted address
    error: XapiError | None = None  # why not reachable, or why there is no pool

    @property
    def readable_fingerprint(self) -> str:
        """`AB:CD:...`, as other tools show it."""
        return tls.readable(self.fingerprint)


async def probe(
    address: str, user: str = "", password: str = "", trust: Trust | None = None, *, originator: str = "xo-dash probe"
) -> Probe:
    """Look who is there; sign in if `user` is given and the other side is trusted. Raises BadAddress, and nothing else of XapiError's."""
    trust = trust or Trust()
    found = await asyncio.to_thread(_look, Address.parse(address, plain=trust.plain), trust)
    if not user or not found.trusted:
        return found
    connection = Connection(found.address, user, password, trust, originator=originator)
    try:
        await connection.sign_in()
        return replace(found, pool=await identify(connection))
    except XapiError as error:
        return replace(found, error=error)
    finally:
        await connection.close()


def _look(address: Address, trust: Trust) -> Probe:
    try:
        fingerprint = tls.presented(address) if address.secure else ""
    except Unreachable as error:
        return Probe(address=address, reachable=False, error=error)
    try:
        tls.connect(address, trust).close()
        return Probe(
            address=address,
            reachable=True,
            plain=not address.secure,
            fingerprint=fingerprint,
            verified=address.secure and (not trust.pins or _is_verified(address)),
            trusted=True,
        )
    except BadCertificate as error:
        return Probe(address=address, reachable=True, plain=not address.secure, fingerprint=fingerprint, error=error)
    except Unreachable as error:
        return Probe(address=address, reachable=False, plain=not address.secure, error=error)


def _is_verified(address: Address) -> bool:
    try:
        tls.connect(address, Trust()).close()
    except XapiError:
        return False
    return True
