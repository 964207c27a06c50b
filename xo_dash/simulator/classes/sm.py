"""Storage drivers: which types of SR there are and what each can do. Rows of class SM come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..pool import Pool

_COMMON = "SR_PROBE SR_UPDATE VDI_CREATE VDI_DELETE VDI_ATTACH VDI_DETACH VDI_ACTIVATE VDI_DEACTIVATE VDI_CLONE VDI_SNAPSHOT VDI_RESIZE"
_VHD = f"{_COMMON} VDI_UPDATE VDI_MIRROR VDI_GENERATE_CONFIG VDI_CONFIG_CBT ATOMIC_PAUSE VDI_INTRODUCE VDI_RESET_ON_BOOT"
_LVM = f"{_VHD} SR_TRIM"
_SAN = f"{_LVM} SR_METADATA"
_THIN = f"{_VHD} THIN_PROVISIONING VDI_READ_CACHING"
_ISO = "VDI_CREATE VDI_DELETE VDI_ATTACH VDI_DETACH SR_SCAN SR_ATTACH SR_DETACH"


@dataclass(frozen=True, slots=True)
class Driver:
    """`needs` are device_config keys without which it creates nothing; `vhd`: snapshots make chains of disks."""

    name: str
    what: str
    features: str
    thin: bool = False
    vhd: bool = True
    needs: tuple[str, ...] = ()

    def can(self) -> list[str]:
        return self.features.split()


def drivers() -> Mapping[str, Driver]:
    """{SR.type: driver}"""
    return {
        "ext": Driver("Local EXT3 VHD", "SR plugin which represents disks as VHD files stored on a local EXT filesystem", _THIN, True,
                      needs=("device",)),
        "lvm": Driver("Local VHD on LVM", "SR plugin which represents disks as VHDs on local Logical Volumes", _LVM, needs=("device",)),
        "nfs": Driver("NFS VHD", "SR plugin which stores disks as VHD files on a remote NFS filesystem", _THIN, True,
                      needs=("server", "serverpath")),
        "smb": Driver("SMB", "SR plugin which stores disks as VHD files on a remote SMB filesystem", _THIN, True, needs=("server",)),
        "lvmoiscsi": Driver("VHD over iSCSI", "SR plugin which represents disks as VHDs on LVs created on an iSCSI LUN", _SAN,
                            needs=("target", "targetIQN", "SCSIid")),
        "lvmohba": Driver("LVHD over FC", "SR plugin which represents disks as VHDs on LVs created on an HBA LUN", _SAN, needs=("SCSIid",)),
        "file": Driver("Filesystem VHD", "SR plugin which represents disks as VHD files in a directory", _THIN, True, needs=("location",)),
        "zfs": Driver("ZFS", "SR plugin which stores disks as VHD files on a ZFS dataset", _THIN, True, needs=("location",)),
        "xfs": Driver("XFS", "SR plugin which stores disks as VHD files on a local XFS filesystem", _THIN, True, needs=("device",)),
        "iso": Driver("ISO", "Handles CD images stored as files in iso format", _ISO, True, vhd=False, needs=("location",)),
        "udev": Driver("udev", "SR plugin which represents devices plugged in via udev as VDIs",
                       "SR_UPDATE VDI_INTRODUCE VDI_ATTACH VDI_DETACH VDI_UPDATE", vhd=False, needs=("location",)),
        "dummy": Driver("dummy", "SR plugin which manages fake data", f"{_COMMON} VDI_INTRODUCE VDI_MIRROR".replace("SR_UPDATE ", ""), True,
                        vhd=False),
    }  # fmt: skip


def driver(kind: str) -> Driver:
    """Of an SR of this type; one that can nothing for types nobody knows."""
    return drivers().get(kind) or Driver(kind, "", "", vhd=False)


def create_rows(pool: Pool) -> None:
    """The rows of class SM, as every pool has them."""
    for kind, known in drivers().items():
        if kind == "dummy" or pool.db.find("SM", type=kind):
            continue
        pool.db.create("SM", {
            "type": kind, "name_label": known.name, "name_description": known.what, "vendor": "Citrix Systems Inc",
            "copyright": "(C) 2008 Citrix Systems Inc", "version": "1.0", "required_api_version": "1.0", "capabilities": known.can(),
            "features": dict.fromkeys(known.can(), 1), "configuration": dict.fromkeys(known.needs, ""),
            "driver_filename": f"/opt/xensource/sm/{kind.upper()}SR",
            "supported_image_formats": ["vhd"] if known.vhd else [],
        })  # fmt: skip
