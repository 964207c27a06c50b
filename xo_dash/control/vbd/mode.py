"""How a VM has a disk: to read only, and whether it boots from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import VBD, PowerState
from data.stores.users import Role
from data.vms import Firmware, firmware_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called
from xo_dash.control.vbd.attach import is_disk_drive, vm_of
from xo_dash.control.writes import setting
from xo_dash.i18n import N_


class SetMode(Request, frozen=True, kw_only=True):
    """Whether the VM may write to the disk."""

    read_only: Annotated[bool, called(N_("Read-only"))] = True


class SetBootable(Request, frozen=True, kw_only=True):
    """Whether a paravirtual VM boots from the disk."""

    bootable: Annotated[bool, called(N_("Bootable"))] = True


def cannot_be_read_only(drive: VBD) -> LazyText | None:
    """Source: VBD.set_mode of a halted VM alone; VBD.plug wants the disks of a VM with firmware to be writable."""
    vm = vm_of(drive)
    if vm.power_state is not PowerState.HALTED:
        return lazy(N_("{name} must be halted; shut it down first"), name=name_of(vm))
    if firmware_of(vm) is not Firmware.NONE and drive.mode == "RW":
        return lazy(N_("a VM with firmware cannot have read-only disks"))
    return None


def mode_plan(request: SetMode, drive: VBD) -> Plan:
    says = lazy(N_("Setting the mode of {disk} in {name}"), name=name_of(vm_of(drive)), disk=name_of(drive))
    yield from setting(drive, "mode", "RO" if request.read_only else "RW", drive.mode, says)


def boot_plan(request: SetBootable, drive: VBD) -> Plan:
    says = lazy(N_("Setting the boot flag of {disk} in {name}"), name=name_of(vm_of(drive)), disk=name_of(drive))
    yield from setting(drive, "bootable", request.bootable, drive.bootable, says)


def mode_defaults(drives: Sequence[VBD]) -> Mapping[str, object]:
    return {"read_only": drives[0].mode == "RW"}


def boot_defaults(drives: Sequence[VBD]) -> Mapping[str, object]:
    return {"bootable": not drives[0].bootable}


MODE: Final[AnyAction] = Action(
    id="vbd.mode", kind=VBD, request=SetMode, title=N_("Read-only or writable"), done=N_("The mode of {name} is set"), role=Role.OPERATOR,
    icon="lock", applies_to=is_disk_drive, blocked=cannot_be_read_only, defaults=mode_defaults, plan=mode_plan,
)  # fmt: skip
BOOTABLE: Final[AnyAction] = Action(
    id="vbd.bootable", kind=VBD, request=SetBootable, title=N_("Bootable or not"), done=N_("The boot flag of {name} is set"),
    role=Role.OPERATOR, icon="play", applies_to=is_disk_drive, blocked=never, defaults=boot_defaults, plan=boot_plan,
)  # fmt: skip
