"""A VM's snapshots as a tree: what grew from what, and where the VM is now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nicegui import background_tasks, ui

from components.actions import run_command, whoever
from components.live import fresh_slot
from components.related import follow_related
from components.ui import Age, Button, ButtonKind, Card
from data.coalesce import in_turns
from data.names import name_of
from data.objects import VBD, VM
from data.snapshots import Twig, snapshot_tree
from data.types import Ref, timestamp
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
from xo_dash.control.vm.disks import own_disks
from xo_dash.i18n import _, ngettext, number, size

REVERT: Final = "vm.revert"
OFFERED: Final = (REVERT, "vm.rename", "snapshot.delete")
STEP: Final = 16
"""Pixels between two columns."""
ROW: Final = 28
AT_ONCE: Final = 12
"""Rows drawn before others get their turn."""


class VMGrowth(Card):
    """Drawn anew when a snapshot comes, goes or gets another name."""

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__(_("Snapshots"), " ")
        self._context, self._vm = context, vm
        self._shown: object = None
        with self:
            self._box = ui.element().classes("x-growth")
            with ui.element().classes("contents"):
                follow_related(context.mirror, vm, snapshot_refs, self._refresh, names=("snapshots", "parent", "name_label"))

    def _refresh(self) -> None:
        rows = [(twig, taken(twig.vm), own_size(twig.vm)) for twig in snapshot_tree(self._vm)]
        look = [(twig, name_of(twig.vm), moment, amount, self._why_not(twig)) for twig, moment, amount in rows]
        if look == self._shown:
            return
        self._shown = look
        count = max(0, len(rows) - 1)
        whole = sum(max(0, amount) for twig, _moment, amount in rows if twig.vm is not self._vm)
        said = [ngettext("{n} snapshot", "{n} snapshots", count).format(n=number(count))] if count else []
        self.scope.text = ", ".join([*said, size(whole)] if whole else said)
        width = width_of(twig for twig, *_rest in rows)
        with fresh_slot(self._box, "ul") as box:
            if not rows:
                with ui.element("li"):
                    ui.label(_("No snapshots.")).classes("x-dim")
        drawing = self._drawing(box, rows, width)
        if any(number == AT_ONCE for number, _row in enumerate(drawing, 1)):
            background_tasks.create(in_turns(drawing), name="draw snapshots")

    def _drawing(self, box: ui.element, rows: Sequence[tuple[Twig, float | None, int]], width: int) -> Iterator[None]:
        """A row at a time, as long as `box` is shown: hundreds of them take longer than the loop may be held."""
        for twig, moment, amount in rows:
            if box.is_deleted:
                return
            with box, ui.element("li").classes("x-twig"):
                picture(twig, width, here=twig.vm is self._vm)
                self._words(twig, moment, amount)
            yield

    def _words(self, twig: Twig, moment: float | None, amount: int) -> None:
        if twig.vm is self._vm:
            ui.label(_("current state")).classes("x-strong")
            return
        ui.label(name_of(twig.vm)).classes("x-cut x-grow").props("dir=auto")
        with ui.element().classes("x-row x-dim x-small x-twig-facts"):
            Age(moment, bare=True)
            ui.label(size(amount))
        refused = dict(zip(OFFERED, self._why_not(twig), strict=True))
        for action_id in OFFERED:
            self._offer(action(action_id), twig.vm, refused[action_id])

    def _offer(self, row: AnyAction, snapshot: VM, refused: str) -> None:
        async def clicked() -> None:
            if row.id == REVERT:
                await run_command(self._context, row, [self._vm], {"snapshot": snapshot.uuid})
            else:
                await run_command(self._context, row, [snapshot])

        button = Button(icon=row.icon, label=_(row.title), on_click=clicked, kind=ButtonKind.GHOST).mark(row.id).props("data-once")
        if refused:
            button.allow(refused)

    def _why_not(self, twig: Twig) -> tuple[str, ...]:
        """Of each action, why it cannot be done; empty if it can."""
        if twig.vm is self._vm:
            return ()
        user = whoever()
        reasons = (why_not(action(action_id), self._vm if action_id == REVERT else twig.vm, user) for action_id in OFFERED)
        return tuple(str(reason or "") for reason in reasons)


def width_of(twigs: Iterable[Twig]) -> int:
    """Pixels that the lines of a tree take."""
    return STEP * (2 + max((column for twig in twigs for column in (twig.column, *twig.forks, *twig.passing)), default=0))


def taken(vm: VM) -> float | None:
    """Epoch seconds."""
    return timestamp(vm.snapshot_time)


def own_size(vm: VM) -> int:
    """Bytes that the disks of a snapshot take for themselves; -1 if nobody knows."""
    told = [disk.physical_utilisation for disk in own_disks(vm)] if vm.is_a_snapshot else []
    return sum(max(0, amount) for amount in told) if not told or max(told) >= 0 else -1


def snapshot_refs(vm: VM) -> Iterable[Ref]:
    """Its snapshots and their disks."""
    yield from vm.snapshots
    for snapshot in vm.all_of(VM, vm.snapshots):
        yield from (vbd.VDI for vbd in snapshot.all_of(VBD, snapshot.VBDs))


def picture(twig: Twig, width: int, *, here: bool, hollow: bool = False, row: int = ROW) -> None:
    """The lines that pass a row of the tree, and its point: a ring for the present, a `hollow` dot for what others made."""
    x, middle = _x(twig.column), row // 2
    lines = [f"M{_x(column)} 0V{row}" for column in twig.passing if column not in twig.forks]
    if twig.above:
        lines.append(f"M{x} 0V{middle}")
    if twig.below:
        lines.append(f"M{x} {middle}V{row}")
    for column in twig.forks:
        bend = 6 if column > twig.column else -6
        lines.append(f"M{x} {middle}H{_x(column) - bend}q{bend} 0 {bend} 6V{row}")
    with ui.element("svg").props(f'viewBox="0 0 {width} {row}" width={width} height={row} aria-hidden=true'):
        ui.element("path").classes("x-twig-line").props["d"] = "".join(lines)
        look = "x-twig-here" if here else "x-twig-hollow" if hollow else "x-twig-dot"
        ui.element("circle").classes(look).props(f"cx={x} cy={middle} r={4 if here or hollow else 4.5}")


def _x(column: int) -> int:
    return STEP // 2 + column * STEP
