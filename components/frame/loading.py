"""While the first picture of a pool is on its way: what would be empty shows its outline, and does not say that there is nothing."""

from __future__ import annotations

from nicegui import background_tasks, ui

from components.live import follow_all
from components.ui import skeleton
from data.server import Server
from data.sight import Sight
from xo_dash.auth.sockets import reload_pages
from xo_dash.i18n import _


def is_loading(mirror: Sight) -> bool:
    """Whether something that is not there may be there in a moment."""
    return any(pool.server.is_loading for pool in mirror)


def show_loading(mirror: Sight, shell: ui.element) -> None:
    """Keep `shell` marked while it is so; loading.css draws the outlines."""

    def render() -> None:
        if is_loading(mirror):
            shell.classes("x-loading")
        else:
            shell.classes(remove="x-loading")

    follow_all(mirror, lambda _changes: True, render, topics=lambda: (Server,))


def loading_page() -> None:
    """In place of the page of an object that may be there in a moment."""
    with ui.element().classes("x-loading-page").props("role=status") as box:
        box.props["aria-label"] = _("Loading")
        skeleton(30)
        skeleton(90, 75, 82)
        skeleton(60, 70, 40)


def load_again_when_there(mirror: Sight) -> None:
    """The same, of a page that is made for objects which its address names, or picks: it is loaded anew once all are known."""
    loading_page()
    client = ui.context.client
    left: list[bool] = []

    def look() -> None:
        if not left and not is_loading(mirror):
            left.append(True)
            background_tasks.create(reload_pages([client]), name="reload a page")

    follow_all(mirror, lambda _changes: True, look, topics=lambda: (Server,))
