"""What XAPI takes: the calls there are, with the number and the types of their parameters, by its published data model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from xo_dash.control.plan import Hidden
from xo_dash.control.rehearsal import Placeholder

MODEL: Final = json.loads(files("xo_dash.simulator").joinpath("model.json").read_bytes())["classes"]
SETS, MAPS = " set", " map"
Parameters = list[tuple[str, bool]]
"""[(type, whether it has to be given)]"""


def _signatures() -> Iterator[tuple[str, Parameters]]:
    for name, declared in MODEL.items():
        own = (f"{name} ref", True)
        types = {field[0]: field[1] for field in declared["fields"]}
        for method in declared["implicit"].split():
            yield f"{name}.{method.rstrip('!')}", [own, *_of_field(method, types)]
        for method in ("get_record", "destroy"):
            yield f"{name}.{method}", [own]
        yield f"{name}.create", [(f"{name} record", True)]
        yield from ((f"{name}.{method}", []) for method in ("get_all", "get_all_records"))
        yield f"{name}.get_by_uuid", [("string", True)]
        for message in declared["messages"]:
            yield f"{name}.{message[0]}", [_declared(parameter) for parameter in message[1]]


def _of_field(method: str, types: Mapping[str, str]) -> Parameters:
    for verb in ("add_to_", "remove_from_", "set_", "add_", "remove_"):
        kind = types.get(method.removeprefix(verb), "")
        if not method.startswith(verb) or not kind:
            continue
        key, _arrow, value = kind.removesuffix(MAPS)[1:-1].partition(" -> ") if kind.endswith(MAPS) else ("string", "", "string")
        return {
            "add_to_": [(key, True), (value, True)], "remove_from_": [(key, True)], "set_": [(kind, True)],
        }.get(verb, [(kind.removesuffix(SETS), True)])  # fmt: skip
    return []


def _declared(parameter: str) -> tuple[str, bool]:
    name, _colon, kind = parameter.partition(":")
    return kind, not name.endswith("?")


SIGNATURES: Final = dict(_signatures())
METHODS: Final = frozenset(SIGNATURES)


def refused(method: str, parameters: tuple[object, ...]) -> list[str]:
    """[code, argument ...] of a call that no XAPI takes; empty for one that it looks at."""
    if method not in SIGNATURES:
        return ["MESSAGE_METHOD_UNKNOWN", method]
    wanted = SIGNATURES[method]
    least = sum(needed for _kind, needed in wanted)
    if not least <= len(parameters) <= len(wanted):
        return ["MESSAGE_PARAMETER_COUNT_MISMATCH", method, str(least), str(len(parameters))]
    odd = [f"{kind}: {value!r}" for value, (kind, _needed) in zip(parameters, wanted, strict=False) if not fits(kind, value)]
    return ["INTERNAL_ERROR", f"{method} got {'; '.join(odd)}"] if odd else []


@cache
def enum(name: str) -> frozenset[str]:
    return frozenset(value for declared in MODEL.values() for value in (declared["enums"] or {}).get(name, ()))


def fits(kind: str, value: Any) -> bool:  # noqa: PLR0911  one for each kind
    """Whether XAPI reads `value` as one of this type."""
    value = value.value if isinstance(value, Hidden) else value
    if isinstance(value, Placeholder):
        return not kind.endswith((SETS, MAPS, " record")) and kind not in ("bool", "float")
    if kind.endswith(SETS):
        return isinstance(value, list) and all(fits(kind.removesuffix(SETS), one) for one in value)
    if kind.endswith(MAPS):
        key, _arrow, of = kind.removesuffix(MAPS)[1:-1].partition(" -> ")
        return isinstance(value, dict) and all(fits(key, name) and fits(of, one) for name, one in value.items())
    if kind.endswith(" record"):
        types = {field[0]: field[1] for field in MODEL[kind.removesuffix(" record")]["fields"]}
        return isinstance(value, dict) and all(name in types and fits(types[name], one) for name, one in value.items())
    if kind == "int":
        return isinstance(value, int | str) and not isinstance(value, bool) and str(value).lstrip("-").isdecimal()
    if kind == "float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "bool":
        return isinstance(value, bool)
    if kind.startswith("enum "):
        return value in enum(kind.removeprefix("enum "))
    return isinstance(value, str)
