"""A VM's disks and drives, and its NICs, as tables."""

from __future__ import annotations

from collections.abc import Iterable

from components.links import path_of
from components.ui import Card, Column
from components.vms.around import disk_refs, follow_around, nic_refs
from components.vms.cells import Cell, Lines, Link, Marked, Quiet, Share, Table
from data.mirror import Mirror
from data.objects import VM, PowerState
from data.vms import Drive, Nic, disk_total, disk_used, drives_of, nics_of
from xo_dash.i18n import _, ngettext, number, size


class Disks(Card):
    """Disks first, then CD drives with what is in them."""

    def __init__(self, mirror: Mirror, vm: VM) -> None:
        super().__init__(_("Disks"), " ")
        self._vm = vm
        columns = (
            Column(_("Name"), main=True), Column(_("SR")), Column(_("On the SR"), width="26%"), Column(_("Size"), number=True),
            Column(_("Position"), number=True), Column(_("Mode")),
        )  # fmt: skip
        with self:
            self._table = Table(columns, _("It has no disks."))
            follow_around(mirror, vm, disk_refs, self._refresh, names=("VBDs", "power_state"))

    def _refresh(self) -> None:
        vm = self._vm
        drives = drives_of(vm)
        disks = sum(drive.is_disk for drive in drives)
        self.scope.text = (
            ngettext("{n} disk, {size}", "{n} disks, {size}", disks).format(n=number(disks), size=size(disk_total(vm))) if disks else ""
        )
        self._table.show([(drive.vbd.ref, list(_drive_cells(drive, vm.power_state is PowerState.RUNNING))) for drive in drives])


def _drive_cells(drive: Drive, running: bool) -> Iterable[Cell]:
    vbd, vdi, sr = drive
    if not drive.is_disk:
        yield _("CD drive") if vbd.type == "CD" else _("Floppy drive")
        yield (vdi.name_label or vdi.uuid) if vdi else Quiet(_("empty"))
        yield Link(sr.name_label, path_of(sr)) if sr else ""
        yield size(vdi.virtual_size) if vdi else ""
    elif vdi is None:
        yield Marked("critical", _("missing"))
        yield Quiet(_("its disk is no longer there"))
        yield ""
        yield ""
    else:
        yield Marked("critical", vdi.name_label or "–") if vdi.missing else (vdi.name_label or "–")
        yield Link(sr.name_label, path_of(sr)) if sr else ""
        yield _use(disk_used(vdi), vdi.virtual_size)
        yield size(vdi.virtual_size)
    yield vbd.userdevice or "–"
    yield _mode(drive, running)


def _use(used: int, whole: int) -> Cell:
    if used < 0 or whole <= 0:
        return Quiet(_("not known"))
    return Share(used / whole, size(used))


def _mode(drive: Drive, running: bool) -> Cell:
    mode = _("read only") if drive.vbd.mode == "RO" else _("read and write")
    if running and drive.is_disk and not drive.vbd.currently_attached:
        return Marked("warning", _("not attached"))
    return mode


class Nics(Card):
    """NICs with their networks and the addresses that the guest tells."""

    def __init__(self, mirror: Mirror, vm: VM) -> None:
        super().__init__(_("Networks"), " ")
        self._vm = vm
        columns = (Column(_("NIC"), width="48px"), Column(_("Network"), main=True), Column(_("Addresses")), Column(_("MAC"), number=True))
        with self:
            self._table = Table(columns, _("It has no NICs."))
            follow_around(mirror, vm, nic_refs, self._refresh, names=("VIFs", "power_state", "guest_metrics"))

    def _refresh(self) -> None:
        running = self._vm.power_state is PowerState.RUNNING
        self._table.show([(nic.vif.ref, list(_nic_cells(nic, running))) for nic in nics_of(self._vm)])


def _nic_cells(nic: Nic, running: bool) -> Iterable[Cell]:
    vif, network, addresses = nic
    yield vif.device or "–"
    name = network.name_label or network.bridge if network else _("missing")
    path = path_of(network) if network else ""
    cut = running and not vif.currently_attached
    yield Marked("warning", _("{network}, not connected").format(network=name), path) if cut else Link(name, path)
    yield Lines(addresses)
    yield vif.MAC


