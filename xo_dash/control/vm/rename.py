"""The name of a VM, a template or a snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import VM
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.plan import Call, Plan
from xo_dash.control.request import NamePattern, Request, called
from xo_dash.control.said import Said, say
from xo_dash.i18n import N_


class RenameVM(Request, frozen=True, kw_only=True):
    """Another name. The guest's own host name stays as it is."""

    name: Annotated[NamePattern, called(N_("New name"))]


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"name": vms[0].name_label if len(vms) == 1 else "{name}"}


def blocked(vm: VM) -> Said | None:
    if vm.is_control_domain:
        return say(N_("it is a host's control domain, which lives and ends with the host"))
    return say(N_("it is a template that comes with the pool")) if vm.is_default_template else None


def plan(request: RenameVM, vm: VM) -> Plan:
    if request.name != vm.name_label:
        says = say(N_("Renaming {name} to {new}"), name=name_of(vm), new=request.name)
        yield Call("VM.set_name_label", vm.ref, request.name, says=says, asynchronous=False)


RENAME: Final[AnyAction] = Action(
    id="vm.rename", kind=VM, request=RenameVM, title=N_("Rename"), done=N_("{name} is renamed"), role=Role.OPERATOR, icon="edit",
    applies_to=lambda vm: not vm.is_control_domain, blocked=blocked, defaults=defaults, plan=plan,
)  # fmt: skip
