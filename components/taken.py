"""Pages of which an object is taken away while they are open: nothing of it may stay there, not even in the browser's memory."""

from __future__ import annotations

from collections.abc import Iterable

from nicegui import background_tasks, ui

from components.live import follow
from data.types import Home, XapiObject
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.sr import SRView
from data.views.vm import VMView
from xo_dash.auth.sockets import reload_pages
from xo_dash.context import Context


def offered(home: Home) -> list[XapiObject]:
    """What forms let one choose of a pool."""
    templates = (vm for vm in home.all(VMView.kind).values() if vm.is_a_template)
    return [*templates, *(row for kind in (HostView.kind, SRView.kind, NetworkView.kind) for row in home.all(kind).values())]


def reload_when_taken(context: Context, rows: Iterable[XapiObject]) -> None:
    """Load the page anew once one of these is still there, and is not for whoever looks any more."""
    shown = tuple(rows) if context.is_restricted else ()

    def look() -> None:
        if any(row.home.one(type(row), row.ref) is not row and context.original(row) is not None for row in shown):
            background_tasks.create(reload_pages([ui.context.client]), name="reload a page")

    if shown:
        follow(context.mirror, shown, look)
