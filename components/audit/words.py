"""The audit's own terms in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xo_dash.control.actions import BY_ID
from xo_dash.control.audit import AuditEntry
from xo_dash.i18n import N_, _

CHANGES: Final[Mapping[str, str]] = {
    "user.add": N_("Add user"),
    "user.first": N_("Create first administrator"),
    "user.role": N_("Change role"),
    "user.password": N_("Change password"),
    "user.disable": N_("Disable user"),
    "user.enable": N_("Enable user"),
    "user.remove": N_("Remove user"),
    "invitation.add": N_("Create invitation link"),
    "invitation.use": N_("Use invitation link"),
    "invitation.remove": N_("Revoke invitation link"),
    "passkey.add": N_("Add passkey"),
    "passkey.remove": N_("Remove passkey"),
    "second_factor.set": N_("Turn on two-step sign-in"),
    "second_factor.recovery": N_("Recovery codes"),
    "second_factor.remove": N_("Turn off two-step sign-in"),
    "token.add": N_("Create token"),
    "token.remove": N_("Revoke token"),
    "grant.add": N_("Add grant"),
    "grant.remove": N_("Remove grant"),
    "group.add": N_("Add group"),
    "group.members": N_("Change members of group"),
    "group.remove": N_("Remove group"),
    "role.save": N_("Save role"),
    "role.remove": N_("Remove role"),
    "view_as.begin": N_("View as user"),
    "view_as.end": N_("Stop viewing as user"),
    "quota.save": N_("Set quota"),
    "quota.remove": N_("Remove quota"),
    "vm.owner": N_("Change owner"),
    "server.add": N_("Add server"),
    "server.edit": N_("Edit server"),
    "server.remove": N_("Remove server"),
    "kiosk.add": N_("Create link"),
    "kiosk.remove": N_("Revoke link"),
    "rule.tune": N_("Change rule"),
    "finding.note": N_("Snooze or acknowledge"),
    "setting.set": N_("Change setting"),
    "cloud_config.save": N_("Save configuration or preset"),
    "cloud_config.remove": N_("Delete configuration or preset"),
    "config.export": N_("Export configuration"),
    "config.import": N_("Import configuration"),
    "config.restore": N_("Restore configuration"),
    "config.change-key": N_("Change secret key"),
    "session.start": N_("Sign in"),
    "session.end": N_("Sign out"),
    "vm.console": N_("Type into console"),
    "run.undo": N_("Undo what is left"),
}
"""What is done to xo-dash itself."""
RESULTS: Final[Mapping[str, str]] = {
    "done": N_("Done"),
    "refused": N_("Refused"),
    "failed": N_("Failed"),
    "cancelled": N_("Cancelled"),
    "lost": N_("Unknown"),
}


def what(entry: AuditEntry) -> str:
    """What was done; a command of another version by its name."""
    if entry.action in CHANGES:
        return _(CHANGES[entry.action])
    row = BY_ID.get(entry.action)
    return _(row.title) if row is not None else entry.action


def result(entry: AuditEntry) -> str:
    if entry.event == "begin":
        return _("In progress")
    return _(RESULTS[entry.result]) if entry.result in RESULTS else entry.result
