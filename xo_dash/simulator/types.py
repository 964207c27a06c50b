"""The data model's types: parsed once, then each knows its empty value, how to read a client's value and how to write XML.

Inside the database every value is ready for JSON: ints are int, dates `YYYYMMDDTHH:MM:SSZ` strings, references strings,
sets lists, maps dicts with string keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .errors import XapiError

NULL = "OpaqueRef:NULL"
EPOCH = "19700101T00:00:00Z"


class DateTime(str):
    """A date as XML-RPC marks it; JSON sends plain strings."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Type:
    """`kind` is string int float bool datetime ref enum set map record option void or batch.

    `name` is the class of a ref or record, or the enum's name; `key` and `of` are the parts of maps, sets and options.
    """

    kind: str
    name: str = ""
    key: Type | None = None
    of: Type | None = None
    values: tuple[str, ...] = field(default=(), compare=False)

    def empty(self) -> Any:
        """The value of a field that nobody set."""
        if self.kind == "enum":
            return self.values[0] if self.values else ""
        return EMPTY[self.kind]()

    def with_enums(self, enums: dict[str, tuple[str, ...]]) -> Type:
        return Type(
            self.kind,
            self.name,
            self.key and self.key.with_enums(enums),
            self.of and self.of.with_enums(enums),
            enums.get(self.name, ()) if self.kind == "enum" else (),
        )


EMPTY: dict[str, Callable[[], Any]] = {
    "string": str,
    "int": int,
    "float": float,
    "bool": bool,
    "datetime": lambda: EPOCH,
    "ref": lambda: NULL,
    "set": list,
    "map": dict,
    "option": list,
    "record": dict,
    "void": str,
    "batch": dict,
}


def split_arrow(text: str) -> tuple[str, str]:
    """The two sides of `a -> b` at the outermost level."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char in "({") - (char in ")}")
        if depth == 0 and text.startswith(" -> ", at):
            return text[:at], text[at + 4 :]
    raise ValueError(f"no arrow in {text!r}")


@cache
def parse(text: str) -> Type:
    """A type as the data model spells it, such as `(VM ref -> string set) map`."""
    text = text.strip()
    for suffix in ("set", "option"):
        if text.endswith(" " + suffix):
            return Type(suffix, of=parse(text[: -len(suffix) - 1]))
    if text.endswith(" map"):
        left, right = split_arrow(text[:-4].strip()[1:-1])
        return Type("map", key=parse(left), of=parse(right))
    if text.endswith((" ref", " record")):
        name, kind = text.rsplit(" ", 1)
        return Type(kind, name)
    if text.startswith("enum "):
        return Type("enum", text[5:])
    return Type("batch" if text == "an event batch" else text)


def described(value: Any) -> str:  # noqa: PLR0911  one for each type
    """A value as XAPI's own complaints print it: S(text), I(5), B(true)."""
    match value:
        case bool():
            return f"B({str(value).lower()})"
        case int():
            return f"I({value})"
        case float():
            return f"F({value:g})"
        case DateTime():
            return f"D({value})"
        case str():
            return f"S({value})"
        case list():
            return f"[{';'.join(map(described, value))}]"
        case dict():
            return "{" + ";".join(f"{k}:{described(v)}" for k, v in value.items()) + "}"
    return "N"


def refuse(expected: str, value: Any) -> XapiError:
    return XapiError("INTERNAL_ERROR", f"Failure(\"Expected {expected}, got '{described(value)}'\")")


DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$")


def accept(kind: Type, value: Any) -> Any:
    """A client's value made ready for the database; INTERNAL_ERROR if it is of another type."""
    return ACCEPT[kind.kind](kind, value)


def accept_string(_: Type, value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("string", value)
    return value


def accept_int(_: Type, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise XapiError("INTERNAL_ERROR", 'Failure("Int64.of_string")') from None
    raise refuse("int64", value)


def accept_float(_: Type, value: Any) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)
        except ValueError:
            raise XapiError("INTERNAL_ERROR", 'Failure("float_of_string")') from None
    raise refuse("float", value)


def accept_bool(_: Type, value: Any) -> bool:
    if not isinstance(value, bool):
        raise refuse("bool", value)
    return value


def accept_datetime(_: Type, value: Any) -> str:
    found = DATE.match(value) if isinstance(value, str) else None
    if not found:
        raise refuse("DateTime", value)
    year, month, day, hour, minute, second, zone = found.groups(default="")
    return f"{year}{month}{day}T{hour or '00'}:{minute or '00'}:{second or '00'}{zone or 'Z'}"


def accept_enum(kind: Type, value: Any) -> str:
    text = accept_string(kind, value)
    if kind.values and text not in kind.values:
        same = next((v for v in kind.values if v.lower() == text.lower()), None)
        if same is None:
            raise XapiError("INTERNAL_ERROR", f'Failure("{kind.name} does not have a value {text}")')
        return same
    return text


def accept_set(kind: Type, value: Any) -> list[Any]:
    if not isinstance(value, list) or kind.of is None:
        raise refuse("Enum", value)
    read = ACCEPT[kind.of.kind]
    return [read(kind.of, item) for item in value]


def accept_map(kind: Type, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or kind.of is None or kind.key is None:
        raise refuse("Dict", value)
    read, of, key = ACCEPT[kind.of.kind], kind.of, kind.key
    return {str(accept(key, name)): read(of, item) for name, item in value.items()}


def accept_record(_: Type, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refuse("Dict", value)
    return value


ACCEPT: dict[str, Callable[[Type, Any], Any]] = {
    "string": accept_string,
    "ref": accept_string,
    "int": accept_int,
    "float": accept_float,
    "bool": accept_bool,
    "datetime": accept_datetime,
    "enum": accept_enum,
    "set": accept_set,
    "map": accept_map,
    "record": accept_record,
    "void": accept_string,
}
