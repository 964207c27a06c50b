"""vApps as rows of a list."""

from __future__ import annotations

from collections.abc import Mapping

from components.hosts.rows import pool_cell
from components.lists import Cell, ListColumn, ListRow, TableSpec
from components.urls import path_of
from components.vms.words import STATES
from data.facts.vm import VmState
from data.objects import Appliance
from data.views.appliance import ApplianceView as V
from data.views.view import reads_of
from xo_dash.i18n import _, number


def appliance_table() -> TableSpec[Appliance]:
    """All of all pools."""
    columns = [
        ListColumn(_("Name"), "minmax(150px, 1.5fr)", main=True),
        ListColumn(_("Pool"), "minmax(90px, 1fr)", brief=True),
        ListColumn(_("State"), "minmax(130px, 1fr)", brief=True),
        ListColumn(_("Starts, in this order"), "minmax(180px, 2.5fr)", drop=1),
        ListColumn(_("VMs"), "56px", number=True, down=True, brief=True),
    ]
    return TableSpec(
        kind=Appliance,
        columns=columns,
        row=_row,
        reads=reads_of(V.name, V.description, V.pool, V.members, V.states),
        title=_("vApps"),
        find=_("Name, VM"),
        nothing=_("No vApps. A vApp is a group of VMs that start and stop together, in an order that you set."),
    )


def _row(appliance: Appliance) -> ListRow:
    members = V.members.of(appliance)
    cells = (
        Cell(V.name.of(appliance), path=path_of(appliance), tip=V.description.of(appliance)),
        pool_cell(appliance),
        Cell(state_words(V.states.of(appliance)), mark=mark_of(V.states.of(appliance))),
        Cell(", ".join(member.vm.name for member in members), tone="dim"),
        Cell(number(len(members)), key=len(members)),
    )
    return ListRow(cells, (), V.description.of(appliance))


States = Mapping[VmState, int]


def mark_of(states: States) -> str:
    """The shape of its mark: that of its VMs, if they are all alike; running, as long as some are."""
    if len(states) == 1:
        return str(next(iter(states)))
    return str(VmState.RUNNING) if VmState.RUNNING in states else str(VmState.HALTED) if states else "disabled"


def state_words(states: States) -> str:
    """`Running`, or `2 of 3 running`."""
    if len(states) == 1:
        return _(STATES[next(iter(states))])
    running, all_ = states.get(VmState.RUNNING, 0), sum(states.values())
    return _("{n} of {all} running").format(n=number(running), all=number(all_)) if all_ else _("No VMs")
