"""The console among the cards of a VM: how its screen looks, and the way to it."""

from __future__ import annotations

from collections.abc import Iterable

from nicegui import ui

from components.console.thumbnail import Thumbnail
from components.console.words import standing_words
from components.related import follow_related, place_refs
from components.ui import Card
from components.urls import path_of
from data.consoles import Standing, present
from data.objects import VM
from data.sight import Sight
from data.types import Ref
from xo_dash.i18n import _

NAMES = ("power_state", "resident_on", "consoles", "current_operations")


def console_card(mirror: Sight, vm: VM) -> None:
    """Follows the VM: while there is no screen, why."""
    with Card(_("Console")), ui.link(target=f"{path_of(vm)}/console").classes("x-console-card") as link:
        link.props["aria-label"] = _("Open the console")
        picture = Thumbnail(vm)
        note = ui.label().classes("x-console-note")

        def show() -> None:
            picture.refresh()
            standing = present(vm).standing
            note.text = "" if standing is Standing.READY else standing_words(vm, standing)[0]

        follow_related(mirror, vm, console_refs, show, names=NAMES)


def console_refs(vm: VM) -> Iterable[Ref]:
    """What tells whether it has a screen."""
    yield from place_refs(vm)
    yield from vm.consoles
