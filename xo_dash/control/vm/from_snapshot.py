"""A new VM, or a new template, of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from data.names import name_of
from data.objects import VM
from data.storage import machine_of
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.vm.clone import CloneVM, check, copied, srs
from xo_dash.control.vm.kinds import is_snapshot
from xo_dash.i18n import N_, _


def defaults(snapshots: Sequence[VM]) -> Mapping[str, object]:
    """`web-1 from before-upgrade`"""
    if len(snapshots) != 1:
        return {"name": _("{name} copy").format(name="{name}"), "fast": True}
    owner = machine_of(snapshots[0])
    name = _("{vm} from {snapshot}").format(vm=name_of(owner), snapshot=name_of(snapshots[0]))
    return {"name": name_of(snapshots[0]) if owner is snapshots[0] else name, "fast": True}


def vm_plan(request: CloneVM, snapshot: VM) -> Plan:
    """Source: XAPI's clone of a snapshot is a template, as the snapshot itself is."""
    copy = yield from copied(request, snapshot)
    says = lazy(N_("Converting {name} to a VM"), name=request.name)
    yield Call("VM.set_is_a_template", copy, False, says=says, asynchronous=False)


def template_plan(request: CloneVM, snapshot: VM) -> Plan:
    yield from copied(request, snapshot)


_CONDITION = allowed("clone")


def _row(action_id: str, title: str, done: str, icon: str, plan: Callable[[CloneVM, VM], Plan]) -> AnyAction:
    return Action(
        id=action_id, kind=VM, request=CloneVM, title=title, done=done, role=Role.OPERATOR, icon=icon,
        applies_to=is_snapshot, blocked=_CONDITION, quick_check=_CONDITION.holds, relevant=lambda vm: True,
        defaults=defaults, choices={"sr": srs}, check=check, plan=plan,
    )  # fmt: skip


NEW_VM: Final = _row("snapshot.new_vm", N_("New VM"), N_("A VM is created from {name}"), "plus", vm_plan)
NEW_TEMPLATE: Final = _row("snapshot.new_template", N_("New template"), N_("A template is created from {name}"), "copy", template_plan)
