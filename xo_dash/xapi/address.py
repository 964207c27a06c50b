"""Where a host is: what people type, and what XAPI says, as one thing."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from xo_dash.i18n import _
from xo_dash.xapi.errors import BadAddress

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
_ZONE = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Address:
    """A host's address; `host` is a name or an IP address without brackets."""

    host: str
    port: int
    secure: bool = True

    @classmethod
    def parse(cls, text: str, *, plain: bool = False) -> Address:
        """`host`, `host:port`, `http(s)://host:port`, each with an IPv6 address too (in brackets where a port follows).

        Without a scheme it is https, or http if `plain` was wished for. Raises BadAddress.
        """
        text = text.strip()
        scheme, host, port = _split(text, "http" if plain else "https")
        if scheme not in _PORTS or not _is_host(host):
            raise _bad(text)
        return cls(host=host.lower(), port=_PORTS[scheme] if port is None else port, secure=scheme == "https")

    def sibling(self, host: str) -> Address:
        """The same door of another host: XAPI tells addresses without a port. Raises BadAddress for what is none."""
        host = host.strip().strip("[]")
        if not _is_host(host):
            raise _bad(host)
        return replace(self, host=host.lower())

    @property
    def is_loopback(self) -> bool:
        """Whether nobody on the way can listen."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def scheme(self) -> str:
        return "https" if self.secure else "http"

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    def __str__(self) -> str:
        return self.url


def _split(text: str, usual: str) -> tuple[str, str, int | None]:
    """(scheme, host, port or None)"""
    if "://" not in text and _is_ipv6(text):
        return usual, text, None
    try:
        parts = urlsplit(text if "://" in text else f"{usual}://{text}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _bad(text) from error
    if parts.username or parts.password or parts.query or parts.fragment or parts.path not in ("", "/") or port == 0:
        raise _bad(text)
    return parts.scheme.lower(), host, port


def _is_host(host: str) -> bool:
    return _is_ipv6(host) or (len(host) <= 253 and _NAME.fullmatch(host) is not None)


def _is_ipv6(text: str) -> bool:
    zone = text.partition("%")[2]  # of which the library takes any text
    try:
        return bool(ipaddress.IPv6Address(text)) and (not zone or _ZONE.fullmatch(zone) is not None)
    except ValueError:
        return False


def _bad(text: str) -> BadAddress:
    message = _("{text} is not an address; enter a name or an IP address, with :port if it is not the default")
    return BadAddress(message.format(text=repr(text[:100])))
