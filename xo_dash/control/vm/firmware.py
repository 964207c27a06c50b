"""The firmware of a halted VM: BIOS or UEFI, with Secure Boot, and its vTPM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import VM, VTPM
from data.stores.users import Role
from data.vms import Firmware, firmware_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Edit
from xo_dash.control.requests.types import called, one_of
from xo_dash.control.support import no_vtpm
from xo_dash.control.vm.boot import without_firmware
from xo_dash.control.vm.devices.conditions import halted
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_

KINDS: Final = {Firmware.BIOS: N_("BIOS"), Firmware.UEFI: N_("UEFI"), Firmware.SECURE: N_("UEFI with Secure Boot")}
MODELS: Final = {True: "qemu-upstream-uefi", False: "qemu-upstream-compat"}
"""{whether it is UEFI: platform device-model}. Source: XenCenter writes both together."""


class SetFirmware(Edit, frozen=True, kw_only=True):
    """What starts the guest's system. Without a word about the vTPM it stays as it is."""

    firmware: Annotated[str, one_of({str(kind): title for kind, title in KINDS.items()}), called(N_("Firmware"))]
    vtpm: Annotated[bool | None, called(N_("vTPM"), hint=N_("Required by Windows 11; needs UEFI"), stays=True)] = None


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"firmware": str(firmware_of(vms[0])), "vtpm": bool(vms[0].VTPMs)}


def blocked(vm: VM) -> LazyText | None:
    return without_firmware(vm) or halted(vm)


def _keeps_vtpm(request: SetFirmware, vm: VM) -> bool:
    """Whether it has one afterwards."""
    return bool(vm.VTPMs) if request.vtpm is None else request.vtpm


def check(request: SetFirmware, vm: VM) -> Iterator[Fault]:
    if _keeps_vtpm(request, vm) and request.firmware == Firmware.BIOS:
        yield Fault("vtpm", lazy(N_("a vTPM needs UEFI")))
    elif request.vtpm and not vm.VTPMs and (reason := no_vtpm(vm.home)):
        yield Fault("vtpm", reason)


def notes(request: SetFirmware, vm: VM) -> Iterator[LazyText]:
    old, new = firmware_of(vm), request.firmware
    if (old is Firmware.BIOS) != (new == Firmware.BIOS):
        yield lazy(N_("A system that was installed with the other firmware usually no longer starts. It can be changed back."))
    elif new == Firmware.SECURE and old is not Firmware.SECURE:
        yield lazy(N_("Only systems and drivers with a valid signature start; the pool needs Secure Boot certificates."))
    if vm.VTPMs and not _keeps_vtpm(request, vm):
        yield lazy(N_("Keys in the vTPM are lost for good, such as those of BitLocker; have the recovery key at hand."))


def plan(request: SetFirmware, vm: VM) -> Plan:
    """The vTPM is removed last: that cannot be taken back."""
    name, uefi = name_of(vm), request.firmware != Firmware.BIOS
    says = lazy(N_("Setting the firmware of {name}"), name=name)
    if request.firmware != firmware_of(vm):
        yield from setting_key(vm, "HVM_boot_params", "firmware", "uefi" if uefi else "bios", says)
        yield from setting_key(vm, "platform", "device-model", MODELS[uefi], says)
        secure = {Firmware.SECURE: "true", Firmware.UEFI: "false"}.get(Firmware(request.firmware))
        yield from setting_key(vm, "platform", "secureboot", secure, says)
    if request.vtpm and not vm.VTPMs:
        says = lazy(N_("Adding a vTPM to {name}"), name=name)
        yield Call("VTPM.create", vm.ref, False, says=says, undo=lambda made: one("VTPM.destroy", made, says=says))
    for chip in vm.all_of(VTPM, vm.VTPMs) if not _keeps_vtpm(request, vm) else ():
        yield Call("VTPM.destroy", chip.ref, says=lazy(N_("Removing the vTPM of {name}"), name=name))


FIRMWARE: Final[AnyAction] = Action(
    id="vm.firmware", kind=VM, request=SetFirmware, title=N_("Change firmware"), done=N_("The firmware of {name} is set"),
    role=Role.OPERATOR, icon="settings", group="settings", applies_to=is_machine, blocked=blocked, edits=True, defaults=defaults,
    check=check, notes=notes, plan=plan,
)  # fmt: skip
