"""The tabs of a VM's page, each with an address of its own: `/vm/{uuid@pool}/disks`. A new one is a function and a row here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nicegui import ui

from components.access import access_tab
from components.live import follow_facts, fresh_slot
from components.parts import part
from components.ui import Tab, Tabs, page_title
from components.urls import path_of
from components.vms.page.console import console
from components.vms.page.disks import disks
from components.vms.page.history import history
from components.vms.page.networks import networks
from components.vms.page.overview import overview
from components.vms.page.settings import settings
from components.vms.page.snapshots import snapshots
from data.views.vm import VMView
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import N_, _


@dataclass(frozen=True, slots=True)
class VmTab:
    """One tab; `draw` fills the page's body with what it shows."""

    name: str  # in the address
    title: str
    draw: Callable[[Context, VMView], None]
    count: str = ""  # of what it shows: a fact of the VM
    for_administrators: bool = False


TABS: Final = (
    VmTab("overview", N_("Overview"), overview),
    VmTab("console", N_("Console"), console),
    VmTab("disks", N_("Disks"), disks, "disk_count"),
    VmTab("networks", N_("Networks"), networks, "nic_count"),
    VmTab("snapshots", N_("Snapshots"), snapshots, "snapshot_count"),
    VmTab("settings", N_("Settings"), settings),
    VmTab("access", N_("Access"), lambda context, vm: access_tab(context, vm.row), for_administrators=True),
    VmTab("history", N_("History"), history),
)
"""In the order in which they are shown; the first has the page's own address."""


class VmTabs:
    """The row of tabs and the body of the page below it; stale while the VM's pool is not reachable."""

    def __init__(self, context: Context, vm: VMView, selected: str) -> None:
        self._context, self._vm = context, vm
        path = path_of(vm.row)
        self._offered = [tab for tab in TABS if not tab.for_administrators or is_administrator()]
        tabs = [Tab(tab.name, _(tab.title), path=path if tab is TABS[0] else f"{path}/{tab.name}") for tab in self._offered]
        self._tabs = Tabs(tabs, selected, self._turn)
        with ui.element().classes("x-vm-body") as self._body:
            pass
        follow_facts(self._vm, [tab.count for tab in self._offered if tab.count], self._count)
        follow_facts(self._vm, ("is_fresh",), self._age)
        follow_facts(self._vm, ("name",), self._entitle)
        self._fill(self._tabs.selected)

    def _count(self) -> None:
        for tab in self._offered:
            if tab.count:
                self._tabs.show_count(tab.name, getattr(self._vm, tab.count))

    def _age(self) -> None:
        self._body.classes(**{"remove" if self._vm.is_fresh else "add": "x-old"})

    def _entitle(self) -> None:
        """The browser's title: by it people tell the tabs of their browser apart."""
        chosen = next(tab for tab in self._offered if tab.name == self._tabs.selected)
        page_title(self._vm.name, _(chosen.title) if chosen is not TABS[0] else "")

    def _turn(self, name: str) -> None:
        self._entitle()
        self._fill(name)

    def _fill(self, name: str) -> None:
        with fresh_slot(self._body):
            part(next(tab for tab in self._offered if tab.name == name).draw, self._context, self._vm)
