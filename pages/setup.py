"""/settings: the servers, some limits, and what this program is; people have pages of their own."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.cells import Cell, Facts
from components.live import follow_all
from components.parts import page
from components.servers import ServerList
from components.servers.form import open_form
from components.transfers.allowed_hosts import AllowedHostsSettings
from components.ui import Card, PageHead, cards
from components.vms.trash import TrashSettings
from data.changes import Change, Operation
from data.facts.vm import is_guest
from data.server import Server
from data.views.host import HostView
from data.views.vm import VMView
from pages.layout import frame
from xo_dash import __version__
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import _, number


def create(program: Context) -> None:
    @page("/settings")
    def settings(add: str = "") -> None:
        """`add`: with the form for a new server open."""
        context = program.for_viewer()
        with frame(context, title=_("Settings")):
            head = PageHead(_("Settings"))
            with head.verbs:
                if is_administrator():
                    ui.link(_("People and sign-in"), "/people").classes("x-link")
                ui.link(_("My account"), "/account").classes("x-link")
            with cards(360):
                if not context.is_restricted:  # who was given single objects sees no connections
                    ServerList(context)
                if is_administrator():
                    TrashSettings(context)
                    AllowedHostsSettings(context)
                _about(context)
            if add and is_administrator():
                open_form(context)
                ui.navigate.history.replace("settings")  # beside this page: not again when it is loaded again


def _about(context: Context) -> None:
    folder = str(context.settings.data_dir) if is_administrator() else None

    def rows() -> list[tuple[str, Cell | None]]:
        return [
            (_("Version"), __version__),
            (_("Licence"), "AGPL-3.0-or-later"),
            (_("Pools"), number(len(context.mirror.pools))),
            (_("Hosts"), number(sum(1 for _host in context.mirror.every(HostView.kind)))),
            (_("VMs"), number(sum(map(is_guest, context.mirror.every(VMView.kind))))),
            (_("Data directory"), folder),
        ]

    with Card(_("About")):
        facts = Facts([name for name, _value in rows()])
        follow_all(context.mirror, _counts, lambda: facts.show(rows()))


def _counts(changes: Sequence[Change]) -> bool:
    return any(
        change.operation is not Operation.MOD and isinstance(change.subject, (Server, HostView.kind, VMView.kind)) for change in changes
    )
