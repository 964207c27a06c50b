"""Networks: the NICs of a VM, what they are connected to and which addresses they have."""

from __future__ import annotations

from nicegui import ui

from components.actions import run_command, whoever
from components.live import follow_facts
from components.ui import Button, Mark
from components.urls import path_to
from components.vms.head import copied
from components.vms.page.device_rows import DeviceLine, DeviceRow, DeviceRows, offered
from data.views.vm import VMView
from data.views.vm_parts import NicView
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.vif.change import MODES, lock_defaults, network_defaults
from xo_dash.control.vif.nics import ADD_NIC
from xo_dash.i18n import _, ngettext, number


def networks(context: Context, vm: VMView) -> None:
    NicTab(context, vm)


class NicTab(ui.element):
    """Follows the NICs, their networks and what the guest tells."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._vm = vm
        titles = [_("Device"), _("Network"), _("Addresses"), _("MAC"), _("Rules"), ""]
        with self:
            with ui.element().classes("x-device-bar"):
                self._add = Button(_(ADD_NIC.title), lambda: run_command(context, ADD_NIC, [vm.row]), icon=ADD_NIC.icon).mark(ADD_NIC.id)
                self._sum = ui.label().classes("x-dim x-device-sum")
            with ui.element("section").classes("x-card x-device-card"):
                self._rows = DeviceRows(context, "nics", titles, _("No NICs."))
            follow_facts(vm, ("nics", "is_running", "takes"), self._refresh)

    def _refresh(self) -> None:
        nics = self._vm.nics
        self._sum.text = ngettext("{n} NIC", "{n} NICs", len(nics)).format(n=number(len(nics))) if nics else ""
        reason = why_not(ADD_NIC, self._vm.row, whoever())
        self._add.allow(str(reason) if reason else None)
        self._rows.show([self._row(nic) for nic in nics])

    def _row(self, nic: NicView) -> DeviceRow:
        vif = nic.row
        commands = [
            offered("vif.network", vif, lambda: network_defaults([vif])), offered("vif.connect", vif), offered("vif.disconnect", vif),
            offered("vif.limit", vif, lambda: {"rate": nic.rate or None}), offered("vif.lock", vif, lambda: lock_defaults([vif])),
            offered("vif.mac", vif, lambda: {"mac": nic.mac}, final=True), offered("vif.remove", vif),
        ]  # fmt: skip
        shown = [one for one in commands if one.action.is_relevant(vif) or one.action.id not in ("vif.connect", "vif.disconnect")]
        return DeviceRow(nic.vif, nic.name, (nic, self._vm.is_running), lambda line: self._nic(nic, line), shown)

    def _nic(self, nic: NicView, line: DeviceLine) -> None:
        network, addresses = nic.network, nic.addresses
        ui.label(nic.device).classes("x-dim")
        with ui.element().classes("x-two"):
            ui.link(network.name, path_to(network)).classes("x-plain x-cut").props("dir=auto") if network else ui.label(_("missing"))
            if self._vm.is_running and not nic.is_attached:
                with ui.element().classes("x-row x-small"):
                    Mark("warning")
                    ui.label(_("not connected"))
        with ui.element().classes("x-device-addresses"):
            for address in [one for one in addresses if not one.startswith("fe80:")] or addresses:
                copied(address)
            if not addresses:
                ui.label("–").classes("x-dim x-only-wide")
        with ui.element().classes("x-mono"):
            copied(nic.mac)
        limited = rules(nic)
        ui.label(", ".join(limited) or _("none")).classes("x-dim x-cut" if limited else "x-dim x-cut x-only-wide")


def rules(nic: NicView) -> tuple[str, ...]:
    """Its limit, and which addresses it may use, where that is not as usual."""
    found = [_("at most {n} kB/s").format(n=number(nic.rate))] if nic.rate else []
    if nic.locking == "locked":
        found.append(_("only {addresses}").format(addresses=", ".join(nic.allowed)) if nic.allowed else _("locked"))
    elif nic.locking not in ("network_default", ""):
        found.append(_(MODES.get(nic.locking, nic.locking)))
    return tuple(found)
