"""XAPI's objects as JSON: its own names for fields, uuids for references, and of those only what may be seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any, Final, get_origin, get_type_hints

from data.relations import edges
from data.scope import everything
from data.types import Ref, XapiObject
from data.visibility import Sees

Field = Callable[[Any, Sees], object]
"""(a row, what may be seen) -> the value of one field, as JSON has it."""

OURS: Final = ("ref", "home")
_SECRET: Final = re.compile(r"passw|secret|chap", re.IGNORECASE)
"""Keys of maps whose values nobody is told."""
REDACTED: Final = "•••"


@cache
def fields_of(kind: type[XapiObject]) -> Mapping[str, Field]:
    """{name: its value} of all that is told of an object: `uuid` and `pool`, then XAPI's fields."""
    hints = get_type_hints(kind)
    plain = {
        name: _field(kind, name, hints[name]) for name in kind.__struct_fields__ if name not in OURS and not _is_bare(kind, name, hints)
    }
    return {"uuid": plain.pop("uuid"), "pool": lambda row, _sees: row.home.key, **plain}


def _is_bare(kind: type[XapiObject], name: str, hints: Mapping[str, Any]) -> bool:
    """A reference to what we do not keep: it would say nothing."""
    return name not in edges(kind) and hints[name] in (Ref, list[Ref])


def _field(kind: type[XapiObject], name: str, hint: Any) -> Field:
    if (edge := edges(kind).get(name)) is not None:
        return _reference(name, edge.target, get_origin(hint))
    if get_origin(hint) is frozenset:
        return lambda row, _sees: _in_order(getattr(row, name))
    if get_origin(hint) is dict:
        return lambda row, _sees: _redacted(getattr(row, name))
    return lambda row, _sees: getattr(row, name)


def _reference(name: str, target: type[XapiObject], shape: Any) -> Field:
    def one(row: XapiObject, sees: Sees) -> object:
        found = row.home.one(target, getattr(row, name))
        return found.uuid if found is not None and (sees is everything or sees(found)) else None

    def several(row: XapiObject, sees: Sees) -> object:
        rows = row.home.all(target)
        found = [rows[ref] for ref in getattr(row, name) if ref in rows]
        return [other.uuid for other in found if sees is everything or sees(other)]

    def by_reference(row: XapiObject, sees: Sees) -> object:
        rows = row.home.all(target)
        return {rows[ref].uuid if ref in rows else ref: value for ref, value in getattr(row, name).items()}

    return several if shape is list else by_reference if shape is dict else one


@lru_cache(1000)
def _in_order(values: frozenset[str]) -> list[str]:
    return sorted(values)


def _redacted(values: Mapping[str, object]) -> Mapping[str, object]:
    if not any(map(_SECRET.search, values)):
        return values
    return {key: REDACTED if _SECRET.search(key) else value for key, value in values.items()}
