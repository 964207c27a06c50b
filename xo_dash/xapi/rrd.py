"""`/rrd_updates`: what a host measured of itself and of its VMs, as columns.

Source of units: cpuN is a fraction, *_kib are KiB, `memory_internal_free` too, rates are B/s.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from data.history import LENGTH, NAN, STEP
from data.samples import Block
from xo_dash.xapi import rrd_formats, rrd_rows
from xo_dash.xapi.breath import breathe
from xo_dash.xapi.rrd_legend import MeasuredObject, objects_of
from xo_dash.xapi.rrd_rows import Export, Legend
from xo_dash.xapi.wire import Reply

Column: TypeAlias = "array[float]"
Columns: TypeAlias = dict[str, Column]

TOGETHER = 2000
"""Samples of a column of several objects that is made as one: less than a tenth of a millisecond, in which the loop waits."""


class _Kind(NamedTuple):
    """What objects have in common of which all is computed together."""

    owner: str  # vm, host
    shape: int  # its identity
    online: int  # vCPUs


@dataclass(frozen=True, slots=True)
class Update:
    """The samples of several objects, STEP apart and all of the same times."""

    first: int  # the first sample's step: epoch seconds by the host's clock / STEP
    end: int  # epoch seconds of the newest sample
    objects: Mapping[str, Block]  # by uuid: {Load's field or data source: samples, oldest first}; NaN is a gap


class Reader:
    """Reads what one host measures, one answer after the other. For a thread at a time."""

    def __init__(self) -> None:
        self._legend: Legend | None = None  # of the last answer, which the next will have too
        self._objects: Sequence[MeasuredObject] = ()

    def parse(self, reply: Reply, online: Mapping[str, int] = MappingProxyType({}), only: Set[str] = frozenset()) -> Update | None:
        """None where there is nothing. Raises BadReply.

        `only`: uuids of objects, where others are of no interest now.
        `online`: {VM's uuid: vCPUs that are online}. Source: xcp-rrdd measures every vCPU that a domain has, also those not online.
        """
        if reply.status == rrd_formats.NOTHING:
            return None
        export = rrd_formats.export(reply, self._legend)
        if export.legend is not self._legend:
            self._objects, self._legend = objects_of(export.legend.entries), export.legend.forgotten()
        objects = [one for one in self._objects if one.uuid in only] if only else self._objects
        return _update(export, objects, online)


def parse(reply: Reply, online: Mapping[str, int] = MappingProxyType({}), only: Set[str] = frozenset()) -> Update | None:
    """Of a host that is not asked again, see `Reader.parse`."""
    return Reader().parse(reply, online, only)


def _update(export: Export, objects: Sequence[MeasuredObject], online: Mapping[str, int]) -> Update | None:
    rows = sorted(zip(export.times, export.rows, strict=True), key=lambda row: row[0])
    while rows and all(map(math.isnan, rows[-1][1])):
        rows.pop()  # not measured yet: the next round asks for it again
    if not rows:
        return None
    last = round(rows[-1][0] / STEP)
    rows = [row for row in rows if round(row[0] / STEP) > last - LENGTH]
    steps = [round(t / STEP) for t, _values in rows]
    block, width = rrd_rows.block_of(values for _t, values in rows), export.legend.width
    is_even, is_clean = steps[-1] - steps[0] == len(steps) - 1, export.is_clean

    def column(place: int) -> Column:
        known = block[place::width] if is_clean else believable(block[place::width])
        return known if is_even else _placed(steps, known)

    found: dict[str, Block] = {}
    for kind, group in _alike(objects, online, max(1, TOGETHER // (steps[-1] - steps[0] + 1))):
        found.update(zip([one.uuid for one in group], Block.several(_columns(group, column, kind.online), len(group)), strict=True))
        breathe()
    return Update(steps[0], round(steps[-1] * STEP), found)


def _alike(objects: Sequence[MeasuredObject], online: Mapping[str, int], most: int) -> Iterator[tuple[_Kind, list[MeasuredObject]]]:
    """Those of which the same is measured, `most` at a time: what is computed of all at once costs a fraction."""
    kinds: dict[_Kind, list[MeasuredObject]] = {}
    for one in objects:
        kinds.setdefault(_Kind(one.owner, id(one.shape), online.get(one.uuid, 0)), []).append(one)
    for kind, alike in kinds.items():
        for at in range(0, len(alike), most):
            yield kind, alike[at : at + most]


def _columns(alike: Sequence[MeasuredObject], column: Callable[[int], Column], online: int) -> Columns:
    """What is kept, and what follows from it under the names of Load's fields; what cannot be told is left out.

    Of objects of one shape, one behind the other. `online`: how many of the CPUs of each are; 0 for all that are measured.
    """
    shape = alike[0].shape

    def joined(place: int) -> Column:
        columns = [column(one.places[place]) for one in alike]
        return columns[0] if len(columns) == 1 else array("f", b"".join(columns))

    known = {place: joined(place) for place, _name in shape.kept}

    def parts(what: str) -> list[Column]:
        return [known[place] if place in known else joined(place) for place in shape.parts.get(what, ())]

    memory, free = (next(iter(parts(what)), None) for what in ("memory", "memory_free"))
    is_vm = alike[0].owner == "vm"
    derived = {
        "cpu": _busy(parts("cpu"), online),
        "memory_used": _used(memory, free) if is_vm else _taken(memory, free),
        "net_rx": _sum(parts("all_net_rx") or parts("net_rx")),
        "net_tx": _sum(parts("all_net_tx") or parts("net_tx")),
        "disk_read": _sum(parts("disk_read")),
        "disk_write": _sum(parts("disk_write")),
        "guest_memory": _share(memory, free) if is_vm else None,
        "disk_latency": _slowest(parts("latency")),
    }
    return {name: known[place] for place, name in shape.kept} | {name: column for name, column in derived.items() if column}


def _placed(places: Sequence[int], known: Column) -> Column:
    """Samples at their steps; a host that was not asked for long answers with one a minute, and NaN is between."""
    column = array("f", (NAN,)) * (places[-1] - places[0] + 1)
    for place, value in zip(places, known, strict=True):
        column[place - places[0]] = value
    return column


def believable(column: Column) -> Column:
    """What can be measured: nothing is less than zero or without end. The rest is a gap."""
    if math.isfinite(sum(column)) and min(column) >= 0:
        return column
    return array("f", (value if 0 <= value < math.inf else NAN for value in column))


def _used(memory: Column | None, free_kib: Column | None) -> Column:
    """Bytes in use in a guest; what it was given, where no agent ever told what is free."""
    if memory is None:
        return array("f")
    if free_kib is None:
        return memory
    # here and below a gap stays one: NaN is less than nothing
    return array("f", [0.0 if (used := has - free * 1024) < 0 else used for has, free in zip(memory, free_kib, strict=True)])


def _share(memory: Column | None, free_kib: Column | None) -> Column:
    """Used of what a guest has, where its agent tells."""
    if memory is None or free_kib is None:
        return array("f")
    pairs = zip(memory, free_kib, strict=True)
    return array("f", [NAN if not has > 0 else 0.0 if free * 1024 > has else 1 - free * 1024 / has for has, free in pairs])


def _slowest(columns: list[Column]) -> Column:
    """Seconds, of microseconds by disk."""
    if not columns:
        return array("f")
    if all(map(_is_whole, columns)):
        return array("f", [value / 1e6 for value in map(max, zip(*columns, strict=True))])
    return array("f", (max((v for v in values if not math.isnan(v)), default=NAN) / 1e6 for values in zip(*columns, strict=True)))


def _taken(total_kib: Column | None, free_kib: Column | None) -> Column:
    """Bytes in use on a host."""
    if total_kib is None or free_kib is None:
        return array("f")
    return array("f", [0.0 if (used := (total - free) * 1024) < 0 else used for total, free in zip(total_kib, free_kib, strict=True)])


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
        count = min(len(columns), online or len(columns))
        return array("f", [total / count if total < count else 1.0 for total in map(math.fsum, zip(*columns, strict=True))])
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
