"""What a role may do. A permission is a method, a key of the map it changes, or an HTTP handler.

vm.start, vm.add_to_other_config/key:pci, http/get_export: a client sees them in lower case. Who holds which is in model.json.
"""

from __future__ import annotations

import hashlib
import uuid
from functools import cache
from typing import TYPE_CHECKING

from . import model as models
from .errors import XapiError

if TYPE_CHECKING:
    from .sessions import Session

# in the order in which a refusal names them
ROLES = ("vm-power-admin", "vm-admin", "vm-operator", "read-only", "client-cert", "pool-admin", "pool-operator")
KEY = "/key:"
OTHERS_TASKS = "task.destroy/any"
EXTENSIONS = "host.call_extension"


def role_uuid(name: str) -> str:
    """Of a role or a permission: xapi derives it from the name, as the data model writes it."""
    return str(uuid.UUID(bytes=hashlib.md5(name.encode(), usedforsecurity=False).digest()))


def role_ref(name: str) -> str:
    return f"OpaqueRef:{role_uuid(name)}"


@cache
def holders() -> dict[str, frozenset[str]]:
    """{permission: roles}"""
    return {name.lower(): roles for name, roles in models.load().roles.items()}


@cache
def permissions_of(role: str) -> frozenset[str]:
    return frozenset(name for name, roles in holders().items() if role in roles)


@cache
def guarded_keys(method: str) -> tuple[str, ...]:
    """Keys of the map that `method` changes with a permission of their own; a * at the end stands for anything."""
    return tuple(name.split(KEY)[1] for name in models.load().roles if name.startswith(method + KEY))


def guarded(method: str, key: str) -> str | None:
    """The guarded key that `key` is one of."""
    for pattern in guarded_keys(method):
        if key == pattern or (pattern.endswith("*") and key.startswith(pattern[:-1])):
            return pattern
    return None


def asked(method: str, key: str) -> str:
    """The permission that `method` takes for `key`."""
    pattern = guarded(method, key)
    return (method if pattern is None else method + KEY + pattern).lower()


def denied(permission: str) -> XapiError:
    able = holders().get(permission, frozenset())
    listed = ", ".join(role for role in ROLES if role in able)
    return XapiError("RBAC_PERMISSION_DENIED", permission, f"No permission in user session. (Roles with this permission: {listed})")


def may(session: Session, permission: str) -> bool:
    return session.permissions is None or permission in session.permissions


def require(session: Session, permission: str) -> None:
    """RBAC_PERMISSION_DENIED"""
    if not may(session, permission):
        raise denied(permission)


def require_changes(session: Session, cls: str, field: str, old: dict[str, str], new: dict[str, str]) -> None:
    """A map set as a whole takes what removing and adding the keys that differ would take."""
    added = {key for key, value in new.items() if old.get(key) != value}
    for verb, keys in (("add_to", added), ("remove_from", old.keys() - new.keys())):
        method = f"{cls}.{verb}_{field}"
        for key in sorted(keys):
            if guarded(method, key) is not None:
                require(session, asked(method, key))
