"""A USB device of a host for a VM, and taking it away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from data.devices import usb_name
from data.names import name_of
from data.objects import PUSB, VM, VUSB, Host, USBGroup
from data.stores.users import Role
from data.texts import natural
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import an_object, called
from xo_dash.control.vm.devices.conditions import one_home, vm_of
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

MOST: Final = 6
"""USB devices of a VM. Source: TOO_MANY_VUSBS."""
PusbUuid = Annotated[str, an_object(PUSB, missing=N_("there is no such USB device in the pool; choose another"))]


class AddUsb(Request, frozen=True, kw_only=True):
    """A USB device, from the VM's next start on."""

    device: Annotated[PusbUuid, called(N_("USB device"))]


def sticks(vms: Sequence[VM]) -> Sequence[Choice]:
    home = one_home(vms)
    rows = sorted(home.all(PUSB).values(), key=lambda row: (natural(usb_name(row)), row.path)) if home is not None else []
    return [Choice(row.uuid, label(row), cannot_give(row)) for row in rows]


def label(stick: PUSB) -> str:
    host = stick.home.one(Host, stick.host)
    return " · ".join(filter(None, (usb_name(stick), name_of(host) if host else "", stick.path)))


def cannot_give(stick: PUSB) -> LazyText | None:
    group = stick.home.one(USBGroup, stick.USB_group)
    user = next((vm for vusb in stick.all_of(VUSB, group.VUSBs) if (vm := vm_of(vusb, vusb.VM))), None) if group is not None else None
    if user is not None:
        return lazy(N_("{name} has it; remove it there first"), name=name_of(user))
    return None if group is not None else lazy(N_("the pool does not offer it to VMs"))


def blocked(vm: VM) -> LazyText | None:
    if vm.current_operations:
        return under_way(next(iter(vm.current_operations.values())))
    if len(vm.VUSBs) >= MOST:
        return lazy(N_("it has {n} USB devices, the most there can be"), n=len(vm.VUSBs))
    if vm.ha_restart_priority == "restart":
        return lazy(N_("HA restarts it on any host; change its HA priority first"))
    return None


def check(request: AddUsb, vm: VM) -> Iterator[Fault]:
    stick = vm.home.by_uuid(PUSB, request.device)
    if stick is not None and (reason := cannot_give(stick)) is not None:
        yield Fault("device", reason)


def notes(request: AddUsb, vm: VM) -> Iterator[LazyText]:
    stick = vm.home.by_uuid(PUSB, request.device)
    host = vm.home.one(Host, stick.host) if stick is not None else None
    if stick is not None and not stick.passthrough_enabled and host is not None:
        yield lazy(N_("{host} itself can no longer use the device; a removable disk of it disappears there."), host=named(host))
    if host is not None:
        yield lazy(
            N_("The VM can use it after its next start. It can then run on {host} only, and no snapshots can be taken."), host=named(host)
        )


def plan(request: AddUsb, vm: VM) -> Plan:
    stick = vm.home.by_uuid(PUSB, request.device)
    if stick is None:
        return
    device = usb_name(stick)
    if not stick.passthrough_enabled:
        says, method = lazy(N_("Allowing VMs to use {device}"), device=device), "PUSB.set_passthrough_enabled"
        yield Call(method, stick.ref, True, says=says, undo=lambda _: one(method, stick.ref, False, says=says))
    says = lazy(N_("Adding {device} to {name}"), device=device, name=name_of(vm))
    yield Call("VUSB.create", vm.ref, stick.USB_group, {}, says=says, undo=lambda made: one("VUSB.destroy", made, says=says))


def removal_blocked(vusb: VUSB) -> LazyText | None:
    vm = vm_of(vusb, vusb.VM)
    if vm is None:
        return lazy(N_("its VM no longer exists"))
    return under_way(next(iter(vm.current_operations.values()))) if vm.current_operations else None


def removal(request: NoRequest, vusb: VUSB) -> Plan:
    if vusb.currently_attached:
        yield Call("VUSB.unplug", vusb.ref, says=lazy(N_("Disconnecting the USB device")))
    yield Call("VUSB.destroy", vusb.ref, says=lazy(N_("Removing the USB device")))


ADD_USB: Final[AnyAction] = Action(
    id="vm.add_usb", kind=VM, request=AddUsb, title=N_("Add USB device"), done=N_("The USB device is added to {name}"), role=Role.OPERATOR,
    icon="plus", group="settings", applies_to=is_machine, blocked=blocked, relevant=lambda vm: bool(vm.home.all(PUSB)), occasional=True,
    choices={"device": sticks}, needs=("VUSB.create",), check=check, notes=notes, plan=plan,
)  # fmt: skip
REMOVE_USB: Final[AnyAction] = Action(
    id="vusb.remove", kind=VUSB, title=N_("Remove USB device"), done=N_("The USB device is removed"), role=Role.OPERATOR, icon="close",
    applies_to=lambda vusb: vm_of(vusb, vusb.VM) is not None, blocked=removal_blocked, plan=removal,
    warning=N_("It is disconnected from the running guest at once."),
)  # fmt: skip
