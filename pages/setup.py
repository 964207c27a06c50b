"""/settings: the servers, the people, and what this program is."""

from __future__ import annotations

from nicegui import ui

from components.people import PeopleList
from components.servers import ServerList
from components.ui import Card, PageHead, cards, key_values
from data.objects import VM, Host
from data.stores.users import Role
from pages.layout import frame
from xo_dash import __version__
from xo_dash.context import Context
from xo_dash.door.current import current_user
from xo_dash.i18n import _, number


def create(context: Context) -> None:
    @ui.page("/settings")
    def settings() -> None:
        with frame(context, title=_("Settings")):
            PageHead(_("Settings"))
            with cards(360):
                ServerList(context)
                if current_user().role.includes(Role.ADMIN):
                    PeopleList(context)
                _about(context)


def _about(context: Context) -> None:
    rows = [
        (_("Version"), __version__),
        (_("Licence"), "AGPL-3.0-or-later"),
        (_("Pools"), number(len(context.mirror.pools))),
        (_("Hosts"), number(sum(1 for _host in context.mirror.every(Host)))),
        (_("VMs"), number(sum(1 for vm in context.mirror.every(VM) if not (vm.is_a_template or vm.is_control_domain)))),
    ]
    if current_user().role.includes(Role.ADMIN):
        rows.append((_("Data directory"), str(context.settings.data_dir)))
    with Card(_("About")):
        key_values(rows)
