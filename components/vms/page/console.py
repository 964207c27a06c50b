"""The console as a tab of a VM's page: the page of the console itself, without what a window has around it."""

from __future__ import annotations

from typing import Final

from nicegui import ui

from components.console.document import console_path
from components.console.text_console import TextConsole
from components.live import follow_facts, fresh_slot
from data.consoles import Protocol
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.i18n import N_, _

KINDS: Final = ((Protocol.GRAPHIC, N_("Screen")), (Protocol.TEXT, N_("Text console")))


def console(_context: Context, vm: VMView) -> None:
    """Connects by itself, also when the VM starts later. Where it has a text console, that is one click away."""
    choice = ui.element().classes("x-list-segments x-console-kinds").props("role=group")
    with ui.element().classes("contents") as body:
        pass
    buttons: dict[Protocol, ui.element] = {}

    def show(kind: Protocol) -> None:
        for one, button in buttons.items():
            button.props["aria-pressed"] = "true" if one is kind else "false"
            button.update()
        with fresh_slot(body):
            if kind is Protocol.TEXT:
                TextConsole(vm)
            else:
                screen(vm)

    with choice:
        for kind, title in KINDS:
            button = buttons[kind] = ui.element("button").props("type=button")
            button.on("click", lambda kind=kind: show(kind), [])
            with button:
                ui.label(_(title))
    has_text = [False]

    def follow_kinds() -> None:
        has_text[0] = has_text[0] or vm.has_text_console  # a VM that is off has none for now
        choice.set_visibility(has_text[0])

    with choice:
        follow_facts(vm, ("has_text_console",), follow_kinds)
    has_text_alone = has_text[0] and not vm.has_screen
    show(Protocol.TEXT if has_text_alone else Protocol.GRAPHIC)


def screen(vm: VMView) -> None:
    """The graphic console."""
    frame = ui.element("iframe").classes("x-console-tab").props("allow=fullscreen;clipboard-read")
    frame.props["src"] = console_path(vm.key, "tab")
    frame.props["title"] = _("Console of {vm}").format(vm=vm.name)
