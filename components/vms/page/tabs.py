"""The tabs of a VM's page, each with an address of its own: `/vm/{uuid@pool}/disks`. A new one is a function and a row here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from nicegui import ui

from components.live import follow, fresh_slot
from components.related import follow_related
from components.ui import Tab, Tabs
from components.urls import path_of
from components.vms.page.console import console
from components.vms.page.disks import disks
from components.vms.page.history import history
from components.vms.page.networks import networks
from components.vms.page.overview import overview
from components.vms.page.settings import settings
from components.vms.page.snapshots import snapshots
from data.objects import VBD, VM
from data.types import Ref
from xo_dash.context import Context
from xo_dash.i18n import N_, _


@dataclass(frozen=True, slots=True)
class VmTab:
    """One tab; `draw` fills the page's body with what it shows."""

    name: str  # in the address
    title: str
    draw: Callable[[Context, VM], None]
    count: Callable[[VM], int] | None = None  # of what it shows


def _disk_count(vm: VM) -> int:
    return sum(vbd.type == "Disk" for vbd in vm.all_of(VBD, vm.VBDs))


TABS: Final = (
    VmTab("overview", N_("Overview"), overview),
    VmTab("console", N_("Console"), console),
    VmTab("disks", N_("Disks"), disks, _disk_count),
    VmTab("networks", N_("Networks"), networks, lambda vm: len(vm.VIFs)),
    VmTab("snapshots", N_("Snapshots"), snapshots, lambda vm: len(vm.snapshots)),
    VmTab("settings", N_("Settings"), settings),
    VmTab("history", N_("History"), history),
)
"""In the order in which they are shown; the first has the page's own address."""


class VmTabs:
    """The row of tabs and the body of the page below it; stale while the VM's pool is not reachable."""

    def __init__(self, context: Context, vm: VM, selected: str) -> None:
        self._context, self._vm = context, vm
        path = path_of(vm)
        tabs = [Tab(tab.name, _(tab.title), path=path if tab is TABS[0] else f"{path}/{tab.name}") for tab in TABS]
        self._tabs = Tabs(tabs, selected, self._fill)
        with ui.element().classes("x-vm-body") as self._body:
            pass
        follow_related(context.mirror, vm, _counted, self._count, names=("VBDs", "VIFs", "snapshots"))
        follow(context.mirror, (vm.home.server,), self._age)
        self._fill(self._tabs.selected)

    def _count(self) -> None:
        for tab in TABS:
            if tab.count is not None:
                self._tabs.show_count(tab.name, tab.count(self._vm))

    def _age(self) -> None:
        live = self._vm.home.server.is_live
        self._body.classes(**{"remove" if live else "add": "x-vm-old"})

    def _fill(self, name: str) -> None:
        with fresh_slot(self._body):
            next(tab for tab in TABS if tab.name == name).draw(self._context, self._vm)


def _counted(vm: VM) -> Iterable[Ref]:
    return vm.VBDs
