"""A row of the audit's table: what was done by xo-dash, or a change of a VM that was made without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from nicegui import ui

from components.audit.words import result, what
from components.grant_texts import on_text, owner_text
from components.ui import Value
from components.urls import PREFIXES
from components.vms.setting_words import setting_text, setting_title
from data.grants.grant import Grant, GrantKind
from data.grants.quota import Quota
from data.names import name_of
from data.stores.journal import JournalLine
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.audit import AuditEntry, moment
from xo_dash.control.grant_words import role_text, whose
from xo_dash.i18n import _, duration

AuditRow = AuditEntry | JournalLine
"""What stands in the table; a line of the journal is of nobody's command here."""
MARKS: Final = {"done": "running", "refused": "warning", "failed": "critical", "cancelled": "halted", "lost": "unknown", "": "busy"}


def at(row: AuditRow) -> str:
    """2026-01-31T14:05:06.789Z, which sorts as text."""
    return row.at if isinstance(row, AuditEntry) else moment(row.at)


def as_props(row: AuditRow, context: Context) -> Mapping[str, str]:
    if isinstance(row, JournalLine):
        return {
            "at": at(row), "who": _("external"), "from": "", "what": setting_title(row.key), "on": row.name, "mark": "",
            "result": _difference(row),
        }  # fmt: skip
    return {
        "at": row.at, "who": row.user, "from": row.address, "what": what(row), "on": done_to(row, context),
        "mark": MARKS.get(row.result, "unknown"), "result": result(row),
    }  # fmt: skip


def done_to(entry: AuditEntry, context: Context) -> str:
    """Grants and quotas have no names: what they are, and for whom. An owner is one of a VM."""
    given = {name: str(value) for name, value in entry.arguments.items()}
    user, group = given.get("user_id", ""), given.get("group_id", "")
    kind = next((one for one in GrantKind if one.value == given.get("kind")), None)
    if entry.action == "grant.add" and kind is not None:
        grant = Grant(id="", user_id=user, group_id=group, role=given.get("role", ""), kind=kind, key=given.get("key", ""))
        table = context.grants.table
        parts = role_text(grant.role, table), on_text(grant, context.mirror), whose(grant, table, context.users)
        return " · ".join(map(str, parts))
    if entry.action == "vm.owner" and (vms := context.mirror.having(VMView.kind, entry.name)):
        return name_of(vms[0])
    is_quota = entry.action == "quota.save" and (user or group)
    return owner_text(context, Quota(id="", user_id=user, group_id=group)) if is_quota else entry.name


def facts(row: AuditRow) -> list[tuple[str, Value]]:
    """All that is known, but what stands beside it in the table."""
    told = _of_a_change(row) if isinstance(row, JournalLine) else _of_a_command(row)
    return [(name, value) for name, value in told if value]


def _of_a_command(entry: AuditEntry) -> list[tuple[str, Value]]:
    return [
        (_("Command"), entry.action),
        (_("By"), entry.user),
        (_("From"), entry.address),
        (_("On"), _link(entry.name, _path(entry.kind, entry.uuid, entry.pool_uuid))),
        (_("Pool"), entry.pool),
        (_("With"), json.dumps(dict(entry.arguments), ensure_ascii=False) if entry.arguments else ""),
        (_("Result"), " · ".join(filter(None, (result(entry), entry.code)))),
        (_("Reason"), entry.reason),
        (_("Duration"), duration(entry.seconds) if entry.seconds is not None else ""),
        (_("Run"), entry.run),
    ]


def _of_a_change(line: JournalLine) -> list[tuple[str, Value]]:
    return [
        (_("Change"), setting_title(line.key)),
        (_("By"), _("not by xo-dash: another client, the guest, or XAPI itself")),
        (_("On"), _link(line.name, _path(VMView.kind.__name__, line.uuid, line.pool))),
        (_("Before"), setting_text(line.key, line.before)),
        (_("After"), setting_text(line.key, line.after)),
    ]


def _difference(line: JournalLine) -> str:
    old, new = setting_text(line.key, line.before), setting_text(line.key, line.after)
    return f"{old} → {new or _('none')}" if old else new


def _link(name: str, path: str) -> Value:
    return (lambda: ui.link(name, path)) if path else name


def _path(kind: str, uuid: str, pool: str) -> str:
    """The page of what it was done to, which may be gone by now; empty if nothing shows it."""
    prefix = next((prefix for one, prefix in PREFIXES.items() if one.__name__ == kind), "")
    return f"{prefix}{quote(uuid)}@{quote(pool)}" if prefix and uuid and pool else ""
