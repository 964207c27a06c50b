"""Quotas: all of them for an administrator, one's own for everybody else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from nicegui import ui

from components.access.quota_dialog import QuotaDialog
from components.grant_texts import owner_text
from components.live import follow_source, fresh_slot
from components.people.faults import fault_of, need_administrator
from components.ui import Button, ButtonKind, Card, Column, Meter, RecordTable, Tone, confirm, notify
from data.grants.grant import GrantKind
from data.grants.quota import Limit, Quota, limits
from data.grants.targets import target_of
from data.names import name_of
from data.stores.users import User
from xo_dash.context import Context
from xo_dash.control.quota.words import RESOURCES, used_of
from xo_dash.i18n import _

WARNING = 0.8


class QuotaList(Card):
    """A table of quotas with what is used of each; every handler asks again who acts."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Quotas"), _("Limits for users and groups"), wide=True)
        self._context = context
        with self:
            columns = [
                Column(_("Who"), main=True), *(Column(_(title), number=True) for title in RESOURCES.values()),
                Column(_("SRs and networks")), Column("", number=True),
            ]  # fmt: skip
            self._table = RecordTable(columns, _("No quotas. Users who may create VMs can create any number of them."))
            with ui.element().classes("x-btns"):
                Button(_("Set quota"), lambda: QuotaDialog(context), icon="plus")
            follow_source(context.grants.table.observe, self._fill)

    def _fill(self) -> None:
        self._table.show(map(self._row, self._context.grants.table.quotas))

    def _row(self, quota: Quota) -> list[str | Callable[[], object]]:
        used = {limit.resource: str(used_of(limit)) for limit in limits(quota, self._context.runner.quotas.used(quota))}
        who = owner_text(self._context, quota)
        remove = partial(Button, _("Remove"), partial(self._remove, quota, who), kind=ButtonKind.GHOST)
        return [who, *(used.get(resource, "–") for resource in RESOURCES), ", ".join(places(self._context, quota)) or _("any"), remove]

    async def _remove(self, quota: Quota, who: str) -> None:
        if not await confirm(
            _("Remove quota"), _("These limits no longer apply to {name}.").format(name=who), yes=_("Remove"), no=_("Cancel")
        ):
            return

        async def remove() -> None:
            need_administrator(_("Only an administrator can change quotas."))
            await self._context.grants.quotas.remove(quota.id)
            await self._context.grants.refresh()

        if fault := await fault_of(remove):
            notify(fault, Tone.CRITICAL)


class QuotaCard(Card):
    """What somebody has of what they may have."""

    def __init__(self, context: Context, user: User) -> None:
        super().__init__(_("Quota"))
        self._context, self._user = context, user
        with self:
            self._box = ui.element()
            follow_source(context.grants.table.observe, self._fill)

    def _fill(self) -> None:
        quotas = self._context.grants.table.quotas_of(self._user.id)
        self.set_visibility(bool(quotas))
        with fresh_slot(self._box):
            for quota in quotas:
                if quota.group_id:
                    ui.label(owner_text(self._context, quota)).classes("x-strong")
                for limit in limits(quota, self._context.runner.quotas.used(quota)):
                    self._line(limit)
                if allowed := places(self._context, quota):
                    ui.label(_("Allowed: {names}").format(names=", ".join(allowed))).classes("x-dim x-small")

    @staticmethod
    def _line(limit: Limit) -> None:
        share = limit.used / limit.most if limit.most else float(limit.used > 0)
        with ui.element().classes("x-quota"):
            ui.label(_(RESOURCES[limit.resource]))
            Meter(share, str(used_of(limit)), warning=WARNING, critical=1.0)


def places(context: Context, quota: Quota) -> Sequence[str]:
    """The SRs and networks that it names, as far as whoever looks may see them."""
    found = [
        target_of(kind, key, context.mirror)
        for kind, keys in ((GrantKind.SR, quota.srs), (GrantKind.NETWORK, quota.networks))
        for key in keys
    ]
    return [name_of(row) for row in found if row is not None]
