"""The frame every page stands in, put together for whoever looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nicegui import ui

from components import theme
from components.frame.shell import Shell, brand, breadcrumbs
from components.ui import Icon
from components.ui import page as page_box
from data.mirror import Subject
from xo_dash.context import Context
from xo_dash.i18n import _


@contextmanager
def frame(
    context: Context, *, title: str, crumbs: Iterable[tuple[str, str]] = (), selected: Subject | None = None, bare: bool = False
) -> Iterator[None]:
    """Everything around a page; what is drawn inside is the page.

    `crumbs` are (name, path) of what the page is part of, `selected` is the object the tree shows as chosen;
    a `bare` page gets all the room, without margins or breadcrumbs.
    """
    user = context.door.current_user()
    theme.wear(user.preferences if user else {})
    ui.page_title(f"{title} · xo-dash")
    shell = Shell()
    with shell.brand:
        brand("/")
    with shell.side:
        _navigation(ui.context.client.request.url.path)
    with shell.main:
        if bare:
            yield
        else:
            with page_box():
                breadcrumbs(list(crumbs))
                yield


def _navigation(here: str) -> None:
    places = (
        ("/", "map", _("Map")),
        ("/vms", "vm", _("VMs")),
        ("/hosts", "host", _("Hosts")),
        ("/storage", "storage", _("Storage")),
        ("/networks", "network", _("Networks")),
        ("/tasks", "tasks", _("Tasks")),
        ("/settings", "settings", _("Settings")),
    )
    with ui.element("nav").classes("x-nav") as nav:
        nav.props["aria-label"] = _("Pages")
        for path, icon, name in places:
            with ui.link(target=path) as link:
                if here == path:
                    link.props["aria-current"] = "page"
                Icon(icon)
                ui.label(name)
