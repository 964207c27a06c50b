"""What nobody may be told who does not see it: every object has a name, an address and a text of its own to be recognised by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from data.mirror import Mirror
from data.objects import KINDS, Task, VMGuestMetrics
from data.scope import Scope
from data.types import NULL_REF, XapiObject
from tests import fakes

TEXTS = ("name_label", "name_description", "hostname", "address", "MAC", "IP", "body", "device_description", "serial")
_FOUND = re.compile(r"zq\d+z|OpaqueRef:[\w-]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|10\.77\.\d+\.\d+")


def mark(mirror: Mirror) -> None:
    """Give every object texts that are of nobody else."""
    numbers = count(1)
    for pool in mirror:
        for row in [row for kind in KINDS for row in pool.all(kind).values()]:
            names = [name for name in TEXTS if name in row.__struct_fields__ and not (name == "name_label" and isinstance(row, Task))]
            fields: dict[str, Any] = {name: f"zq{next(numbers)}z" for name in names}
            if "tags" in row.__struct_fields__:
                fields["tags"] = [f"zq{next(numbers)}z"]
            if isinstance(row, VMGuestMetrics) and row.networks:
                fields["networks"] = {"0/ip": f"10.77.{next(numbers) // 250}.{next(numbers) % 250}"}
            fakes.change(mirror, row, **fields)


def recognised(texts: Iterable[str]) -> set[str]:
    """All marks, uuids and references in it."""
    return {found for text in texts for found in _FOUND.findall(text)}


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, one in value.items():
                yield from (*strings(key), *strings(one))
        case list() | tuple() | set() | frozenset():
            for one in value:
                yield from strings(one)


def of(row: XapiObject) -> Iterator[str]:
    for field in row.__struct_fields__:
        if field != "home":
            yield from strings(getattr(row, field))


def known(mirror: Mirror) -> set[str]:
    """What is in its rows to be recognised."""
    rows = (row for pool in mirror for kind in KINDS for row in pool.all(kind).values())
    return recognised(text for row in rows for text in of(row)) - {NULL_REF}


def secrets(mirror: Mirror, scope: Scope) -> set[str]:
    """What nobody with this scope may be told."""
    told = {pool.server.id for pool in scope.mirror} | {pool.key for pool in scope.mirror}
    return known(mirror) - known(scope.mirror) - told
