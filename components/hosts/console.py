"""The way to a host's own console, for those who may."""

from __future__ import annotations

from nicegui import ui

from components.ui import Card
from components.urls import path_of
from data.objects import VM, Host
from xo_dash.auth.current import current_user
from xo_dash.consoles.rights import may_see
from xo_dash.i18n import _


def console_link(host: Host) -> None:
    """A card with it; nothing for others."""
    dom0 = host.home.one(VM, host.control_domain)
    if dom0 is not None and may_see(current_user(), dom0):
        with Card(_("Console")):
            ui.link(_("Open the console"), f"{path_of(host)}/console").classes("x-link")
