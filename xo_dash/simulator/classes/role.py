"""Roles and who has them. Roles are facts of the data model, not rows: a permission is a role without parts."""

from __future__ import annotations

import hashlib
import uuid

from ..call import Call
from ..database import Record
from ..errors import XapiError
from ..generic import constructor
from ..model import Model
from ..registry import message

DESCRIPTIONS = {
    "pool-admin": "The Pool Administrator role has full access to all features and settings",
    "pool-operator": "The Pool Operator role manages host- and pool-wide resources",
    "vm-power-admin": "The VM Power Administrator role has full access to VM and template management",
    "vm-admin": "The VM Administrator role can manage VMs and templates",
    "vm-operator": "The VM Operator role can use VMs and interact with VM consoles",
    "client-cert": "The role of clients that come with a certificate",
    "read-only": "The Read-Only role can log in with basic read-only access",
}


def role_uuid(name: str) -> str:
    """Of a role: xapi derives it from the name."""
    return str(uuid.UUID(bytes=hashlib.md5(name.encode(), usedforsecurity=False).digest()))


def role_ref(name: str) -> str:
    return f"OpaqueRef:{role_uuid(name)}"


def all_roles(model: Model) -> dict[str, Record]:
    """{reference: record}: the seven roles, then every permission."""
    roles: dict[str, Record] = {}
    for name, description in DESCRIPTIONS.items():
        parts = [role_ref(permission) for permission, holders in model.roles.items() if name in holders]
        roles[role_ref(name)] = _record(name, description, parts, internal=name == "client-cert")
    for permission in model.roles:
        roles[role_ref(permission)] = _record(permission, "A basic permission", [], internal=True)
    return roles


def _record(name: str, description: str, parts: list[str], *, internal: bool) -> Record:
    return {"uuid": role_uuid(name), "name_label": name, "name_description": description, "subroles": parts, "is_internal": internal}


def roles_of(call: Call) -> dict[str, Record]:
    facts = call.pool.facts
    if "roles" not in facts:
        facts["roles"] = all_roles(call.pool.model)
    roles: dict[str, Record] = facts["roles"]
    return roles


def find(call: Call, ref: str) -> Record:
    record = roles_of(call).get(ref)
    if record is None:
        raise XapiError("HANDLE_INVALID", "role", ref)
    return record


@message("role.get_all")
def get_all(call: Call) -> list[str]:
    return list(roles_of(call))


@message("role.get_all_records")
def get_all_records(call: Call) -> dict[str, Record]:
    return roles_of(call)


@message("role.get_record")
def get_record(call: Call, ref: str) -> Record:
    return find(call, ref)


@message("role.get_uuid", "role.get_name_label", "role.get_name_description", "role.get_subroles", "role.get_is_internal")
def get_field(call: Call, ref: str) -> object:
    return find(call, ref)[call.method.removeprefix("role.get_")]


@message("role.get_by_uuid")
def get_by_uuid(call: Call, wanted: str) -> str:
    if f"OpaqueRef:{wanted}" not in roles_of(call):
        raise XapiError("UUID_INVALID", "role", wanted)
    return f"OpaqueRef:{wanted}"


@message("role.get_by_name_label")
def get_by_name_label(call: Call, label: str) -> list[str]:
    return [ref for ref, record in roles_of(call).items() if record["name_label"] == label]


@message("role.get_permissions")
def get_permissions(call: Call, ref: str) -> list[str]:
    parts: list[str] = find(call, ref)["subroles"]
    return parts


@message("role.get_permissions_name_label")
def get_permissions_name_label(call: Call, ref: str) -> list[str]:
    return [find(call, part)["name_label"] for part in get_permissions(call, ref)]


@message("role.get_by_permission")
def get_by_permission(call: Call, ref: str) -> list[str]:
    find(call, ref)
    return [role for role, record in roles_of(call).items() if ref in record["subroles"]]


@message("role.get_by_permission_name_label")
def get_by_permission_name_label(call: Call, label: str) -> list[str]:
    return get_by_permission(call, role_ref(label))


@message("subject.create")
def create_subject(call: Call, args: Record) -> str:
    fields = constructor(call.pool.model, "subject", args)
    if call.db.find("subject", subject_identifier=fields["subject_identifier"]):
        raise XapiError("SUBJECT_ALREADY_EXISTS")
    return call.db.create("subject", {**fields, "roles": [role_ref("pool-admin")]})


@message("subject.add_to_roles")
def add_to_roles(call: Call, subject: str, role: str) -> str:
    find(call, role)
    held = call.db.get(subject, "roles")
    if role in held:
        raise XapiError("ROLE_ALREADY_EXISTS")
    call.db.set(subject, roles=[*held, role])
    return ""


@message("subject.remove_from_roles")
def remove_from_roles(call: Call, subject: str, role: str) -> str:
    held = call.db.get(subject, "roles")
    if role not in held:
        raise XapiError("ROLE_NOT_FOUND")
    call.db.set(subject, roles=[r for r in held if r != role])
    return ""


@message("subject.get_permissions_name_label")
def get_subject_permissions(call: Call, subject: str) -> list[str]:
    names = {name for role in call.db.get(subject, "roles") for name in get_permissions_name_label(call, role)}
    return sorted(names)
