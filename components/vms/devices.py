"""A VM's disks and drives, and its NICs, as tables."""

from __future__ import annotations

from collections.abc import Iterable

from components.cells import Cell, CellLink, CellTable, Marked, Quiet, Share, TextLines
from components.related import disk_refs, follow_related, nic_refs
from components.ui import Card, Column
from components.urls import path_of
from data.names import name_of
from data.objects import VDI, VM, PowerState
from data.sight import Sight
from data.vms import Drive, Nic, disk_total, disk_used, drives_of, nics_of
from xo_dash.i18n import _, size


class VmDisks(Card):
    """Disks first, then CD drives with what is in them."""

    def __init__(self, mirror: Sight, vm: VM) -> None:
        super().__init__(_("Disks"), " ")
        self._vm = vm
        columns = (
            Column(_("#"), width="28px"), Column(_("Name"), main=True), Column(_("SR")), Column(_("Used on the SR"), width="30%"),
            Column(_("Size"), number=True),
        )  # fmt: skip
        with self:
            self._table = CellTable(columns, _("No disks."))
            follow_related(mirror, vm, disk_refs, self._refresh, names=("VBDs", "power_state"))

    def _refresh(self) -> None:
        vm = self._vm
        drives = drives_of(vm)
        disks = sum(drive.is_disk for drive in drives)
        self.scope.text = size(disk_total(vm)) if disks else ""
        self.show_count(disks)
        self._table.show([(drive.vbd.ref, list(_drive_cells(drive, vm.power_state is PowerState.RUNNING))) for drive in drives])


def _drive_cells(drive: Drive, running: bool) -> Iterable[Cell]:
    vbd, vdi, sr = drive
    yield vbd.userdevice or "–"
    if not drive.is_disk:
        drawer = _("CD drive") if vbd.type == "CD" else _("Floppy drive")
        yield f"{drawer}: {name_of(vdi)}" if vdi else drawer
        yield Quiet(_("empty")) if vdi is None else CellLink(name_of(sr), path_of(sr)) if sr else ""
        yield ""
        yield size(vdi.virtual_size) if vdi else ""
    elif vdi is None:
        yield Marked("critical", _("missing"))
        yield Quiet(_("its disk no longer exists"))
        yield ""
        yield ""
    else:
        yield _disk_name(drive, vdi, running)
        yield CellLink(name_of(sr), path_of(sr)) if sr else ""
        yield _use(disk_used(vdi), vdi.virtual_size)
        yield size(vdi.virtual_size)


def _use(used: int, whole: int) -> Cell:
    if used < 0 or whole <= 0:
        return Quiet(_("unknown"))
    return Share(used / whole, size(used))


def _disk_name(drive: Drive, vdi: VDI, running: bool) -> Cell:
    """The name, and what is not as usual: disks are written to, and attached while the VM runs."""
    name = name_of(vdi)
    if drive.vbd.mode == "RO":
        name = _("{disk}, read-only").format(disk=name)
    if vdi.missing:
        return Marked("critical", _("{disk}, missing on its SR").format(disk=name))
    if running and not drive.vbd.currently_attached:
        return Marked("warning", _("{disk}, not attached").format(disk=name))
    return name


class VmNics(Card):
    """NICs with their networks and the addresses that the guest tells."""

    def __init__(self, mirror: Sight, vm: VM) -> None:
        super().__init__(_("Networks"), " ")
        self._vm = vm
        columns = (Column(_("NIC"), width="28px"), Column(_("Network"), main=True), Column(_("Addresses")), Column(_("MAC"), number=True))
        with self:
            self._table = CellTable(columns, _("No NICs."))
            follow_related(mirror, vm, nic_refs, self._refresh, names=("VIFs", "power_state", "guest_metrics"))

    def _refresh(self) -> None:
        running = self._vm.power_state is PowerState.RUNNING
        nics = nics_of(self._vm)
        self.show_count(len(nics))
        self._table.show([(nic.vif.ref, list(_nic_cells(nic, running))) for nic in nics])


def _nic_cells(nic: Nic, running: bool) -> Iterable[Cell]:
    vif, network, addresses = nic
    yield vif.device or "–"
    name = name_of(network) if network else _("missing")
    path = path_of(network) if network else ""
    cut = running and not vif.currently_attached
    yield Marked("warning", _("{network}, not connected").format(network=name), path) if cut else CellLink(name, path)
    shown = tuple(address for address in addresses if not address.startswith("fe80:")) or addresses
    yield TextLines(shown) if len(shown) > 1 else "".join(shown)
    yield vif.MAC
