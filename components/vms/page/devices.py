"""Devices of hosts that a VM has for itself, with what adds and removes one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nicegui import ui

from components.actions import run_command, whoever
from components.live import follow_facts
from components.ui import Button, Card
from components.vms.page.device_rows import DeviceLine, DeviceRow, DeviceRows, described, offered
from data.devices import DeviceKind
from data.views.vm import VMView
from data.views.vm_parts import DeviceView
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.actions import action
from xo_dash.i18n import N_, _

KINDS: Final[Mapping[DeviceKind, str]] = {DeviceKind.GPU: N_("GPU"), DeviceKind.PCI: N_("PCI device"), DeviceKind.USB: N_("USB device")}
ADDING: Final = ("vm.add_gpu", "vm.add_pci", "vm.add_usb")


class Devices(Card):
    """What its hosts do not have is not offered; with a device of a host it is bound to that."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__(_("Devices of the host"), wide=True)
        self.classes("x-device-card").mark("devices")
        self._context, self._vm = context, vm
        with self:
            titles = (_("Device"), _("Host"), _("State"))
            self._rows = DeviceRows(context, "passed", titles, _("No device of a host is passed through to it."))
            self._buttons()
            follow_facts(self._vm, ("devices",), self._refresh)

    def _buttons(self) -> None:
        rows = [row for id_ in ADDING if (row := action(id_)).is_relevant(self._vm.row) and may(whoever(), row, self._vm.row)]
        if not rows:
            return
        with ui.element().classes("x-member-add"):
            for row in rows:
                Button(_(row.title), lambda row=row: run_command(self._context, row, [self._vm.row]), icon="plus").mark(row.id)

    def _refresh(self) -> None:
        self._rows.show([self._row(device) for device in self._vm.devices])

    def _row(self, device: DeviceView) -> DeviceRow:
        def draw(_line: DeviceLine) -> None:
            described(device.name, " · ".join(filter(None, (_(KINDS[device.kind]), device.address))))
            ui.label(", ".join(host.name for host in device.hosts) or "–").classes("x-cut").props("dir=auto")
            ui.label(_("in use") if device.is_attached else _("from the next start")).classes("x-dim")

        taken = self._context.mirror.find(device.row.kind, device.row.key) if device.row is not None else None
        if taken is not None:
            commands = [offered("vgpu.remove" if device.kind is DeviceKind.GPU else "vusb.remove", taken)]
        else:
            commands = [offered("vm.remove_pci", self._vm.row, lambda: {"address": device.address}, final=True)]
        return DeviceRow(f"{device.kind} {device.row.key if device.row else device.address}", device.name, device, draw, commands)
