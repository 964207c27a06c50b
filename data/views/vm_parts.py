"""What a VM has, as it is shown: disks, NICs, devices, and what it depends on. Amounts are bytes; what nobody knows is -1, None or ""."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from data import dependencies, vms
from data.devices import Device, DeviceKind
from data.level import Level
from data.names import name_of
from data.objects import VBD, VDI, VIF, VM
from data.pending import DiskWaiting, pending_of
from data.views.things import Thing, maybe, thing


class DiskView(NamedTuple):
    """A disk or drive, with what is in it."""

    row: VBD  # what commands act on
    disk: VDI | None  # ... that is in it; None for an empty drive, or a disk that is gone
    vbd: str  # uuid
    vdi: str  # uuid; "" for an empty drive, or a disk that is gone
    name: str  # of what is in it
    description: str
    position: str  # "0", "1" ...: in its VM
    device: str  # xvda
    is_disk: bool  # not a CD or floppy drive
    is_cd: bool
    is_attached: bool
    is_read_only: bool
    is_boot: bool
    is_missing: bool  # its SR no longer has it
    size: int  # as the guest sees it
    used: int  # on the SR, with the nodes below it; -1 if the driver cannot tell
    sr: Thing | None
    free: int | None  # on the SR; None if nobody knows
    grows_to: int  # with the next restart; 0 if it does not

    @property
    def is_empty(self) -> bool:
        return self.disk is None


class NicView(NamedTuple):
    """A NIC, and the addresses that the agent in the guest tells of it: IPv4 first."""

    row: VIF  # what commands act on
    vif: str  # uuid
    name: str
    device: str  # "0", "1" ...: its place in its VM
    mac: str
    network: Thing | None
    addresses: tuple[str, ...]
    is_attached: bool
    rate: int  # KiB/s at most; 0 for no limit
    locking: str  # which addresses it may use, as XAPI calls it: `network_default`, `locked` ...
    allowed: tuple[str, ...]  # ... where it is locked


class DeviceView(NamedTuple):
    """A device of a host that it has for itself, from its next start on."""

    kind: DeviceKind
    name: str
    address: str  # of a PCI device or a USB socket; "" where it is one of several
    hosts: tuple[Thing, ...]  # where it can have it
    is_attached: bool
    row: Thing | None  # what is taken away; None for a PCI device


class DependencyView(NamedTuple):
    """One thing that it depends on, see `data.dependencies`."""

    kind: dependencies.DependencyKind
    level: Level
    what: str
    on: Thing | None
    host: Thing | None


def disks_of(vm: VM) -> tuple[DiskView, ...]:
    waiting = pending_of(vm).disks
    return tuple(_disk(drive, waiting) for drive in vms.drives_of(vm))


def _disk(drive: vms.Drive, waiting: Mapping[str, DiskWaiting]) -> DiskView:
    vbd, vdi, sr = drive
    grown = waiting.get(vdi.uuid) if vdi else None
    return DiskView(
        row=vbd, disk=vdi, vbd=vbd.uuid, vdi=vdi.uuid if vdi else "", name=name_of(vdi) if vdi else "",
        description=vdi.name_description if vdi else "", is_boot=vbd.bootable, position=vbd.userdevice, device=vms.device_of(vbd),
        is_disk=drive.is_disk, is_cd=vbd.type == "CD", is_attached=vbd.currently_attached, is_read_only=vbd.mode == "RO",
        is_missing=vdi is not None and vdi.missing, size=vdi.virtual_size if vdi else -1, used=vms.disk_used(vdi) if vdi else -1,
        sr=maybe(sr), free=sr.physical_size - sr.physical_utilisation if sr and sr.physical_size > 0 else None,
        grows_to=grown.size if grown else 0,
    )  # fmt: skip


def nic_of(nic: vms.Nic) -> NicView:
    vif = nic.vif
    return NicView(
        vif, vif.uuid, name_of(vif), vif.device, vif.MAC, maybe(nic.network), nic.addresses, vif.currently_attached, vms.rate_of(vif),
        vif.locking_mode, (*vif.ipv4_allowed, *vif.ipv6_allowed),
    )  # fmt: skip


def device_of(device: Device) -> DeviceView:
    return DeviceView(device.kind, device.name, device.address, tuple(map(thing, device.hosts)), device.is_attached, maybe(device.row))


def dependency_of(dependency: dependencies.Dependency) -> DependencyView:
    return DependencyView(dependency.kind, dependencies.level_of(dependency), dependency.what, maybe(dependency.on), maybe(dependency.host))
