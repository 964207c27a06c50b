"""What a run could not take back: named with links, and taken back when somebody says so."""

from __future__ import annotations

from nicegui import ui

from components.actions.preview import commands
from components.actions.run_command import whoever
from components.tasks.listing import Path
from components.ui import Button, ButtonKind, Card, Dialog
from data.names import name_of
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.orders import rows_left
from xo_dash.control.run import Leftover, Run, RunItem, RunState
from xo_dash.control.xe import xe_lines
from xo_dash.i18n import _, ngettext, number

LISTED = 50
"""Things left that are listed."""


def left_card(context: Context, run: Run, path: Path) -> None:
    """What is left, each with what it is and where, and the button that takes it back; nothing where nothing is."""
    parts = [(item, left) for item in run.items for left in item.left]
    if not parts:
        return
    with Card(_("Left"), number(len(parts))).mark("left"):
        for item, left in parts[:LISTED]:
            with ui.element().classes("x-run-left"):
                ui.label(_said(run, item, left)).props("dir=auto")
                _named(context, item, left, path)
        if (more := len(parts) - LISTED) > 0:
            ui.label(ngettext("and {n} more", "and {n} more", more).format(n=number(more))).classes("x-dim")
        if run.ended and undoable(run):
            Button(verb(run) + "…", lambda: ask_to_undo(context, run), icon="undo").mark("take-back")
        else:
            ui.label(_("Check it before you try again.")).classes("x-dim")


def undoable(run: Run) -> list[RunItem]:
    """The objects of which whoever looks may take back what is left."""
    user = whoever()
    return [item for item in run.items if item.can_be_undone and user is not None and may(user, run.action, item.subject)]


def verb(run: Run) -> str:
    """What is left was made, or it was changed."""
    return _("Remove what is left") if all(left.made for item in run.items for left in item.left) else _("Undo what is left")


async def ask_to_undo(context: Context, run: Run) -> None:
    """Say what would be done, and do it."""
    items = undoable(run)
    steps = [(item, context.runner.undoing(item)) for item in items]
    dialog = Dialog(verb(run))
    with dialog:
        if any(item.state is RunState.LOST for item in items):
            ui.label(_("xo-dash does not know whether the last step is still running in the pool. Check that first.")).classes("x-dim")
        ui.label(_("These steps are carried out. What somebody has removed meanwhile is skipped.")).classes("x-dim")
        with ui.element("ol").classes("x-preview-steps").mark("preview-steps"):
            for step in [step for _item, own in steps for step in own][:LISTED]:
                ui.label(str(step.says)).props("dir=auto").tag = "li"
        commands([line for item, own in steps for line in xe_lines(own, item.subject.home)])
    dialog.answers(_("Cancel"), verb(run), kind=ButtonKind.DANGER).mark("take-back-now")
    try:
        if await dialog and (user := whoever()):
            context.runner.take_back(user, run)
    finally:
        if not dialog.is_deleted:
            dialog.delete()


def _said(run: Run, item: RunItem, left: Leftover) -> str:
    return f"{item.name}: {left.says}" if len(run.items) > 1 else str(left.says)


def _named(context: Context, item: RunItem, left: Leftover, path: Path) -> None:
    """What it is called now, as far as it is there and may be seen."""
    for row in rows_left(item, left, context.mirror.pools):
        target = path(row)
        named = ui.link(name_of(row), target).classes("x-link") if target else ui.label(name_of(row)).classes("x-dim")
        named.props("dir=auto")
