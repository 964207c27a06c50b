"""`/host/{uuid@pool}/console`: a host's own console, which is a shell on it: for administrators."""

from __future__ import annotations

from nicegui import ui

from components.hosts.head import host_head
from components.links import path_of
from components.ui import Card, empty_state
from components.vms.page.console import console
from data.objects import VM, Host
from data.views.host import HostView
from pages.objects import About, object_page
from xo_dash.consoles.rights import may_see
from xo_dash.context import Context
from xo_dash.door.current import current_user
from xo_dash.i18n import _


def create(context: Context) -> None:
    @ui.page("/host/{key}/console")
    def host_console(key: str) -> None:
        object_page(context, _about(), key)


def _about() -> About[HostView]:
    return About(
        view=HostView,
        title=_("Console"),
        unknown=_("No host has this UUID"),
        gone=_("This host is no longer in its pool. Its last known state is shown."),
        all_title=_("Hosts"),
        all_path="/hosts",
        draw=show,
    )


def show(context: Context, host: HostView) -> None:
    """The console of its control domain."""
    host_head(context, host)
    dom0 = host.row.home.one(VM, host.row.control_domain)
    if dom0 is None:
        empty_state(_("This host has no console"), _("Its pool tells of no control domain."))
    elif verdict := may_see(current_user(), dom0):
        console(context, dom0)
    else:
        empty_state(_("You may not see this console"), str(verdict.reason))


def console_link(host: Host) -> None:
    """The way to it, for those who may."""
    dom0 = host.home.one(VM, host.control_domain)
    if dom0 is not None and may_see(current_user(), dom0):
        with Card(_("Console")):
            ui.link(_("Open the console"), f"{path_of(host)}/console").classes("x-link")
