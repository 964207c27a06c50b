"""Storage: repositories, the disks on them, and how both are attached."""

from __future__ import annotations

from typing import Annotated, ClassVar

from data.types import NEVER, NULL_REF, Count, Int, Ref, XapiDate, XapiObject


class SR(XapiObject):
    """A storage repository; each host reaches it through a PBD of its own."""

    xapi_class: ClassVar = "SR"
    name_label: str = ""
    name_description: str = ""
    type: str = ""  # nfs, lvm, ext, iso, udev ...
    content_type: str = ""  # "iso" holds images for CD drives
    shared: bool = False
    physical_size: Int = 0  # bytes; -1 until the first scan
    physical_utilisation: Int = 0  # bytes; -1 until the first scan
    virtual_allocation: Count = 0  # bytes promised to disks; may exceed the size
    VDIs: Annotated[list[Ref], "VDI"] = []
    PBDs: Annotated[list[Ref], "PBD"] = []
    tags: list[str] = []
    other_config: dict[str, str] = {}
    sm_config: dict[str, str] = {}
    is_tools_sr: bool = False
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation


class PBD(XapiObject):
    """A host's path to an SR."""

    xapi_class: ClassVar = "PBD"
    host: Annotated[Ref, "Host"] = NULL_REF
    SR: Annotated[Ref, "SR"] = NULL_REF
    device_config: dict[str, str] = {}
    other_config: dict[str, str] = {}  # mpath-<LUN> -> "[active paths, all]"
    currently_attached: bool = False


class VDI(XapiObject):
    """A virtual disk image; lives on one SR, is attached by VBDs."""

    xapi_class: ClassVar = "VDI"
    name_label: str = ""
    name_description: str = ""
    SR: Annotated[Ref, "SR"] = NULL_REF
    VBDs: Annotated[list[Ref], "VBD"] = []
    type: str = "user"
    virtual_size: Int = -1  # bytes, as the guest sees it; -1 if nobody knows
    physical_utilisation: Int = -1  # bytes of this node alone; -1 if the driver cannot tell
    managed: bool = True  # false: a base copy of a chain, not to be shown
    missing: bool = False
    read_only: bool = False
    sharable: bool = False
    is_a_snapshot: bool = False
    snapshot_of: Annotated[Ref, "VDI"] = NULL_REF
    snapshot_time: XapiDate = NEVER
    sm_config: dict[str, str] = {}  # vhd-parent -> uuid of the disk below
    location: str = ""
    is_tools_iso: bool = False
    cbt_enabled: bool = False  # changed block tracking: backups read what changed alone
    tags: list[str] = []
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation


class VBD(XapiObject):
    """A disk or drive of a VM."""

    xapi_class: ClassVar = "VBD"
    VM: Annotated[Ref, "VM"] = NULL_REF
    VDI: Annotated[Ref, "VDI"] = NULL_REF
    type: str = "Disk"  # Disk, CD, Floppy
    mode: str = "RW"  # RO, RW
    userdevice: str = ""  # the position asked for: "0", "1" ...
    device: str = ""  # xvda while attached
    bootable: bool = False
    empty: bool = False
    currently_attached: bool = False
    other_config: dict[str, str] = {}  # owner: the disk goes with the VM
    allowed_operations: frozenset[str] = frozenset()
    current_operations: Annotated[dict[str, str], "Task"] = {}  # task ref -> operation


class SM(XapiObject):
    """A storage driver the pool has, and what it can."""

    xapi_class: ClassVar = "SM"
    name_label: str = ""
    type: str = ""
    features: dict[str, Int] = {}
    capabilities: frozenset[str] = frozenset()  # the same, of pools before they had `features`
