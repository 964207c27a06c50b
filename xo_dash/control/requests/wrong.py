"""Why a value is none for a field, in words."""

from __future__ import annotations

import re
from typing import Final

from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.requests.fields import InputKind, RequestField
from xo_dash.control.requests.file import url_in
from xo_dash.control.requests.sizes import parse_size
from xo_dash.i18n import N_


def is_whole(text: str) -> bool:
    """Whether it is written in plain digits, as every field wants its number."""
    return _WHOLE.match(text) is not None


def wrong(field: RequestField, value: object) -> LazyText:
    """Why `value` is none for the field."""
    if field.entry is InputKind.FILE and url_in(value) is not None:
        return lazy(N_("it must be an address that begins with https:// or http://, without a password in it"))
    if usual := field.wrong or _WRONG.get(field.entry):
        return lazy(usual)
    match field.entry:
        case InputKind.NUMBER | InputKind.SIZE:
            return _wrong_number(field, value)
        case InputKind.CHOICE:
            return lazy(N_("it must be one of these: {options}"), options=", ".join(field.options))
        case InputKind.LIST:
            return _wrong_list(field, value)
        case _:
            return _wrong_text(field, value)


_WHOLE: Final = re.compile(r"-?[0-9]+\Z")
_WRONG: Final = {
    InputKind.SWITCH: N_("it must be yes or no"),
    InputKind.PART: N_("it must be a group of fields"),
    InputKind.FILE: N_("choose a file"),
}


def _wrong_text(field: RequestField, value: object) -> LazyText:
    if not isinstance(value, str):
        return lazy(N_("it must be text"))
    if field.least is not None and len(value.strip()) < field.least:
        return lazy(N_("“{field}” is missing"), field=LazyText(field.title))
    if field.most is not None and len(value) > field.most:
        return lazy(N_("it has at most {most} characters"), most=field.most)
    return lazy(N_("only visible characters are allowed"))


def _wrong_list(field: RequestField, value: object) -> LazyText:
    if not isinstance(value, (list, tuple)):
        return lazy(N_("it must be a list"))
    if not value:
        return lazy(N_("“{field}” is missing"), field=LazyText(field.title))
    if field.most is not None and len(value) > field.most:
        return lazy(N_("it has at most {most} entries"), most=field.most)
    if not all(isinstance(one, str) for one in value):
        return lazy(N_("it must be a list of strings"))
    if too_long := next((one for one in value if field.longest is not None and len(one) > field.longest), None):
        return lazy(N_("“{entry}” is too long: it has at most {most} characters"), entry=too_long[:40], most=field.longest)
    return lazy(N_("an entry is empty, or has characters that cannot be seen"))


def _wrong_number(field: RequestField, value: object) -> LazyText:
    number = value
    if isinstance(value, str):
        number = parse_size(value, field.bare) if field.entry is InputKind.SIZE else value.strip()
    try:
        if isinstance(number, str) and not is_whole(number):  # int() would read more than a request takes
            raise ValueError
        whole = int(str(number) if isinstance(number, float) and not number.is_integer() else number)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        if field.entry is InputKind.SIZE:
            return lazy(N_("it must be a size, like {example}"), example="20 GiB")
        return lazy(N_("it must be a whole number"))
    if field.entry is InputKind.SIZE:
        return lazy(N_("it must be more than 0 and at most 1 PiB"))
    if field.least is not None and whole < field.least:
        return lazy(N_("it must be at least {least}"), least=field.least)
    return lazy(N_("it must be at most {most}"), most=field.most)
