"""XAPI's database text: `(('name__label' 'web') ('tags' '(\\'a\\' \\'b\\')'))`, as VM.snapshot_metadata holds a whole VM."""

from __future__ import annotations

from functools import cache
from typing import Any

from ..database import Record
from ..model import XapiClass
from ..types import Type

# fields of these have two underscores in the database, but for some
SPACES = ("name_", "memory_", "VCPUs_", "PV_", "HVM_", "actions_", "qos_", "io_", "API_version_")
FLAT = {"pool": "name_", "VM_guest_metrics": "PV_"}


@cache
def column(cls: str, field: str) -> str:
    """name_label -> name__label"""
    space = next((s for s in SPACES if field.startswith(s) and FLAT.get(cls) != s), "")
    return f"{space}_{field[len(space) :]}" if space else field


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def as_text(value: Any) -> str:
    """A value as a column has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return "(" + " ".join(quoted(as_text(item)) for item in value) + ")"
    if isinstance(value, dict):
        return "(" + " ".join(f"({quoted(as_text(k))} {quoted(as_text(v))})" for k, v in value.items()) + ")"
    return str(value)


def dump(ref: str, record: Record) -> str:
    """A whole row."""
    columns = {column("VM", name): as_text(value) for name, value in record.items()} | {"_ref": ref}
    return "(" + " ".join(f"({quoted(name)} {quoted(columns[name])})" for name in sorted(columns, reverse=True)) + ")"


def read(text: str) -> Any:
    """Nested lists of strings. ValueError if it is none."""
    value, at = _read(text, 0)
    if text[at:].strip():
        raise ValueError(f"something follows at {at}")
    return value


def _read(text: str, at: int) -> tuple[Any, int]:
    while at < len(text) and text[at].isspace():
        at += 1
    if at >= len(text):
        raise ValueError("it ends too early")
    if text[at] == "'":
        return _read_string(text, at + 1)
    if text[at] != "(":
        raise ValueError(f"neither a list nor a string at {at}")
    items: list[Any] = []
    at += 1
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at < len(text) and text[at] == ")":
            return items, at + 1
        item, at = _read(text, at)
        items.append(item)


def _read_string(text: str, at: int) -> tuple[str, int]:
    found: list[str] = []
    while at < len(text):
        if text[at] == "'":
            return "".join(found), at + 1
        at += text[at] == "\\"
        found.append(text[at : at + 1])
        at += 1
    raise ValueError("a string without end")


def load(text: str, cls: XapiClass) -> Record:
    """The row's fields that this data model still has, typed. ValueError if it is no row."""
    columns = dict(read(text))
    return {
        name: value(field.type, columns[column(cls.name, name)]) for name, field in cls.fields.items() if column(cls.name, name) in columns
    }


def value(kind: Type, text: str) -> Any:
    match kind.kind:
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "bool":
            return text == "true"
        case "set":
            return [value(kind.of, item) if kind.of else item for item in read(text)]
        case "map":
            return {key: value(kind.of, item) if kind.of else item for key, item in read(text)}
    return text
