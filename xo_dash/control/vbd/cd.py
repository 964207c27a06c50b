"""Images in the CD drives of VMs: inserting one, in place of what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from data.names import name_of, name_order
from data.objects import SR, VBD, VDI, VM, PowerState
from data.stores.users import Role
from data.types import NULL_REF
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import VDIUuid, called
from xo_dash.control.vbd.record import free_position, new_record
from xo_dash.control.vdi.space import not_reached
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_


class InsertCD(Request, frozen=True, kw_only=True):
    """An image of any ISO library, or the tools."""

    image: Annotated[VDIUuid, called(N_("Image"))]


def drive_of(vm: VM) -> VBD | None:
    """Its first CD drive."""
    drives = [drive for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "CD"]
    return min(drives, key=lambda drive: drive.userdevice, default=None)


def images(vm: VM) -> list[tuple[VDI, SR]]:
    """What can be put into a drive: the images of all libraries, the tools first, then by name."""
    found = [
        (vdi, sr)
        for vdi in vm.home.all(VDI).values()
        if vdi.managed
        and not vdi.missing
        and (sr := vm.home.one(SR, vdi.SR)) is not None
        and (sr.content_type == "iso" or vdi.is_tools_iso)
    ]
    return sorted(found, key=lambda pair: (not pair[0].is_tools_iso, *name_order(pair[0])))


def tools_image(vm: VM) -> VDI | None:
    return next((vdi for vdi, _sr in images(vm) if vdi.is_tools_iso), None)


def choices(vms: Sequence[VM]) -> Sequence[Choice]:
    homes = {vm.home.id for vm in vms}
    if len(homes) != 1:
        return ()
    return [Choice(vdi.uuid, f"{name_of(vdi)} · {name_of(sr)}", _refused(sr, vms)) for vdi, sr in images(vms[0])]


def _refused(sr: SR, vms: Sequence[VM]) -> LazyText | None:
    return next((reason for vm in vms if (reason := not_reached(sr, vm))), None)


def blocked(vm: VM) -> LazyText | None:
    drive = drive_of(vm)
    if drive is None:
        return None if vm.power_state is PowerState.HALTED else lazy(N_("it has no CD drive; one can be added while it is halted"))
    if vm.power_state is PowerState.SUSPENDED:
        return lazy(N_("it is suspended; resume it first"))
    if not drive.empty and "eject" not in drive.allowed_operations:
        return lazy(N_("the guest has locked the drive; eject the disc in the guest"))
    return None


def check(request: InsertCD, vm: VM) -> Iterator[Fault]:
    image = vm.home.by_uuid(VDI, request.image)
    sr = vm.home.one(SR, image.SR) if image is not None else None
    if image is None or sr is None:
        return
    if sr.content_type != "iso" and not image.is_tools_iso:
        yield Fault("image", lazy(N_("it is not an ISO image")))
    elif reason := _refused(sr, [vm]):
        yield Fault("image", reason)


def plan(request: InsertCD, vm: VM) -> Plan:
    """Where the new one cannot be inserted, the old one is put back."""
    image, drive = vm.home.by_uuid(VDI, request.image), drive_of(vm)
    if image is None or (drive is not None and image.ref == drive.VDI):
        return
    says = lazy(N_("Inserting {image} into the drive of {name}"), image=named(image), name=name_of(vm))
    if drive is None:
        record = new_record(vm, NULL_REF, position=free_position(vm, cd=True), kind="CD")
        adding = lazy(N_("Adding a CD drive to {name}"), name=name_of(vm))
        made = yield Call("VBD.create", record, says=adding, undo=lambda made: one("VBD.destroy", made, says=adding))
        yield Call("VBD.insert", made, image.ref, says=says)
        return
    if not drive.empty and drive.VDI != NULL_REF:
        old = drive.VDI
        yield Call("VBD.eject", drive.ref, says=lazy(N_("Ejecting the image from {name}"), name=name_of(vm)),
                   undo=lambda _: one("VBD.insert", drive.ref, old, says=says))  # fmt: skip
    yield Call("VBD.insert", drive.ref, image.ref, says=says)


INSERT: Final[AnyAction] = Action(
    id="vm.insert_cd", kind=VM, request=InsertCD, title=N_("Insert CD"), done=N_("{name} has the image in its drive"), role=Role.OPERATOR,
    icon="disk", applies_to=is_machine, blocked=blocked, choices={"image": choices}, check=check, plan=plan,
)  # fmt: skip
