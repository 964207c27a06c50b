"""/tasks: what goes on in the pools, and what lately did."""

from __future__ import annotations

from components.parts import page
from components.rolling import paused_bands
from components.tasks import TaskList
from components.ui import PageHead
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/tasks")
    def tasks() -> None:
        context = program.for_viewer()
        with frame(context, title=_("Tasks")):
            PageHead(_("Tasks"), _("Tasks of all pools, yours and those of others."))
            paused_bands(context)
            TaskList(context)
