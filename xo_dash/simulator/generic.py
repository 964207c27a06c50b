"""The messages that follow from the data model: getters, setters, add_to, remove_from, get_record, get_all, get_by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import filters, types
from .call import Call
from .database import Record
from .errors import XapiError
from .model import Field, Message, Model

Handler = Callable[..., Any]
# classes without rows: their messages are written by hand or missing
VIRTUAL = {"role", "message", "event", "auth", "data_source", "sr_stat", "probe_result", "vdi_nbd_server_info", "Diagnostics", "LVHD"}
PLAIN = {"set_name_label", "set_name_description", "set_other_config"}


def handler(model: Model, message: Message) -> Handler | None:
    """What answers `message` if nobody wrote it by hand; None if it does not follow from the model."""
    cls, name = message.name.split(".", 1)
    if cls in VIRTUAL or (message.custom and name.startswith("set_") and name not in PLAIN):
        return None  # a setter that xapi writes by hand checks something: so must ours
    whole = _whole_class(cls, name)
    if whole:
        return whole
    if name in ("create", "destroy") and not message.custom:
        return _creator(cls) if name == "create" else _destroyer
    fields = model.classes[cls].fields
    for prefix, make in (
        ("add_to_", _add_to),
        ("remove_from_", _remove_from),
        ("get_", _get),
        ("set_", _set),
        ("add_", _add),
        ("remove_", _remove),
    ):
        field = fields.get(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if field:
            return make(cls, field)
    return None


def _whole_class(cls: str, name: str) -> Handler | None:  # noqa: PLR0911  one for each
    match name:
        case "get_record":
            return lambda call, ref: call.db.record(cls, ref)
        case "get_all":
            return lambda call: list(call.db.rows(cls))
        case "get_all_records":
            return lambda call: dict(call.db.records(cls))
        case "get_all_where":
            return lambda call, text: list(_matching(call, cls, text))
        case "get_all_records_where":
            return lambda call, text: _matching(call, cls, text)
        case "get_by_uuid":
            return lambda call, uuid: call.db.by_uuid(cls, uuid)
        case "get_by_name_label":
            return lambda call, label: call.db.find(cls, name_label=label)
    return None


def _creator(cls: str) -> Handler:
    def create(call: Call, args: Record) -> str:
        ref = call.db.create(cls, constructor(call.db.model, cls, args))
        call.pool.refresh(ref)
        return ref

    return create


def _destroyer(call: Call, ref: str) -> str:
    call.db.destroy(ref)
    return ""


def _matching(call: Call, cls: str, text: str) -> dict[str, Record]:
    wanted = filters.parse(text, cls)
    return {ref: record for ref, record in call.db.records(cls) if wanted(ref, record)}


def _get(cls: str, field: Field) -> Handler:
    name = field.name
    return lambda call, ref: call.db.record(cls, ref)[name]


def _set(cls: str, field: Field) -> Handler:
    def write(call: Call, ref: str, value: Any) -> str:
        call.db.set(ref, **{field.name: value})
        return ""

    return write


def _add_to(cls: str, field: Field) -> Handler:
    def write(call: Call, ref: str, key: Any, value: Any) -> str:
        add_to_map(call, cls, ref, field.name, str(key), value)
        return ""

    return write


def add_to_map(call: Call, cls: str, ref: str, name: str, key: str, value: Any) -> None:
    """MAP_DUPLICATE_KEY if the key is there already."""
    held = call.db.record(cls, ref)[name]
    if key in held:
        raise XapiError("MAP_DUPLICATE_KEY", cls, name, ref, key)
    call.db.set(ref, **{name: {**held, key: value}})


def _remove_from(cls: str, field: Field) -> Handler:
    def write(call: Call, ref: str, key: Any) -> str:
        remove_from_map(call, cls, ref, field.name, str(key))
        return ""

    return write


def remove_from_map(call: Call, cls: str, ref: str, name: str, key: str) -> None:
    """An absent key is no error."""
    held = call.db.record(cls, ref)[name]
    call.db.set(ref, **{name: {k: v for k, v in held.items() if k != key}})


def _add(cls: str, field: Field) -> Handler:
    def write(call: Call, ref: str, value: Any) -> str:
        held = call.db.record(cls, ref)[field.name]
        if value not in held:
            call.db.set(ref, **{field.name: [*held, value]})
        return ""

    return write


def _remove(cls: str, field: Field) -> Handler:
    def write(call: Call, ref: str, value: Any) -> str:
        held = call.db.record(cls, ref)[field.name]
        call.db.set(ref, **{field.name: [item for item in held if item != value]})
        return ""

    return write


def constructor(model: Model, cls: str, given: Record) -> Record:
    """The fields a client's create() may give, typed and complete; INTERNAL_ERROR when a mandatory one is missing."""
    read: Record = {}
    for field in model.classes[cls].fields.values():
        if field.qualifier == "D":
            continue
        if field.name in given:
            read[field.name] = types.accept(field.type, given[field.name])
        elif field.required and not field.removed:
            raise XapiError("INTERNAL_ERROR", f'Dispatcher_FieldNotFound("{field.name}")')
    return read
