"""A VM's snapshots as a tree: what grew from what, and where the VM is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from nicegui import background_tasks, ui

from components.actions import run_command, whoever
from components.live import follow_facts, fresh_slot
from components.ui import Age, Button, ButtonKind, Card
from data.snapshots import Twig
from data.turns import in_turns
from data.views.snapshot import SnapshotView
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.eligibility import why_not
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

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__(_("Snapshots"))
        self._context, self._vm = context, vm
        self._shown: object = None
        with self:
            self._box = ui.element().classes("x-growth")
            with ui.element().classes("contents"):
                follow_facts(vm, ("snapshots", "takes"), self._refresh)

    def _refresh(self) -> None:
        rows = self._vm.snapshots
        look = [(row, self._why_not(row)) for row in rows]
        if look == self._shown:
            return
        self._shown = look
        whole = sum(max(0, row.cost) for row in rows)
        self.scope.text = ", ".join(filter(None, (count_words(rows), size(whole) if whole else "")))
        draw_rows(self._box, rows, partial(self._draw, width_of(rows)))

    def _draw(self, width: int, row: SnapshotView) -> None:
        with ui.element("li").classes("x-twig"):
            picture(row.twig, width, here=row.is_now)
            self._words(row)

    def _words(self, row: SnapshotView) -> None:
        if row.is_now:
            ui.label(_("current state")).classes("x-strong")
            return
        ui.label(row.name).classes("x-cut x-grow").props("dir=auto")
        with ui.element().classes("x-row x-dim x-small x-twig-facts"):
            Age(row.taken, bare=True)
            ui.label(size(row.cost))
        refused = dict(zip(OFFERED, self._why_not(row), strict=True))
        with ui.element().classes("x-twig-acts"):
            for action_id in OFFERED:
                self._offer(action(action_id), row, refused[action_id])

    def _offer(self, verb: AnyAction, snapshot: SnapshotView, refused: str) -> None:
        async def clicked() -> None:
            if verb.id == REVERT:
                await run_command(self._context, verb, [self._vm.row], {"snapshot": snapshot.row.uuid})
            else:
                await run_command(self._context, verb, [snapshot.row])

        named = f"{_(verb.title)}: {snapshot.name}"
        button = Button(icon=verb.icon, label=named, tip=_(verb.title), on_click=clicked, kind=ButtonKind.GHOST)
        button.mark(verb.id).props("data-once")
        if refused:
            button.allow(refused)

    def _why_not(self, row: SnapshotView) -> tuple[str, ...]:
        """Of each action, why it cannot be done; empty if it can."""
        if row.is_now:
            return ()
        user = whoever()
        reasons = (why_not(action(action_id), self._vm.row if action_id == REVERT else row.row, user) for action_id in OFFERED)
        return tuple(str(reason or "") for reason in reasons)


def count_words(rows: Sequence[SnapshotView]) -> str:
    """Without the state that the VM has now, which is a row too; "" for none."""
    count = max(0, len(rows) - 1)
    return ngettext("{n} snapshot", "{n} snapshots", count).format(n=number(count)) if count else ""


def draw_rows(container: ui.element, rows: Sequence[SnapshotView], draw: Callable[[SnapshotView], None]) -> None:
    """A row at a time, as long as they are shown: hundreds of them take longer than the loop may be held."""
    with fresh_slot(container, "ul") as box:
        if not rows:
            with ui.element("li"):
                ui.label(_("No snapshots.")).classes("x-dim")
    drawing = _drawing(box, rows, draw)
    if any(place == AT_ONCE for place, _row in enumerate(drawing, 1)):
        background_tasks.create(in_turns(drawing), name="draw snapshots")


def _drawing(box: ui.element, rows: Sequence[SnapshotView], draw: Callable[[SnapshotView], None]) -> Iterator[None]:
    for row in rows:
        if box.is_deleted:
            return
        with box:
            draw(row)
        yield


def width_of(rows: Sequence[SnapshotView]) -> int:
    """Pixels that the lines of a tree take."""
    twigs = [row.twig for row in rows]
    return STEP * (2 + max((column for twig in twigs for column in (twig.column, *twig.forks, *twig.passing)), default=0))


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
