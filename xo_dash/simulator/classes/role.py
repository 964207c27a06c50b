"""Roles: facts of the data model, not rows. A permission is a role without parts, and internal."""

from __future__ import annotations

from collections.abc import Iterable

from ..call import Call
from ..database import Record
from ..dialect import Dialect
from ..errors import XapiError
from ..model import Model
from ..pool import Pool
from ..registry import message
from ..rights import KEY, ROLES, permissions_of, role_ref, role_uuid

DESCRIPTIONS = {
    "pool-admin": "The Pool Administrator role has full access to all features and settings",
    "pool-operator": "The Pool Operator role manages host- and pool-wide resources",
    "vm-power-admin": "The VM Power Administrator role has full access to VM and template management",
    "vm-admin": "The VM Administrator role can manage VMs and templates",
    "vm-operator": "The VM Operator role can use VMs and interact with VM consoles",
    "client-cert": "The role of clients that come with a certificate",
    "read-only": "The Read-Only role can log in with basic read-only access",
}


def all_roles(model: Model, dialect: Dialect | None = None) -> dict[str, Record]:
    """{reference: record}: every permission that a role has, then the seven roles."""
    given = [name for name, holders in model.roles.items() if holders and (dialect is None or known(dialect, name))]
    names = {name.lower(): name for name in given}
    roles = {role_ref(name): _record(name, "A basic permission", [], internal=True) for name in given}
    for name in ROLES:
        parts = [role_ref(names[permission]) for permission in names if permission in permissions_of(name)]
        roles[role_ref(name)] = _record(name, DESCRIPTIONS[name], parts, internal=name == "client-cert")
    return roles


def known(dialect: Dialect, permission: str) -> bool:
    return permission.startswith("http/") or dialect.knows(permission.split(KEY, maxsplit=1)[0])


def _record(name: str, description: str, parts: list[str], *, internal: bool) -> Record:
    return {"uuid": role_uuid(name), "name_label": name.lower(), "name_description": description, "subroles": parts,
            "is_internal": internal}  # fmt: skip


def roles_of(pool: Pool) -> dict[str, Record]:
    facts = pool.facts
    if "roles" not in facts:
        facts["roles"] = all_roles(pool.model, pool.dialect)
    roles: dict[str, Record] = facts["roles"]
    return roles


def granted(pool: Pool, refs: Iterable[str]) -> frozenset[str]:
    """Everything that a session with these roles may do; the roles themselves are in it, as in session.rbac_permissions."""
    roles = roles_of(pool)
    held = [roles[ref] for ref in refs if ref in roles]
    return frozenset(name for role in held for name in (role["name_label"], *names_of(pool, role["subroles"])))


def names_of(pool: Pool, refs: Iterable[str]) -> list[str]:
    roles = roles_of(pool)
    return [roles[ref]["name_label"] for ref in refs if ref in roles]


def find(call: Call, ref: str) -> Record:
    record = roles_of(call.pool).get(ref)
    if record is None:
        raise XapiError("HANDLE_INVALID", "role", ref)
    return record


@message("role.get_all")
def get_all(call: Call) -> list[str]:
    return list(roles_of(call.pool))


@message("role.get_all_records")
def get_all_records(call: Call) -> dict[str, Record]:
    return roles_of(call.pool)


@message("role.get_all_records_where")
def get_all_records_where(call: Call, text: str) -> dict[str, Record]:
    """Roles, or permissions; xapi knows no other expression here, and gives everything."""
    held = {"subroles<>[]": True, "subroles=[]": False}.get(text)
    return {ref: record for ref, record in roles_of(call.pool).items() if held is None or bool(record["subroles"]) is held}


@message("role.get_all_where")
def get_all_where(call: Call, text: str) -> list[str]:
    return list(get_all_records_where(call, text))


@message("role.get_record")
def get_record(call: Call, ref: str) -> Record:
    return find(call, ref)


@message("role.get_uuid", "role.get_name_label", "role.get_name_description", "role.get_subroles", "role.get_is_internal")
def get_field(call: Call, ref: str) -> object:
    return find(call, ref)[call.method.removeprefix("role.get_")]


@message("role.get_by_uuid")
def get_by_uuid(call: Call, wanted: str) -> str:
    if f"OpaqueRef:{wanted}" not in roles_of(call.pool):
        raise XapiError("UUID_INVALID", "role", wanted)
    return f"OpaqueRef:{wanted}"


@message("role.get_by_name_label")
def get_by_name_label(call: Call, label: str) -> list[str]:
    return [ref for ref, record in roles_of(call.pool).items() if record["name_label"] == label]


@message("role.get_permissions")
def get_permissions(call: Call, ref: str) -> list[str]:
    """Its parts; a permission is its own."""
    parts: list[str] = find(call, ref)["subroles"]
    return parts or [ref]


@message("role.get_permissions_name_label")
def get_permissions_name_label(call: Call, ref: str) -> list[str]:
    return names_of(call.pool, get_permissions(call, ref))


@message("role.get_by_permission")
def get_by_permission(call: Call, ref: str) -> list[str]:
    return [role for role, record in roles_of(call.pool).items() if ref in record["subroles"]]


@message("role.get_by_permission_name_label")
def get_by_permission_name_label(call: Call, label: str) -> list[str]:
    return [role for permission in get_by_name_label(call, label) for role in get_by_permission(call, permission)]
