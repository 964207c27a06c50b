"""Columns become fields: typed, complete, and with references to nothing but what is there.

What this data model no longer has is dropped, what an older schema did not have yet gets the model's default. Rows that hang in the
air go, as XAPI's own collector removes them: a drive without its VM, a plug without its host.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from .. import types
from ..classes import sexpr
from ..classes.role import all_roles
from ..database import Record
from ..errors import XapiError
from ..generic import VIRTUAL
from ..model import Field, Model
from ..types import EPOCH, NULL, Type
from .dump import Columns, Dump

log = logging.getLogger(__name__)
Rows = dict[str, dict[str, Record]]  # class -> reference -> fields

FLEETING = frozenset({"session", "task"})  # of the xapi that wrote it, not of the pool
# what a row cannot be without
HOLDERS: Mapping[str, tuple[str, ...]] = {
    "VBD": ("VM",), "VIF": ("VM", "network"), "PBD": ("host", "SR"), "PIF": ("host", "network"), "VDI": ("SR",), "console": ("VM",),
    "host_cpu": ("host",), "PCI": ("host",), "PGPU": ("host",), "PUSB": ("host",), "VGPU": ("VM",), "VUSB": ("VM",), "VTPM": ("VM",),
    "host_crashdump": ("host",), "crashdump": ("VM", "VDI"), "host_patch": ("host",), "Bond": ("master",), "Feature": ("host",),
    "VLAN": ("tagged_PIF", "untagged_PIF"), "tunnel": ("access_PIF", "transport_PIF"), "Cluster_host": ("cluster", "host"),
}  # fmt: skip
TARGETS = {
    "tagged_PIF": "PIF",
    "untagged_PIF": "PIF",
    "access_PIF": "PIF",
    "transport_PIF": "PIF",
    "master": "PIF",
    "cluster": "Cluster",
}  # classes of fields that are called otherwise
# what is somebody's, and goes with him
MEASURES = {"VM_metrics": ("VM", "metrics"), "VM_guest_metrics": ("VM", "guest_metrics"), "host_metrics": ("host", "metrics"),
            "PIF_metrics": ("PIF", "metrics"), "VBD_metrics": ("VBD", "metrics"), "VIF_metrics": ("VIF", "metrics")}  # fmt: skip


def read(model: Model, dump: Dump) -> Rows:
    rows: Rows = {}
    for cls, table in dump.tables.items():
        known = model.classes.get(cls)
        if known is None or not known.fields or cls in FLEETING or cls in VIRTUAL:
            continue
        rows[cls] = {ref: record(known.fields, columns, f"{cls} {ref}") for ref, columns in table.items()}
    sweep(rows)
    mend(model, rows)
    return rows


def record(fields: Mapping[str, Field], columns: Columns, whose: str) -> Record:
    found: Record = {}
    for column, text in columns.items():
        field = fields.get(column.replace("__", "_"))
        if field is None:
            continue
        if field.name == "current_operations":
            continue  # nothing runs that ran when this was written
        try:
            found[field.name] = value(field.type, text)
        except (ValueError, TypeError, RecursionError):
            log.info("%s: %s is no %s, and becomes the default", whose, column, field.type.kind)
    return found


def value(kind: Type, text: str) -> Any:  # noqa: PLR0911  one for each type
    """A column's text as the field's type has it. ValueError or TypeError if it is of another."""
    if not isinstance(text, str):
        raise TypeError("a list where a text should be")
    match kind.kind:
        case "set" if kind.of:
            return [known for item in sexpr.read(text) if (known := value(kind.of, item)) is not None]
        case "map" if kind.of:
            return {str(key): known for key, item in sexpr.read(text) if (known := value(kind.of, item)) is not None}
        case "enum":
            return enum(kind, text)
        case "datetime":
            return date(text)
        case "ref":
            return text or NULL
        case "bool":
            return text == "true"
        case "int":
            return whole(text)
        case "float":
            return float(text)
    return text


def whole(text: str) -> int:
    number = int(text)
    if number.bit_length() > 63:
        raise ValueError("more than 64 bits")
    return number


def enum(kind: Type, text: str) -> str | None:
    """None for a value that this data model does not know; sets leave it out, fields take their default."""
    if not kind.values or text in kind.values:
        return text
    return next((known for known in kind.values if known.lower() == text.lower()), None)


def date(text: str) -> str:
    """EPOCH, which is never, for what is no date."""
    try:
        read = str(types.accept(Type("datetime"), text))
        time.strptime(read[:17], "%Y%m%dT%H:%M:%S")
    except (XapiError, ValueError):
        return EPOCH
    return read


def sweep(rows: Rows) -> None:
    """Remove what hangs in the air, until nothing does."""
    gone = 1
    while gone:
        gone = 0
        for cls, fields in HOLDERS.items():
            for ref, row in list(rows.get(cls, {}).items()):
                if any(not _held(rows, field, row.get(field, NULL)) for field in fields) or (cls == "VBD" and _lost_disk(rows, row)):
                    del rows[cls][ref]
                    gone += 1
    for cls, (owner, field) in MEASURES.items():
        owned = {row.get(field) for row in rows.get(owner, {}).values()}
        rows[cls] = {ref: row for ref, row in rows.get(cls, {}).items() if ref in owned}


def _held(rows: Rows, field: str, ref: str) -> bool:
    return ref in rows.get(TARGETS.get(field, field), {})


def _lost_disk(rows: Rows, drive: Record) -> bool:
    """A drive whose disk is gone goes too; a CD drive stays, empty."""
    if drive.get("VDI", NULL) in rows.get("VDI", {}):
        return False
    lost = not drive.get("empty") and drive.get("type") != "CD"
    if not lost:
        drive.update(VDI=NULL, empty=True)
    return lost


def mend(model: Model, rows: Rows) -> None:
    """References to what is not there become NULL, and leave sets and maps."""
    roles = set(all_roles(model)) if rows.get("subject") else set()
    there = {cls: roles if cls == "role" else rows.get(cls, {}).keys() for cls in model.classes}
    for cls, table in rows.items():
        fields = [field for field in model.classes[cls].fields.values() if _points(field.type)]
        for row in table.values():
            for field in fields:
                if field.name in row:
                    row[field.name] = _mended(field.type, row[field.name], there)
            for name in [name for name, held in row.items() if held is None]:
                del row[name]


def _points(kind: Type) -> bool:
    return kind.kind == "ref" or any(_points(part) for part in (kind.key, kind.of) if part)


def _mended(kind: Type, held: Any, there: Mapping[str, Any]) -> Any:
    if kind.kind == "ref":
        return held if held in there.get(kind.name, ()) else NULL
    if kind.kind == "set" and kind.of:
        return [item for item in dict.fromkeys(held) if item in there.get(kind.of.name, ())]
    if kind.kind == "map":
        return {key: item for key, item in held.items() if _known(kind.key, key, there) and _known(kind.of, item, there)}
    return held


def _known(kind: Type | None, held: Any, there: Mapping[str, Any]) -> bool:
    return kind is None or kind.kind != "ref" or held in there.get(kind.name, ())
