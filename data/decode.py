"""XAPI's records into objects: by the annotations of the class, leniently, without a mapping table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from data.objects import KINDS
from data.types import Ref, XapiObject

T = TypeVar("T", bound=XapiObject)

KIND_BY_NAME: Mapping[str, type[XapiObject]] = {name: kind for kind in KINDS for name in (kind.xapi_class, kind.xapi_class.lower())}
"""XAPI's class name -> our class; event.from writes names in lower case."""


_DECODERS: Mapping[type[XapiObject], msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind, strict=False) for kind in KINDS}
"""Made before there are threads: msgspec takes a class apart when it is first asked for it, and a second thread that asks meanwhile
reads what is half made, which ends the process."""


def decode(kind: type[T], ref: Ref, record: msgspec.Raw | bytes | Mapping[str, Any]) -> T:
    """An object of `kind` from its record: JSON text, or what the XML-RPC codec made of it (numbers as strings).

    Never fails on a record: a field whose value is not of its type keeps its default. Raises msgspec.DecodeError
    only for text that is not JSON, or JSON that is no record.
    """
    if isinstance(record, Mapping):
        row = _lenient(kind, record)
    else:
        try:
            row = _DECODERS[kind].decode(record)
        except msgspec.ValidationError:
            told = msgspec.json.decode(record)
            if not isinstance(told, dict):
                raise
            row = _lenient(kind, told)
    row.ref = ref
    return row


def _lenient(kind: type[T], record: Mapping[str, Any]) -> T:
    try:
        return msgspec.convert(record, kind, strict=False)
    except (msgspec.ValidationError, UnicodeEncodeError):
        found: dict[str, Any] = {}
        for field in msgspec.structs.fields(kind):
            if field.name in record:
                try:
                    found[field.name] = msgspec.convert(record[field.name], field.type, strict=False)
                except (msgspec.ValidationError, UnicodeEncodeError):
                    continue
        return kind(**found)


class Sharing:
    """Makes equal values of many rows one object: about half of a large pool's memory. Values of rows are never changed in place."""

    def __init__(self) -> None:
        self._values: dict[str | int, Any] = {}
        self._others: dict[int, Any] = {}  # by hash

    def share(self, row: XapiObject) -> None:
        values = self._values
        for name in _names(type(row)):
            value = getattr(row, name)
            known: Any
            if type(value) is str or type(value) is int:
                known = values.setdefault(value, value)
            elif type(value) is list:
                known = [values.setdefault(item, item) if type(item) is str else item for item in value] if value else _NOTHING
            elif type(value) is dict:
                known = self._others.setdefault(hash(frozenset(value.items())), value) if value else _NO_MAP
                if known != value:  # equal hashes of different values
                    known = value
            elif type(value) is frozenset:
                known = self._others.setdefault(hash(value), value)
                if known != value:
                    known = value
            else:
                continue
            if known is not value:
                setattr(row, name, known)


_NOTHING: list[Any] = []
_NO_MAP: dict[str, Any] = {}


@cache
def _names(kind: type[XapiObject]) -> tuple[str, ...]:
    """The fields whose values other rows may have too."""
    return tuple(name for name in kind.__struct_fields__ if name not in ("uuid", "home", "name_label", "name_description", "MAC"))
