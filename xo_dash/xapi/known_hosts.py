"""The hosts of one pool that we know of, and whether we go where one of them sends us."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from xo_dash.xapi.address import Address
from xo_dash.xapi.errors import BadAddress, BadReply

HOPS = 3
"""Members that may send us on, before we believe that they go round in a circle."""


class KnownHosts:
    """`members`: their addresses as XAPI tells them; may be replaced at any time."""

    def __init__(self, address: Address, members: Iterable[str]) -> None:
        """`address`: as configured."""
        self.address = address
        self.members = tuple(members)
        self.last_master: Address | None = None

    def all(self) -> list[Address]:
        """In the order in which they are tried: the last master, the address as configured, the members."""
        known = [self.last_master, self.address]
        for member in self.members:
            with suppress(BadAddress):
                known.append(self.address.sibling(member))
        return list(dict.fromkeys(address for address in known if address is not None))

    def may_follow(self, member: Address, master: Address) -> bool:
        """Whether the password may go where a member sends us: over plain http anybody may be that member, and name any address."""
        return member.secure or (member.is_loopback and master.is_loopback) or master in self.all()

    def member(self, master: Address, host: str) -> Address:
        """The same door of another host of the pool. Raises BadReply."""
        there = master.sibling(host)
        if not self.may_follow(master, there):
            raise BadReply("sent to somebody unknown")
        return there

    def sent_on(self, address: Address, location: str) -> Address:
        """Where a host sends a transfer to: a host of the same pool, by the same kind of connection. Raises BadReply."""
        parts = urlsplit(location)
        try:
            there = Address.parse(f"{parts.scheme}://{parts.netloc}")
        except BadAddress as error:
            raise BadReply("sent on to nowhere") from error
        if there.secure != address.secure or not self.may_follow(address, there):
            raise BadReply("sent on to somebody unknown")
        return there
