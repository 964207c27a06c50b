"""XAPI's objects as JSON: its own names for fields, uuids for references, and of those only what may be seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, Final, get_origin, get_type_hints

from data.relations import edges
from data.scope import everything
from data.types import NULL_REF, Home, Ref, XapiObject
from data.visibility import Sees

Field = Callable[[Any, Sees], object]
"""(a row, what may be seen) -> the value of one field, as JSON has it."""
Telling = Callable[[Any, Home, Sees], object]
"""(what a field holds, where its row lives, what may be seen) -> the same."""

OURS: Final = ("ref", "home")
_SECRET: Final = re.compile(r"passw|secret|chap", re.IGNORECASE)
"""Keys of maps whose values nobody is told."""
REDACTED: Final = "•••"


@cache
def fields_of(kind: type[XapiObject]) -> Mapping[str, Field]:
    """{name: its value} of all that is told of an object: `uuid` and `pool`, then XAPI's fields."""
    return {name: _alone(kind, name) for name in _told(kind)}


def _alone(kind: type[XapiObject], name: str) -> Field:
    get, told = attrgetter(_path(name)), _told(kind)[name]
    return (lambda row, sees: told(get(row), row.home, sees)) if told is not None else lambda row, _sees: get(row)


@lru_cache(200)
def reader(kind: type[XapiObject], names: tuple[str, ...]) -> Callable[[Any, Sees], dict[str, object]]:
    """What makes {name: its value} of a row, two names or more: as the fields do one by one, in a quarter of the time."""
    get, every = attrgetter(*map(_path, names)), _told(kind)
    others = [(name, told) for name in names if (told := every[name]) is not None]

    def read(row: XapiObject, sees: Sees) -> dict[str, object]:
        data, home = dict(zip(names, get(row), strict=True)), row.home
        for name, told in others:
            data[name] = told(data[name], home, sees)
        return data

    return read


def _path(name: str) -> str:
    return "home.key" if name == "pool" else name


@cache
def _told(kind: type[XapiObject]) -> Mapping[str, Telling | None]:
    """{name: what makes JSON of it}; None where it is that already."""
    hints = get_type_hints(kind)
    names = [name for name in kind.__struct_fields__ if name not in (*OURS, "uuid") and not _is_bare(kind, name, hints)]
    return {"uuid": None, "pool": None, **{name: _telling(kind, name, hints[name]) for name in names}}


def _is_bare(kind: type[XapiObject], name: str, hints: Mapping[str, Any]) -> bool:
    """A reference to what we do not keep: it would say nothing."""
    return name not in edges(kind) and hints[name] in (Ref, list[Ref])


def _telling(kind: type[XapiObject], name: str, hint: Any) -> Telling | None:
    if (edge := edges(kind).get(name)) is not None:
        return _reference(edge.target, get_origin(hint))
    if get_origin(hint) is frozenset:
        return lambda values, _home, _sees: _in_order(values)
    if get_origin(hint) is dict:
        return lambda values, _home, _sees: _redacted(values)
    return None


def _reference(target: type[XapiObject], shape: Any) -> Telling:
    def one(ref: Ref, home: Home, sees: Sees) -> object:
        if ref == NULL_REF:
            return None
        found = home.one(target, ref)
        return found.uuid if found is not None and (sees is everything or sees(found)) else None

    def several(refs: list[Ref], home: Home, sees: Sees) -> object:
        if not refs:
            return refs
        rows = home.all(target)
        found = [rows[ref] for ref in refs if ref in rows]
        return [other.uuid for other in found if sees is everything or sees(other)]

    def by_reference(values: Mapping[Ref, object], home: Home, _sees: Sees) -> object:
        rows = home.all(target)
        return {rows[ref].uuid if ref in rows else ref: value for ref, value in values.items()}

    return several if shape is list else by_reference if shape is dict else one


@lru_cache(1000)
def _in_order(values: frozenset[str]) -> list[str]:
    return sorted(values)


@lru_cache(5000)
def _is_secret(key: str) -> bool:
    return _SECRET.search(key) is not None


def _redacted(values: Mapping[str, object]) -> Mapping[str, object]:
    if not any(map(_is_secret, values)):
        return values
    return {key: REDACTED if _is_secret(key) else value for key, value in values.items()}
