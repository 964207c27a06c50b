"""How the VMs of a host can leave it: who moves where while it runs, who cannot, and what is free on the others afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from data.failover import Bound, HostRoom, Survey, Surveyed, Unplaceable, by_size, takers
from data.objects import VM, Host
from data.placement import guests_on, memory_held


@dataclass(slots=True)
class Evacuation:
    """One host left by all its VMs. Amounts are bytes."""

    host: Host
    moves: dict[VM, Host] = field(default_factory=dict)  # while they run
    stranded: dict[VM, Unplaceable] = field(default_factory=dict)  # those that nobody decided about, and why they cannot move
    before: dict[Host, int] = field(default_factory=dict)  # free on each host that takes VMs
    after: dict[Host, int] = field(default_factory=dict)

    def coming(self, host: Host) -> int:
        """Bytes of what moves there."""
        return self.before[host] - self.after[host]


def evacuate(host: Host, wished: Mapping[VM, Host] | None = None, off: Collection[VM] = (), survey: Survey | None = None) -> Evacuation:
    """A place for every VM of `host`, the largest first, each to where most is free of where it can be.

    `wished`: {VM: where somebody wants it}, placed before the others; it may lack an SR there, its disks move along then. `off`: those that
    are suspended or shut down instead. Counts with what VMs hold by setting, as `data.failover` does.
    """
    found, room = Evacuation(host), HostRoom(takers(host, (host,)), survey)
    found.before = dict(room.free)
    wishes = wished or {}
    staying = [vm for vm in by_size(guests_on(host)) if vm not in off]
    for vm in [*(vm for vm in staying if vm in wishes), *(vm for vm in staying if vm not in wishes)]:
        place = _place(vm, room, wishes.get(vm))
        if isinstance(place, Unplaceable):
            found.stranded[vm] = place
        else:
            room.put(vm, place)
            found.moves[vm] = place
    found.after = dict(room.free)
    return found


def _place(vm: VM, room: HostRoom, wish: Host | None) -> Host | Unplaceable:
    if wish is None:
        place = room.place(vm, live=True)
        return Unplaceable(vm, Bound.BUSY) if isinstance(place, Host) and not can_move(vm) else place
    if wish not in room.free:
        return Unplaceable(vm, Bound.NO_HOST)
    if not can_move(vm):
        return Unplaceable(vm, Bound.DEVICE if vm.attached_PCIs or vm.VGPUs else Bound.BUSY)
    short = memory_held(vm) - room.free[wish]
    return Unplaceable(vm, Bound.ROOM, short=short, free=max(0, room.free[wish])) if short > 0 else wish


def live_targets(vm: VM) -> list[Host] | Unplaceable:
    """The hosts that it can move to while it runs, as it is now; else why there is none. For a VM that runs."""
    here = vm.home.one(Host, vm.resident_on)
    if here is None:
        return []
    room = here.home.part(Surveyed).without(here)
    place = _place(vm, room, None)
    return place if isinstance(place, Unplaceable) else room.with_room(vm)


def can_move(vm: VM) -> bool:
    """Whether XAPI offers to move it while it runs."""
    return "pool_migrate" in vm.allowed_operations
