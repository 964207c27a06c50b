"""How a VM starts: what it boots from, whether it starts with its host, and in which order after a failure or with its group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from data.facts.pool import own_pool
from data.names import name_of
from data.objects import VM
from data.stores.users import Role
from data.vms import BOOT_DEVICES, AutoStart, Firmware, auto_start, boot_order, firmware_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import never
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.writes import setting, setting_key
from xo_dash.i18n import N_

AUTO: Final = "auto_poweron"
LONGEST_DELAY: Final = 86_400
LAST_ORDER: Final = 1 << 30
Order = Annotated[str, Meta(min_length=1, max_length=len(BOOT_DEVICES))]
StartOrder = Annotated[int, Meta(ge=0, le=LAST_ORDER)]
Seconds = Annotated[int, Meta(ge=0, le=LONGEST_DELAY)]


class SetBootOrder(Request, frozen=True, kw_only=True):
    """What the firmware tries, one after the other."""

    order: Annotated[Order, called(N_("Boot order"), hint=N_("Letters in order: c disk, d CD, n network"))]


class SetAutoStart(Request, frozen=True, kw_only=True):
    """Whether it starts when its host has started."""

    on: Annotated[bool, called(N_("Start with its host"))] = True
    pool: Annotated[bool, called(N_("Also enable it for the pool"), hint=N_("The pool has a separate setting for all its VMs"))] = True


class SetStartOrder(Request, frozen=True, kw_only=True):
    """The order and the pauses in which HA and groups of VMs start and stop. None: it stays as it is."""

    order: Annotated[StartOrder | None, called(N_("Start order"), hint=N_("Lower numbers start first"), stays=True)] = None
    start_delay: Annotated[Seconds | None, called(N_("Pause after its start, seconds"), stays=True)] = None
    shutdown_delay: Annotated[Seconds | None, called(N_("Pause after its shutdown, seconds"), stays=True)] = None


PRIORITIES: Final = {
    "restart": N_("Restart on another host"), "best-effort": N_("Restart if possible"), "none": N_("Do not restart"),
}  # fmt: skip


class SetHaPriority(Request, frozen=True, kw_only=True):
    """What high availability does when the VM's host fails."""

    priority: Annotated[str, one_of(PRIORITIES), called(N_("When its host fails"))] = "restart"


def order_plan(request: SetBootOrder, vm: VM) -> Plan:
    says = lazy(N_("Setting the boot order of {name}"), name=name_of(vm))
    yield from setting_key(vm, "HVM_boot_params", "order", request.order.lower(), says)


def check_order(request: SetBootOrder, vm: VM) -> Iterator[Fault]:
    letters = request.order.lower()
    if set(letters) - set(BOOT_DEVICES) or len(set(letters)) != len(letters):
        yield Fault("order", lazy(N_("each of the letters c, d and n is allowed once")))


def without_firmware(vm: VM) -> LazyText | None:
    return lazy(N_("it is paravirtual: Xen loads its kernel from the disk")) if firmware_of(vm) is Firmware.NONE else None


def auto_plan(request: SetAutoStart, vm: VM) -> Plan:
    name = name_of(vm)
    says = lazy(N_("Enabling auto-start of {name}"), name=name) if request.on else lazy(N_("Disabling auto-start of {name}"), name=name)
    if request.on or vm.other_config.get(AUTO) == "true":
        yield from setting_key(vm, "other_config", AUTO, "true" if request.on else None, says)
    pool = own_pool(vm.home)
    if request.on and request.pool and pool is not None:
        yield from setting_key(pool, "other_config", AUTO, "true", lazy(N_("Enabling auto-start in {name}"), name=name_of(pool)))


def auto_defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"on": all(auto_start(vm) is AutoStart.OFF for vm in vms) or len(vms) > 1, "pool": True}


def start_plan(request: SetStartOrder, vm: VM) -> Plan:
    says = lazy(N_("Setting the start order of {name}"), name=name_of(vm))
    for field, wanted in msgspec.structs.asdict(request).items():
        if wanted is not None:
            yield from setting(vm, field, wanted, getattr(vm, field), says)


def start_defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    vm = vms[0]
    return {"order": vm.order, "start_delay": vm.start_delay, "shutdown_delay": vm.shutdown_delay}


def priority_of(vm: VM) -> str:
    return vm.ha_restart_priority or "none"


def priority_plan(request: SetHaPriority, vm: VM) -> Plan:
    held, new = vm.ha_restart_priority, "" if request.priority == "none" else request.priority
    if new != held:
        says = lazy(N_("Setting the HA priority of {name}"), name=name_of(vm))
        method = "VM.set_ha_restart_priority"
        yield Call(method, vm.ref, new, says=says, undo=lambda _: one(method, vm.ref, held, says=says))


BOOT_ORDER: Final[AnyAction] = Action(
    id="vm.boot_order", kind=VM, request=SetBootOrder, title=N_("Change boot order"), done=N_("The boot order of {name} is set"),
    role=Role.OPERATOR, icon="settings", group="settings", applies_to=is_machine, blocked=without_firmware,
    edits=True, defaults=lambda vms: {"order": boot_order(vms[0])}, check=check_order, plan=order_plan,
)  # fmt: skip
AUTO_START: Final[AnyAction] = Action(
    id="vm.auto_start", kind=VM, request=SetAutoStart, title=N_("Change auto-start"), done=N_("Auto-start of {name} is set"),
    role=Role.OPERATOR, icon="auto", group="settings", applies_to=is_machine, blocked=never, defaults=auto_defaults, plan=auto_plan,
)  # fmt: skip
START_ORDER: Final[AnyAction] = Action(
    id="vm.start_order", kind=VM, request=SetStartOrder, title=N_("Change start order"), done=N_("The start order of {name} is set"),
    role=Role.OPERATOR, icon="clock", group="settings", applies_to=is_machine, blocked=never, edits=True, defaults=start_defaults,
    plan=start_plan,
)  # fmt: skip
HA_PRIORITY: Final[AnyAction] = Action(
    id="vm.ha", kind=VM, request=SetHaPriority, title=N_("Change HA priority"), done=N_("The HA priority of {name} is set"),
    role=Role.OPERATOR, icon="settings", group="settings", applies_to=is_machine, blocked=never,
    edits=True, defaults=lambda vms: {"priority": priority_of(vms[0])}, plan=priority_plan,
)  # fmt: skip
STARTING: Final = (BOOT_ORDER, AUTO_START, START_ORDER, HA_PRIORITY)
