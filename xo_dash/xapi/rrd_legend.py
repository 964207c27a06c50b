"""What the legend of `/rrd_updates` says: whose the values of a row are, and what each is good for. A host's stays the same for hours.

Source of names: the data sources of xcp-rrdd.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from xo_dash.xapi.breath import breathe

LONGEST: Final = 80
"""Characters of the name of a data source that is good for anything."""
MOST_KEPT: Final = 4000
"""Characters of the names of data sources that are remembered together."""
BREATH: Final = 100
"""Entries looked at between two looks whether it is the loop's turn."""


class Shape(NamedTuple):
    """What is of use of an object's data sources, by their places among them; most VMs have one shape."""

    kept: Sequence[tuple[int, str]]  # (place, name): somebody shows it under its own name
    parts: Mapping[str, Sequence[int]]  # {what they are parts of: places}


class MeasuredObject(NamedTuple):
    """An object that a host measures."""

    owner: str  # vm, host
    uuid: str
    shape: Shape
    places: Sequence[int]  # of its data sources in a row


def objects_of(legend: Sequence[str]) -> list[MeasuredObject]:
    """Those of which an average of something is of use. For a thread."""
    names: dict[tuple[str, str], list[str]] = {}
    places: dict[tuple[str, str], list[int]] = {}
    for object_, name, place in _averages(legend):
        names.setdefault(object_, []).append(name)
        places.setdefault(object_, []).append(place)
    shapes = ((object_, _shape(object_[0], tuple(own))) for object_, own in names.items())
    return [MeasuredObject(*object_, shape, _short(places[object_])) for object_, shape in shapes if shape.kept or shape.parts]


def _averages(legend: Sequence[str]) -> Iterator[tuple[tuple[str, str], str, int]]:
    """((vm or host, uuid), name, place)"""
    prefix, object_ = "", ("", "")
    for place, entry in enumerate(legend):
        if place % BREATH == 0:
            breathe()
        if prefix and entry.startswith(prefix):  # an object's are beside each other
            yield object_, entry[len(prefix) :], place
            continue
        match entry.split(":", 3):
            case ["AVERAGE", "vm" | "host" as owner, uuid, name]:
                prefix, object_ = f"AVERAGE:{owner}:{uuid}:", (owner, uuid)
                yield object_, name, place


def _short(places: list[int]) -> Sequence[int]:
    run = range(places[0], places[-1] + 1)
    return run if len(run) == len(places) else places


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


class _Purpose(NamedTuple):
    """What a data source is good for."""

    is_kept: bool  # somebody shows it under its own name
    part: str  # of which derived series it is a part; empty for none


@lru_cache(maxsize=4096)
def _purpose(owner: str, name: str) -> _Purpose:
    """A pool has a few dozen names, in thousands of columns."""
    for pattern, is_kept, part in _PURPOSES[owner]:
        if found := re.fullmatch(pattern, name):
            return _Purpose(is_kept, "_".join(filter(None, (part, *found.groups()))))
    return _Purpose(False, "")


def _shape(owner: str, names: tuple[str, ...]) -> Shape:
    return _shape_of_few(owner, names) if sum(map(len, names)) <= MOST_KEPT else _any_shape(owner, names)


def _any_shape(owner: str, names: tuple[str, ...]) -> Shape:
    kept: list[tuple[int, str]] = []
    parts: defaultdict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        purpose = _purpose(owner, name) if len(name) <= LONGEST else _Purpose(False, "")  # of others nothing is remembered
        if purpose.is_kept:
            kept.append((place, name))
        if purpose.part:
            parts[purpose.part].append(place)
    return Shape(kept, dict(parts))


_shape_of_few = lru_cache(maxsize=512)(_any_shape)
