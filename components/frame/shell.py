"""The frame's three places: a bar at the top, the side, and the page; on a phone the side folds away."""

from __future__ import annotations

from nicegui import ui

from components.ui import Button, ButtonKind
from xo_dash.i18n import _

_OPEN = "document.documentElement.toggleAttribute('data-side-open')"
_CLOSE = "document.documentElement.removeAttribute('data-side-open')"


class Shell(ui.element):
    """Fill `brand`, `middle` and `end` of the bar, `side`, `band` above the page, and `main`."""

    def __init__(self) -> None:
        super().__init__()
        own_main()
        self.classes("x-shell")
        with self:
            skip = ui.label(_("Skip to content")).classes("x-skip")
            skip.tag = "a"
            skip.props("href=#main")
            with ui.element("header").classes("x-top"):
                toggle = Button(kind=ButtonKind.GHOST, icon="menu", label=_("Infrastructure")).classes("x-side-toggle")
                toggle.on("click", js_handler=f"() => {_OPEN}")
                self.brand = ui.element().classes("contents")
                self.middle = ui.element().classes("x-top-middle")
                self.end = ui.element().classes("x-top-end")
            self.side = ui.element("aside").classes("x-side")
            self.side.props["aria-label"] = _("Infrastructure")
            ui.element().classes("x-side-veil").on("click", js_handler=f"() => {_CLOSE}")
            self.band = ui.element().classes("x-band")
            self.main = ui.element("main").classes("x-main").props("tabindex=-1")
            self.main.props["id"] = "main"


def own_main() -> None:
    """Let the page have a <main> of its own: Quasar's page is one too, and around everything; a page has one."""
    if (around := ui.context.client.content.parent_slot) is not None:
        around.parent.tag = "div"


def brand(path: str) -> None:
    """The product's name, which leads home."""
    with ui.link(target=path).classes("x-brand"):
        ui.label("xo")
        ui.label("·").classes("x-brand-dot")
        ui.label("dash")


def breadcrumbs(crumbs: list[tuple[str, str]]) -> None:
    """Where the page is: (name, path) from the outermost on; without a path it is no link."""
    if not crumbs:
        return
    with ui.element("nav").classes("x-crumbs") as nav:
        nav.props["aria-label"] = _("Current state")
        for i, (name, path) in enumerate(crumbs):
            if i:
                ui.label("/").classes("x-faint").props("aria-hidden=true")
            if path:
                ui.link(name, path).classes("x-cut")
            else:
                ui.label(name).classes("x-cut")
