"""A drive as XAPI makes one: of a disk and a VM, or again as one was."""

from __future__ import annotations

from typing import Any, Final

from data.objects import VBD, VM
from data.texts import whole
from data.types import NULL_REF
from data.vms import Firmware, firmware_of

CD_POSITION: Final = 3
"""Where firmware looks for a CD drive; disks leave it free."""
MOST: Final = 255


def positions(vm: VM) -> list[int]:
    """The positions that its drives take."""
    return [whole(drive.userdevice, -1) for drive in vm.all_of(VBD, vm.VBDs)]


def free_position(vm: VM, *, cd: bool = False) -> str:
    """The first that is free: a CD drive's own if it can be."""
    taken = set(positions(vm))
    kept = {CD_POSITION} if firmware_of(vm) is not Firmware.NONE and not cd else set()
    order = [*([CD_POSITION] if cd else []), *range(MOST)]
    return str(next((place for place in order if place not in taken | kept), MOST - 1))


def new_record(vm: VM, vdi: object, *, position: str, kind: str = "Disk", read_only: bool = False, bootable: bool = False,
               owned: bool = False) -> dict[str, Any]:  # fmt: skip
    """What VBD.create takes. `owned`: the disk was made for this VM and goes with it, as XenCenter marks it."""
    return {
        "VM": vm.ref, "VDI": vdi, "userdevice": position, "bootable": bootable, "mode": "RO" if read_only or kind == "CD" else "RW",
        "type": kind, "unpluggable": kind == "Disk", "empty": vdi == NULL_REF, "other_config": {"owner": ""} if owned else {},
        "qos_algorithm_type": "", "qos_algorithm_params": {},
    }  # fmt: skip


def record_of(drive: VBD) -> dict[str, Any]:
    """What makes `drive` again."""
    return {
        "VM": drive.VM, "VDI": drive.VDI, "userdevice": drive.userdevice, "bootable": drive.bootable, "mode": drive.mode,
        "type": drive.type,
        "unpluggable": drive.type == "Disk", "empty": drive.empty, "other_config": dict(drive.other_config), "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }  # fmt: skip
