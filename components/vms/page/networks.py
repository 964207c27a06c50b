"""Networks: the NICs of a VM, what they are connected to and which addresses they have."""

from __future__ import annotations

from nicegui import ui

from components.actions import run_command, whoever
from components.related import follow_related, nic_refs
from components.ui import Button, Mark
from components.urls import path_of
from components.vms.head import copied
from components.vms.page.device_rows import DeviceLine, DeviceRow, DeviceRows, offered
from data.names import name_of
from data.objects import VIF, VM, PowerState
from data.vms import Nic, nics_of
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.vif.change import MODES, lock_defaults, network_defaults, rate_of
from xo_dash.control.vif.nics import ADD_NIC
from xo_dash.i18n import _, ngettext, number


def networks(context: Context, vm: VM) -> None:
    NicTab(context, vm)


class NicTab(ui.element):
    """Follows the NICs, their networks and what the guest tells."""

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._vm = vm
        titles = [_("Device"), _("Network"), _("Addresses"), _("MAC"), _("Rules"), ""]
        with self:
            with ui.element().classes("x-device-bar"):
                self._add = Button(_(ADD_NIC.title), lambda: run_command(context, ADD_NIC, [vm]), icon=ADD_NIC.icon).mark(ADD_NIC.id)
                self._sum = ui.label().classes("x-dim x-device-sum")
            with ui.element("section").classes("x-card x-device-card"):
                self._rows = DeviceRows(context, "nics", titles, _("No NICs."))
            follow_related(context.mirror, vm, nic_refs, self._refresh)

    def _refresh(self) -> None:
        nics = nics_of(self._vm)
        self._sum.text = ngettext("{n} NIC", "{n} NICs", len(nics)).format(n=number(len(nics))) if nics else ""
        reason = why_not(ADD_NIC, self._vm, whoever())
        self._add.allow(str(reason) if reason else None)
        self._rows.show([self._row(nic) for nic in nics])

    def _row(self, nic: Nic) -> DeviceRow:
        vif, network, addresses = nic
        look = (
            vif.device, network and name_of(network), addresses, vif.MAC, rules(vif), vif.currently_attached, self._vm.power_state
        )  # fmt: skip
        commands = [
            offered("vif.network", vif, lambda: network_defaults([vif])), offered("vif.connect", vif), offered("vif.disconnect", vif),
            offered("vif.limit", vif, lambda: {"rate": rate_of(vif) or None}), offered("vif.lock", vif, lambda: lock_defaults([vif])),
            offered("vif.mac", vif, lambda: {"mac": vif.MAC}, final=True), offered("vif.remove", vif),
        ]  # fmt: skip
        shown = [one for one in commands if one.action.is_relevant(vif) or one.action.id not in ("vif.connect", "vif.disconnect")]
        return DeviceRow(vif.ref, name_of(vif), look, lambda line: self._nic(nic, line), shown)

    def _nic(self, nic: Nic, line: DeviceLine) -> None:
        vif, network, addresses = nic
        cut = self._vm.power_state is PowerState.RUNNING and not vif.currently_attached
        ui.label(vif.device).classes("x-dim")
        with ui.element().classes("x-two"):
            ui.link(name_of(network), path_of(network)).classes("x-plain x-cut").props("dir=auto") if network else ui.label(_("missing"))
            if cut:
                with ui.element().classes("x-row x-small"):
                    Mark("warning")
                    ui.label(_("not connected"))
        with ui.element().classes("x-device-addresses"):
            for address in [one for one in addresses if not one.startswith("fe80:")] or addresses:
                copied(address)
            if not addresses:
                ui.label("–").classes("x-dim x-only-wide")
        with ui.element().classes("x-mono"):
            copied(vif.MAC)
        limited = rules(vif)
        ui.label(", ".join(limited) or _("none")).classes("x-dim x-cut" if limited else "x-dim x-cut x-only-wide")


def rules(vif: VIF) -> tuple[str, ...]:
    """Its limit, and which addresses it may use, where that is not as usual."""
    rate = rate_of(vif)
    found = [_("at most {n} kB/s").format(n=number(rate))] if rate else []
    if vif.locking_mode == "locked":
        allowed = [*vif.ipv4_allowed, *vif.ipv6_allowed]
        found.append(_("only {addresses}").format(addresses=", ".join(allowed)) if allowed else _("locked"))
    elif vif.locking_mode not in ("network_default", ""):
        found.append(_(MODES.get(vif.locking_mode, vif.locking_mode)))
    return tuple(found)
