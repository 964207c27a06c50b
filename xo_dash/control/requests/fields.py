"""The fields of a type of requests, as far as a dialog and a refusal need them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final, get_type_hints

import msgspec

from data.types import XapiObject
from xo_dash.control.requests.file import File

UNCHANGED: Final = "unchanged"
"""What an edit has besides its fields; see `Edit`."""


class InputKind(StrEnum):
    """How a field is asked for."""

    TEXT = "text"
    NUMBER = "number"
    SIZE = "size"
    SWITCH = "switch"
    OBJECT = "object"  # one of the pool, by its uuid
    CHOICE = "choice"  # one of a few words
    FILE = "file"  # one that is sent
    PART = "part"  # a request of its own in this one; not asked for in a dialog
    LIST = "list"  # several; of texts a dialog asks with commas, of parts not


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestField:
    """One field of a request, as far as a dialog and a refusal need it."""

    name: str
    title: str  # a message
    hint: str  # a message, or empty
    entry: InputKind
    annotation: Any
    kind: type[XapiObject] | None  # of an OBJECT
    wrong: str  # a message: what a text has to be, where the usual sentence would not do; or empty
    missing: str  # a message: an OBJECT that is not there; or empty
    anywhere: bool  # an OBJECT of any pool
    options: Mapping[str, str]  # of a CHOICE: {value: a message}
    bare: str  # of a SIZE: the unit of a text that has none; or empty
    part: type[msgspec.Struct] | None  # of a PART, and of a LIST of such
    required: bool
    default: object
    secret: bool
    is_line: bool
    is_lines: bool
    is_pattern: bool
    least: int | None  # of a number its value, of a text its length
    most: int | None
    longest: int | None  # of a LIST of texts: the characters of each
    may_be_nothing: bool
    stays: bool  # None leaves as it is what it sets


@cache
def fields(request: type[msgspec.Struct]) -> tuple[RequestField, ...]:
    """The fields of a type of requests, in their order."""
    hints = get_type_hints(request, include_extras=True)
    info = msgspec.inspect.type_info(request)
    assert isinstance(info, msgspec.inspect.StructType)  # noqa: S101  # it is one, by its base
    return tuple(_field(field, hints[field.name]) for field in info.fields if field.name != UNCHANGED)


def _field(field: msgspec.inspect.Field, annotation: Any) -> RequestField:
    schema: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    inner = field.type
    if isinstance(inner, msgspec.inspect.Metadata):
        schema, extra, inner = dict(inner.extra_json_schema or {}), dict(inner.extra or {}), inner.type
    may_be_nothing = isinstance(inner, msgspec.inspect.UnionType)
    if isinstance(inner, msgspec.inspect.UnionType):
        inner = next(one for one in inner.types if not isinstance(one, msgspec.inspect.NoneType))
    if isinstance(inner, msgspec.inspect.Metadata):
        schema, extra, inner = {**(inner.extra_json_schema or {}), **schema}, {**(inner.extra or {}), **extra}, inner.type
    return RequestField(
        name=field.name,
        title=str(schema.get("title", field.name)),
        hint=str(schema.get("description", "")),
        entry=_entry(inner, extra),
        annotation=annotation,
        kind=extra.get("kind"),
        wrong=str(extra.get("wrong", "")),
        missing=str(extra.get("missing", "")),
        anywhere=bool(extra.get("anywhere")),
        options=extra.get("options", {}),
        bare=str(extra.get("bare", "")),
        part=_part(inner),
        required=field.required,
        default=None if field.default is msgspec.NODEFAULT else field.default,
        secret=bool(extra.get("secret")),
        is_line=bool(extra.get("line")),
        is_lines=bool(extra.get("lines")),
        is_pattern=bool(extra.get("pattern")),
        least=getattr(inner, "ge", getattr(inner, "min_length", None)),
        most=getattr(inner, "le", getattr(inner, "max_length", None)),
        longest=_longest(inner),
        may_be_nothing=may_be_nothing,
        stays=bool(extra.get("stays")),
    )


def _entry(inner: msgspec.inspect.Type, extra: Mapping[str, Any]) -> InputKind:
    if "kind" in extra:
        return InputKind.OBJECT
    if "options" in extra:
        return InputKind.CHOICE
    match inner:
        case msgspec.inspect.BoolType():
            return InputKind.SWITCH
        case msgspec.inspect.StructType():
            return InputKind.FILE if issubclass(inner.cls, File) else InputKind.PART
        case msgspec.inspect.IntType():
            return InputKind.SIZE if extra.get("size") else InputKind.NUMBER
        case _:
            return InputKind.TEXT if isinstance(inner, msgspec.inspect.StrType) else InputKind.LIST


def _longest(inner: msgspec.inspect.Type) -> int | None:
    item = getattr(inner, "item_type", None)
    return getattr(item.type if isinstance(item, msgspec.inspect.Metadata) else item, "max_length", None)


def _part(inner: msgspec.inspect.Type) -> type[msgspec.Struct] | None:
    """The requests that are inside of this one."""
    if isinstance(inner, msgspec.inspect.VarTupleType):
        inner = inner.item_type
    return inner.cls if isinstance(inner, msgspec.inspect.StructType) and not issubclass(inner.cls, File) else None


def hide_unchanged(schemas: Iterable[dict[str, Any]]) -> None:
    """Take it out of JSON schemas of requests: what is not given and differs is left as it is anyway."""
    for schema in schemas:
        schema.get("properties", {}).pop(UNCHANGED, None)
