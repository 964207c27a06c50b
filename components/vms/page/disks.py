"""Disks: what a VM stores and where, what is free there, and what is in its CD drives."""

from __future__ import annotations

from nicegui import events, ui

from components.actions import run_command, run_one, whoever
from components.live import follow_facts
from components.ui import Button, ButtonKind, Mark, Meter, Tone, notify
from components.ui.fields import ARROW
from components.urls import path_to
from components.vms.page.device_rows import DeviceLine, DeviceRow, DeviceRows, described, offered
from components.vms.page.pending import pending_notice
from data.names import name_of
from data.views.vm import VMView
from data.views.vm_parts import DiskView
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.run import RunState
from xo_dash.control.vbd.attach import ADD_DISK, ATTACH_DISK
from xo_dash.control.vbd.cd import INSERT, InsertCD, images
from xo_dash.control.vm.eject import EJECT
from xo_dash.i18n import _, isolated, ngettext, number, size

TOP = (ADD_DISK, ATTACH_DISK)


def disks(context: Context, vm: VMView) -> None:
    pending_notice(context, vm)
    DiskTab(context, vm)


class DiskTab(ui.element):
    """Follows the disks and their SRs."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__()
        self.classes("x-stack").style("gap: 12px")
        self._context, self._vm = context, vm
        titles = [_("Device"), _("Name"), _("SR"), _("On the SR"), _("Size"), _("Mode"), ""]
        with self:
            with ui.element().classes("x-device-bar"):
                self._verbs = [
                    Button(_(row.title), lambda row=row: run_command(context, row, [vm.row]), icon=row.icon).mark(row.id) for row in TOP
                ]
                self._sum = ui.label().classes("x-dim x-device-sum")
            with ui.element("section").classes("x-card x-device-card"):
                self._rows = DeviceRows(context, "disks", titles, _("No disks."))
            follow_facts(vm, ("disks", "disk_total", "is_running", "takes"), self._refresh)

    def _refresh(self) -> None:
        drives = self._vm.disks
        count = sum(drive.is_disk for drive in drives)
        total = f", {size(self._vm.disk_total)}" if count else ""
        self._sum.text = ngettext("{n} disk", "{n} disks", count).format(n=number(count)) + total if count else ""
        for row, button in zip(TOP, self._verbs, strict=True):
            reason = why_not(row, self._vm.row, whoever())
            button.allow(str(reason) if reason else None)
        self._rows.show([self._row(drive) for drive in drives])

    def _row(self, drive: DiskView) -> DeviceRow:
        vm = self._vm
        may = whoever() is not None and why_not(EJECT if not drive.is_disk else ADD_DISK, vm.row, whoever()) is None
        look = drive, vm.is_running, may
        if not drive.is_disk:
            return DeviceRow(drive.vbd, _("CD drive"), look, lambda line: self._cd(drive))
        commands = [offered(name, drive.row) for name in ("vbd.mode", "vbd.bootable", "vbd.detach")]
        if (disk := drive.disk) is not None:
            growing = offered("vdi.grow", disk, lambda: {"size": f"{max(1, drive.size >> 30)} GiB"}, final=True)
            own = [
                growing, offered("vdi.move", disk), offered("vdi.export", disk),
                offered("vdi.rename", disk, lambda: {"name": disk.name_label}),
                offered("vdi.describe", disk, lambda: {"description": disk.name_description}),
            ]  # fmt: skip
            commands = [*own, *commands, offered("vdi.delete", disk)]
        return DeviceRow(drive.vbd, drive.name or _("missing"), look, lambda line: self._disk(drive, line), commands)

    def _disk(self, drive: DiskView, line: DeviceLine) -> None:
        ui.label(drive.device).classes("x-dim")
        if drive.is_empty:
            with ui.element().classes("x-row"):
                Mark("critical")
                ui.label(_("its disk no longer exists"))
            for _cell in range(4):
                ui.label()
            return
        below = [_("boot device")] if drive.is_boot else []
        if self._vm.is_running and not drive.is_attached:
            below.insert(0, _("connected at the next start"))
        if drive.is_missing:
            below.insert(0, _("missing on its SR"))
        described(drive.name, " · ".join(filter(None, [*below, drive.description])))
        _place(drive)
        if drive.used >= 0 and drive.size > 0:
            Meter(drive.used / drive.size, size(drive.used))
        else:
            ui.label(_("unknown")).classes("x-dim")
        with ui.element().classes("x-device-size"):
            ui.label(size(drive.size))
            if drive.grows_to:
                ui.label(_("{value} after restart").format(value=size(drive.grows_to))).classes("x-pill")
        ui.label(_("read only") if drive.is_read_only else _("read, write")).classes("x-dim")

    def _cd(self, drive: DiskView) -> None:
        vm = self._vm.row
        ui.label(drive.device).classes("x-dim")
        described(_("CD drive") if drive.is_cd else _("Floppy drive"), drive.name or _("empty"))
        reason = why_not(INSERT, vm, whoever())
        with ui.element().classes("x-device-cd"):
            if reason is not None:
                ui.label(str(reason)).classes("x-dim x-cut")
            else:
                self._library(drive.vdi)
        eject = why_not(EJECT, vm, whoever())
        if not drive.is_empty:
            button = (
                Button(_("Eject"), lambda: run_command(self._context, EJECT, [vm]), kind=ButtonKind.GHOST).mark("eject").props("data-once")
            )
            button.allow(str(eject) if eject else None)

    def _library(self, inside: str) -> None:
        """A search over the images of all libraries; choosing one inserts it. `inside`: the uuid of what is in the drive."""
        found = {image.uuid: f"{isolated(name_of(image))} · {isolated(name_of(sr))}" for image, sr in images(self._vm.row)}
        box = ui.select(found, value=inside if inside in found else None, with_input=True, on_change=self._inserted)
        box.classes("x-field").props("borderless dense options-dense hide-bottom-space").mark("cd-image")
        box.props["dropdown-icon"] = ARROW
        box.props["placeholder"] = _("Insert an ISO")
        box.props["aria-label"] = _("Image in the drive")

    async def _inserted(self, event: events.ValueChangeEventArguments[str]) -> None:
        if not event.value:
            return
        item = await run_one(self._context, INSERT, self._vm.row, InsertCD(image=str(event.value)))
        if item is not None and item.state is not RunState.DONE:
            notify(f"{_(INSERT.title)} {item.name}: {item.reason or ''}", Tone.CRITICAL)


def _place(drive: DiskView) -> None:
    with ui.element().classes("x-two"):
        if drive.sr is None:
            ui.label("–")
            return
        ui.link(drive.sr.name, path_to(drive.sr)).classes("x-plain x-cut").props("dir=auto")
        ui.label(_("{size} free").format(size=size(drive.free)) if drive.free is not None else "").classes("x-dim x-small x-cut")
