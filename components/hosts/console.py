"""The way to a host's own console, for those who may."""

from __future__ import annotations

from nicegui import ui

from components.urls import path_of
from data.views.host import HostView
from data.views.vm import VMView
from xo_dash.auth.current import current_user
from xo_dash.consoles.rights import may_see
from xo_dash.context import Context
from xo_dash.i18n import _


def console_link(context: Context, host: HostView) -> None:
    """A button; nothing for others."""
    dom0 = control_domain(context, host)
    if dom0 is not None and may_see(current_user(), dom0.row):
        ui.link(_("Console"), f"{path_of(host.row)}/console").classes("x-btn").mark("host-console").move(target_index=0)


def control_domain(context: Context, host: HostView) -> VMView | None:
    """The VM whose console is the host's."""
    dom0 = HostView.control_domain.of(host.row)
    return context.scope.vm(dom0.key) if dom0 is not None else None
