"""The disk that cloud-init has read: taken away by hand, or some time after the first boot."""

from __future__ import annotations

from typing import Final

from data.facts.vm import ToolsState, tools_of
from data.names import name_of
from data.objects import VBD, VDI, VM, PowerState
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

DRIVE: Final = "xodash:config-drive"
"""In a VBD's other_config: its disk is cloud-init's; the value says what becomes of it."""
KEEP: Final = "keep"
REMOVE: Final = "remove"


def config_drives(vm: VM) -> list[VBD]:
    return [vbd for vbd in vm.all_of(VBD, vm.VBDs) if DRIVE in vbd.other_config]


def blocked(vm: VM) -> LazyText | None:
    if not config_drives(vm):
        return lazy(N_("it has no cloud-init disk"))
    if vm.current_operations:
        return under_way(next(iter(vm.current_operations.values())))
    if vm.power_state not in (PowerState.HALTED, PowerState.RUNNING):
        return lazy(N_("it must be running or halted"))
    if vm.power_state is PowerState.RUNNING and tools_of(vm).state is ToolsState.MISSING:
        return lazy(N_("the guest tools are missing; install them, or shut it down first"))
    return None


def plan(request: NoRequest, vm: VM) -> Plan:
    return removing(vm)


def removing(vm: VM) -> Plan:
    for drive in config_drives(vm):
        disk = vm.home.one(VDI, drive.VDI)
        if drive.currently_attached:
            yield Call("VBD.unplug", drive.ref, says=lazy(N_("Detaching the cloud-init disk")))
        yield Call("VBD.destroy", drive.ref, says=lazy(N_("Detaching the cloud-init disk")), gone_is_done=True)
        if disk is not None:
            yield Call("VDI.destroy", disk.ref, says=lazy(N_("Deleting disk {name}"), name=name_of(disk)), gone_is_done=True)


REMOVE_DRIVE: Final[AnyAction] = Action(
    id="vm.remove_cloud_init", kind=VM, title=N_("Remove the cloud-init disk"), done=N_("The cloud-init disk of {name} is removed"),
    role=Role.OPERATOR, icon="trash", applies_to=is_machine, blocked=blocked, relevant=lambda vm: bool(config_drives(vm)), occasional=True,
    plan=plan,
    warning=N_("The passwords and keys on it are deleted. The configuration of the guest is not changed."),
)  # fmt: skip
