"""The base of what a command wants to know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Self, TypeVar

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

    @property
    def left_as_is(self) -> tuple[str, ...]:
        """Fields that it leaves to each of several objects as that has them; see `Edit`."""
        return ()

    def also(self, subject: XapiObject) -> Iterable[tuple[str, str, XapiObject]]:
        """(field, id of a command, its object) of what is done besides, which takes a right of its own."""
        return ()

    def for_each(self: R, subject: XapiObject) -> R:
        """This request for one object of several: patterns have its name put in. Raises BadRequest where that makes them too long."""
        name = name_of(subject)
        texts = {field.name: getattr(self, field.name) for field in fields(type(self)) if field.is_pattern}
        filled = {key: text.replace(EACH, name) for key, text in texts.items() if text is not None}
        return self.with_values(filled) if filled else self

    def with_values(self: R, values: Mapping[str, object]) -> R:
        """The same with other values. Raises BadRequest."""
        own = {field.name: getattr(self, field.name) for field in fields(type(self))}
        return decode(type(self), own | dict(values))

    def told(self) -> dict[str, object]:
        """Its fields as plain values, for the audit: secrets redacted."""
        values = [(field, getattr(self, field.name)) for field in fields(type(self)) if field.name not in self.left_as_is]
        return {field.name: REDACTED if field.secret and value else _plain(value) for field, value in values}


class Edit(Request, frozen=True, kw_only=True):
    """The base of edits with several fields, of which some may be left to each of several objects as it has them: see `Action.for_each`."""

    unchanged: tuple[str, ...] = ()

    @property
    def left_as_is(self) -> tuple[str, ...]:
        return self.unchanged

    def with_values(self, values: Mapping[str, object]) -> Self:
        return msgspec.structs.replace(super().with_values(values), unchanged=self.unchanged)


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
