"""Giving a grant, and taking it away; every handler asks again who acts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from components.people.faults import fault_of, need_administrator
from components.ui import Dialog, Field, Tone, check, choice, confirm, notify
from data.grants.grant import Grant, GrantKind
from data.grants.targets import kind_of, named_target
from data.identity import key_of
from data.names import name_of
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.auth.current import current_user
from xo_dash.auth.refused import Refused
from xo_dash.context import Context
from xo_dash.control.filters import BadFilter
from xo_dash.control.grant_words import role_text
from xo_dash.control.vm_filter import vm_filter
from xo_dash.i18n import N_, _

DAY: Final = 86400.0
KINDS: Final = {
    GrantKind.VM: N_("VM"), GrantKind.HOST: N_("Host"), GrantKind.POOL: N_("Pool"), GrantKind.SR: N_("SR"),
    GrantKind.NETWORK: N_("Network"), GrantKind.TAG: N_("Tag"), GrantKind.FILTER: N_("Filter"),
}  # fmt: skip
USER, GROUP = "user", "group"


class GrantDialog(Dialog):
    """Asks for a grant on `on`; where that is None, for what it is on, too. `then` is called when it is given."""

    def __init__(self, context: Context, then: Callable[[], object], on: XapiObject | None = None) -> None:
        super().__init__(_("Add grant") if on is None else _("Add grant on {name}").format(name=name_of(on)))
        self._context, self._then, self._on = context, then, on
        self.on("hide", self.delete, [])
        people, roles = people_to_choose(context), self._roles()
        with self:
            self._who = choice(people, next(iter(people)), label=_("Who"))
            self._role = choice(roles, Role.VIEWER.value, label=_("Role"))
            if on is None:
                self._kind = choice({kind: _(title) for kind, title in KINDS.items()}, GrantKind.VM, label=_("Kind"))
                self._name = Field(_("Name or UUID"), hint=_("A filter of VMs: name:web tag:dev -tag:prod"))
            self._days = choice({0: _("until revoked"), 1: _("for 1 day"), 30: _("for 30 days"), 365: _("for 1 year")}, 0, label=_("Valid"))
            self._deny = check(_("Deny: take the role away there, even if another grant gives it"))
        self.answers(_("Cancel"), _("Add"), self._submit)
        self.open()

    def _roles(self) -> dict[str, str]:
        table = self._context.grants.table
        known = [role.value for role in Role if role is not Role.NONE]
        return {role: str(role_text(role, table)) for role in [*known, *table.roles]}

    def _target(self) -> tuple[GrantKind, str]:
        """Raises Refused."""
        if self._on is not None:
            return kind_of(self._on), key_of(self._on)
        kind = GrantKind(self._kind.value)
        if kind is GrantKind.FILTER:
            _checked(self._name.value.strip())
        key = named_target(kind, self._name.value.strip(), self._context.mirror)
        if key is None:
            raise Refused(_("No object or several objects match; enter a UUID."))
        return kind, key

    async def _submit(self) -> None:
        fault = await fault_of(self._give)
        if fault is None:
            self.close()
            self._then()
        elif self._on is None:
            self._name.fault(fault)
        else:
            notify(fault, Tone.CRITICAL)

    async def _give(self) -> None:
        need_administrator(_("Only an administrator can change grants."))
        kind, key = self._target()
        whom, _space, id_ = str(self._who.value).partition(" ")
        await self._context.grants.grants.add(
            str(self._role.value), kind, key, user_id=id_ if whom == USER else "", group_id=id_ if whom == GROUP else "",
            deny=bool(self._deny.value), until=time.time() + DAY * float(self._days.value) if self._days.value else None,
            by=current_user().name,
        )  # fmt: skip
        await self._context.grants.refresh()


def _checked(text: str) -> None:
    """Raises Refused for what is no filter of VMs."""
    try:
        vm_filter(text)
    except BadFilter as error:
        raise Refused(str(error)) from error


def people_to_choose(context: Context) -> dict[str, str]:
    """{kind and id: name} of all users and groups."""
    people = {f"{USER} {user.id}": user.name for user in context.users.all()}
    return people | {f"{GROUP} {one.id}": _("group {name}").format(name=one.name) for one in context.grants.groups.all()}


async def revoke_grant(context: Context, grant: Grant, whose: str) -> None:
    """After a yes. `whose`: the name of the user or group."""
    text = _("{name} loses these rights at once, also on open pages.").format(name=whose)
    if grant.deny:
        text = _("{name} gets these rights back at once, also on open pages.").format(name=whose)
    if not await confirm(_("Revoke"), text, yes=_("Revoke"), no=_("Cancel")):
        return

    async def revoke() -> None:
        need_administrator(_("Only an administrator can change grants."))
        await context.grants.grants.remove(grant.id)
        await context.grants.refresh()

    if fault := await fault_of(revoke):
        notify(fault, Tone.CRITICAL)
