"""Which updates each host lacks, asked for rarely: XCP-ng's updater plugin asks the repositories, a XenServer's pool tells what it has
synchronized."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec

from data.facts.host import is_live, updates_unfinished
from data.facts.pool import master_of
from data.identity import key_of
from data.mirror import Mirror
from data.objects import Host, Pool
from data.observers import Observers, Unsubscribe
from xo_dash.control.host.apply_updates import has_repositories
from xo_dash.control.host.update import PLUGIN, is_xcp_ng
from xo_dash.control.task_waiter import Caller
from xo_dash.xapi.errors import BadReply, XapiError
from xo_dash.xapi.wire import LIMIT, Reply

log = logging.getLogger(__name__)

PATCHES_EVERY: Final = 60.0
"""Seconds between two looks whose turn it is."""
ASKED_EVERY: Final = 6 * 3600.0
"""Seconds between two questions to a host; after a failure as well."""
MOST: Final = 2000
"""Packages that are kept of an answer."""
LONGEST: Final = 500
LONGEST_CHANGES: Final = 20_000
PATIENCE: Final = 60.0
"""Seconds that the list may take: the pool reads it from its repositories' files."""
LARGEST: Final = 16 << 20
"""Bytes of such a list."""
NEEDS: Final = ("RebootHost", "RestartToolstack", "RestartDeviceModel", "RestartVM")
"""What an update of XenServer's may ask for, the greatest first. Source: its repositories' updateinfo.xml."""
ADVISORY: Final = re.compile(r"\b(XSA|CVE)-\d")
"""Source: XCP-ng's changelogs name what they mend; nothing else tells that it is about security."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patch:
    name: str
    version: str
    description: str
    size: int  # bytes
    security: bool = False
    needs: tuple[str, ...] = ()  # afterwards, in the repositories' words: see `NEEDS`


@dataclass(frozen=True, slots=True)
class Patches:
    """What a host lacks, as of `at` (seconds since 1970); `failed`: it could not be asked, and nothing is known of before."""

    at: float
    state: str  # in which it was asked: see `_state`
    missing: tuple[Patch, ...] = ()
    failed: bool = False
    checksum: str = ""  # of XenServer's list, named when it is applied
    tried: float = 0.0  # when it was last asked without an answer


class UpdateSource(Caller, Protocol):
    """A connection, as far as updates go."""

    async def get(
        self, host: str, path: str, params: Mapping[str, str], use: Callable[[Reply], T], *, accept: str = "*/*", within: float = 20.0,
        limit: int = LIMIT,
    ) -> T: ...  # fmt: skip


class _Changelog(msgspec.Struct):
    description: str | None = ""


class _Package(msgspec.Struct):
    """As the plugin writes it. Source: updater.py check_update."""

    name: str = ""
    version: str = ""
    release: str = ""
    description: str | None = ""
    size: int | float | None = 0
    changelog: _Changelog | None = None


class _Update(msgspec.Struct):
    """One of XenServer's. Source: GET /updates."""

    id: str = ""
    summary: str = ""
    severity: str = ""
    type: str = ""
    guidance: dict[str, list[str]] = {}  # mandatory, recommended, full, livepatch


class _OfHost(msgspec.Struct):
    ref: str = ""
    updates: list[str] = []


class _Updates(msgspec.Struct):
    hosts: list[_OfHost] = []
    updates: list[_Update] = []
    hash: str = ""


class PatchBook:
    """Asks, remembers, tells."""

    def __init__(self, mirror: Mirror, connections: Callable[[str], UpdateSource], clock: Callable[[], float] = time.time) -> None:
        self._mirror, self._connections, self._clock = mirror, connections, clock
        self._known: dict[str, Patches] = {}  # by the host's key
        self._observers: Observers[[]] = Observers()

    def observe(self, observer: Callable[[], None]) -> Unsubscribe:
        return self._observers.add(observer)

    def of(self, host: Host) -> Patches | None:
        """None while nobody asked it, or since it was rebooted."""
        return self._known.get(key_of(host))

    def count(self, host: Host) -> int | None:
        """How many it lacks; None if nobody knows."""
        known = self.of(host)
        return len(known.missing) if known is not None and not known.failed else None

    def is_unpatched(self, host: Host) -> bool:
        """Whether it lacks updates, or has not finished those it has."""
        return updates_unfinished(host) or bool(self.count(host))

    async def run(self) -> None:
        """A job of the scheduler: one host of each pool after the other, those whose turn it is."""
        due = [host for home in self._mirror for host in home.all(Host).values() if home.server.is_live and self._is_due(host)]
        for host in due:
            await self.ask(host)

    def _is_due(self, host: Host) -> bool:
        if not (can_tell(host) and is_live(host)):
            return False
        known = self.of(host)
        return known is None or known.state != _state(host) or self._clock() - max(known.at, known.tried) >= ASKED_EVERY

    async def ask(self, host: Host) -> None:
        """Now. A host that is busy or does not answer is asked again when its turn comes."""
        try:
            found = await (self._by_plugin(host) if is_xcp_ng(host) else self._by_pool(host))
        except (XapiError, msgspec.DecodeError) as error:
            log.info("%s does not say which updates it lacks: %s", host.name_label, error)
            known, now, state = self.of(host), self._clock(), _state(host)
            keeps = known is not None and not known.failed and known.state == state
            found = replace(known, tried=now) if known is not None and keeps else Patches(now, state, failed=True)
        self._known[key_of(host)] = found
        self._observers.tell()

    async def _by_plugin(self, host: Host) -> Patches:
        answer = await self._connections(host.home.id).call("host.call_plugin", host.ref, PLUGIN, "check_update", {})
        return Patches(self._clock(), _state(host), tuple(await asyncio.to_thread(_read, answer)))

    async def _by_pool(self, host: Host) -> Patches:
        """Source: the master serves the list of what was synchronized; 404 where there is no repository that brings updates."""
        master = master_of(host.home) or host
        query = {"host_refs": host.ref}
        read = partial(_read_updates, host.ref)
        missing, checksum = await self._connections(host.home.id).get(
            master.address, "/updates", query, read, accept="application/json", within=PATIENCE, limit=LARGEST
        )
        return Patches(self._clock(), _state(host), missing, checksum=checksum)


def can_tell(host: Host) -> bool:
    """Whether there is a way to know what it lacks."""
    return is_xcp_ng(host) or has_repositories(host)


def _state(host: Host) -> str:
    """As long as it is the same, so is what it lacks: an update ends with another boot, what there is changes when a pool asks for it."""
    synced = next((pool.last_update_sync for pool in host.home.all(Pool).values()), "")
    return f"{host.other_config.get('boot_time', '')} {synced} {host.latest_synced_updates_applied}"


_UPDATES, _PACKAGES = msgspec.json.Decoder(_Updates), msgspec.json.Decoder(list[_Package])
"""Made before there are threads, as in `data.decode`."""


def _read_updates(ref: str, reply: Reply) -> tuple[tuple[Patch, ...], str]:
    """A pool's text is not trusted. Raises DecodeError, BadReply."""
    if reply.status != 200:
        raise BadReply(f"/updates: {reply.status}")
    told = _UPDATES.decode(bytes(reply.body))
    known = {one.id: one for one in told.updates}
    missing = next((one.updates for one in told.hosts if one.ref == ref), [])
    return tuple(_secure_first(_update(known[id_]) for id_ in missing[:MOST] if id_ in known)), told.hash[:LONGEST]


def _update(one: _Update) -> Patch:
    asked = {word for kind in ("mandatory", "recommended") for word in one.guidance.get(kind, ())}
    return Patch(one.id[:LONGEST], one.severity[:LONGEST], one.summary[:LONGEST], 0, security=one.type == "security",
                 needs=tuple(word for word in NEEDS if word in asked))  # fmt: skip


def _secure_first(patches: Iterable[Patch]) -> list[Patch]:
    return sorted(patches, key=lambda patch: not patch.security)


def _read(answer: object) -> Iterable[Patch]:
    """A pool's text is not trusted. Raises DecodeError."""
    packages = _PACKAGES.decode(str(answer))
    return _secure_first(_patch(one) for one in packages[:MOST])


def _patch(one: _Package) -> Patch:
    version = f"{one.version}-{one.release}".strip("-")
    changes = (one.changelog.description if one.changelog is not None else "") or ""
    security = ADVISORY.search(changes[:LONGEST_CHANGES]) is not None
    return Patch(one.name[:LONGEST], version[:LONGEST], (one.description or "")[:LONGEST], int(one.size or 0), security=security)
