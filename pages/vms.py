"""`/vms`: all VMs of all pools in one list."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response
from nicegui import App, app, ui

from components.ui import heading
from components.verbs import bar
from components.vms.feed import feed_of
from components.vms.grid import SNAPSHOT, Grid
from components.vms.standing import standing_bands
from data.objects import VM
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.door.current import current_user
from xo_dash.i18n import _

COLUMNS = "vms.columns"
"""The user's preference: keys of columns."""


def create(context: Context) -> None:
    serve_rows(app, context)

    @ui.page("/vms")
    def vms() -> None:
        with frame(context, title=_("VMs"), bare=True), ui.element().classes("x-vms-page"):
            heading(_("VMs"), 1).classes("x-only-read")
            standing_bands(context.mirror)
            _list(context)


def _list(context: Context) -> None:
    async def keep(columns: list[str]) -> None:
        await context.users.set_preferences(current_user().id, {COLUMNS: columns})

    def chosen(vms: Sequence[VM]) -> None:
        verbs.show(vms)

    kept = current_user().preferences.get(COLUMNS)
    columns = [key for key in kept if isinstance(key, str)] if isinstance(kept, list) else []
    with Grid(feed_of(context.mirror), columns, chosen, keep):
        verbs = bar(context)


def serve_rows(served: App, context: Context) -> None:
    """What the list fetches; the door lets nobody here who is not signed in."""

    @served.get(SNAPSHOT, include_in_schema=False)
    async def rows(request: Request) -> Response:
        tag, content = await feed_of(context.mirror).snapshot()
        headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match", "") in (f'"{tag}"', f'W/"{tag}"'):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})
