"""`/rrd_updates`: what a host measured of itself and of its VMs, as columns.

Source of names and units: the data sources of xcp-rrdd; cpuN is a fraction, *_kib are KiB, `memory_internal_free` too, rates are B/s.
"""

from __future__ import annotations

import math
import re
import time
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from data.history import LENGTH, NAN, STEP
from xo_dash.xapi import rrd_formats
from xo_dash.xapi.rrd_formats import Export
from xo_dash.xapi.wire import Reply

Column: TypeAlias = "array[float]"
Columns: TypeAlias = dict[str, Column]

LARGEST = 3e38
"""More than this is infinite in a column."""
LONGEST = 80
"""Characters of the name of a data source that is good for anything."""
MOST_KEPT = 4000
"""Characters of the names of data sources that are remembered together."""
BREATH = 100
"""Columns stored before the loop may have the interpreter's lock."""


@dataclass(frozen=True, slots=True)
class Update:
    """The samples of several objects, STEP apart and all of the same times."""

    first: int  # the first sample's step: epoch seconds by the host's clock / STEP
    objects: Mapping[str, Columns]  # by uuid: {Load's field or data source: samples, oldest first}; NaN is a gap

    @property
    def end(self) -> int:
        """Epoch seconds of the newest sample."""
        length = max((len(column) for columns in self.objects.values() for column in columns.values()), default=0)
        return round((self.first + length - 1) * STEP)


def parse(reply: Reply, online: Mapping[str, int] = MappingProxyType({}), only: Set[str] = frozenset()) -> Update | None:
    """None where there is nothing. Raises BadReply; for a thread.

    `only`: uuids of objects, where others are of no interest now.
    `online`: {VM's uuid: vCPUs that are online}. Source: xcp-rrdd measures every vCPU that a domain has, also those not online.
    """
    exported = export(reply)
    return None if exported is None else _columns(exported, online, only)


def export(reply: Reply) -> Export | None:
    """What was asked of `/rrd_updates`; None where there is nothing: XAPI answers 500 if no series matches. Raises BadReply."""
    return None if reply.status == 500 else rrd_formats.export(reply)


def _columns(export: Export, online: Mapping[str, int], only: Set[str]) -> Update | None:
    rows = sorted(zip(export.times, export.rows, strict=True), key=lambda row: row[0])
    while rows and all(map(math.isnan, rows[-1][1])):
        rows.pop()  # not measured yet: the next round asks for it again
    if not rows:
        return None
    last = round(rows[-1][0] / STEP)
    rows = [row for row in rows if round(row[0] / STEP) > last - LENGTH]
    places = [round(t / STEP) for t, _values in rows]
    columns = list(zip(*(values for _t, values in rows), strict=True))
    read = _as_they_are if all(_is_believable(values) for _t, values in rows) else believable
    is_even = places[-1] - places[0] == len(places) - 1
    found: dict[tuple[str, str], _Measured] = {}
    breathed = 0
    for sources in _sources(export.legend):
        if only and sources.uuid not in only:
            continue
        if useful := _useful(sources.owner, tuple(sources.names)):
            measured = found.setdefault((sources.owner, sources.uuid), _Measured())
            for place, name, purpose in useful:
                known = read(columns[sources.first + place])
                measured.add(name, purpose, known if is_even else _placed(places, known))
        if sources.first - breathed >= BREATH:
            breathed = sources.first
            time.sleep(0)  # the loop's turn
    return Update(places[0], {uuid: measured.columns(owner, online.get(uuid, 0)) for (owner, uuid), measured in found.items()})


class _Sources(NamedTuple):
    """Entries of a legend beside each other that are about one object."""

    first: int  # place of the first
    owner: str  # vm, host
    uuid: str
    names: list[str]


def _sources(legend: Sequence[str]) -> Iterator[_Sources]:
    """What is an average of a VM or a host; a legend has an object's data sources beside each other."""
    prefix, sources = "", None
    for place, entry in enumerate(legend):
        if sources is not None:
            if entry.startswith(prefix):
                sources.names.append(entry[len(prefix) :])
                continue
            yield sources
        match entry.split(":", 3):
            case ["AVERAGE", "vm" | "host" as owner, uuid, name]:
                prefix, sources = f"AVERAGE:{owner}:{uuid}:", _Sources(place, owner, uuid, [name])
            case _:
                sources = None
    if sources is not None:
        yield sources


class _Purpose(NamedTuple):
    """What a data source is good for."""

    is_kept: bool  # somebody shows it under its own name
    part: str  # of which derived series it is a part; empty for none

    @property
    def is_of_use(self) -> bool:
        return self.is_kept or bool(self.part)


_PURPOSES = {
    "vm": (
        (r"cpu\d{1,4}", True, "cpu"),
        ("memory", True, "memory"),
        ("memory_internal_free", False, "memory_free"),
        (r"vif_\d{1,4}_([rt]x)", True, "net"),
        (r"vbd_[a-z]{1,8}_(read|write)", True, "disk"),
        (r"vbd_[a-z]{1,8}_(?:read_|write_)?latency", False, "latency"),
    ),
    "host": (
        (r"cpu\d{1,4}", True, "cpu"),
        ("loadavg", True, ""),
        ("memory_total_kib", False, "memory"),
        ("memory_free_kib", False, "memory_free"),
        (r"pif_aggr_([rt]x)", True, "all_net"),
        (r"pif_eth\d{1,4}_([rt]x)", True, "net"),
        (r"pif_[^_]{1,64}_[rt]x", True, ""),  # VLANs and bonds: the same bytes again
        (r"(read|write)_[0-9a-f]{8}", True, "disk"),  # by the first digits of the SR's uuid
    ),
}
"""(data source, whether it is kept, part of what); a host has hundreds of others."""


@lru_cache(maxsize=4096)
def _purpose(owner: str, name: str) -> _Purpose:
    """A pool has a few dozen names, in thousands of columns."""
    for pattern, is_kept, part in _PURPOSES[owner]:
        if found := re.fullmatch(pattern, name):
            return _Purpose(is_kept, "_".join(filter(None, (part, *found.groups()))))
    return _Purpose(False, "")


def _useful(owner: str, names: tuple[str, ...]) -> Sequence[tuple[int, str, _Purpose]]:
    """[(place among `names`, name, what it is good for)]; most VMs have the same."""
    return _useful_of_few(owner, names) if sum(map(len, names)) <= MOST_KEPT else _all_useful(owner, names)


def _all_useful(owner: str, names: tuple[str, ...]) -> Sequence[tuple[int, str, _Purpose]]:
    short = ((place, name) for place, name in enumerate(names) if len(name) <= LONGEST)  # of others nothing is remembered
    return [(place, name, purpose) for place, name in short if (purpose := _purpose(owner, name)).is_of_use]


_useful_of_few = lru_cache(maxsize=512)(_all_useful)


class _Measured:
    """The columns of one object."""

    __slots__ = ("_kept", "_parts")

    def __init__(self) -> None:
        self._kept: Columns = {}
        self._parts: dict[str, list[Column]] = {}

    def add(self, name: str, purpose: _Purpose, column: Column) -> None:
        if purpose.is_kept:
            self._kept[name] = column
        if purpose.part:
            self._parts.setdefault(purpose.part, []).append(column)

    def columns(self, owner: str, online: int) -> Columns:
        """What is kept, and what follows from it under the names of Load's fields; what cannot be told is left out.

        `online`: how many of its CPUs are; 0 for all that are measured.
        """
        parts = self._parts.get
        memory, free = parts("memory", [None])[0], parts("memory_free", [None])[0]
        derived = {
            "cpu": _busy(parts("cpu", []), online),
            "memory_used": _used(memory, free) if owner == "vm" else _taken(memory, free),
            "net_rx": _sum(parts("all_net_rx") or parts("net_rx", [])),
            "net_tx": _sum(parts("all_net_tx") or parts("net_tx", [])),
            "disk_read": _sum(parts("disk_read", [])),
            "disk_write": _sum(parts("disk_write", [])),
            "guest_memory": _share(memory, free) if owner == "vm" else array("f"),
            "disk_latency": _slowest(parts("latency", [])),
        }
        return self._kept | {name: column for name, column in derived.items() if column}


def _placed(places: Sequence[int], known: Column) -> Column:
    """Samples at their steps; a host that was not asked for long answers with one a minute, and NaN is between."""
    column = array("f", (NAN,)) * (places[-1] - places[0] + 1)
    for place, value in zip(places, known, strict=True):
        column[place - places[0]] = value
    return column


def _is_believable(row: Sequence[float]) -> bool:
    """Whether all that was measured at one time can be."""
    return not row or (min(row) >= 0 and sum(row) < LARGEST)  # with NaN in it a sum is not less than anything


def _as_they_are(values: Sequence[float]) -> Column:
    return array("f", values)


def believable(values: Sequence[float]) -> Column:
    """What can be measured: nothing is less than zero or without end. The rest is a gap."""
    column = array("f", values)
    if math.isfinite(sum(column)) and min(column) >= 0:
        return column
    return array("f", (value if 0 <= value < math.inf else NAN for value in column))


def _used(memory: Column | None, free_kib: Column | None) -> Column:
    """Bytes in use in a guest; what it was given, where no agent ever told what is free."""
    if memory is None:
        return array("f")
    if free_kib is None:
        return memory
    # here and below a gap stays one: `max` keeps NaN where that comes first
    return array("f", [max(has - free * 1024, 0.0) for has, free in zip(memory, free_kib, strict=True)])


def _share(memory: Column | None, free_kib: Column | None) -> Column:
    """Used of what a guest has, where its agent tells."""
    if memory is None or free_kib is None:
        return array("f")
    return array("f", [max(1 - free * 1024 / has, 0.0) if has > 0 else NAN for has, free in zip(memory, free_kib, strict=True)])


def _slowest(columns: list[Column]) -> Column:
    """Seconds, of microseconds by disk."""
    if all(map(_is_whole, columns)):
        return array("f", [max(values) / 1e6 for values in zip(*columns, strict=True)])
    return array("f", (max((v for v in values if not math.isnan(v)), default=NAN) / 1e6 for values in zip(*columns, strict=True)))


def _taken(total_kib: Column | None, free_kib: Column | None) -> Column:
    """Bytes in use on a host."""
    if total_kib is None or free_kib is None:
        return array("f")
    return array("f", [max((total - free) * 1024, 0.0) for total, free in zip(total_kib, free_kib, strict=True)])


def _sum(columns: list[Column]) -> Column:
    """By sample, over the devices that were there."""
    if len(columns) <= 1:
        return columns[0] if columns else array("f")
    if all(map(_is_whole, columns)):
        return array("f", map(math.fsum, zip(*columns, strict=True)))
    return array("f", (_total(values)[0] for values in zip(*columns, strict=True)))


def _busy(columns: list[Column], online: int) -> Column:
    """The share of all CPUs that is busy: 0 to 1 over those `online` (0: all that are measured)."""
    if len(columns) <= 1:
        return columns[0] if columns else array("f")
    if all(map(_is_whole, columns)):
        return array("f", [_share_of(total, len(columns), online) for total in map(math.fsum, zip(*columns, strict=True))])
    return array("f", (_share_of(*_total(values), online) for values in zip(*columns, strict=True)))


def _is_whole(column: Column) -> bool:
    """Whether it has no gaps, as almost all have none: what follows from it is computed without looking at each sample then."""
    return not math.isnan(sum(column))


def _share_of(total: float, count: int, online: int) -> float:
    return min(1.0, total / min(count, online or count)) if count else NAN


def _total(values: Iterable[float]) -> tuple[float, int]:
    """(sum, how many) of what is not NaN; NaN if all is."""
    known = [value for value in values if not math.isnan(value)]
    return (math.fsum(known), len(known)) if known else (NAN, 0)
