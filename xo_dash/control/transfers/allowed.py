"""From where files may be fetched.

Whoever gives an address makes us connect to it: to nothing inside the network, unless an administrator lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.i18n import N_

IP = IPv4Address | IPv6Address
SETTING: Final = "fetch.hosts"
"""Where the list is kept among the settings: strings."""
MOST: Final = 200
"""Entries of the list."""
LONGEST: Final = 2000
"""Characters of an address."""
_NAME: Final = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")
_WRAPPED: Final = (
    ip_network("::ffff:0:0/96"),
    ip_network("64:ff9b::/32"),
    ip_network("2002::/16"),
    ip_network("2001::/32"),
    ip_network("::/96"),
)
"""IPv6 addresses that lead to an IPv4 one: mapped, NAT64, 6to4, Teredo, compatible."""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Names (`mirror.lan`, `*.example.org`), addresses and networks (`10.1.0.0/16`) that may be fetched from although they are inside."""

    names: frozenset[str] = frozenset()
    networks: Sequence[IPv4Network | IPv6Network] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> AllowedHosts:
        """Raises ValueError with the entry that is neither a name nor a network."""
        names, networks = set(), []
        for entry in entries:
            text = entry.strip().lower().rstrip(".")
            try:
                networks.append(ip_network(text, strict=False))
            except ValueError:
                if _NAME.fullmatch(text) is None:
                    raise ValueError(entry) from None
                names.add(text)
        return cls(frozenset(names), tuple(networks))

    def lists(self, host: str, address: IP) -> bool:
        parents = host.split(".")
        wild = {f"*.{'.'.join(parents[n:])}" for n in range(1, len(parents))}
        return host in self.names or bool(wild & self.names) or any(address in network for network in self.networks)

    def refusal(self, url: SplitResult, address: IP) -> LazyText | None:
        """Why nothing is fetched from `address`, to which the name in `url` leads; None if it may be."""
        host = host_of(url)
        if _is_never(address):
            return lazy(N_("{host} resolves to {address}, which is not allowed"), host=host, address=str(address))
        if self.lists(host, address):
            return None
        if not address.is_global:
            return lazy(
                N_("{host} is inside the network ({address}); an administrator can allow it"), host=host, address=str(address)
            )  # fmt: skip
        if url.scheme != "https":
            return lazy(N_("{host} is allowed over https only; an administrator can allow http"), host=host)
        return None


def _is_never(address: IP) -> bool:
    wrapped = any(address.version == network.version and address in network for network in _WRAPPED)
    return address.is_link_local or address.is_multicast or address.is_unspecified or (wrapped and not address.is_loopback)


def host_of(url: SplitResult) -> str:
    return (url.hostname or "").rstrip(".")


def parsed(text: str) -> SplitResult:
    """An address to fetch from. Raises ValueError."""
    url = urlsplit(text)
    if url.scheme not in ("http", "https") or not host_of(url) or len(text) > LONGEST or not text.isascii() or not text.isprintable():
        raise ValueError("no address")
    if url.username is not None or url.password is not None or " " in text:
        raise ValueError("no address")
    url.port  # noqa: B018  # raises ValueError for a port that is none
    return url


def literal(host: str) -> IP | None:
    """The address that `host` is, if it is none by name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
