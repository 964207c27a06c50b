"""A graphics card for a VM, whole or a share of one, and taking it away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.devices import card_name
from data.names import by_name, name_of
from data.objects import PGPU, VGPU, VM, GPUGroup, VGPUType
from data.stores.users import Role
from data.types import NULL_REF
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import an_object, called
from xo_dash.control.vm.devices.conditions import halted, one_home, vm_of
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_

GroupUuid = Annotated[str, an_object(GPUGroup, missing=N_("there is no such GPU in the pool; choose another"))]
TypeUuid = Annotated[str, an_object(VGPUType, missing=N_("there is no such kind of vGPU in the pool; choose another"))]


class AddGpu(Request, frozen=True, kw_only=True):
    """A card of a group, from the VM's next start on."""

    group: Annotated[GroupUuid, called(N_("GPU"))]
    type: Annotated[TypeUuid | None, called(N_("Share of the GPU"), hint=N_("Empty: the whole GPU"))] = None


def groups(vms: Sequence[VM]) -> Sequence[Choice]:
    home = one_home(vms)
    rows = home.all(GPUGroup).values() if home is not None else ()
    return [Choice(row.uuid, card_name(row), cannot_give(row)) for row in by_name(rows) if row.PGPUs]


def cannot_give(group: GPUGroup) -> LazyText | None:
    cards = group.all_of(PGPU, group.PGPUs)
    if cards and all(card.is_system_display_device for card in cards):
        return lazy(N_("it is the screen of its host"))
    if not group.enabled_VGPU_types:
        return lazy(N_("no VM may use it; enable a kind of vGPU on it first"))
    return None


def types(vms: Sequence[VM]) -> Sequence[Choice]:
    """Shares that a group of the pool gives; without any only whole cards are given."""
    home = one_home(vms)
    enabled = {ref for group in home.all(GPUGroup).values() for ref in group.enabled_VGPU_types} if home is not None else set()
    rows = [row for ref, row in home.all(VGPUType).items() if ref in enabled] if home is not None else []
    return [Choice(row.uuid, row.model_name) for row in rows if row.implementation != "passthrough"]


def unasked(vms: Sequence[VM]) -> Sequence[str]:
    return () if types(vms) else ("type",)


def check(request: AddGpu, vm: VM) -> Iterator[Fault]:
    group = vm.home.by_uuid(GPUGroup, request.group)
    if group is None:
        return
    if (reason := cannot_give(group)) is not None:
        yield Fault("group", reason)
    kind = vm.home.by_uuid(VGPUType, request.type) if request.type else None
    if kind is not None and kind.ref not in group.enabled_VGPU_types:
        yield Fault("type", lazy(N_("{group} does not give this share; choose another"), group=card_name(group)))


def notes(request: AddGpu, vm: VM) -> Iterator[LazyText]:
    yield lazy(N_("While it has a device of a host it cannot be migrated or suspended, and no snapshot with memory can be taken."))


def plan(request: AddGpu, vm: VM) -> Plan:
    group = vm.home.by_uuid(GPUGroup, request.group)
    kind = vm.home.by_uuid(VGPUType, request.type) if request.type else None
    if group is None:
        return
    says = lazy(N_("Adding the GPU {device} to {name}"), device=card_name(group), name=name_of(vm))
    yield Call("VGPU.create", vm.ref, group.ref, "0", {}, kind.ref if kind else NULL_REF, says=says,
               undo=lambda made: one("VGPU.destroy", made, says=says))  # fmt: skip


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    able = [choice.value for choice in groups(vms) if choice.refused is None]
    return {"group": able[0] if len(able) == 1 else ""}


def removal_blocked(vgpu: VGPU) -> LazyText | None:
    vm = vm_of(vgpu, vgpu.VM)
    return lazy(N_("its VM no longer exists")) if vm is None else halted(vm)


def removal(request: NoRequest, vgpu: VGPU) -> Plan:
    return one("VGPU.destroy", vgpu.ref, says=lazy(N_("Removing the GPU")))


ADD_GPU: Final[AnyAction] = Action(
    id="vm.add_gpu", kind=VM, request=AddGpu, title=N_("Add GPU"), done=N_("The GPU is added to {name}"), role=Role.OPERATOR, icon="plus",
    group="settings", applies_to=is_machine, blocked=halted, relevant=lambda vm: bool(groups([vm])), occasional=True, defaults=defaults,
    choices={"group": groups, "type": types}, unasked=unasked, check=check, notes=notes, plan=plan,
)  # fmt: skip
REMOVE_GPU: Final[AnyAction] = Action(
    id="vgpu.remove", kind=VGPU, title=N_("Remove GPU"), done=N_("The GPU is removed"), role=Role.OPERATOR, icon="close",
    applies_to=lambda vgpu: vm_of(vgpu, vgpu.VM) is not None, blocked=removal_blocked, plan=removal,
    warning=N_("The VM no longer has the GPU at its next start."),
)  # fmt: skip
