"""`/host/{uuid@pool}/maintenance`: what becomes of the VMs of a host, before it goes into maintenance mode."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from components.hosts.maintenance import MaintenanceForm
from components.parts import page
from components.ui import PageHead
from data.views.host import HostView
from pages.host import about
from pages.objects import object_page
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.host.apply_updates import APPLY_UPDATES, ApplyUpdates
from xo_dash.control.host.maintenance import ENTER
from xo_dash.control.host.pool_updates import APPLY_POOL_UPDATES
from xo_dash.control.host.power import REBOOT, SHUT_DOWN
from xo_dash.control.host.update import UPDATE_HOST
from xo_dash.i18n import _

THEN: Final = {"reboot": REBOOT, "shutdown": SHUT_DOWN, "update": UPDATE_HOST, "apply": APPLY_UPDATES, "uploaded": APPLY_POOL_UPDATES}


def create(program: Context) -> None:
    @page("/host/{key}/maintenance")
    def maintenance(key: str, then: str = "") -> None:
        context = program.for_viewer()
        object_page(context, replace(about(), draw=partial(show, action=THEN.get(then, ENTER)), inner=True), key)


def show(context: Context, host: HostView, action: AnyAction) -> None:
    PageHead(f"{_(action.title)}: {host.name}", icon="host")
    known = context.patches.of(host.row) if action is APPLY_UPDATES else None
    MaintenanceForm(context, host.row, action, ApplyUpdates(checksum=known.checksum) if known is not None else None)
