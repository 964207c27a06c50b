"""The table of commands. A new one is a row here, a line in the change log, a line in the tests' table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from data.objects import SR, VM, Host, Message, Pool, PowerState, Task
from data.stores.users import Role
from data.types import XapiObject
from xo_dash.control import hosts, messages, placing, snapshots, storage
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


def _plain(
    action_id: str, kind: type[XapiObject], suits: Callable[[XapiObject], bool], when: Condition, plan: Plan, *,
    title: str, doing: str, done: str, role: Role, icon: str = "", fits: Callable[[XapiObject], bool] | None = None,
    reached: Callable[[XapiObject], bool] | None = None, arguments: Sequence[Argument] = (), loses: str = "", danger: bool = False,
    prominent: bool = False, foretells: Callable[[XapiObject], Sequence[str]] = lambda subject: (),
) -> Action:  # fmt: skip
    """A row whose condition is cheap; unless told otherwise, it is thought of when it can be done."""

    def holds(subject: XapiObject) -> bool:
        return when(subject) is None

    return Action(
        id=action_id, kind=kind, title=title, doing=doing, done=done, role=role, when=when, plan=plan, holds=holds, suits=suits,
        fits=fits or holds, reached=reached, arguments=tuple(arguments), loses=loses, danger=danger, prominent=prominent, icon=icon,
        foretells=foretells,
    )  # fmt: skip


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
    _plain("vm.eject", VM, is_machine, storage.can_eject, storage.eject_plan, role=Role.OPERATOR, icon="disk",
           title=N_("Eject the image"), doing=N_("Emptying the drive of {name}"), done=N_("The drive of {name} is empty"),
           fits=lambda subject: bool(storage.filled_drives(subject)), reached=lambda subject: not storage.filled_drives(subject)),
    _plain("host.enable", Host, hosts.is_host, hosts.can_enable, call("host.enable", N_("Taking {name} out of maintenance mode")),
           role=Role.ADMIN, icon="play", prominent=True, reached=lambda subject: isinstance(subject, Host) and subject.enabled,
           title=N_("Leave maintenance mode"), doing=N_("Taking {name} out of maintenance mode"), done=N_("{name} takes VMs again")),
    _plain("host.maintenance", Host, hosts.is_host, hosts.can_disable, hosts.maintenance_plan,
           role=Role.ADMIN, icon="pause", prominent=True,
           title=N_("Enter maintenance mode"), doing=N_("Taking {name} into maintenance mode"), done=N_("{name} is in maintenance mode"),
           reached=lambda subject: hosts.can_disable(subject) is not None, foretells=hosts.maintenance_preview,
           loses=N_("No VM starts on it until it is taken out again, and its VMs move away.")),
    _plain("host.power_on", Host, hosts.is_host, hosts.can_power_on, call("host.power_on", N_("Powering on {name}")),
           role=Role.ADMIN, icon="power", prominent=True,
           title=N_("Power on"), doing=N_("Powering on {name}"), done=N_("{name} is powered on; it takes some minutes to join")),
    _plain("host.restart_agent", Host, hosts.is_host, hosts.can_restart,
           call("host.restart_agent", N_("Restarting the toolstack of {name}")), role=Role.ADMIN, icon="reboot", danger=True,
           title=N_("Restart the toolstack"), doing=N_("Restarting the toolstack of {name}"), done=N_("The toolstack of {name} restarts"),
           loses=N_("VMs go on running. What is under way on the host breaks off, and of a master the whole pool "
                    "does not answer for a minute.")),
    _plain("host.reboot", Host, hosts.is_host, hosts.can_reboot, call("host.reboot", N_("Rebooting {name}")),
           role=Role.ADMIN, icon="reboot", danger=True,
           title=N_("Reboot the host"), doing=N_("Rebooting {name}"), done=N_("{name} reboots"),
           loses=N_("It is away for some minutes; of a master, the whole pool does not answer meanwhile.")),
    _plain("sr.attach", SR, storage.is_sr, storage.can_attach, storage.attach_plan, role=Role.OPERATOR, icon="link", prominent=True,
           title=N_("Attach again"), doing=N_("Attaching {name}"), done=N_("{name} is attached"),
           reached=lambda subject: not storage.is_cut(subject)),
    _plain("sr.scan", SR, storage.is_sr, storage.can_scan, call("SR.scan", N_("Scanning {name}")), role=Role.OPERATOR,
           icon="search", prominent=True, title=N_("Scan"), doing=N_("Scanning {name}"), done=N_("{name} is scanned")),
    _plain("sr.make_default", SR, storage.is_sr, storage.can_be_default, storage.default_plan, role=Role.ADMIN, icon="check",
           title=N_("Make it the default"), doing=N_("Making {name} the default SR"), done=N_("{name} is the default SR")),
    _plain("pool.default_sr", Pool, messages.is_pool, lambda subject: None, storage.choose_plan, role=Role.ADMIN, icon="storage",
           title=N_("Choose the default SR"), doing=N_("Choosing the default SR of {name}"), done=N_("{name} has a default SR"),
           arguments=(Argument(name="sr", title=N_("SR"), entry=Entry.SR, default=storage.preferred, choices=storage.srs,
                               check=storage.check_sr),)),
    _plain("pool.dismiss_messages", Pool, lambda subject: False, lambda subject: None, messages.dismiss_plan,
           role=Role.OPERATOR, icon="check",
           title=N_("Dismiss messages"), doing=N_("Dismissing messages of {name}"), done=N_("Messages of {name} are dismissed"),
           arguments=(Argument(name="messages", title=N_("Messages"), check=messages.check),)),
    _plain("message.dismiss", Message, messages.is_message, lambda subject: None,
           call("message.destroy", N_("Dismissing {name}"), asynchronous=False), role=Role.OPERATOR, icon="check",
           title=N_("Dismiss"), doing=N_("Dismissing {name}"), done=N_("{name} is dismissed")),
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
