"""Which updates each host lacks, asked for rarely: the updater plugin asks the repositories, which takes it a while."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from data.facts.host import is_live
from data.identity import key_of
from data.mirror import Mirror, Unsubscribe
from data.objects import Host
from xo_dash.control.host.update import PLUGIN, is_xcp_ng
from xo_dash.control.task_waiter import Connections
from xo_dash.xapi.errors import XapiError

log = logging.getLogger(__name__)

PATCHES_EVERY: Final = 60.0
"""Seconds between two looks whose turn it is."""
ASKED_EVERY: Final = 6 * 3600.0
"""Seconds between two questions to a host; after a failure as well."""
MOST: Final = 2000
"""Packages that are kept of an answer."""
LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Patch:
    name: str
    version: str
    description: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Patches:
    """What a host lacks, as of `at` (seconds since 1970); `failed`: it could not be asked."""

    at: float
    booted: str  # the boot that it was asked in: an update ends with another
    missing: tuple[Patch, ...] = ()
    failed: bool = False


class _Package(msgspec.Struct):
    """As the plugin writes it. Source: updater.py check_update."""

    name: str = ""
    version: str = ""
    release: str = ""
    description: str | None = ""
    size: int | float | None = 0


class PatchBook:
    """Asks, remembers, tells."""

    def __init__(self, mirror: Mirror, connections: Connections, clock: Callable[[], float] = time.time) -> None:
        self._mirror, self._connections, self._clock = mirror, connections, clock
        self._known: dict[str, Patches] = {}  # by the host's key
        self._observers: dict[object, Callable[[], None]] = {}

    def observe(self, observer: Callable[[], None]) -> Unsubscribe:
        key = object()
        self._observers[key] = observer
        return lambda: self._observers.pop(key, None) and None

    def of(self, host: Host) -> Patches | None:
        """None while nobody asked it, or since it was rebooted."""
        return self._known.get(key_of(host))

    def count(self, host: Host) -> int | None:
        """How many it lacks; None if nobody knows."""
        known = self.of(host)
        return len(known.missing) if known is not None and not known.failed else None

    async def run(self) -> None:
        """A job of the scheduler: one host of each pool after the other, those whose turn it is."""
        due = [host for home in self._mirror for host in home.all(Host).values() if home.server.is_live and self._is_due(host)]
        for host in due:
            await self.ask(host)

    def _is_due(self, host: Host) -> bool:
        if not (is_xcp_ng(host) and is_live(host)):
            return False
        known = self.of(host)
        return known is None or known.booted != _boot(host) or self._clock() - known.at >= ASKED_EVERY

    async def ask(self, host: Host) -> None:
        """Now. A host that is busy or does not answer is asked again when its turn comes."""
        try:
            answer = await self._connections(host.home.id).call("host.call_plugin", host.ref, PLUGIN, "check_update", {})
            found = Patches(self._clock(), _boot(host), tuple(await asyncio.to_thread(_read, answer)))
        except (XapiError, msgspec.DecodeError) as error:
            log.info("%s does not say which updates it lacks: %s", host.name_label, error)
            found = Patches(self._clock(), _boot(host), failed=True)
        self._known[key_of(host)] = found
        for observer in tuple(self._observers.values()):
            observer()


def _boot(host: Host) -> str:
    return host.other_config.get("boot_time", "")


def _read(answer: object) -> Iterable[Patch]:
    """A pool's text is not trusted. Raises DecodeError."""
    packages = msgspec.json.decode(str(answer), type=list[_Package])
    return [_patch(one) for one in packages[:MOST]]


def _patch(one: _Package) -> Patch:
    version = f"{one.version}-{one.release}".strip("-")
    return Patch(one.name[:LONGEST], version[:LONGEST], (one.description or "")[:LONGEST], int(one.size or 0))
