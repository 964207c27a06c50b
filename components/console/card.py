"""The console among the cards of a VM: how its screen looks, and the way to it."""

from __future__ import annotations

from nicegui import ui

from components.console.thumbnail import Thumbnail
from components.console.words import standing_words
from components.live import follow_facts
from components.ui import Card
from components.urls import path_of
from data.consoles import Standing
from data.views.view import PRESENT
from data.views.vm import VMView
from xo_dash.i18n import _


def console_card(vm: VMView) -> None:
    """Follows the VM: while there is no screen, why."""
    with Card(_("Console")), ui.link(target=f"{path_of(vm.row)}/console").classes("x-console-card") as link:
        link.props["aria-label"] = _("Open the console")
        picture = Thumbnail(vm)
        note = ui.label().classes("x-console-note")

        def show() -> None:
            picture.refresh()
            note.text = "" if vm.screen is Standing.READY else standing_words(vm, vm.screen)[0]

        follow_facts(vm, (PRESENT, "screen", "name", "host"), show)
