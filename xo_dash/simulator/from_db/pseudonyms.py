"""Other names for the same things: who has been given one gets it again, and nothing tells what it stood for.

They are counted, not computed: no table of hashes gives a name back. The same file gives the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, ip_address

MAC = re.compile(r"(?<![0-9A-Fa-f:])[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f:])")
IPV4 = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
IPV6_IN_URL = re.compile(r"\[([0-9A-Fa-f:.]+)\]")
HARMLESS = re.compile(r"|true|false|\d{1,3}|OpaqueRef:[\w-]+")


class Pseudonyms:
    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._kept: set[str] = set()

    def keep(self, text: str) -> None:
        """This one tells nothing of anybody, wherever it stands."""
        self._kept.add(text)

    def name(self, text: str, kind: str = "text") -> str:
        """`kind` is what the first one who has this name is."""
        if text in self._kept or HARMLESS.fullmatch(text):
            return text
        return self._once(text, kind, lambda number: f"{kind}-{number}")

    def _once(self, text: str, kind: str, make: Callable[[int], str]) -> str:
        if text not in self._given:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._given[text] = make(self._counts[kind])
        return self._given[text]

    def scrub(self, text: str) -> str:
        """A whole value: an address becomes an address, everything else a name."""
        if MAC.fullmatch(text):
            return self.mac(text)
        return self.address(text) if is_address(text) else self.name(text)

    def addresses_in(self, text: str) -> str:
        """The same text with other addresses in it."""
        text = MAC.sub(lambda found: self.mac(found[0]), text)
        text = IPV6_IN_URL.sub(lambda found: f"[{self.address(found[1])}]", text)
        return IPV4.sub(lambda found: self.address(found[0]), text)

    def mac(self, text: str) -> str:
        return self._once(text.lower(), "mac", lambda n: f"02:00:00:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}")

    def address(self, text: str) -> str:
        """Who was in one network stays in one; loopback, masks and the like stay what they are."""
        if not is_address(text):
            return text
        found = ip_address(text)
        if found.is_loopback or found.is_unspecified or (isinstance(found, IPv4Address) and (text.startswith(("255.", "169.254.")))):
            return text
        if not isinstance(found, IPv4Address):
            return self._once(found.compressed, "v6", lambda n: f"fd00::{n:x}")
        net = text.rsplit(".", 1)[0]
        prefix = self._once(f"net {net}", "net", lambda n: f"10.{n >> 8 & 255}.{n & 255}")
        return self._once(text, f"in {net}", lambda n: f"{prefix}.{n}")


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
