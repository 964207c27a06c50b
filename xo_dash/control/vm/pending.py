"""What waits for a VM's restart: applying it, with the restart, and dropping it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from data.facts.vm import is_up, vcpus_online
from data.names import name_of
from data.objects import VDI, VM, PowerState
from data.pending import Pending, pending_of
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.memory import set_limits
from xo_dash.control.vm.vcpus import set_all
from xo_dash.control.writes import setting, setting_key
from xo_dash.i18n import N_

_STOPS = allowed("clean_shutdown", PowerState.RUNNING, PowerState.HALTED)


def has_pending(vm: VM) -> bool:
    return bool(pending_of(vm))


def nothing_waits(vm: VM) -> LazyText | None:
    return None if has_pending(vm) else lazy(N_("no changes are waiting for a restart"))


def blocked(vm: VM) -> LazyText | None:
    """A halted VM takes them at once."""
    return nothing_waits(vm) or (None if vm.power_state is PowerState.HALTED else _STOPS(vm))


def apply_plan(request: NoRequest, vm: VM) -> Plan:
    """Shut down, change, start; where a change fails the VM starts as it was."""
    waiting, restarts = pending_of(vm), is_up(vm)
    if restarts:
        starting = lazy(N_("Starting {name}"), name=name_of(vm))
        yield Call("VM.clean_shutdown", vm.ref, says=lazy(N_("Shutting down {name}"), name=name_of(vm)),
                   undo=lambda _: one("VM.start", vm.ref, False, False, says=starting),
                   undone=lazy(N_("{name} was started again as it was"), name=name_of(vm)),
                   stays=lazy(N_("{name} is halted; start it"), name=name_of(vm)))  # fmt: skip
    yield from _changes(waiting, vm)
    for key in waiting.keys:
        yield from setting_key(vm, "other_config", key, None, lazy(N_("Saving that the changes are applied")))
    if restarts:
        yield Call("VM.start", vm.ref, False, False, says=lazy(N_("Starting {name}"), name=name_of(vm)))


def _changes(waiting: Pending, vm: VM) -> Plan:
    if waiting.memory is not None:
        says = lazy(N_("Setting the memory of {name} to {memory}"), name=name_of(vm), memory=Amount(waiting.memory.dynamic_max))
        yield from set_limits(waiting.memory, vm, says)
    if waiting.vcpus is not None:
        yield from set_all(waiting.vcpus, vm)
    for uuid, disk in waiting.disks.items():
        row = vm.home.by_uuid(VDI, uuid)
        if row is not None:
            yield Call(
                "VDI.resize", row.ref, disk.size, says=lazy(N_("Growing {disk} to {size}"), disk=name_of(row), size=Amount(disk.size))
            )


def discard_plan(request: NoRequest, vm: VM) -> Plan:
    waiting = pending_of(vm)
    for key in waiting.keys:
        yield from setting_key(vm, "other_config", key, None, lazy(N_("Discarding a change that waits for a restart")))
    if waiting.at_startup:
        says = lazy(N_("Setting the vCPUs of {name} to {n}"), name=name_of(vm), n=vcpus_online(vm))
        yield from setting(vm, "VCPUs_at_startup", vcpus_online(vm), vm.VCPUs_at_startup, says)


def _rows() -> Iterator[AnyAction]:
    yield Action(
        id="vm.apply_pending", kind=VM, title=N_("Restart to apply"), done=N_("The changes of {name} are applied"), role=Role.OPERATOR,
        icon="reboot", applies_to=is_machine, blocked=blocked, relevant=has_pending, occasional=True, plan=apply_plan,
        warning=N_("A running VM is shut down, changed and started again. Users are disconnected until it is back."),
    )  # fmt: skip
    yield Action(
        id="vm.discard_pending", kind=VM, title=N_("Discard changes"), done=N_("The changes of {name} are discarded"), role=Role.OPERATOR,
        icon="undo", applies_to=is_machine, blocked=nothing_waits, relevant=has_pending, occasional=True, plan=discard_plan,
    )  # fmt: skip


APPLY, DISCARD = _rows()
PENDING: Final = (APPLY, DISCARD)
