"""The base of what a command wants to know."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from data.names import name_of
from data.types import XapiObject
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fields import fields
from xo_dash.control.requests.file import File

R = TypeVar("R", bound="Request")
REDACTED: Final = "•••"
EACH: Final = "{name}"
"""In a text that is a pattern, this stands for the name of each object."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of all requests. A field's type says what it takes, its `Meta` what it is called; `decode` makes one of plain values."""

    def for_each(self: R, subject: XapiObject) -> R:
        """This request for one object of several: patterns have its name put in. Raises BadRequest where that makes them too long."""
        name = name_of(subject)
        texts = {field.name: getattr(self, field.name) for field in fields(type(self)) if field.is_pattern}
        filled = {key: text.replace(EACH, name) for key, text in texts.items() if text is not None}
        return decode(type(self), msgspec.structs.asdict(self) | filled) if filled else self

    def told(self) -> dict[str, object]:
        """Its fields as plain values, for the audit: secrets redacted."""
        values = [(field, getattr(self, field.name)) for field in fields(type(self))]
        return {field.name: REDACTED if field.secret and value else _plain(value) for field, value in values}


def files_of(request: Request) -> list[File]:
    """What is sent or fetched for it."""
    values = [getattr(request, field.name) for field in fields(type(request))]
    parts = [part for value in values for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, Request)]
    return [value for value in values if isinstance(value, File)] + [file for part in parts for file in files_of(part)]


def _plain(value: object) -> object:
    if isinstance(value, (Request, File)):
        return value.told()
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else msgspec.to_builtins(value)


class NoRequest(Request, frozen=True, kw_only=True):
    """Of a command that needs to know nothing."""
