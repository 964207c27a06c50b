"""Pages of which an object is taken away while they are open: nothing of it may stay there, not even in the browser's memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from nicegui import background_tasks, ui

from components.live import follow
from data.types import Home, XapiObject
from data.views.host import HostView
from data.views.network import NetworkView
from data.views.sr import SRView
from data.views.vm import VMView
from xo_dash.auth.sockets import reload_pages
from xo_dash.context import Context

_LEAVING: Final = "loaded anew"
"""Among what NiceGUI keeps for a page."""


def offered(home: Home) -> Iterator[XapiObject]:
    """What forms let one choose of a pool."""
    yield from (vm for vm in home.all(VMView.kind).values() if vm.is_a_template)
    for kind in (HostView.kind, SRView.kind, NetworkView.kind):
        yield from home.all(kind).values()


def reload_when_taken(context: Context, rows: Iterable[XapiObject]) -> None:
    """Load the page anew once one of these is still there, and is not for whoever looks any more."""
    shown = tuple(rows) if context.is_restricted else ()

    def look() -> None:
        client = ui.context.client
        is_taken = any(row.home.one(type(row), row.ref) is not row and context.original(row) is not None for row in shown)
        if is_taken and _LEAVING not in client.storage:
            client.storage[_LEAVING] = True
            background_tasks.create(reload_pages([client]), name="reload a page")

    if shown:
        follow(context.mirror, shown, look, names=("uuid",))  # what is taken leaves, which names no field; no other change can take it
