"""Search over everything: names, notes, tags, addresses, MACs and uuids of all objects in all pools.

Every object has one line of lower-case text that a query's words are looked for in. The lines of 10,000 VMs and what hangs
on them are looked through in a few milliseconds, so there is nothing cleverer; they are kept up to date change by change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, cast

from data.changes import Change
from data.names import name_of
from data.objects import PIF, SR, VDI, VIF, VM, Appliance, Host, Network, Pool, VMGuestMetrics
from data.relations import Reads, Together
from data.sight import Sight
from data.texts import natural
from data.trash import is_trashed
from data.types import XapiObject
from data.views.things import GUEST, POOL_NAME

LONGEST_QUERY: Final = 200
ENOUGH: Final = 200
"""With more finds in a group than this only names that begin with the query are weighed."""

SHORTEST_UUID: Final = 4
"""Shorter words are not taken for the beginning of a uuid."""


class Group(StrEnum):
    """What is found is shown in these groups, in this order."""

    POOL = "pool"
    HOST = "host"
    VM = "vm"
    SR = "sr"
    NETWORK = "network"
    APPLIANCE = "appliance"
    VDI = "vdi"
    TEMPLATE = "template"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """What can be found of one object."""

    row: XapiObject
    group: Group
    name: str  # lower case
    text: str  # lower case: name and fields, a line each
    fields: tuple[str, ...]  # as they are, without name and uuid


class Hit(NamedTuple):
    row: XapiObject
    why: str
    """The field that has the query's words, where it is not the name."""


class GroupResult(NamedTuple):
    """The best of one group, and how many there are of it."""

    group: Group
    total: int
    hits: list[Hit]


_KINDS: Final[Mapping[type[XapiObject], Group]] = {
    Pool: Group.POOL, Host: Group.HOST, VM: Group.VM, SR: Group.SR, Network: Group.NETWORK, Appliance: Group.APPLIANCE,
    VDI: Group.VDI,
}  # fmt: skip
_OWN: Final = ("uuid", "name_label", "name_description")
_LINES: Final = Together(
    Reads(Pool, (*_OWN, *POOL_NAME, "tags")),
    Reads(Host, (*_OWN, "tags", "hostname", "address", "PIFs.MAC", "PIFs.IP", "PIFs.IPv6")),
    Reads(VM, (*_OWN, *GUEST, "is_default_template", "tags", "guest_metrics.networks", "VIFs.MAC")),
    Reads(SR, (*_OWN, "tags", "type")),
    Reads(Network, (*_OWN, "tags", "bridge")),
    Reads(Appliance, _OWN),
    Reads(VDI, (*_OWN, "tags", "managed", "is_a_snapshot")),
)
"""What lines are made of."""


class Index:
    """The lines of all objects of a mirror. Fill it by `fill`, then give it every change."""

    def __init__(self, mirror: Sight) -> None:
        self._mirror = mirror
        self._entries: dict[XapiObject, SearchEntry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def fill(self, slice_of: int = 200) -> Iterator[None]:
        """Put in all there is; pauses after every slice, so that whoever runs it can let others have a turn."""
        rows = [row for pool in self._mirror for kind in _KINDS for row in pool.all(kind).values()]
        for i, row in enumerate(rows):
            self._put(row)
            if i % slice_of == slice_of - 1:
                yield

    def update(self, changes: Iterable[Change]) -> None:
        for change in changes:
            for row in _LINES.affected(change, self._mirror.pools):
                self._put(row)

    def find(self, query: str, limit: int = 6) -> list[GroupResult]:
        """At most `limit` of each group, the best first: name, beginning of the name, a word of it, any other field."""
        words = query[:LONGEST_QUERY].lower().split()
        if not words:
            return []
        first, *more = sorted(words, key=len, reverse=True)  # the rarest first
        entries = self._having(first)
        for word in more:
            entries = [entry for entry in entries if word in entry.text]
        groups: dict[Group, list[SearchEntry]] = {}
        for entry in entries:
            groups.setdefault(entry.group, []).append(entry)
        return [GroupResult(group, len(groups[group]), _best(groups[group], words, limit)) for group in Group if group in groups]

    def _having(self, word: str) -> list[SearchEntry]:
        if len(word) < SHORTEST_UUID:
            return [entry for entry in self._entries.values() if word in entry.text]
        return [entry for entry in self._entries.values() if word in entry.text or entry.row.uuid.startswith(word)]

    def _put(self, row: XapiObject) -> None:
        group = _group(row)
        if group is None or row.home.one(type(row), row.ref) is not row:
            self._entries.pop(row, None)
            return
        name = name_of(row)
        fields = tuple(field for field in _fields(row) if field)
        text = "\n".join((name, *fields)).lower()
        self._entries[row] = SearchEntry(row, group, name.lower(), text, fields)


def _group(row: XapiObject) -> Group | None:
    """None for what nobody looks for: dom0, what XAPI brings along, the trash, the inner nodes of a disk's chain."""
    if isinstance(row, VM):
        if row.is_control_domain or row.is_default_template or is_trashed(row):
            return None
        return Group.SNAPSHOT if row.is_a_snapshot else Group.TEMPLATE if row.is_a_template else Group.VM
    if isinstance(row, VDI) and (not row.managed or row.is_a_snapshot):
        return None
    return _KINDS.get(type(row))


def _fields(row: XapiObject) -> Iterator[str]:
    yield str(getattr(row, "name_description", ""))
    yield from cast(Sequence[str], getattr(row, "tags", ()))
    if isinstance(row, VM) and not row.is_a_snapshot:  # which has the addresses of its VM
        guest = row.home.one(VMGuestMetrics, row.guest_metrics)
        yield from dict.fromkeys(guest.networks.values()) if guest else ()
        yield from (vif.MAC for vif in row.all_of(VIF, row.VIFs))
    elif isinstance(row, Host):
        yield row.address
        yield row.hostname
        for pif in row.all_of(PIF, row.PIFs):
            yield from (pif.MAC, pif.IP, *pif.IPv6)
    elif isinstance(row, SR):
        yield row.type
    elif isinstance(row, Network):
        yield row.bridge


def _best(entries: list[SearchEntry], words: list[str], limit: int) -> list[Hit]:
    whole = " ".join(words)
    if len(entries) > ENOUGH:
        starts = [entry for entry in entries if entry.name.startswith(whole)]
        entries = (starts if len(starts) >= limit else starts + entries)[:ENOUGH]
    ranked = sorted(dict.fromkeys(entries), key=lambda entry: (_rank(entry.name, words, whole), len(entry.name), natural(entry.name)))
    return [Hit(entry.row, _why(entry, words)) for entry in ranked[:limit]]


def _rank(name: str, words: list[str], whole: str) -> int:
    if name == whole:
        return 0
    if name.startswith(whole):
        return 1
    at = name.find(whole)
    if at > 0:
        return 3 if name[at - 1].isalnum() else 2
    return 4 if all(word in name for word in words) else 5


def _why(entry: SearchEntry, words: list[str]) -> str:
    missing = [word for word in words if word not in entry.name]
    if not missing:
        return ""
    return next((field for field in (*entry.fields, entry.row.uuid) if missing[0] in field.lower()), "")
