"""A new disk for a VM, or one that is there; and detaching one, which leaves it as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.pool import own_pool
from data.facts.vm import ToolsState, tools_of
from data.names import name_of
from data.objects import SR, VBD, VDI, VM, PowerState
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.conditions import residence_answers
from xo_dash.control.lazy_text import Amount, LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import GibSize, Lines, NamePattern, SRUuid, VDIUuid, called
from xo_dash.control.vbd.record import free_position, new_record
from xo_dash.control.vdi.space import cannot_take, sr_choices
from xo_dash.control.vdi.use import is_disk, users_of
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.words import under_way
from xo_dash.i18n import N_


class AddDisk(Request, frozen=True, kw_only=True):
    """A new, empty disk."""

    name: Annotated[NamePattern, called(N_("Name"))]
    size: Annotated[GibSize, called(N_("Size"), hint=N_("GiB, or with a unit, like 512 MiB"))]
    sr: Annotated[SRUuid, called(N_("SR"))]
    description: Annotated[Lines, called(N_("Description"))] = ""


class AttachDisk(Request, frozen=True, kw_only=True):
    """A disk that is there already."""

    disk: Annotated[VDIUuid, called(N_("Disk"))]
    read_only: Annotated[bool, called(N_("Read-only"))] = False


def plugs(vm: VM) -> bool:
    """Whether a device can come and go while `vm` runs. Source: VBD.plug and VIF.plug want the drivers of the guest."""
    return vm.power_state is PowerState.RUNNING and tools_of(vm).state is not ToolsState.MISSING


def blocked(vm: VM) -> LazyText | None:
    if vm.power_state is PowerState.SUSPENDED:
        return lazy(N_("it is suspended; resume it first"))
    return under_way(next(iter(vm.current_operations.values()))) if vm.current_operations else None


def add_plan(request: AddDisk, vm: VM) -> Plan:
    sr = vm.home.by_uuid(SR, request.sr)
    if sr is None:
        return
    says = lazy(N_("Creating a disk of {size} on {sr}"), size=Amount(request.size), sr=named(sr))
    record = {
        "name_label": request.name, "name_description": request.description, "SR": sr.ref, "virtual_size": request.size, "type": "user",
        "sharable": False, "read_only": False, "other_config": {}, "xenstore_data": {}, "sm_config": {}, "tags": [],
    }  # fmt: skip
    removing = lazy(N_("Deleting disk {name}"), name=request.name)
    disk = yield Call("VDI.create", record, says=says, undo=lambda made: one("VDI.destroy", made, says=removing))
    yield from attaching(vm, disk, request.name, owned=True)


def attaching(vm: VM, disk: object, name: str, *, read_only: bool = False, owned: bool = False) -> Plan:
    """The drive, and the disk in the running guest where that can take it."""
    says, connects = lazy(N_("Attaching {disk} to {name}"), disk=name, name=name_of(vm)), plugs(vm)
    record = new_record(vm, disk, position=free_position(vm), read_only=read_only, owned=owned)
    drive = yield Call("VBD.create", record, says=says, undo=lambda made: one("VBD.destroy", made, says=says))
    if connects:
        yield Call("VBD.plug", drive, says=lazy(N_("Connecting {disk} to the running guest"), disk=name))


def attach_plan(request: AttachDisk, vm: VM) -> Plan:
    disk = vm.home.by_uuid(VDI, request.disk)
    if disk is not None:
        yield from attaching(vm, disk.ref, name_of(disk), read_only=request.read_only or disk.read_only)


def add_defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    name = f"{name_of(vms[0])} disk {len(_disks(vms[0])) + 1}" if len(vms) == 1 else "{name} disk"
    return {"name": name, "size": "10", "sr": usual_sr(vms)}


def _disks(vm: VM) -> list[VDI]:
    return [disk for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "Disk" and (disk := vm.home.one(VDI, drive.VDI))]


def usual_sr(vms: Sequence[VM]) -> str:
    """Where the first disk of the first lies; else the pool's default; else the first that can take it."""
    able = [choice.value for choice in choices(vms) if choice.refused is None]
    home = vms[0].home
    pool = own_pool(home)
    wished = [disk.SR for disk in _disks(vms[0])[:1]] + ([pool.default_SR] if pool else [])
    return next((sr.uuid for ref in wished if (sr := home.one(SR, ref)) and sr.uuid in able), next(iter(able), ""))


def choices(vms: Sequence[VM]) -> Sequence[Choice]:
    return sr_choices(vms[0]) if len({vm.home.id for vm in vms}) == 1 else ()


def check_add(request: AddDisk, vm: VM) -> Iterator[Fault]:
    sr = vm.home.by_uuid(SR, request.sr)
    if sr is not None and (reason := cannot_take(sr, request.size, vm)):
        yield Fault("sr", lazy(N_("{sr} cannot be used: {reason}"), sr=named(sr), reason=reason))


def free_disks(vms: Sequence[VM]) -> Sequence[Choice]:
    """The disks of the pool that no VM has, and shared ones; with the reason where one cannot be."""
    if len(vms) != 1:
        return ()
    vm, found = vms[0], []
    for disk in vm.home.all(VDI).values():
        sr, users = vm.home.one(SR, disk.SR), users_of(disk)
        free = vm not in users and (disk.sharable or not users)
        if free and is_disk(disk) and not disk.missing and sr is not None and sr.content_type != "iso":
            label = f"{name_of(disk)} · {Amount(disk.virtual_size)} · {name_of(sr)}"
            found.append(Choice(disk.uuid, label, cannot_take(sr, 0, vm)))
    return in_order(found)


def check_attach(request: AttachDisk, vm: VM) -> Iterator[Fault]:
    disk = vm.home.by_uuid(VDI, request.disk)
    if disk is None:
        return
    users, sr = users_of(disk), vm.home.one(SR, disk.SR)
    if vm in users:
        yield Fault("disk", lazy(N_("it is already attached")))
    elif users and not disk.sharable and not request.read_only:
        yield Fault("disk", lazy(N_("it is attached to {name}; detach it there first"), name=name_of(users[0])))
    elif sr is not None and (reason := cannot_take(sr, 0, vm)):
        yield Fault("disk", lazy(N_("{sr} cannot be used: {reason}"), sr=named(sr), reason=reason))


def is_disk_drive(subject: XapiObject) -> bool:
    vm = subject.home.one(VM, subject.VM) if isinstance(subject, VBD) else None
    return isinstance(subject, VBD) and subject.type == "Disk" and vm is not None and is_machine(vm)


def vm_of(drive: VBD) -> VM:
    """The VM that has it; asked only of drives for which `is_disk_drive`, or its like, is true."""
    return drive.home.one(VM, drive.VM) or VM(home=drive.home)


def cannot_detach(drive: VBD) -> LazyText | None:
    vm = vm_of(drive)
    if reason := residence_answers(vm) or blocked(vm):
        return reason
    if drive.currently_attached and "unplug" not in drive.allowed_operations:
        return lazy(N_("the guest does not release it while running; shut down {name} first"), name=name_of(vm))
    return None


def detach_plan(request: NoRequest, drive: VBD) -> Plan:
    says = lazy(N_("Detaching {disk} from {name}"), disk=name_of(drive), name=name_of(vm_of(drive)))
    if drive.currently_attached:
        yield Call("VBD.unplug", drive.ref, says=says, undo=lambda _: one("VBD.plug", drive.ref, says=says))
    yield Call("VBD.destroy", drive.ref, says=says, gone_is_done=True)


ADD_DISK: Final[AnyAction] = Action(
    id="vm.add_disk", kind=VM, request=AddDisk, title=N_("New disk"), done=N_("{name} has a new disk"), role=Role.OPERATOR, icon="plus",
    group="settings", applies_to=is_machine, blocked=blocked, defaults=add_defaults, choices={"sr": choices}, check=check_add,
    plan=add_plan,
)  # fmt: skip
ATTACH_DISK: Final[AnyAction] = Action(
    id="vm.attach_disk", kind=VM, request=AttachDisk, title=N_("Attach disk"), done=N_("{name} has another disk"), role=Role.OPERATOR,
    icon="disk", group="settings", applies_to=is_machine, blocked=blocked, choices={"disk": free_disks}, check=check_attach,
    plan=attach_plan,
)  # fmt: skip
DETACH_DISK: Final[AnyAction] = Action(
    id="vbd.detach", kind=VBD, title=N_("Detach"), done=N_("{name} is detached"), role=Role.OPERATOR, icon="leave",
    applies_to=is_disk_drive, blocked=cannot_detach, plan=detach_plan,
    warning=N_("The VM loses the disk. The disk itself stays on its SR and can be attached again."),
)  # fmt: skip
