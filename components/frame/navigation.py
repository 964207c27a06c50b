"""The sections, above the tree: where one is, and how much there is in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui import ui

from components.findings.badge import badge
from components.frame.tally import SectionCounter
from components.live import follow_source
from components.ui import Icon
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import N_, _, number

_PLACES: Final = (
    ("/", "map", N_("Map")), ("/attention", "attention", N_("Attention")), ("/vms", "vm", N_("VMs")), ("/hosts", "host", N_("Hosts")),
    ("/storage", "storage", N_("Storage")), ("/networks", "network", N_("Networks")), ("/tasks", "tasks", N_("Tasks")),
    ("/people", "users", N_("People")), ("/settings", "settings", N_("Settings")),
)  # fmt: skip
"""(path, drawing, name)"""
_FOR_ADMINISTRATORS: Final = frozenset({"/people"})
_MORE: Final = (
    ("/consoles", "console", N_("Consoles")), ("/snapshots", "camera", N_("Snapshots")), ("/templates", "copy", N_("Templates")),
    ("/vapps", "columns", N_("vApps")), ("/isos", "disk", N_("ISO images")), ("/transfers", "transfer", N_("Transfers")),
    ("/messages", "messages", N_("Messages")),
)  # fmt: skip
"""Below a button that shows them, or the tree would have no room on a small screen; a tall one has them all."""


_TOGGLE: Final = "() => globalThis.xoDash.unfold('nav')"


def navigation(context: Context, here: str) -> None:
    """`here` is the path of the page; the section it belongs to is marked."""
    tally, activity = context.shared(SectionCounter), context.tasks
    with ui.element("nav").classes("x-nav") as nav:
        nav.props["aria-label"] = _("Pages")
        rules = is_administrator()
        counts = {
            path: _place(context, path, icon, _(name), here == path or (here.startswith(f"{path}/") and path != "/"))
            for path, icon, name in _PLACES
            if rules or path not in _FOR_ADMINISTRATORS
        }
        with ui.element("button").classes("x-nav-more").props("type=button") as more:
            more.on("click", js_handler=_TOGGLE)
            Icon("down")
            ui.label(_("More"))
        with ui.element().classes("x-nav-rest"):
            for path, icon, name in _MORE:
                _place(context, path, icon, _(name), path == here)

        def count_rows() -> None:
            now = tally.counts
            for path, count in (("/vms", now.vms), ("/hosts", now.hosts), ("/storage", now.srs), ("/networks", now.networks)):
                counts[path](count)

        def count_tasks() -> None:
            counts["/tasks"](sum(line.goes_on for line in activity.lines()))

        follow_source(tally.observe, count_rows)
        follow_source(activity.observe, count_tasks)


def _place(context: Context, path: str, icon: str, name: str, is_here: bool) -> Callable[[int], None]:
    """One of them; the answer sets its count."""
    with ui.link(target=path) as link:
        if is_here:
            link.props["aria-current"] = "page"
        Icon(icon)
        ui.label(name).classes("x-cut")
        label = ui.label().classes("x-nav-count")
        if path == "/attention":
            badge(context)

    def show(count: int) -> None:
        label.text = number(count) if count else ""

    return show
