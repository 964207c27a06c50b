"""Where a VM can go while it runs, as it is shown."""

from __future__ import annotations

from typing import Final, NamedTuple

from data.evacuation import live_targets
from data.failover import Bound, Unplaceable
from data.names import by_name, name_of
from data.objects import VM, PowerState
from data.placement import memory_held
from data.views.things import Thing, thing


class MoveTargets(NamedTuple):
    """The hosts that it can move to while it runs; without one, why not."""

    hosts: tuple[Thing, ...] = ()
    why: Bound | None = None
    what: str = ""  # the name of what the others lack
    needed: int = 0  # bytes, where it is for memory
    free: int = 0


ELSEWHERE: Final = (
    "Host.enabled", "Host.resident_VMs", "Host.PBDs", "Host.PIFs", "Host.metrics", "Host.control_domain", "Host.memory_overhead",
    "Host.software_version", "Host.name_label", "Host.hostname", "HostMetrics.live", "HostMetrics.memory_total", "PBD.currently_attached",
    "PBD.SR", "PIF.network", "VM.memory_dynamic_max", "VM.memory_dynamic_min", "VM.memory_overhead", "VM.is_control_domain",
    "VM.is_a_template", "VM.is_a_snapshot", "VM.other_config",
)  # fmt: skip
"""What decides how much is free on the other hosts of a pool, and what they reach."""


def moves_to(vm: VM) -> MoveTargets:
    if vm.power_state is PowerState.PAUSED:
        return MoveTargets((), Bound.PAUSED)
    found = live_targets(vm) if vm.power_state is PowerState.RUNNING else []
    if isinstance(found, Unplaceable):
        needed = memory_held(vm) if found.why is Bound.ROOM else 0
        return MoveTargets((), found.why, name_of(found.what) if found.what else "", needed, found.free)
    return MoveTargets(tuple(map(thing, by_name(found))))
