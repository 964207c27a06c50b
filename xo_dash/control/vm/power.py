"""Starting and stopping VMs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from data.guidance import RESTART_DEVICE_MODEL, urgency_of
from data.names import name_of
from data.objects import VM, PowerState
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_

HALTED, PAUSED, RUNNING, SUSPENDED = PowerState.HALTED, PowerState.PAUSED, PowerState.RUNNING, PowerState.SUSPENDED


def is_in(*states: PowerState) -> Callable[[VM], bool]:
    return lambda vm: vm.power_state in states


def _power(
    operation: str, *states: PowerState, to: PowerState | None, title: str, doing: str, done: str, icon: str,
    extra: tuple[object, ...] = (), warning: str = "", danger: bool = False, prominent: bool = False,
) -> AnyAction:  # fmt: skip
    """A row that changes a VM's power state from one of `states` to `to`; None where the state does not tell that it was done."""

    def plan(request: NoRequest, vm: VM) -> Plan:
        return one(f"VM.{operation}", vm.ref, *extra, says=lazy(doing, name=name_of(vm)))

    condition = allowed(operation, *states)
    return Action(
        id=f"vm.{operation}", kind=VM, title=title, done=done, role=Role.OPERATOR, applies_to=is_machine,
        blocked=condition, quick_check=condition.holds, relevant=condition.fits, plan=plan,
        succeeded=is_in(to) if to else None, warning=warning, danger=danger, prominent=prominent, icon=icon,
    )  # fmt: skip


# fmt: off
ON_AND_OFF: Final[tuple[AnyAction, ...]] = (
    _power("start", HALTED, to=RUNNING, extra=(False, False), prominent=True, icon="play",
           title=N_("Start"), doing=N_("Starting {name}"), done=N_("{name} is started")),
    _power("resume", SUSPENDED, to=RUNNING, extra=(False, False), prominent=True, icon="play",
           title=N_("Resume"), doing=N_("Resuming {name}"), done=N_("{name} is resumed")),
    _power("unpause", PAUSED, to=RUNNING, prominent=True, icon="play",
           title=N_("Unpause"), doing=N_("Unpausing {name}"), done=N_("{name} is unpaused")),
    _power("clean_shutdown", RUNNING, to=HALTED, prominent=True, icon="power",
           title=N_("Shut down"), doing=N_("Shutting down {name}"), done=N_("{name} is shut down"),
           warning=N_("Users are disconnected until it is started again.")),
    _power("clean_reboot", RUNNING, to=None, prominent=True, icon="reboot",
           title=N_("Reboot"), doing=N_("Rebooting {name}"), done=N_("{name} is rebooted"),
           warning=N_("Users are disconnected until it is back.")),
)
LESS_USUAL: Final[tuple[AnyAction, ...]] = (
    _power("pause", RUNNING, to=PAUSED, icon="pause",
           title=N_("Pause"), doing=N_("Pausing {name}"), done=N_("{name} is paused")),
    _power("suspend", RUNNING, to=SUSPENDED, icon="moon",
           title=N_("Suspend"), doing=N_("Suspending {name}"), done=N_("{name} is suspended")),
    _power("hard_reboot", RUNNING, PAUSED, to=None, danger=True, icon="reboot",
           title=N_("Reset"), doing=N_("Resetting {name}"), done=N_("{name} is reset"),
           warning=N_("Data that the guest has not written to its disks is lost, as with a reset button.")),
    _power("hard_shutdown", RUNNING, PAUSED, SUSPENDED, to=HALTED, danger=True, icon="stop",
           title=N_("Force off"), doing=N_("Forcing off {name}"), done=N_("{name} is forced off"),
           warning=N_(
               "Data that the guest has not written to its disks is lost, as when the power cord is pulled; a suspended VM "
               "loses its memory.")),
)
# fmt: on


def _is_asked_for(vm: VM) -> bool:
    return is_machine(vm) and urgency_of(vm, RESTART_DEVICE_MODEL) is not None


def _restart_device_models(request: NoRequest, vm: VM) -> Plan:
    return one("VM.restart_device_models", vm.ref, says=lazy(N_("Restarting the device model of {name}"), name=name_of(vm)))


_CAN_MIGRATE: Final = allowed("pool_migrate", RUNNING)
RESTART_DEVICE_MODELS: Final[AnyAction] = Action(
    id="vm.restart_device_models", kind=VM, title=N_("Restart device model"), done=N_("The device model of {name} is restarted"),
    role=Role.OPERATOR, applies_to=_is_asked_for, occasional=True, blocked=_CAN_MIGRATE, quick_check=_CAN_MIGRATE.holds,
    relevant=_CAN_MIGRATE.fits, plan=_restart_device_models, icon="reboot",
    warning=N_("The VM keeps running: it is migrated to its own host, and pauses for a moment at the end."),
)  # fmt: skip
"""After an update. Source: VM.restart_device_models is a migration to the host where the VM is."""
