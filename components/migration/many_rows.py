"""The VMs of a selection that is to move: what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from components.lists.rows import Cell, ListColumn, ListRow, TableSpec
from components.migration.words import way_text
from components.urls import path_of
from components.vms.words import STATES as POWER_STATES
from components.vms.words import mark_of
from data.names import name_of
from data.objects import VM
from data.views.view import reads_of
from data.views.vm import VMView
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.vm.migration.targets import Target
from xo_dash.i18n import N_, _, size


class MoveStanding(StrEnum):
    """Of one VM of the selection."""

    GOES = "goes"
    CANNOT = "cannot"
    LEFT_OUT = "left-out"


SEGMENTS: Final = {MoveStanding.GOES: N_("Migrate"), MoveStanding.CANNOT: N_("Cannot migrate"), MoveStanding.LEFT_OUT: N_("Left out")}
READS: Final = reads_of(VMView.name, VMView.state, VMView.memory)


class VMVerdict(NamedTuple):
    """What is known of it; nothing before it was looked at."""

    standing: MoveStanding = MoveStanding.GOES
    target: Target | None = None
    why: LazyText | None = None  # it cannot
    amount: int = 0  # bytes that travel with it
    checked: bool = False  # XAPI agrees


def many_table(belongs: Callable[[VM], bool], verdicts: Mapping[VM, VMVerdict], count: int) -> TableSpec[VM]:
    """`verdicts`: as they are now."""
    columns = [
        ListColumn(_("Name"), "minmax(110px, 1fr)", main=True),
        ListColumn(_("Goes to"), "minmax(80px, 0.6fr)", brief=True, drop=1),
        ListColumn(_("What moves"), "minmax(200px, 2.4fr)", brief=True),
        ListColumn(_("Amount"), "72px", number=True, down=True, brief=True),
        ListColumn(_("Checked"), "60px", drop=3),
    ]
    return TableSpec(
        kind=VM, columns=columns, row=lambda vm: _row(vm, verdicts.get(vm, VMVerdict())), reads=READS, belongs=belongs, title=_("VMs"),
        nothing=_("No VMs."), tall=True, segments={key: _(title) for key, title in SEGMENTS.items()}, find=_("Name, UUID"), expected=count,
    )  # fmt: skip


def _row(vm: VM, found: VMVerdict) -> ListRow:
    goes = found.standing is MoveStanding.GOES and found.target is not None
    cells = (
        Cell(VMView.name.of(vm), path=path_of(vm), mark=mark_of(vm), tip=_(POWER_STATES[VMView.state.of(vm)])),
        Cell(name_of(found.target.host)) if goes and found.target is not None else Cell("", key=""),
        _moves(vm, found),
        Cell(size(found.amount), key=found.amount) if goes else Cell("", key=-1),
        Cell(_("yes"), tip=_("checked by XAPI")) if goes and found.checked else Cell(),
    )
    return ListRow(cells, (found.standing,))


def _moves(vm: VM, found: VMVerdict) -> Cell:
    if found.standing is MoveStanding.LEFT_OUT:
        return Cell(_("left out"), tone="dim")
    if found.standing is MoveStanding.CANNOT:
        return Cell(str(found.why or ""), mark="warning", tip=str(found.why or ""))
    if found.target is None:
        return Cell("", tone="dim")
    return Cell(way_text(vm, found.target.way))
