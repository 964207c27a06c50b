"""`/migrate/{uuid@pool}`: a VM to another host, with its disks, or to another pool; `/migrate?vms=...`: several of them."""

from __future__ import annotations

from nicegui import ui

from components.frame.loading import is_loading, load_again_when_there
from components.migration import ManyForm, MigrationForm, MigrationHead
from components.parts import page
from components.stale_data import stale_band, stale_bands
from components.taken import offered, reload_when_taken
from components.ui import PageHead, empty_state
from components.urls import path_of, pool_link
from data.names import name_of
from data.views.host import HostView
from data.views.vm import VMView
from pages.layout import frame
from pages.objects import show_object
from xo_dash.context import Context
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.migration.migrate import named_in
from xo_dash.i18n import _, ngettext, number


def create(program: Context) -> None:
    @page("/migrate")
    def migrate_many(vms: str = "", host: str = "", copy: bool = False) -> None:
        """`vms`: see `path_of_many`; `host`: the key of the one that is chosen at first; `copy`: whether originals are kept."""
        context = program.for_viewer()
        found = [vm for key in named_in(vms) if (vm := context.mirror.find(VMView.kind, key)) is not None and is_machine(vm)]
        title = ngettext("Migrate {n} VM", "Migrate {n} VMs", len(found)).format(n=number(len(found))) if found else _("Migrate")
        with frame(context, title=title, crumbs=[(_("VMs"), "/vms")], about=found):
            reload_when_taken(context, (row for home in context.mirror for row in offered(home)) if found else ())
            if found and any(home.all(HostView.kind) for home in found[0].home.pools.values()):
                stale_bands(context.mirror)
                PageHead(title, icon="migrate")
                ManyForm(context, found, host, copy=copy)
            elif vms and is_loading(context.mirror):
                load_again_when_there(context.mirror)
            elif found:
                empty_state(_("No hosts to migrate to"), _("You can see no host that VMs could go to; ask an administrator."))
            else:
                with empty_state(_("No VMs selected"), _("Select VMs in the list or on the map, then choose Migrate.")):
                    ui.link(_("All VMs"), "/vms").classes("x-btn")

    @page("/migrate/{key}")
    def migrate(key: str, host: str = "", copy: bool = False) -> None:
        context = program.for_viewer()
        found = context.mirror.find(VMView.kind, key)
        title = _("Migrate {name}").format(name=name_of(found)) if found else _("Migrate")
        crumbs = [pool_link(found), (name_of(found), path_of(found))] if found else [(_("VMs"), "/vms")]

        def draw(vm: VMView) -> None:
            stale_band(vm.row.home, context.mirror)
            MigrationHead(vm)
            reload_when_taken(context, (row for home in context.mirror for row in offered(home)))
            MigrationForm(context, vm.row, host, copy=copy)

        with frame(context, title=title, crumbs=crumbs, selected=found):
            show_object(context, VMView, key, draw, _("VM not found"), (_("All VMs"), "/vms"))
