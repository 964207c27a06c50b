"""XAPI's data model: classes, fields, messages, links, errors and roles, read once from model.json.

model.json holds facts only. A field is [name, type, RW|S|D, state, default?]; a message [name, [param:type], result, state], a
`?` after a parameter marks it optional; `implicit` are the messages that follow from the fields (`!` = removed); `hidden` are
methods that a xapi lists but its documentation does not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from . import types
from .types import Type

SILENT = {"session", "user", "secret", "data_source", "sr_stat", "probe_result", "auth", "vdi_nbd_server_info", "event", "role", "message"}
NO_ASYNC = {"session", "event", "task", "data_source", "blob"}
IMPLICIT_TEXT = types.parse("string")


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Type
    qualifier: str  # RW, S (fixed at creation) or D (computed)
    removed: bool
    default: Any  # ... when a constructor must be given it

    @property
    def required(self) -> bool:
        return self.default is ... and self.qualifier != "D"

    def initial(self) -> Any:
        """The value of a row that is created without this field."""
        return self.type.empty() if self.default is ... else self.default


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: Type
    required: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """A method of XAPI; `custom` ones are written by hand, the others follow from the fields."""

    name: str  # VM.start
    parameters: tuple[Parameter, ...]
    result: Type
    custom: bool
    removed: bool = False
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class XapiClass:
    name: str
    fields: dict[str, Field]
    messages: dict[str, Message]
    hidden: tuple[str, ...]
    fresh: dict[str, Any]  # a record with every field at its initial value, in the model's order; rows share its empty lists

    @property
    def has_events(self) -> bool:
        return self.name not in SILENT


@dataclass(frozen=True, slots=True)
class Link:
    """`field` of this class and `other_field` of class `other` are two views of one relation."""

    field: str
    other: str
    other_field: str
    many: bool  # `field` is a set
    other_many: bool


@dataclass(frozen=True, slots=True)
class Model:
    classes: dict[str, XapiClass]
    links: dict[str, dict[str, Link]]  # class -> field -> link, both directions
    errors: dict[str, list[str]]
    roles: dict[str, frozenset[str]]  # permission -> roles that hold it
    tables: tuple[str, ...] = ()  # lower-case class names, in the order of valid_ref_counts
    messages: dict[str, Message] = field(default_factory=dict)

    def field(self, name: str, of: str) -> Field:
        return self.classes[name].fields[of]


def implicit(cls: str, fields: dict[str, Field], name: str, removed: bool) -> Message:  # noqa: PLR0911, PLR0912  one for each
    """The message `name` that follows from the fields of `cls`."""
    me = Parameter("self", Type("ref", cls))
    record = Type("record", cls)
    void = Type("void")
    text = Parameter("value", IMPLICIT_TEXT)

    def message(parameters: tuple[Parameter, ...], result: Type) -> Message:
        return Message(f"{cls}.{name}", parameters, result, custom=False, removed=removed, asynchronous=name in ("create", "destroy"))

    match name:
        case "create":
            return message((Parameter("args", record),), Type("ref", cls))
        case "destroy":
            return message((me,), void)
        case "get_all":
            return message((), Type("set", of=Type("ref", cls)))
        case "get_all_records":
            return message((), Type("map", key=Type("ref", cls), of=record))
        case "get_all_where":
            return message((text,), Type("set", of=Type("ref", cls)))
        case "get_all_records_where":
            return message((text,), Type("map", key=Type("ref", cls), of=record))
        case "get_record":
            return message((me,), record)
        case "get_by_uuid":
            return message((Parameter("uuid", IMPLICIT_TEXT),), Type("ref", cls))
        case "get_by_name_label":
            return message((Parameter("label", IMPLICIT_TEXT),), Type("set", of=Type("ref", cls)))
    for prefix in ("get_", "set_", "add_to_", "remove_from_", "add_", "remove_"):
        of = fields.get(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if of is None:
            continue
        if prefix == "get_":
            return message((me,), of.type)
        if prefix == "set_":
            return message((me, Parameter("value", of.type)), void)
        key = of.type.key or of.type.of or IMPLICIT_TEXT
        if prefix == "add_to_":
            return message((me, Parameter("key", key), Parameter("value", of.type.of or IMPLICIT_TEXT)), void)
        return message((me, Parameter("key", key)), void)
    raise ValueError(f"{cls}.{name} follows from no field")


def read_class(name: str, raw: dict[str, Any], enums: dict[str, tuple[str, ...]]) -> XapiClass:
    fields = {
        row[0]: Field(row[0], types.parse(row[1]).with_enums(enums), row[2], row[3] == "R", row[4] if len(row) > 4 else ...)
        for row in raw["fields"]
    }
    messages: dict[str, Message] = {}
    for called, parameters, result, state in raw["messages"]:
        read = []
        for text in parameters:
            label, kind = text.split(":", 1)
            read.append(Parameter(label.rstrip("?"), types.parse(kind).with_enums(enums), not label.endswith("?")))
        messages[called] = Message(
            f"{name}.{called}", tuple(read), types.parse(result).with_enums(enums), True, state == "R", name not in NO_ASYNC
        )
    hidden = raw["hidden"].split()
    wheres = [h for h in hidden if h.endswith("_where")]
    for called in raw["implicit"].split() + wheres:
        bare = called.rstrip("!")
        removed = called.endswith("!") or (bare.endswith("_where") and "get_all_records!" in raw["implicit"].split())
        messages[bare] = implicit(name, fields, bare, removed)
    fresh = {field: f.initial() for field, f in fields.items()}
    return XapiClass(name, fields, messages, tuple(h for h in hidden if not h.endswith("_where")), fresh)


def read_links(raw: list[list[str]], classes: dict[str, XapiClass]) -> dict[str, dict[str, Link]]:
    links: dict[str, dict[str, Link]] = {name: {} for name in classes}
    for cls, name, other, back in raw:
        many = classes[cls].fields[name].type.kind == "set"
        other_many = classes[other].fields[back].type.kind == "set"
        links[cls][name] = Link(name, other, back, many, other_many)
        links[other][back] = Link(back, cls, name, other_many, many)
    return links


@cache
def load() -> Model:
    """The data model of the newest xapi we know (API 2.23)."""
    raw = json.loads(resources.files(__package__).joinpath("model.json").read_text("utf-8"))
    enums = {k: tuple(v) for c in raw["classes"].values() for k, v in c["enums"].items()}
    classes = {name: read_class(name, c, enums) for name, c in raw["classes"].items()}
    roles = {p: frozenset(r.split(",")) - {""} for r, ps in raw["permissions"].items() for p in ps.split()}
    return Model(
        classes,
        read_links(raw["links"], classes),
        raw["errors"],
        roles,
        tuple(name.lower() for name in sorted(classes, reverse=True)),
        {m.name: m for c in classes.values() for m in c.messages.values()},
    )
