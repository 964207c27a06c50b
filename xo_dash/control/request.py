"""What a command wants to know, as a type: the dialog, the API, the command line, a stored job and the audit all come from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, TypeVar, get_type_hints
from urllib.parse import unquote

import msgspec
from msgspec import Meta

from data.names import name_of
from data.objects import SR, VDI, VM, Host, Network
from data.types import XapiObject
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.transfers.allowed import LONGEST as LONGEST_URL
from xo_dash.control.transfers.allowed import host_of, parsed
from xo_dash.i18n import N_

R = TypeVar("R", bound="Request")
LONGEST_NAME = 255
LONGEST_TEXT = 4000
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


# ---- the types of fields


def called(title: str, *, hint: str = "") -> Meta:
    """What people call a field: `name: Annotated[Name, called(N_("Name"))]`."""
    return Meta(title=title, description=hint or None)


def an_object(kind: type[XapiObject], *, missing: str = "", anywhere: bool = False) -> Meta:
    """One of the pool, by its uuid; `missing` says that it is no longer there, where the usual sentence would not do.

    `anywhere`: it may be of another pool, as `uuid@pool`; see `data.identity.seen_from`.
    """
    schema = {"x-kind": kind.xapi_class} if anywhere else {"format": "uuid", "x-kind": kind.xapi_class}
    return Meta(extra={"kind": kind, "missing": missing, "anywhere": anywhere}, extra_json_schema=schema)


def one_of(options: Mapping[str, str]) -> Meta:
    """One of a few words: {value: what people call it}. `Annotated[str, one_of({"bios": N_("BIOS"), "uefi": N_("UEFI")})]`"""
    return Meta(extra={"options": options}, extra_json_schema={"enum": list(options)})


Name = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, extra={"line": True})]
"""What XAPI's name_label takes: one line that can be seen."""
NamePattern = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, extra={"line": True, "pattern": True})]
"""A name in which `{name}` stands for the name of each object."""
Lines = Annotated[str, Meta(max_length=LONGEST_TEXT, extra={"lines": True})]
"""What XAPI's name_description takes: lines of text, or nothing. No control characters: XML cannot carry them."""
Secret = Annotated[str, Meta(extra={"secret": True})]
"""Never written to the audit, never shown."""
Size = Annotated[int, Meta(ge=1, le=1 << 50, extra={"size": True})]
"""Bytes; people may write `20 GiB`."""
GibSize = Annotated[int, Meta(ge=1, le=1 << 50, extra={"size": True, "bare": "G"})]
"""Bytes; in a text a bare number is of GiB: `20`."""
HostUuid = Annotated[str, an_object(Host)]
SRUuid = Annotated[str, an_object(SR)]
VMUuid = Annotated[str, an_object(VM)]
VDIUuid = Annotated[str, an_object(VDI)]
NetworkUuid = Annotated[str, an_object(Network)]
AnyHost = Annotated[str, an_object(Host, anywhere=True)]
AnySR = Annotated[str, an_object(SR, anywhere=True)]
AnyNetwork = Annotated[str, an_object(Network, anywhere=True)]


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that whoever gives the command is ready to send, or one on the web; of that nobody knows the size yet."""

    id: Annotated[str, Meta(max_length=64)] = ""  # where it is offered: see transfers.exchange
    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
    size: Annotated[int, Meta(ge=0, le=1 << 50)] = 0  # bytes
    url: Annotated[str, Meta(max_length=LONGEST_URL)] = ""

    @classmethod
    def at(cls, url: str) -> File:
        """The one at an address, called as its last part. Raises ValueError."""
        parts = parsed(url)
        last = unquote(parts.path.rpartition("/")[2])
        name = "".join(letter for letter in last if letter.isprintable())[-LONGEST_NAME:]
        return cls(name=name or host_of(parts), url=url)

    @property
    def is_empty(self) -> bool:
        return not self.size and not self.url

    def told(self) -> dict[str, object]:
        """For the audit: a signature that lets everybody in may be in the query."""
        return {"name": self.name, "url": self.url.partition("?")[0]} if self.url else {"name": self.name, "size": self.size}


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
    part: type[Request] | None  # of a PART, and of a LIST of such
    required: bool
    default: object
    secret: bool
    is_line: bool
    is_lines: bool
    is_pattern: bool
    least: int | None  # of a number its value, of a text its length
    most: int | None
    may_be_nothing: bool


@cache
def fields(request: type[Request]) -> tuple[RequestField, ...]:
    """The fields of a type of requests, in their order."""
    hints = get_type_hints(request, include_extras=True)
    info = msgspec.inspect.type_info(request)
    assert isinstance(info, msgspec.inspect.StructType)  # noqa: S101  # it is one, by its base
    return tuple(_field(field, hints[field.name]) for field in info.fields)


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
        may_be_nothing=may_be_nothing,
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


def _part(inner: msgspec.inspect.Type) -> type[Request] | None:
    """The requests that are inside of this one."""
    if isinstance(inner, msgspec.inspect.VarTupleType):
        inner = inner.item_type
    return inner.cls if isinstance(inner, msgspec.inspect.StructType) and issubclass(inner.cls, Request) else None


# ---- from plain values


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a request, at which of its fields; an empty field: with the whole of it. `disks.0.size` is a field of a part."""

    field: str
    reason: LazyText


class BadRequest(Exception):  # it is told at its fields
    """Values that make no request: `faults` says why, at least one."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.field}: {fault.reason}" for fault in self.faults))


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
            faults.append(Fault(field.name, _wrong(field, values[field.name])))
    if faults:
        raise BadRequest(faults)
    return request(**good)


def _value(field: RequestField, value: object) -> object:
    if field.part is not None:
        return _parts(field, field.part, value)
    if field.entry is InputKind.FILE and (url := _url_in(value)) is not None:
        try:
            return File.at(url.strip())
        except ValueError as error:
            raise msgspec.ValidationError("no address") from error
    if isinstance(value, str) and field.entry is not InputKind.LIST:
        value = value.strip()
        if not value and field.may_be_nothing:
            return None
        if field.entry is InputKind.SIZE:
            value = parse_size(value, field.bare)
    if field.entry is InputKind.SWITCH and isinstance(value, str):
        value = _SWITCHES.get(value.lower(), value)
    if field.is_lines and isinstance(value, str):
        value = value.replace("\r\n", "\n")
    if field.entry is InputKind.LIST and isinstance(value, str):
        value = [one.strip() for one in value.split(",") if one.strip()]
    if isinstance(value, str) and field.options and value not in field.options:
        raise msgspec.ValidationError("none of the options")
    made = msgspec.convert(value, field.annotation, strict=isinstance(value, str) and field.entry in (InputKind.TEXT, InputKind.CHOICE))
    if field.is_line and isinstance(made, str) and not made.isprintable():
        raise msgspec.ValidationError("not printable")
    if field.is_lines and isinstance(made, str) and _CONTROL.search(made):
        raise msgspec.ValidationError("not printable")
    return made


def _url_in(value: object) -> str | None:
    """Of a file that is not sent: a text, or {"url": text}."""
    url = value.get("url") if isinstance(value, Mapping) else value
    return url if isinstance(url, str) and url else None


def _parts(field: RequestField, part: type[Request], value: object) -> object:
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
    made: list[Request] = []
    faults: list[Fault] = []
    for number, one in enumerate(value):
        try:
            made.append(_at(f"{field.name}.{number}", part, one))
        except BadRequest as error:
            faults += error.faults
    if faults:
        raise BadRequest(faults)
    return tuple(made)


def _at(place: str, part: type[Request], value: object) -> Request:
    if isinstance(value, part):
        return value
    if not isinstance(value, Mapping):
        raise BadRequest([Fault(place, lazy(N_("it must be a group of fields")))])
    try:
        return decode(part, value)
    except BadRequest as error:
        raise BadRequest([Fault(f"{place}.{fault.field}", fault.reason) for fault in error.faults]) from error


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""All but tabs and ends of lines."""


_SWITCHES: Final = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _wrong(field: RequestField, value: object) -> LazyText:
    """Why `value` is none for the field."""
    if field.entry is InputKind.FILE and _url_in(value) is not None:
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
    return lazy(N_("it must be a list of strings"))


def _wrong_number(field: RequestField, value: object) -> LazyText:
    number = value
    if isinstance(value, str):
        number = parse_size(value, field.bare) if field.entry is InputKind.SIZE else value.strip()
    try:
        whole = int(number)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        if field.entry is InputKind.SIZE:
            return lazy(N_("it must be a size, like {example}"), example="20 GiB")
        return lazy(N_("it must be a whole number"))
    if field.entry is InputKind.SIZE:
        return lazy(N_("it must be more than 0 and at most 1 PiB"))
    if field.least is not None and whole < field.least:
        return lazy(N_("it must be at least {least}"), least=field.least)
    return lazy(N_("it must be at most {most}"), most=field.most)


_SIZE: Final = re.compile(r"(\d{1,15})(?:[.,](\d{1,6}))? ?(?:([kmgtp])(i?b)?|b)?", re.IGNORECASE)


def parse_size(text: str, bare: str = "") -> int | str:
    """Bytes of `20 GiB`, `1,5 T`, `512M` (all of them of 1024) or of a bare number, in `bare` (`G`); the text itself if it is none."""
    found = _SIZE.fullmatch(text.strip().replace("\u202f", " ").replace("\u00a0", " "))
    if found is None:
        return text
    whole, part, unit, _rest = found.groups()
    if text.strip()[-1].isdigit():
        unit = bare
    factor = 1024 ** (1 + "kmgtp".index(unit.lower())) if unit else 1
    return int(whole) * factor + (int(part) * factor // 10 ** len(part) if part else 0)


Check = Callable[[Any, Any], Iterable[Fault]]
"""(request, object) -> what is wrong with it there, as the mirror stands: what the type cannot say."""
