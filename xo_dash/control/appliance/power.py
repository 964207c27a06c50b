"""Starting and stopping a vApp: its VMs by their start order, those of one order at once, with the pauses that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from data.appliances import members_of
from data.names import name_of
from data.objects import VM, Appliance, PowerState
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.words import under_way
from xo_dash.i18n import N_

HALTED, RUNNING = PowerState.HALTED, PowerState.RUNNING
ON: Final = frozenset({RUNNING, PowerState.PAUSED, PowerState.SUSPENDED})


def _needs(states: frozenset[PowerState], nobody: str) -> Callable[[Appliance], LazyText | None]:
    """Why it cannot be: it needs a member in one of `states`; `nobody` says that there is none."""

    def blocked(appliance: Appliance) -> LazyText | None:
        members = members_of(appliance)
        if appliance.current_operations:
            return under_way(next(iter(appliance.current_operations.values())))
        if not members:
            return lazy(N_("it has no VMs; add some first"))
        return None if any(vm.power_state in states for vm in members) else lazy(nobody)

    return blocked


def _power(
    operation: str, states: frozenset[PowerState], nobody: str, parameters: Sequence[object] = (), *, title: str, doing: str, done: str,
    icon: str, goal: PowerState, warning: str = "", danger: bool = False,
) -> AnyAction:  # fmt: skip
    def plan(request: NoRequest, appliance: Appliance) -> Plan:
        return one(f"VM_appliance.{operation}", appliance.ref, *parameters, says=lazy(doing, name=name_of(appliance)))

    def consequences(appliance: Appliance) -> list[str]:
        return [f"{number}. {name_of(vm)}" for number, vm in enumerate(turn(appliance), 1)]

    def turn(appliance: Appliance) -> list[VM]:
        found = [vm for vm in members_of(appliance) if vm.power_state in states]
        return found if goal is RUNNING else found[::-1]

    return Action(
        id=f"vm_appliance.{operation}", kind=Appliance, title=title, done=done, role=Role.OPERATOR, icon=icon, prominent=not danger,
        applies_to=lambda _appliance: True, blocked=_needs(states, nobody), plan=plan, consequences=consequences, warning=warning,
        danger=danger, succeeded=lambda appliance: all(vm.power_state is goal for vm in members_of(appliance)),
    )  # fmt: skip


START: Final = _power(
    "start", frozenset({HALTED}), N_("none of its VMs is halted"), (False,), goal=RUNNING, icon="play",
    title=N_("Start"), doing=N_("Starting the VMs of {name}"), done=N_("The VMs of {name} are started"),
    warning=N_("Its halted VMs start in this order."),
)  # fmt: skip
SHUTDOWN: Final = _power(
    "clean_shutdown", frozenset({RUNNING}), N_("none of its VMs is running"), goal=HALTED, icon="power",
    title=N_("Shut down"), doing=N_("Shutting down the VMs of {name}"), done=N_("The VMs of {name} are shut down"),
    warning=N_("Its running VMs are shut down in this order. Users are disconnected until they are started again."),
)  # fmt: skip
FORCE_OFF: Final = _power(
    "hard_shutdown", ON, N_("all its VMs are halted"), goal=HALTED, icon="stop", danger=True,
    title=N_("Force off"), doing=N_("Forcing off the VMs of {name}"), done=N_("The VMs of {name} are forced off"),
    warning=N_("Data that the guests have not written to their disks is lost, as when the power cord is pulled."),
)  # fmt: skip
VAPP_POWER: Final = (START, SHUTDOWN, FORCE_OFF)
