"""Moving VMs to the trash, and back: marks on the VM, each of which can be taken off again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from data.names import name_of
from data.objects import VM, PowerState
from data.stores.users import Role
from data.trash import BLOCKED, DAY, REASON, TAG, XODASH_TRASH, Trash, is_trashed, note
from data.types import XapiObject
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.resume.plan_clock import plan_time, plan_user
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_


class TrashMark(NamedTuple):
    """A key with its value in a map of the VM's, or a tag."""

    add: str
    remove: str
    key: str
    value: str | None
    setting: str  # messages, with {name}
    removing: str


def _block(operation: str) -> TrashMark:
    add, remove = "VM.add_to_blocked_operations", "VM.remove_from_blocked_operations"
    if operation == "start_on":
        return TrashMark(add, remove, operation, REASON, N_("Blocking {name} on other hosts"), N_("Allowing {name} on other hosts"))
    return TrashMark(add, remove, operation, REASON, N_("Blocking the start of {name}"), N_("Allowing the start of {name}"))


def _note(text: str) -> TrashMark:
    add, remove = "VM.add_to_other_config", "VM.remove_from_other_config"
    return TrashMark(add, remove, XODASH_TRASH, text, N_("Moving {name} to the trash"), N_("Restoring {name} from the trash"))


_TAG: Final = TrashMark("VM.add_tags", "VM.remove_tags", TAG, None, N_("Adding a tag to {name}"), N_("Removing a tag from {name}"))


def _set(vm: VM, mark: TrashMark) -> Call:
    value = () if mark.value is None else (mark.value,)
    return Call(
        mark.add, vm.ref, mark.key, *value, says=lazy(mark.setting, name=name_of(vm)), asynchronous=False,
        undo=lambda _none: one(mark.remove, vm.ref, mark.key, says=lazy(mark.removing, name=name_of(vm)), asynchronous=False),
    )  # fmt: skip


def _take_off(vm: VM, mark: TrashMark) -> Call:
    value = () if mark.value is None else (mark.value,)
    return Call(
        mark.remove, vm.ref, mark.key, says=lazy(mark.removing, name=name_of(vm)), asynchronous=False,
        undo=lambda _none: one(mark.add, vm.ref, mark.key, *value, says=lazy(mark.setting, name=name_of(vm)), asynchronous=False),
    )  # fmt: skip


def _marks_missing(vm: VM, now: float) -> Iterator[TrashMark]:
    """What says that it is there comes last."""
    yield from (_block(operation) for operation in BLOCKED if operation not in vm.blocked_operations)
    if TAG not in vm.tags:
        yield _TAG
    yield _note(note(vm, now, now + vm.home.part(Trash).days * DAY, plan_user()))


def _marks_on(vm: VM) -> Iterator[TrashMark]:
    """Blocks by somebody else stay."""
    yield from (_block(operation) for operation in BLOCKED if vm.blocked_operations.get(operation) == REASON)
    if TAG in vm.tags:
        yield _TAG
    yield _note(vm.other_config.get(XODASH_TRASH, ""))


def plan(request: NoRequest, vm: VM) -> Plan:
    for mark in tuple(_marks_missing(vm, plan_time())):
        yield _set(vm, mark)


def restore_plan(request: NoRequest, vm: VM) -> Plan:
    for mark in tuple(_marks_on(vm)):
        yield _take_off(vm, mark)


_DESTROY = allowed("destroy", PowerState.HALTED)


def blocked(vm: VM) -> LazyText | None:
    """What cannot be deleted cannot be moved there either; a suspended VM would keep its memory."""
    if not vm.home.part(Trash).is_on:
        return lazy(N_("the trash is disabled; an administrator can enable it in the settings"))
    if is_trashed(vm):
        return lazy(N_("it is already in the trash"))
    return _DESTROY(vm) or (None if vm.power_state is PowerState.HALTED else _DESTROY.moment(vm))


def _has_trash(subject: XapiObject) -> bool:
    return is_machine(subject) and subject.home.part(Trash).is_on


def restore_blocked(vm: VM) -> LazyText | None:
    return None if is_trashed(vm) else lazy(N_("it is not in the trash"))


TRASH: Final[AnyAction] = Action(
    id="vm.trash", kind=VM, title=N_("Move to trash"), done=N_("{name} is in the trash"), role=Role.OPERATOR, icon="trash",
    applies_to=_has_trash, blocked=blocked, relevant=lambda vm: True, plan=plan,
    warning=N_(
        "It is listed only in the trash and cannot be started. It uses its space until it is deleted; until then it can be restored."
    ),
)  # fmt: skip
RESTORE: Final[AnyAction] = Action(
    id="vm.restore", kind=VM, title=N_("Restore"), done=N_("{name} is restored"), role=Role.OPERATOR, icon="undo", prominent=True,
    applies_to=is_trashed, blocked=restore_blocked, plan=restore_plan, succeeded=lambda vm: not is_trashed(vm),
)  # fmt: skip
