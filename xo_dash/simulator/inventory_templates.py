"""Templates: some that come with the pool, and one that somebody made."""

from __future__ import annotations

from . import inventory_storage
from .database import Database
from .inventory_names import GIB

# name | memory, GiB | disk, GiB | firmware | shorthand
DEFAULT = """
Debian Bookworm 12            | 1 | 10 | bios | debian-12
Debian Trixie 13              | 1 | 10 | bios | debian-13
Ubuntu Jammy Jellyfish 22.04  | 2 | 10 | bios | ubuntu-22.04
Ubuntu Noble Numbat 24.04     | 2 | 10 | uefi | ubuntu-24.04
AlmaLinux 9                   | 2 | 10 | bios | almalinux-9
Rocky Linux 9                 | 2 | 10 | bios | rocky-9
Windows 10 (64-bit)           | 4 | 32 | bios | windows-10-64bit
Windows 11                    | 4 | 64 | uefi | windows-11
Windows Server 2022 (64-bit)  | 4 | 32 | uefi | windows-server-2022-64bit
Other install media           | 1 | 0  | bios | other-install-media
"""
LIMITS = (
    '<restrictions><restriction field="memory-static-min" min="{least}"/><restriction field="memory-static-max" max="1649267441664"/>'
    '<restriction field="vcpus-max" max="64"/><restriction property="number-of-vbds" max="255"/>'
    '<restriction property="number-of-vifs" max="7"/>{more}</restrictions>'
)
DISK = '<provision><disk device="0" size="{size}" sr="" bootable="true" type="system"/></provision>'


def build(db: Database, sr: str) -> dict[str, str]:
    """{name: reference} of the default templates. The custom one has a disk on `sr`."""
    made = {}
    for line in DEFAULT.strip().splitlines():
        name, memory, disk, firmware, label = (cell.strip() for cell in line.split("|"))
        other = {"default_template": "true", "install-methods": "cdrom"}
        if not label.startswith("windows") and disk != "0":
            other |= {"linux_template": "true", "install-methods": "cdrom,nfs,http,ftp"}
        if disk != "0":
            other["disks"] = DISK.format(size=int(disk) * GIB)
        made[name] = create(db, name, int(memory) * GIB, firmware, label, other, is_default_template=True)
    golden = create(db, "debian-golden", 2 * GIB, "bios", "", {"base_template_name": "Debian Trixie 13"}, tags=["golden"],
                    name_description="Debian 13 with cloud-init, ready to clone")  # fmt: skip
    vdi = inventory_storage.disk(db, sr, "debian-golden", 10 * GIB, used=2 * GIB, type="system")
    db.create("VBD", {"VM": golden, "VDI": vdi, "userdevice": "0", "bootable": True, "mode": "RW", "type": "Disk", "unpluggable": True,
                      "other_config": {"owner": ""}})  # fmt: skip
    return made


def restrictions(least: int, label: str) -> str:
    more = '<restriction field="has-vendor-device" value="true"/>' if label.startswith("windows") else ""
    return LIMITS.format(least=least, more=more)


def create(db: Database, name: str, memory: int, firmware: str, label: str, other: dict[str, str], **more: object) -> str:
    windows = label.startswith("windows")
    return db.create("VM", {
        "name_label": name, "is_a_template": True, "power_state": "Halted", "user_version": 1, "memory_static_min": memory // 2,
        "memory_dynamic_min": memory, "memory_dynamic_max": memory, "memory_static_max": memory, "VCPUs_max": 2 if windows else 1,
        "VCPUs_at_startup": 2 if windows else 1, "actions_after_shutdown": "destroy", "actions_after_reboot": "restart",
        "actions_after_crash": "restart", "HVM_boot_policy": "BIOS order", "HVM_boot_params": {"order": "cdn", "firmware": firmware},
        "HVM_shadow_multiplier": 1.0, "domain_type": "hvm", "hardware_platform_version": 2 if windows else 0, "domid": -1,
        "platform": platform(windows=windows, uefi=firmware == "uefi"), "recommendations": restrictions(memory // 2, label),
        "reference_label": label, "other_config": {**other, "mac_seed": db.new_uuid()},
        "metrics": db.create("VM_metrics", {"VCPUs_utilisation": {"0": 0.0}, "last_updated": "19700101T00:00:00Z"}), **more,
    })  # fmt: skip


def platform(*, windows: bool, uefi: bool) -> dict[str, str]:
    parts = {"acpi": "1", "apic": "true", "pae": "true", "nx": "true", "hpet": "true", "vga": "std", "videoram": "8",
             "viridian": str(windows).lower(), "device-model": "qemu-upstream-uefi" if uefi else "qemu-upstream-compat"}  # fmt: skip
    if windows:
        parts |= {"viridian_time_ref_count": "true", "viridian_reference_tsc": "true", "cores-per-socket": "2", "timeoffset": "0"}
    if uefi:
        parts["secureboot"] = "auto" if windows else "false"
    return parts
