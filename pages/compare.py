"""`/compare?o=vm:uuid@pool,host:uuid@pool&range=day`: up to six objects on one time axis."""

from __future__ import annotations

from components.charts import panels
from components.charts.compare import MOST, Compare, Compared, compare_key
from components.charts.pictures import KINDS
from components.frame.finder import Adder
from components.frame.loading import is_loading, load_again_when_there
from components.parts import page
from components.ui import PageHead, empty_state
from components.urls import path_of
from data.names import name_of
from data.search import Group
from data.sight import Sight
from data.types import XapiObject
from data.views.host import HostView
from data.views.pool import PoolView
from data.views.sr import SRView
from data.views.vm import VMView
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _

PANELS = {VMView.kind: panels.of_vm, HostView.kind: panels.of_host, SRView.kind: panels.of_sr, PoolView.kind: panels.of_pool}

GROUPS = (Group.POOL, Group.HOST, Group.VM, Group.SR)


def create(program: Context) -> None:
    @page("/compare")
    def compare(o: str = "") -> None:
        context = program.for_viewer()
        rows = asked(context.mirror, o)
        with frame(context, title=_("Compare"), crumbs=[(_("VMs"), "/vms")], about=rows.values()):
            PageHead(_("Compare"))
            Adder(context, "o", GROUPS, compare_key, MOST)
            found = [Compared(key, name_of(row), path_of(row), PANELS[type(row)]()) for key, row in rows.items()]
            if found:
                Compare(found)
            elif o and is_loading(context.mirror):
                load_again_when_there(context.mirror)
            else:
                empty_state(_("Nothing to compare"), _("Add up to six VMs, hosts, SRs or pools here, or select them in their lists."))


def asked(mirror: Sight, text: str) -> dict[str, XapiObject]:
    """{key: row} of what `vm:uuid@pool,host:uuid@pool` names and there is; what may mean several is left out."""
    found: dict[str, XapiObject] = {}
    for key in text.split(",")[: MOST * 2]:
        kind, _colon, named = key.partition(":")
        row = mirror.find(KINDS[kind], named) if kind in KINDS else None
        if row is not None and len(found) < MOST:
            found[key] = row
    return found
