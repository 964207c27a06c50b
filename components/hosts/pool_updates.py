"""Updates of XenServer 7 on a host's page: those that were uploaded to the pool and it lacks, and those that it has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from nicegui import ui

from components.actions import run_command, whoever
from components.live import draw_while
from components.ui import Button, Card
from data.pool_updates import UpdateLine
from data.views.host import HostView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.host.pool_update import APPLY_POOL_UPDATE, takes_pool_updates
from xo_dash.control.host.pool_updates import APPLY_POOL_UPDATES
from xo_dash.i18n import N_, _

NEEDED: Final[Mapping[str, str]] = {
    "restartHost": N_("reboot"), "restartXAPI": N_("toolstack restart"),
    "restartHVM": N_("restart of VMs"), "restartPV": N_("restart of VMs"),
}  # fmt: skip


def host_pool_updates(context: Context, host: HostView) -> None:
    """There where the pool has such updates."""
    draw_while(
        host, ("updates_uploaded", "updates_applied"),
        lambda: takes_pool_updates(host.row) and (host.updates_uploaded, host.updates_applied),
        lambda _found: HostPoolUpdates(context, host),
    )  # fmt: skip


class HostPoolUpdates(Card):
    def __init__(self, context: Context, host: HostView) -> None:
        super().__init__(_("Updates"))
        missing, applied = host.updates_uploaded, host.updates_applied
        self.show_count(len(missing))
        with self, ui.element().classes("x-stack"):
            if not missing:
                ui.label(_("All updates that were uploaded to the pool are installed.")).classes("x-dim")
            for one in missing:
                with ui.element().classes("x-row x-spread"):
                    ui.label(_line(one)).props["data-tip"] = one.description
                    if may(whoever(), APPLY_POOL_UPDATE, host.row):
                        chosen = {"update": one.uuid}
                        Button(_("Install…"), partial(run_command, context, APPLY_POOL_UPDATE, [host.row], chosen)).mark("install-uploaded")
            if missing and may(whoever(), APPLY_POOL_UPDATES, host.row):
                install = partial(run_command, context, APPLY_POOL_UPDATES, [host.row])
                Button(_("Install all…"), install, icon="download").mark("install-all")
            if applied:
                ui.label(_("Installed")).classes("x-strong")
                with ui.element("ul").classes("x-patches"):
                    for one in applied:
                        line = ui.label(_line(one))
                        line.tag = "li"
                        line.props["data-tip"] = one.description


def _line(one: UpdateLine) -> str:
    """`XS76E001 1.0 · needs: reboot`"""
    needs = ", ".join(dict.fromkeys(_(NEEDED[word]) for word in one.needs if word in NEEDED))
    return " · ".join(filter(None, (f"{one.name} {one.version}".strip(), _("needs: {what}").format(what=needs) if needs else "")))
