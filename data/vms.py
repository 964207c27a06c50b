"""What can be told of a VM from its row and what belongs to it: disks, NICs, system, age. Pure, computed on read."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from data.facts.vm import is_guest, is_up, told_addresses
from data.names import by_name
from data.objects import SR, VBD, VDI, VIF, VM, Network, Pool, VMGuestMetrics, VMMetrics
from data.texts import whole
from data.types import timestamp

RATE_LIMIT: Final = "ratelimit"
KBPS: Final = "kbps"
"""The kind of limit that a NIC may have, and its key. Source: xapi's vif.qos_algorithm_type."""
BASE_TEMPLATE: Final = "base_template_name"
"""In other_config: the name of the template that a VM was made of. Source: xapi copies it to clones."""


def made_of(template: VM) -> list[VM]:
    """The VMs of its pool that were made of a template of this name, by name; templates and snapshots are none."""
    found = [vm for vm in template.home.all(VM).values() if vm.other_config.get(BASE_TEMPLATE) == template.name_label]
    return by_name(filter(is_guest, found))


def disks_of(vm: VM) -> list[VDI]:
    """Its disks, without what lies in its CD drives, which is somebody else's."""
    drives = [drive for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "Disk"]
    return list(dict.fromkeys(disk for drive in drives if (disk := vm.home.one(VDI, drive.VDI)) is not None))


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


def device_of(vbd: VBD) -> str:
    """`xvda`: what the guest calls it; until anybody has told, what a Linux guest will call it by its position.

    Source: device_number.ml, which names positions xvda, xvdb, ..., xvdz, xvdaa.
    """
    if vbd.device or not vbd.userdevice.isdecimal():
        return vbd.device or vbd.userdevice
    letters, left = "", min(int(vbd.userdevice), 9999) + 1
    while left:
        left, last = divmod(left - 1, 26)
        letters = chr(ord("a") + last) + letters
    return f"xvd{letters}"


def drives_of(vm: VM) -> list[Drive]:
    """All drives by position, disks before CD drives."""
    drives = [_drive(vbd) for vbd in vm.all_of(VBD, vm.VBDs)]
    return sorted(drives, key=lambda drive: (not drive.is_disk, _place(drive.vbd.userdevice), drive.vbd.userdevice))


def _drive(vbd: VBD) -> Drive:
    vdi = None if vbd.empty else vbd.home.one(VDI, vbd.VDI)
    return Drive(vbd, vdi, vdi.home.one(SR, vdi.SR) if vdi else None)


def disk_total(vm: VM) -> int:
    """Bytes that its disks have as the guest sees them; what lies in CD drives does not count."""
    return sum(max(0, drive.vdi.virtual_size) for drive in map(_drive, vm.all_of(VBD, vm.VBDs)) if drive.is_disk and drive.vdi)


def disk_used(vdi: VDI) -> int:
    """Bytes that `vdi` takes on its SR, with the nodes of its chain that lie below it; -1 if the driver cannot tell.

    Source: sm_config vhd-parent names the node below by uuid; a base that two disks share is counted for both.
    """
    used, seen = vdi.physical_utilisation, {vdi.uuid}
    below = _below(vdi)
    while below is not None and below.uuid not in seen and used >= 0:
        seen.add(below.uuid)
        used += max(0, below.physical_utilisation)
        below = _below(below)
    return used


def copy_size(vdi: VDI) -> int:
    """Bytes that a full copy of `vdi` takes where disks are thin: what it and the nodes below it hold; all of it if the driver cannot tell.

    After a snapshot the disk itself holds what was written since and no more.
    """
    used = disk_used(vdi)
    return vdi.virtual_size if used < 0 else min(used, vdi.virtual_size)


def _below(vdi: VDI) -> VDI | None:
    """The hidden node that `vdi` stands on."""
    below = vdi.home.by_uuid(VDI, vdi.sm_config.get("vhd-parent", ""))
    return None if below is None or below.managed else below


def nics_of(vm: VM) -> list[Nic]:
    """By position, each with its network and its addresses."""
    told = told_addresses(vm)
    return [Nic(vif, vif.home.one(Network, vif.network), told.get(vif.device, ())) for vif in vifs_of(vm)]


def vifs_of(vm: VM) -> list[VIF]:
    """By position."""
    return sorted(vm.all_of(VIF, vm.VIFs), key=lambda vif: (_place(vif.device), vif.device))


def rate_of(vif: VIF) -> int:
    """KiB/s at most; 0 for no limit."""
    return whole(vif.qos_algorithm_params.get(KBPS, "")) if vif.qos_algorithm_type == RATE_LIMIT else 0


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


class AutoStart(StrEnum):
    """Whether a VM starts with its host."""

    ON = "on"
    OFF = "off"
    POOL_OFF = "pool_off"  # it is asked to, but its pool has this switched off


def auto_start(vm: VM) -> AutoStart:
    """Source: xapi's start script wants auto_poweron in other_config of both."""
    if vm.other_config.get("auto_poweron") != "true":
        return AutoStart.OFF
    pools = vm.home.all(Pool).values()
    return AutoStart.ON if any(pool.other_config.get("auto_poweron") == "true" for pool in pools) else AutoStart.POOL_OFF


NOTES: Final = "xo:notes"
"""Where Xen Orchestra keeps its notes on a VM, in other_config; markdown."""
CUSTOM_FIELD: Final = "XenCenter.CustomFields."
"""How XenCenter's and Xen Orchestra's custom fields begin in other_config; their names follow."""
FOLDER: Final = "folder"
"""Where XenCenter keeps the folder of an object, `/servers/web`, in other_config."""
USUAL_WEIGHT: Final = 256
"""The share of a VM that has none set. Source: Xen's credit scheduler."""
DELETION: Final = frozenset({"destroy"})
SHUTDOWN: Final = frozenset({"clean_shutdown", "hard_shutdown", "clean_reboot", "hard_reboot", "shutdown", "suspend", "pause"})
"""The operations that protection from deletion, and from being stopped, blocks."""
BACKUP: Final = "xo:backup:"
"""How the keys begin in other_config of the snapshots that a backup of Xen Orchestra's needs for the next one."""


def notes_of(vm: VM) -> str:
    """What somebody wrote about it, beside its description."""
    return vm.other_config.get(NOTES, "").strip()


def custom_fields(vm: VM) -> list[tuple[str, str]]:
    """[(name, value)] by name."""
    found = ((key.removeprefix(CUSTOM_FIELD), value) for key, value in vm.other_config.items() if key.startswith(CUSTOM_FIELD))
    return sorted((name, value) for name, value in found if name and value)


def folder_of(vm: VM) -> str:
    """`/servers/web`; "" for none."""
    return vm.other_config.get(FOLDER, "").strip()


def cpu_weight(vm: VM) -> int:
    return whole(vm.VCPUs_params.get("weight", "")) or USUAL_WEIGHT


def cpu_cap(vm: VM) -> int:
    """Per cent of one CPU; 0 for none."""
    return whole(vm.VCPUs_params.get("cap", ""))


def is_protected(vm: VM, operations: frozenset[str]) -> bool:
    """Whether all of these are blocked; `shutdown` alone may be missing, which nobody calls."""
    return operations - {"shutdown"} <= vm.blocked_operations.keys()


def is_of_backup(snapshot: VM) -> bool:
    """Whether it belongs to a backup, which replaces it by itself: without it the next one is a full one."""
    return any(key.startswith(BACKUP) for key in snapshot.other_config)


def has_fixed_memory(vm: VM) -> bool:
    return vm.memory_dynamic_min >= vm.memory_dynamic_max
