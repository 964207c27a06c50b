"""What can be told of a VM from its row and what hangs on it: disks, NICs, addresses, tools, age. Pure, computed on read."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from typing import Final, NamedTuple

from data.objects import SR, VBD, VDI, VIF, VM, Network, PowerState, VMGuestMetrics, VMMetrics
from data.placement import HOLDING
from data.texts import whole
from data.types import timestamp


class Drive(NamedTuple):
    """A disk or drive of a VM; `vdi` is what is in it, None for an empty drive or one whose disk is gone."""

    vbd: VBD
    vdi: VDI | None
    sr: SR | None

    @property
    def is_disk(self) -> bool:
        return self.vbd.type == "Disk"


class Nic(NamedTuple):
    """A NIC, and the addresses that the agent in the guest tells of it: IPv4 first."""

    vif: VIF
    network: Network | None
    addresses: tuple[str, ...]


class ToolsState(StrEnum):
    """How the agent in the guest stands."""

    WORKING = "working"
    SILENT = "silent"  # its drivers are there, but it says nothing
    MISSING = "missing"
    OFF = "off"  # the VM does not run, so nobody can tell


class Tools(NamedTuple):
    state: ToolsState
    version: str  # "8.3.0-1"; "" where it does not say


def is_up(vm: VM) -> bool:
    """Whether `vm` is on a host, so that what its guest reported is of now."""
    return vm.power_state in HOLDING


def drives_of(vm: VM) -> list[Drive]:
    """All drives by position, disks before CD drives."""
    drives = [_drive(vbd) for vbd in vm.all_of(VBD, vm.VBDs)]
    return sorted(drives, key=lambda drive: (not drive.is_disk, _place(drive.vbd.userdevice), drive.vbd.userdevice))


def _drive(vbd: VBD) -> Drive:
    vdi = None if vbd.empty else vbd.home.one(VDI, vbd.VDI)
    return Drive(vbd, vdi, vdi.home.one(SR, vdi.SR) if vdi else None)


def disk_total(vm: VM) -> int:
    """Bytes that its disks have as the guest sees them; what lies in CD drives does not count."""
    return sum(drive.vdi.virtual_size for drive in map(_drive, vm.all_of(VBD, vm.VBDs)) if drive.is_disk and drive.vdi)


def disk_used(vdi: VDI) -> int:
    """Bytes that `vdi` takes on its SR, with the nodes of its chain that lie below it; -1 if the driver cannot tell.

    Source: sm_config vhd-parent names the node below by uuid; a base that two disks share is counted for both.
    """
    used, seen = vdi.physical_utilisation, {vdi.uuid}
    by_uuid = {below.uuid: below for below in vdi.home.all(VDI).values() if not below.managed} if "vhd-parent" in vdi.sm_config else {}
    below = by_uuid.get(vdi.sm_config.get("vhd-parent", ""))
    while below is not None and below.uuid not in seen and used >= 0:
        seen.add(below.uuid)
        used += max(0, below.physical_utilisation)
        below = by_uuid.get(below.sm_config.get("vhd-parent", ""))
    return used


def nics_of(vm: VM) -> list[Nic]:
    """All NICs by position."""
    told = _told_addresses(vm)
    vifs = sorted(vm.all_of(VIF, vm.VIFs), key=lambda vif: (_place(vif.device), vif.device))
    return [Nic(vif, vif.home.one(Network, vif.network), told.get(vif.device, ())) for vif in vifs]


def addresses_of(vm: VM) -> list[str]:
    """Every address of the running guest, IPv4 before IPv6, by NIC; none while it is off: the agent's last words are old.

    Link-local ones only where there is no other: nobody reaches a VM by those.
    """
    told = _told_addresses(vm)
    found = dict.fromkeys(address for device in sorted(told, key=_place) for address in told[device])
    wide = [address for address in found if not ip_address(address).is_link_local]
    return sorted(wide or found, key=lambda address: ":" in address)


def _told_addresses(vm: VM) -> Mapping[str, tuple[str, ...]]:
    """{VIF's device: addresses}; keys are "0/ip", "0/ipv4/0", "0/ipv6/1". What is no address is left out, link-local ones are last."""
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics) if is_up(vm) else None
    found: dict[str, dict[str, tuple[bool, bool, str]]] = {}
    for key, value in sorted((guest.networks if guest else {}).items()):
        device, _slash, kind = key.partition("/")
        for text in value.split():
            try:
                address = ip_address(text)
            except ValueError:
                continue
            if kind.startswith("ip") and not address.is_unspecified:
                found.setdefault(device, {}).setdefault(str(address), (address.version == 6, address.is_link_local, key))
    return {device: tuple(sorted(told, key=told.__getitem__)) for device, told in found.items()}


def _place(text: str) -> int:
    return whole(text, 1 << 16)


def started_at(vm: VM) -> float | None:
    """Epoch seconds of this boot; None while it is not on a host, or not known."""
    metrics = vm.home.one(VMMetrics, vm.metrics) if is_up(vm) else None
    return timestamp(metrics.start_time) if metrics else None


def os_name(vm: VM) -> str:
    """The guest's system as its agent calls it, `Debian GNU/Linux 12`; "" where none ever spoke. Stays true while the VM is off.

    Source: Windows adds its folder and partition, split by "|".
    """
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics)
    name = guest.os_version.get("name", "") if guest else ""
    return name.partition("|")[0].strip() or (guest.os_version.get("distro", "").strip() if guest else "")


def tools_of(vm: VM) -> Tools:
    """The agent in the guest, and its version."""
    guest = vm.home.one(VMGuestMetrics, vm.guest_metrics)
    numbers = guest.PV_drivers_version if guest else {}
    version = ".".join(numbers[part] for part in ("major", "minor", "micro") if numbers.get(part, "-1") != "-1")
    if version and numbers.get("build"):
        version += f"-{numbers['build']}"
    if vm.power_state is not PowerState.RUNNING:
        return Tools(ToolsState.OFF, version)
    if guest is None or not (guest.PV_drivers_detected or version or guest.live):
        return Tools(ToolsState.MISSING, "")
    return Tools(ToolsState.WORKING if guest.live else ToolsState.SILENT, version)


def template_name(vm: VM) -> str:
    """What it was made from; "" if nobody wrote it down."""
    return vm.other_config.get("base_template_name", "")


class Firmware(StrEnum):
    BIOS = "bios"
    UEFI = "uefi"
    SECURE = "secure"  # UEFI that starts signed systems only
    NONE = "none"  # paravirtual: Xen loads its kernel


def firmware_of(vm: VM) -> Firmware:
    if vm.domain_type == "pv" or (vm.domain_type == "unspecified" and not vm.HVM_boot_policy):
        return Firmware.NONE
    if vm.HVM_boot_params.get("firmware", "bios") != "uefi":
        return Firmware.BIOS
    return Firmware.SECURE if vm.platform.get("secureboot", "false") == "true" else Firmware.UEFI


BOOT_DEVICES: Final = "cdn"
"""Letters of a boot order: disk, CD drive, network."""


def boot_order(vm: VM) -> str:
    """Some of BOOT_DEVICES in the order they are tried; "" for a paravirtual one."""
    if firmware_of(vm) is Firmware.NONE:
        return ""
    asked = dict.fromkeys(vm.HVM_boot_params.get("order", "cd").lower())
    return "".join(letter for letter in asked if letter in BOOT_DEVICES)


def cores_per_socket(vm: VM) -> int:
    """Cores of each socket that the guest sees; 1 unless said otherwise."""
    return whole(vm.platform.get("cores-per-socket", "")) or 1


def starts_by_itself(vm: VM) -> bool:
    """Whether it starts with its host; the pool must have this switched on too."""
    return vm.other_config.get("auto_poweron") == "true"


def has_fixed_memory(vm: VM) -> bool:
    return vm.memory_dynamic_min >= vm.memory_dynamic_max
