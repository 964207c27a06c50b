"""The memory of a VM: at once where XAPI can, else written down for its next restart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.vm import ToolsState, is_up, tools_of
from data.names import name_of
from data.objects import VM, Host, HostMetrics, PowerState
from data.pending import MEMORY, MemoryWaiting, owner, written
from data.stores.users import Role
from data.vms import has_fixed_memory
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Edit
from xo_dash.control.requests.types import GibSize, called
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.words import under_way
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_

MIB: Final = 1 << 20
LEAST: Final = 16 * MIB
"""Less than that no guest starts with."""


class SetMemory(Edit, frozen=True, kw_only=True):
    """How much memory a VM has. With a `minimum` it is dynamic: the host may take some of it for other VMs."""

    memory: Annotated[GibSize, called(N_("Memory"), hint=N_("GiB, or with a unit, like 512 MiB"))]
    minimum: Annotated[GibSize | None, called(N_("At least"), hint=N_("For dynamic memory: the host may reclaim the rest"))] = None
    limit: Annotated[GibSize | None, called(N_("Limit while running"), hint=N_("Memory can be raised up to this without a restart"))] = None


def limits_of(request: SetMemory, vm: VM) -> MemoryWaiting:
    """The limits that XAPI would have, whole MiB. The static maximum stays unless it has to follow or was fixed to the memory."""
    most = _whole(request.memory)
    least = min(_whole(request.minimum), most) if request.minimum else most
    asked = _whole(request.limit) if request.limit else vm.memory_static_max
    if not request.limit and not is_up(vm):
        asked = most  # what was reserved above it is of no more use than what somebody asks for now
    return MemoryWaiting(vm=owner(vm), static_max=max(most, asked), dynamic_min=least, dynamic_max=most)


def _whole(amount: int) -> int:
    """Source: xapi rounds to pages, xenopsd to MiB."""
    return -(-amount // MIB) * MIB


def is_live(limits: MemoryWaiting, vm: VM) -> bool:
    """Whether a running VM can take them at once: within its static limits, and with a guest that gives and takes memory."""
    return (
        limits.static_max == vm.memory_static_max
        and limits.dynamic_min >= vm.memory_static_min
        and "changing_dynamic_range" in vm.allowed_operations
        and tools_of(vm).state is ToolsState.WORKING
    )


def check(request: SetMemory, vm: VM) -> Iterator[Fault]:
    if request.memory < LEAST:
        yield Fault("memory", lazy(N_("it must be at least {least}"), least=Amount(LEAST)))
    if request.minimum and request.minimum > request.memory:
        yield Fault("minimum", lazy(N_("it must be at most the memory, {memory}"), memory=Amount(request.memory)))
    if request.limit and request.limit < request.memory:
        yield Fault("limit", lazy(N_("it must be at least the memory, {memory}"), memory=Amount(request.memory)))
    if too_much := _too_much(request, vm):
        yield Fault("memory", too_much)


def _too_much(request: SetMemory, vm: VM) -> LazyText | None:
    """No host of the pool is as large as that."""
    metrics = [found for host in vm.home.all(Host).values() if (found := vm.home.one(HostMetrics, host.metrics)) is not None]
    most = max((found.memory_total for found in metrics), default=0)
    least = request.minimum or request.memory
    return lazy(N_("no host of the pool has more than {most}"), most=Amount(most)) if 0 < most < least else None


def blocked(vm: VM) -> LazyText | None:
    if vm.power_state in (PowerState.SUSPENDED, PowerState.PAUSED):
        return lazy(N_("memory cannot be changed while it is paused or suspended; resume it first"))
    return under_way(next(iter(vm.current_operations.values()))) if vm.current_operations else None


def plan(request: SetMemory, vm: VM) -> Plan:
    limits = limits_of(request, vm)
    says = lazy(N_("Setting the memory of {name} to {memory}"), name=name_of(vm), memory=Amount(limits.dynamic_max))
    if not is_up(vm):
        yield from set_limits(limits, vm, says)
    elif is_live(limits, vm):
        held = (vm.memory_dynamic_min, vm.memory_dynamic_max)
        if held != (limits.dynamic_min, limits.dynamic_max):
            method = "VM.set_memory_dynamic_range"
            yield Call(
                method, vm.ref, limits.dynamic_min, limits.dynamic_max, says=says, undo=lambda _: one(method, vm.ref, *held, says=says)
            )
    elif limits != now(vm):
        says = lazy(N_("Saving {memory} of memory for the next restart of {name}"), name=name_of(vm), memory=Amount(limits.dynamic_max))
        yield from setting_key(vm, "other_config", MEMORY, written(limits), says)
        return
    yield from forgotten(vm)


def now(vm: VM) -> MemoryWaiting:
    """Its limits as they are."""
    return MemoryWaiting(
        vm=owner(vm), static_max=vm.memory_static_max, dynamic_min=vm.memory_dynamic_min, dynamic_max=vm.memory_dynamic_max
    )


def set_limits(limits: MemoryWaiting, vm: VM, says: LazyText) -> Plan:
    """All four at once, of a halted VM. Source: one after the other they may be out of order meanwhile."""
    held = (vm.memory_static_min, vm.memory_static_max, vm.memory_dynamic_min, vm.memory_dynamic_max)
    wanted = (min(vm.memory_static_min, limits.dynamic_min), limits.static_max, limits.dynamic_min, limits.dynamic_max)
    if held != wanted:
        method = "VM.set_memory_limits"
        yield Call(method, vm.ref, *wanted, says=says, undo=lambda _: one(method, vm.ref, *held, says=says))


def forgotten(vm: VM) -> Plan:
    """What waited is overtaken by what is set now."""
    yield from setting_key(vm, "other_config", MEMORY, None, lazy(N_("Discarding the memory saved before")))


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    """As the first has it, in words that the field takes."""
    vm = vms[0]
    return {"memory": amount(vm.memory_dynamic_max), "minimum": None if has_fixed_memory(vm) else amount(vm.memory_dynamic_min)}


def amount(size: int) -> str:
    """`4`, `1.5` or `512 MiB`: what a field of GiB takes."""
    gib = size / (1 << 30)
    return f"{gib:g}" if gib >= 1 and (gib * 4).is_integer() else f"{size // MIB} MiB"


MEMORY_OF_VM: Final[AnyAction] = Action(
    id="vm.memory", kind=VM, request=SetMemory, title=N_("Change memory"), done=N_("The memory of {name} is set"), role=Role.OPERATOR,
    icon="settings", group="settings", applies_to=is_machine, blocked=blocked, edits=True, defaults=defaults, check=check, plan=plan,
)  # fmt: skip
