"""The console as a tab of a VM's page: the page of the console itself, without what a window has around it."""

from __future__ import annotations

from nicegui import ui

from components.console.document import console_path
from data.names import name_of
from data.objects import VM
from xo_dash.context import Context
from xo_dash.i18n import _


def console(_context: Context, vm: VM) -> None:
    """Connects by itself, also when the VM starts later."""
    frame = ui.element("iframe").classes("x-console-tab").props("allow=fullscreen;clipboard-read")
    frame.props["src"] = console_path(vm, "tab")
    frame.props["title"] = _("Console of {vm}").format(vm=name_of(vm))
