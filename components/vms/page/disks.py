"""Disks: what a VM stores and where, what is free there, and what is in its CD drives."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import events, ui

from components.actions import run_command, run_one, whoever
from components.related import disk_refs, follow_related
from components.ui import Button, ButtonKind, Mark, Meter, Tone, notify
from components.urls import path_of
from components.vms.page.device_rows import DeviceLine, DeviceRow, DeviceRows, described, offered
from components.vms.page.pending import PendingNotice
from data.names import name_of
from data.objects import SR, VDI, VM, PowerState
from data.pending import pending_of
from data.vms import Drive, device_of, disk_total, disk_used, drives_of
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.run import RunState
from xo_dash.control.sr.choice import free_space
from xo_dash.control.vbd.attach import ADD_DISK, ATTACH_DISK
from xo_dash.control.vbd.cd import INSERT, InsertCD, images
from xo_dash.control.vm.eject import EJECT
from xo_dash.i18n import _, ngettext, number, size

TOP = (ADD_DISK, ATTACH_DISK)


def disks(context: Context, vm: VM) -> None:
    PendingNotice(context, vm)
    DiskTab(context, vm)


class DiskTab(ui.element):
    """Follows the disks and their SRs."""

    def __init__(self, context: Context, vm: VM) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._context, self._vm = context, vm
        titles = [_("Device"), _("Name"), _("SR"), _("On the SR"), _("Size"), _("Mode"), ""]
        with self:
            with ui.element().classes("x-device-bar"):
                self._verbs = [
                    Button(_(row.title), lambda row=row: run_command(context, row, [vm]), icon=row.icon).mark(row.id) for row in TOP
                ]
                self._sum = ui.label().classes("x-dim x-device-sum")
            with ui.element("section").classes("x-card x-device-card"):
                self._rows = DeviceRows(context, "disks", titles, _("No disks."))
            follow_related(context.mirror, vm, disk_refs, self._refresh)

    def _refresh(self) -> None:
        vm = self._vm
        drives = drives_of(vm)
        count = sum(drive.is_disk for drive in drives)
        self._sum.text = ngettext("{n} disk", "{n} disks", count).format(n=number(count)) + f", {size(disk_total(vm))}" if count else ""
        for row, button in zip(TOP, self._verbs, strict=True):
            reason = why_not(row, vm, whoever())
            button.allow(str(reason) if reason else None)
        self._rows.show([self._row(drive) for drive in drives])

    def _row(self, drive: Drive) -> DeviceRow:
        vm, (vbd, vdi, sr) = self._vm, drive
        may = whoever() is not None and why_not(EJECT if not drive.is_disk else ADD_DISK, vm, whoever()) is None
        look = (
            vbd.userdevice, vbd.device, vbd.mode, vbd.bootable, vbd.currently_attached, vbd.empty, vm.power_state, vdi and name_of(vdi),
            vdi and vdi.name_description, vdi and vdi.virtual_size, vdi and disk_used(vdi), vdi and vdi.missing, sr and name_of(sr),
            sr and free_space(sr), pending_of(vm).disks.get(vdi.uuid) if vdi else None, may,
        )  # fmt: skip
        if not drive.is_disk:
            return DeviceRow(vbd.ref, _("CD drive"), look, lambda line: self._cd(drive))
        commands = [offered(name, vbd) for name in ("vbd.mode", "vbd.bootable", "vbd.detach")]
        if vdi is not None:
            growing = offered("vdi.grow", vdi, lambda: {"size": f"{max(1, vdi.virtual_size >> 30)} GiB"}, final=True)
            own = [
                growing, offered("vdi.move", vdi), offered("vdi.export", vdi), offered("vdi.rename", vdi, lambda: {"name": vdi.name_label}),
                offered("vdi.describe", vdi, lambda: {"description": vdi.name_description}),
            ]  # fmt: skip
            commands = [*own, *commands, offered("vdi.delete", vdi)]
        return DeviceRow(vbd.ref, name_of(vdi) if vdi else _("missing"), look, lambda line: self._disk(drive, line), commands)

    def _disk(self, drive: Drive, line: DeviceLine) -> None:
        vbd, vdi, sr = drive
        ui.label(device_of(vbd)).classes("x-dim")
        if vdi is None:
            with ui.element().classes("x-row"):
                Mark("critical")
                ui.label(_("its disk no longer exists"))
            for _cell in range(4):
                ui.label()
            return
        below = [_("boot device")] if vbd.bootable else []
        if self._vm.power_state is PowerState.RUNNING and not vbd.currently_attached:
            below.insert(0, _("connected at the next start"))
        if vdi.missing:
            below.insert(0, _("missing on its SR"))
        described(name_of(vdi), " · ".join([*below, *([vdi.name_description] if vdi.name_description else [])]))
        _place(sr)
        used = disk_used(vdi)
        if used >= 0 and vdi.virtual_size > 0:
            Meter(used / vdi.virtual_size, size(used))
        else:
            ui.label(_("unknown")).classes("x-dim")
        self._size(vdi)
        ui.label(_("read only") if vbd.mode == "RO" else _("read, write")).classes("x-dim")

    def _size(self, vdi: VDI) -> None:
        waiting = pending_of(self._vm).disks.get(vdi.uuid)
        with ui.element().classes("x-device-size"):
            ui.label(size(vdi.virtual_size))
            if waiting is not None:
                ui.label(_("{value} after restart").format(value=size(waiting.size))).classes("x-pill")

    def _cd(self, drive: Drive) -> None:
        vbd, vdi, vm = drive.vbd, drive.vdi, self._vm
        ui.label(device_of(vbd)).classes("x-dim")
        described(_("CD drive") if vbd.type == "CD" else _("Floppy drive"), name_of(vdi) if vdi else _("empty"))
        reason = why_not(INSERT, vm, whoever())
        with ui.element().classes("x-device-cd"):
            if reason is not None:
                ui.label(str(reason)).classes("x-dim x-cut")
            else:
                self._library(vdi)
        eject = why_not(EJECT, vm, whoever())
        if vdi is not None:
            button = (
                Button(_("Eject"), lambda: run_command(self._context, EJECT, [vm]), kind=ButtonKind.GHOST).mark("eject").props("data-once")
            )
            button.allow(str(eject) if eject else None)

    def _library(self, vdi: VDI | None) -> None:
        """A search over the images of all libraries; choosing one inserts it."""
        found = options(images(self._vm))
        box = ui.select(found, value=vdi.uuid if vdi and vdi.uuid in found else None, with_input=True, on_change=self._inserted)
        box.classes("x-field").props("borderless dense options-dense hide-bottom-space").mark("cd-image")
        box.props["placeholder"] = _("Insert an ISO")
        box.props["aria-label"] = _("Image in the drive")

    async def _inserted(self, event: events.ValueChangeEventArguments[str]) -> None:
        if not event.value:
            return
        item = await run_one(self._context, INSERT, self._vm, InsertCD(image=str(event.value)))
        if item is not None and item.state is not RunState.DONE:
            notify(f"{_(INSERT.title)} {item.name}: {item.reason or ''}", Tone.CRITICAL)


def options(found: Sequence[tuple[VDI, SR]]) -> dict[str, str]:
    return {vdi.uuid: f"{name_of(vdi)} · {name_of(sr)}" for vdi, sr in found}


def _place(sr: SR | None) -> None:
    with ui.element().classes("x-two"):
        if sr is None:
            ui.label("–")
            return
        ui.link(name_of(sr), path_of(sr)).classes("x-plain x-cut").props("dir=auto")
        free = free_space(sr)
        ui.label(_("{size} free").format(size=size(free)) if free is not None else "").classes("x-dim x-small x-cut")
