"""Subjects: whom of the directory the pool lets in, and as what."""

from __future__ import annotations

from .. import directory, rights
from ..call import Call
from ..database import Record
from ..directory import Directory
from ..errors import XapiError
from ..generic import constructor
from ..registry import message
from .role import get_permissions_name_label, roles_of


def directory_of(call: Call) -> Directory:
    known = directory.joined(call.pool)
    if known is None:
        raise XapiError("AUTH_IS_DISABLED")
    return known


def restricted(call: Call, feature: str) -> bool:
    return bool(call.db.get(call.pool.ref, "restrictions").get(f"restrict_{feature.lower()}") == "true")


def assert_licensed(call: Call, feature: str) -> None:
    if restricted(call, feature):
        raise XapiError("LICENCE_RESTRICTION", feature)


@message("subject.create")
def create(call: Call, args: Record) -> str:
    """Its other_config is what the directory knows. Without the licence for roles everyone is a pool-admin."""
    sid = constructor(call.pool.model, "subject", args).get("subject_identifier", "")
    known = directory.joined(call.pool)
    if known:
        assert_licensed(call, "AD")
    if call.db.find("subject", subject_identifier=sid):
        raise XapiError("SUBJECT_ALREADY_EXISTS")
    account = directory_of(call).identified(sid)
    if account is None or known is None:
        raise XapiError("SUBJECT_CANNOT_BE_RESOLVED")
    roles = [rights.role_ref("pool-admin")] if restricted(call, "RBAC") else []
    return call.db.create("subject", {"subject_identifier": sid, "other_config": known.information(account), "roles": roles})


@message("subject.add_to_roles")
def add_to_roles(call: Call, subject: str, role: str) -> str:
    """Who is signed in keeps what he had when he came."""
    assert_licensed(call, "RBAC")
    held = call.db.get(subject, "roles")
    if role not in roles_of(call.pool):
        raise XapiError("ROLE_NOT_FOUND")
    if role in held:
        raise XapiError("ROLE_ALREADY_EXISTS")
    call.db.set(subject, roles=[*held, role])
    return ""


@message("subject.remove_from_roles")
def remove_from_roles(call: Call, subject: str, role: str) -> str:
    assert_licensed(call, "RBAC")
    held = call.db.get(subject, "roles")
    if role not in held:
        raise XapiError("ROLE_NOT_FOUND")
    call.db.set(subject, roles=[r for r in held if r != role])
    return ""


@message("subject.get_permissions_name_label")
def get_permissions(call: Call, subject: str) -> list[str]:
    return sorted({name for role in call.db.get(subject, "roles") for name in get_permissions_name_label(call, role)})


@message("auth.get_subject_identifier")
def get_subject_identifier(call: Call, name: str) -> str:
    known = directory_of(call)
    account = known.named(name)
    if account is None:
        raise XapiError("SUBJECT_CANNOT_BE_RESOLVED")
    return known.sid(account)


@message("auth.get_subject_information_from_identifier")
def get_information(call: Call, sid: str) -> Record:
    """What the pool noted of a subject of its own, else what the directory says."""
    for subject in call.db.find("subject", subject_identifier=sid):
        noted: Record = call.db.get(subject, "other_config")
        return noted
    known = directory_of(call)
    account = known.identified(sid)
    if account is None:
        raise XapiError("SUBJECT_CANNOT_BE_RESOLVED")
    return known.information(account)


@message("auth.get_group_membership")
def get_group_membership(call: Call, sid: str) -> list[str]:
    known = directory_of(call)
    account = known.identified(sid)
    if account is None:
        raise XapiError("SUBJECT_CANNOT_BE_RESOLVED")
    return known.groups(account)
