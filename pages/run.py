"""`/run/{key}`: one command that somebody gave, step by step."""

from __future__ import annotations

from nicegui import ui

from components.parts import page
from components.tasks.run_page import RunPage
from components.urls import path_of
from pages.layout import frame
from pages.missing import missing
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/run/{key}")
    def run(key: str) -> None:
        context = program.for_viewer()
        found = next((one for one in context.tasks.runs if one.key == key), None)
        about = [row for item in found.items if (row := context.as_seen(item.subject)) is not None] if found else []
        with frame(context, title=_(found.action.title) if found else _("Task"), crumbs=[(_("Tasks"), "/tasks")], about=about):
            if found is not None:
                RunPage(context, found, path_of)
            else:
                with missing(_("This task is no longer available"), _("The audit log has its start and result.")):
                    ui.link(_("Tasks"), "/tasks").classes("x-btn")
