"""The table of commands. A new one is a row here, a line in the change log, a line in the tests' table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from data.objects import VM, PowerState, Task
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control import placing, snapshots
from xo_dash.control.action import Action, Argument, Condition, Entry, Plan, call
from xo_dash.control.conditions import allowed, can_cancel
from xo_dash.i18n import N_

HALTED, PAUSED, RUNNING, SUSPENDED = PowerState.HALTED, PowerState.PAUSED, PowerState.RUNNING, PowerState.SUSPENDED


def is_machine(subject: XapiObject) -> bool:
    """A VM that people mean by the word."""
    return isinstance(subject, VM) and not (subject.is_a_template or subject.is_a_snapshot or subject.is_control_domain)


def is_snapshot(subject: XapiObject) -> bool:
    return isinstance(subject, VM) and subject.is_a_snapshot


def _is_in(*states: PowerState) -> Callable[[XapiObject], bool]:
    return lambda subject: isinstance(subject, VM) and subject.power_state in states


def _power(
    operation: str, *states: PowerState, to: PowerState | None, title: str, doing: str, done: str, icon: str,
    plan: Plan | None = None, when: Condition | None = None, arguments: Sequence[Argument] = (),
    loses: str = "", danger: bool = False, prominent: bool = False, extra: tuple[object, ...] = (),
) -> Action:  # fmt: skip
    """A row that changes a VM's power state from one of `states` to `to`; None where the state does not tell that it was done."""
    condition = allowed(operation, *states)
    return Action(
        id=f"vm.{operation}",
        kind=VM,
        title=title,
        doing=doing,
        done=done,
        role=Role.OPERATOR,
        when=condition,
        holds=condition.holds,
        fits=condition.fits,
        suits=is_machine,
        plan=plan or call(f"VM.{operation}", doing, *extra),
        reached=_is_in(to) if to else None,
        arguments=tuple(arguments),
        loses=loses,
        danger=danger,
        prominent=prominent,
        icon=icon,
    )


# fmt: off
ACTIONS: Final[tuple[Action, ...]] = (
    _power("start", HALTED, to=RUNNING, extra=(False, False), prominent=True, icon="play",
           title=N_("Start"), doing=N_("Starting {name}"), done=N_("{name} is started")),
    _power("resume", SUSPENDED, to=RUNNING, extra=(False, False), prominent=True, icon="play",
           title=N_("Resume"), doing=N_("Resuming {name}"), done=N_("{name} is resumed")),
    _power("unpause", PAUSED, to=RUNNING, prominent=True, icon="play",
           title=N_("Unpause"), doing=N_("Unpausing {name}"), done=N_("{name} goes on")),
    _power("clean_shutdown", RUNNING, to=HALTED, prominent=True, icon="power",
           title=N_("Shut down"), doing=N_("Shutting down {name}"), done=N_("{name} is shut down"),
           loses=N_("Whoever uses it is cut off until it is started again.")),
    _power("clean_reboot", RUNNING, to=None, prominent=True, icon="reboot",
           title=N_("Reboot"), doing=N_("Rebooting {name}"), done=N_("{name} is rebooted"),
           loses=N_("Whoever uses it is cut off until it is up again.")),
    Action(id="vm.snapshot", kind=VM, title=N_("Snapshot"), doing=N_("Taking a snapshot of {name}"), done=N_("{name} has a new snapshot"),
           role=Role.OPERATOR, when=allowed("snapshot"), holds=allowed("snapshot").holds, suits=is_machine,
           plan=snapshots.take_plan, prominent=True, icon="camera",
           arguments=(Argument(name="name", title=N_("Name"), default=snapshots.default_name, check=snapshots.check_name),)),
    _power("start_on", HALTED, to=RUNNING, plan=placing.start_plan, icon="play",
           title=N_("Start on a host"), doing=N_("Starting {name}"), done=N_("{name} is started"),
           arguments=(Argument(name="host", title=N_("Host"), entry=Entry.HOST, default=placing.preferred,
                               choices=placing.hosts, check=placing.check_host),)),
    _power("pause", RUNNING, to=PAUSED, icon="pause",
           title=N_("Pause"), doing=N_("Pausing {name}"), done=N_("{name} is paused")),
    _power("suspend", RUNNING, to=SUSPENDED, icon="moon",
           title=N_("Suspend"), doing=N_("Suspending {name}"), done=N_("{name} is suspended")),
    _power("hard_reboot", RUNNING, PAUSED, to=None, danger=True, icon="reboot",
           title=N_("Reset"), doing=N_("Resetting {name}"), done=N_("{name} is reset"),
           loses=N_("What the guest has not yet written to its disks is lost, as with the reset button.")),
    _power("hard_shutdown", RUNNING, PAUSED, SUSPENDED, to=HALTED, danger=True, icon="stop",
           title=N_("Force off"), doing=N_("Switching off {name}"), done=N_("{name} is switched off"),
           loses=N_("What the guest has not yet written to its disks is lost, as when the plug is pulled; "
                    "of a suspended VM, its memory is.")),
    Action(id="snapshot.delete", kind=VM, title=N_("Delete snapshot"), doing=N_("Deleting snapshot {name}"),
           done=N_("Snapshot {name} is deleted"), role=Role.OPERATOR,
           when=allowed("destroy"), holds=allowed("destroy").holds, suits=is_snapshot,
           plan=snapshots.delete_plan, names_what_goes=snapshots.disk_names, danger=True, icon="trash",
           loses=N_("The VM can no longer go back to this point. The VM itself and its present disks stay.")),
    Action(id="task.cancel", kind=Task, title=N_("Cancel"), doing=N_("Cancelling {name}"),
           done=N_("{name}: the pool was asked to cancel it"), role=Role.OPERATOR,
           when=can_cancel, holds=lambda subject: can_cancel(subject) is None, suits=lambda subject: isinstance(subject, Task),
           icon="close", plan=call("task.cancel", N_("Cancelling {name}"), asynchronous=False)),
)
# fmt: on

BY_ID: Final[Mapping[str, Action]] = {action.id: action for action in ACTIONS}


def action(action_id: str) -> Action:
    """The row of that id. Raises KeyError."""
    return BY_ID[action_id]


def actions_for(*subjects: XapiObject) -> list[Action]:
    """The commands that are for all of these, in the table's order."""
    return [row for row in ACTIONS if subjects and all(row.suits(subject) for subject in subjects)]
