"""`/host/{uuid@pool}/maintenance`: what becomes of the VMs of a host, before it goes into maintenance mode."""

from __future__ import annotations

from dataclasses import replace

from nicegui import ui

from components.hosts.maintenance import MaintenanceForm
from components.ui import PageHead
from data.views.host import HostView
from pages.host import about
from pages.objects import object_page
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page("/host/{key}/maintenance")
    def maintenance(key: str) -> None:
        context = program.for_viewer()
        object_page(context, replace(about(), draw=show), key)


def show(context: Context, host: HostView) -> None:
    PageHead(_("Maintenance: {name}").format(name=host.name), icon="host")
    MaintenanceForm(context, host.row)
