"""`/host/{uuid@pool}/console`: a host's own console, which is a shell on it: for administrators."""

from __future__ import annotations

from dataclasses import replace

from components.hosts.console import control_domain
from components.hosts.head import host_head
from components.parts import page
from components.ui import empty_state
from components.vms.page.console import console
from data.views.host import HostView
from pages.host import about
from pages.objects import object_page
from xo_dash.auth.current import current_user
from xo_dash.consoles.rights import may_see
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/host/{key}/console")
    def host_console(key: str) -> None:
        context = program.for_viewer()
        object_page(context, replace(about(), title=_("Console"), draw=show, inner=True), key)


def show(context: Context, host: HostView) -> None:
    """The console of its control domain."""
    host_head(context, host)
    dom0 = control_domain(context, host)
    if dom0 is None:
        empty_state(_("This host has no console"), _("Its pool reports no control domain."))
    elif verdict := may_see(current_user(), dom0.row):
        console(context, dom0)
    else:
        empty_state(_("You do not have access to this console"), str(verdict.reason))
