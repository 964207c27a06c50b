"""Slower with every failure, by account and by address."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

FORGET = 3600.0
"""Seconds after which a failure is forgotten."""
MOST = 10_000
"""Keys remembered; more, and the oldest go."""


@dataclass(slots=True)
class _Tries:
    failures: int
    last: float  # the throttle's clock


class Throttle:
    """Counts tries by key; after `free` failures the next has to wait 1 s, 2 s, 4 s ... up to `longest` seconds.

    A try counts as a failure from its beginning, so that many at once get no further than one after another.
    """

    def __init__(self, free: int, longest: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`free`: failures without a delay, as people mistype; `longest`: seconds."""
        self._free = free
        self._longest = longest
        self._clock = clock
        self._tries: dict[str, _Tries] = {}

    def wait(self, key: str) -> float:
        """Seconds until `key` may try again; 0 = now."""
        tries = self._tries.get(key)
        if tries is None or tries.failures < self._free:
            return 0.0
        delay = min(2.0 ** min(tries.failures - self._free, 30), self._longest)
        return max(0.0, tries.last + delay - self._clock())

    def begin(self, key: str) -> None:
        """Count a try."""
        now = self._clock()
        tries = self._tries.pop(key, None)
        if tries is None or now - tries.last > FORGET:
            tries = _Tries(0, now)
        tries.failures, tries.last = tries.failures + 1, now
        self._tries[key] = tries  # at the end: the first is always the oldest
        while len(self._tries) > MOST:
            del self._tries[next(iter(self._tries))]

    def succeeded(self, key: str) -> None:
        """Forget all failures of `key`."""
        self._tries.pop(key, None)

    def undo(self, key: str) -> None:
        """Take back the last try, as it was no failure; those before it still count."""
        if tries := self._tries.get(key):
            tries.failures -= 1


def address_key(address: str) -> str:
    """An IPv4 address, or the /64 network an IPv6 host can change its address in."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else parsed.exploded[:19]
    return str(parsed)
