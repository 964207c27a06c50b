"""vApps themselves: making one, naming it, taking it apart; and which VM is in which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.appliances import members_of
from data.names import by_name, name_of
from data.objects import VM, Appliance, Pool
from data.stores.users import Role
from data.types import NULL_REF
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.appliance.power import VAPP_POWER
from xo_dash.control.labels import describing, never, renaming
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import Lines, Name, VMUuid, an_object, called
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_

ApplianceUuid = Annotated[str, an_object(Appliance, missing=N_("there is no such vApp in its pool; choose another"))]


class NewAppliance(Request, frozen=True, kw_only=True):
    """A group of VMs; one that is in another leaves that."""

    name: Annotated[Name, called(N_("Name"))]
    description: Annotated[Lines, called(N_("Description"))] = ""
    members: Annotated[tuple[VMUuid, ...], called(N_("VMs"))] = ()


class SetAppliance(Request, frozen=True, kw_only=True):
    """The group that a VM is in: one at most."""

    appliance: Annotated[ApplianceUuid | None, called(N_("vApp"), hint=N_("Empty: none"))] = None


def create_plan(request: NewAppliance, pool: Pool) -> Plan:
    record = {"name_label": request.name, "name_description": request.description}
    says = lazy(N_("Creating the vApp {name}"), name=request.name)
    made = yield Call("VM_appliance.create", record, says=says, undo=lambda ref: one("VM_appliance.destroy", ref, says=says))
    for uuid in dict.fromkeys(request.members):
        if (vm := pool.home.by_uuid(VM, uuid)) is not None:
            yield from _joining(vm, made, request.name)
    return made


def create_check(request: NewAppliance, pool: Pool) -> Iterator[Fault]:
    for uuid in request.members:
        vm = pool.home.by_uuid(VM, uuid)
        if vm is None or not is_machine(vm):
            yield Fault("members", lazy(N_("there is no VM {uuid} in the pool; leave it out"), uuid=uuid[:80]))


def _joining(vm: VM, appliance: object, group: str) -> Iterator[Call]:
    """With what puts it back where it was."""
    method, before = "VM.set_appliance", vm.appliance
    says = lazy(N_("Adding {name} to {group}"), name=name_of(vm), group=group)
    yield Call(method, vm.ref, appliance, says=says, undo=lambda _: one(method, vm.ref, before, says=says))


def set_plan(request: SetAppliance, vm: VM) -> Plan:
    group = vm.home.by_uuid(Appliance, request.appliance) if request.appliance else None
    before = vm.home.one(Appliance, vm.appliance)
    if group is before:
        return
    if group is not None:
        yield from _joining(vm, group.ref, name_of(group))
    elif before is not None:
        says = lazy(N_("Taking {name} out of {group}"), name=name_of(vm), group=name_of(before))
        yield Call("VM.set_appliance", vm.ref, NULL_REF, says=says,
                   undo=lambda _: one("VM.set_appliance", vm.ref, before.ref, says=says))  # fmt: skip


def set_defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    found = {group.uuid if (group := vm.home.one(Appliance, vm.appliance)) else "" for vm in vms}
    return {"appliance": (found.pop() if len(found) == 1 else "") or None}


def set_choices(vms: Sequence[VM]) -> Sequence[Choice]:
    """Those of their pool; none for VMs of several."""
    homes = {vm.home.id: vm.home for vm in vms}
    rows = [row for home in homes.values() for row in home.all(Appliance).values()] if len(homes) == 1 else []
    return in_order(Choice(row.uuid, name_of(row)) for row in rows)


def joinable(appliance: Appliance) -> list[VM]:
    """VMs of its pool that are not in it, by name; one that is in another would leave that."""
    free = [vm for vm in appliance.home.all(VM).values() if is_machine(vm) and vm.appliance != appliance.ref]
    return by_name(free)


def delete_plan(request: NoRequest, appliance: Appliance) -> Plan:
    return one("VM_appliance.destroy", appliance.ref, says=lazy(N_("Deleting the vApp {name}"), name=name_of(appliance)))


def kept(appliance: Appliance) -> Sequence[str]:
    return [str(lazy(N_("{name} stays as it is"), name=name_of(vm))) for vm in members_of(appliance)]


NEW_VAPP: Final[AnyAction] = Action(
    id="pool.new_appliance", kind=Pool, request=NewAppliance, title=N_("New vApp"), done=N_("The vApp is created in {name}"),
    role=Role.OPERATOR, icon="columns", applies_to=lambda _pool: True, blocked=never, check=create_check, plan=create_plan,
)  # fmt: skip
SET_VAPP: Final[AnyAction] = Action(
    id="vm.appliance", kind=VM, request=SetAppliance, title=N_("Change vApp"), done=N_("The vApp of {name} is set"), role=Role.OPERATOR,
    icon="columns", group="settings", applies_to=is_machine, blocked=never, edits=True, defaults=set_defaults,
    choices={"appliance": set_choices}, plan=set_plan,
)  # fmt: skip
RENAME_VAPP: Final[AnyAction] = renaming(Appliance, Role.OPERATOR, lambda _appliance: True, never)
DESCRIBE_VAPP: Final[AnyAction] = describing(Appliance, Role.OPERATOR, lambda _appliance: True, never)
DELETE_VAPP: Final[AnyAction] = Action(
    id="vm_appliance.delete", kind=Appliance, title=N_("Delete vApp"), done=N_("The vApp {name} is deleted"), role=Role.OPERATOR,
    icon="trash", danger=True, applies_to=lambda _appliance: True, blocked=never, plan=delete_plan, consequences=kept,
    warning=N_("Its VMs are not deleted; they no longer start and stop together."),
)  # fmt: skip
VAPPS: Final = (*VAPP_POWER, RENAME_VAPP, DESCRIBE_VAPP, DELETE_VAPP)
