"""What is told once, and by nobody again: a link, a token."""

from __future__ import annotations

from nicegui import ui

from components.ui import Button, ButtonKind, Dialog, Field, notify
from xo_dash.i18n import _


def show_once(title: str, text: str, label: str, secret: str, *, mark: str, example: str = "") -> None:
    """`example`: a line to try it with."""
    dialog = Dialog(title, wide=True)
    dialog.on("hide", dialog.delete, [])
    with dialog:
        ui.label(text).classes("x-dim")
        Field(label, secret).props("readonly").mark(mark)
        if example:
            ui.label(example).classes("x-dim x-mono")

    def copy() -> None:
        ui.clipboard.write(secret)
        notify(_("Copied"))

    with dialog.foot:
        Button(_("Close"), dialog.close)
        Button(_("Copy"), copy, kind=ButtonKind.PRIMARY)
    dialog.open()


def own_address() -> str:
    """Of this dashboard, as whoever looks came to it."""
    request = ui.context.client.request
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
