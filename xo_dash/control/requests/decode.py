"""A request of plain values: of a form, of JSON, of a command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.requests.fields import InputKind, RequestField, fields
from xo_dash.control.requests.file import File, url_in
from xo_dash.control.requests.sizes import parse_size
from xo_dash.control.requests.wrong import is_whole, wrong
from xo_dash.i18n import N_

R = TypeVar("R", bound=msgspec.Struct)
_JOINERS: Final = str.maketrans("", "", "\u200c\u200d")
"""Between letters they join them or keep them apart: emoji of several parts, Persian and Indic words."""
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""All but tabs and ends of lines."""
_SWITCHES: Final = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def decode(request: type[R], values: Mapping[str, object]) -> R:
    """A request of plain values, as a form, JSON or flags have them. Raises BadRequest with every fault there is.

    A text is taken for the number, the size or the yes that a field wants; an empty text where nothing may be said is nothing.
    """
    known = {field.name: field for field in fields(request)}
    faults = [
        Fault(name, lazy(N_("there is no field “{field}”; the fields are: {fields}"), field=name[:80], fields=", ".join(known) or "–"))
        for name in values
        if name not in known
    ]
    good: dict[str, object] = {}
    for field in known.values():
        if field.name not in values:
            if field.required:
                faults.append(Fault(field.name, lazy(N_("“{field}” is missing"), field=LazyText(field.title))))
            continue
        try:
            good[field.name] = _value(field, values[field.name])
        except BadRequest as error:
            faults += error.faults
        except msgspec.ValidationError:
            faults.append(Fault(field.name, wrong(field, values[field.name])))
    if faults:
        raise BadRequest(faults)
    return request(**good)


def _value(field: RequestField, value: object) -> object:
    if field.part is not None:
        return _parts(field, field.part, value)
    if field.entry is InputKind.FILE and (url := url_in(value)) is not None:
        try:
            return File.at(url.strip())
        except ValueError as error:
            raise msgspec.ValidationError("no address") from error
    if isinstance(value, str):
        if not value.strip() and field.may_be_nothing and field.entry is not InputKind.LIST:
            return None
        value = _meant(field, value.strip())
    if isinstance(value, str) and field.options and value not in field.options:
        value = next((option for option in field.options if option.casefold() == value.casefold()), None)
        if value is None:
            raise msgspec.ValidationError("none of the options")
    made = msgspec.convert(value, field.annotation, strict=isinstance(value, str) and field.entry in (InputKind.TEXT, InputKind.CHOICE))
    if field.is_line and isinstance(made, str) and not _can_be_seen(made):
        raise msgspec.ValidationError("not printable")
    if field.is_lines and isinstance(made, str) and _CONTROL.search(made):
        raise msgspec.ValidationError("not printable")
    return made


def _meant(field: RequestField, text: str) -> object:
    """What was typed, as the field wants it. Raises msgspec.ValidationError."""
    match field.entry:
        case InputKind.SIZE:
            return parse_size(text, field.bare)
        case InputKind.SWITCH:
            return _SWITCHES.get(text.lower(), text)
        case InputKind.LIST:
            return [one.strip() for one in text.split(",") if one.strip()]
        case InputKind.NUMBER if not is_whole(text):
            raise msgspec.ValidationError("not written as a whole number")  # msgspec would take 1e3 for one
    return text.replace("\r\n", "\n") if field.is_lines else text


def _can_be_seen(line: str) -> bool:
    plain = line.translate(_JOINERS)
    return plain.isprintable() and bool(plain) == bool(line)


def _parts(field: RequestField, part: type[msgspec.Struct], value: object) -> object:
    """A request inside of another one, or several; each fault at its own place. JSON may stand for them, as on a command line."""
    if isinstance(value, str):
        if not value.strip() and field.may_be_nothing:
            return None
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError) as error:
            raise msgspec.ValidationError("not JSON") from error
    if value is None and field.may_be_nothing:
        return None
    if field.entry is InputKind.PART:
        return _at(field.name, part, value)
    if not isinstance(value, (list, tuple)) or (field.most is not None and len(value) > field.most):
        raise msgspec.ValidationError("not a list")
    made: list[msgspec.Struct] = []
    faults: list[Fault] = []
    for number, one in enumerate(value):
        try:
            made.append(_at(f"{field.name}.{number}", part, one))
        except BadRequest as error:
            faults += error.faults
    if faults:
        raise BadRequest(faults)
    return tuple(made)


def _at(place: str, part: type[msgspec.Struct], value: object) -> msgspec.Struct:
    if isinstance(value, part):
        return value
    if not isinstance(value, Mapping):
        raise BadRequest([Fault(place, lazy(N_("it must be a group of fields")))])
    try:
        return decode(part, value)
    except BadRequest as error:
        raise BadRequest([Fault(f"{place}.{fault.field}", fault.reason) for fault in error.faults]) from error
