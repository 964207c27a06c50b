"""The parts of a vApp's page: its head, its VMs in the order in which they start, and adding one."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from components.actions import whoever
from components.actions.run_command import give
from components.live import follow_facts
from components.object_header import ObjectHead
from components.ui import Button, Card, Dialog, Mark, several
from components.urls import path_to
from components.vms.page.device_rows import DeviceLine, DeviceRow, DeviceRows, offered
from components.vms.vapps.rows import mark_of, state_words
from components.vms.words import DOING, STATES
from data.names import name_of
from data.views.appliance import ApplianceView, MemberView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.appliance.records import SET_VAPP, SetAppliance, joinable
from xo_dash.control.vm.boot import START_ORDER
from xo_dash.i18n import _, duration, ngettext, number

LISTED: Final = 500
"""VMs of a pool to choose from."""


def appliance_head(context: Context, appliance: ApplianceView) -> None:
    head = ObjectHead(context, appliance.row)

    def refresh() -> None:
        count = len(appliance.members)
        head.show(
            (ngettext("{n} VM", "{n} VMs", count).format(n=number(count)),), (mark_of(appliance.states), state_words(appliance.states))
        )

    with head:
        follow_facts(appliance, ("name", "description", "members", "states"), refresh)


class MembersCard(Card):
    """Its VMs; order and pauses are changed below the row, from whose menu it is taken out too."""

    def __init__(self, context: Context, appliance: ApplianceView) -> None:
        super().__init__(_("VMs, in the order in which they start"), wide=True)
        self.classes("x-device-card")
        self._context, self._appliance = context, appliance
        with self:
            titles = (_("Order"), _("VM"), _("State"), _("Pause after its start"), _("Pause after its shutdown"))
            self._rows = DeviceRows(context, "members", titles, _("It has no VMs."))
            if may(whoever(), SET_VAPP, appliance.row):
                with ui.element().classes("x-member-add"):
                    Button(_("Add VMs"), lambda: add_members(context, appliance), icon="plus").mark("add-members")
            follow_facts(appliance, ("members",), self._refresh)

    def _refresh(self) -> None:
        self._rows.show([row for member in self._appliance.members if (row := self._row(member)) is not None])

    def _row(self, member: MemberView) -> DeviceRow | None:
        vm = self._context.mirror.find(member.vm.kind, member.vm.key)
        if vm is None:
            return None

        def draw(_line: DeviceLine) -> None:
            ui.label(number(member.order))
            with ui.element().classes("x-row x-marked"):
                Mark("busy" if member.operation else str(member.state))
                ui.link(member.vm.name, path_to(member.vm)).classes("x-plain").props("dir=auto")
            ui.label(_(DOING.get(member.operation, "")) or _(STATES[member.state])).classes("x-dim")
            for pause in (member.start_delay, member.shutdown_delay):
                ui.label(duration(pause) if pause else _("none")).classes("" if pause else "x-dim")

        commands = (offered("vm.start_order", vm, lambda: START_ORDER.defaults([vm])), offered("vm.appliance", vm))
        return DeviceRow(member.vm.key, member.vm.name, member, draw, commands)


async def add_members(context: Context, appliance: ApplianceView) -> None:
    """Ask which VMs of the pool come in; one that is in another vApp leaves that."""
    free = joinable(appliance.row)
    dialog = Dialog(_("Add VMs to {name}").format(name=appliance.name))
    with dialog:
        options = {vm.uuid: name_of(vm) for vm in free[:LISTED]}
        chosen = several(options, [], label=_("VMs")).mark("members")
        if len(free) > LISTED:
            ui.label(_("The first {n} by name. Others: select them in the list of VMs, then “Change vApp”.").format(n=number(LISTED)))
    dialog.answers(_("Cancel"), _("Add"), lambda: dialog.submit(True))
    wanted = await dialog
    vms = [vm for vm in free if vm.uuid in (chosen.value or ())]
    dialog.delete()
    if wanted and vms:
        await give(context, SET_VAPP, vms, SetAppliance(appliance=appliance.row.uuid))
