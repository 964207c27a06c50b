"""What is chosen for a selection of VMs, and what follows from it, worked out in slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from components.migration.many_rows import MoveStanding, VMVerdict
from data.identity import key_of, seen_from
from data.names import name_of
from data.objects import SR, VM, Network
from data.stores.users import User
from data.types import Home, XapiObject
from xo_dash.control.eligibility import why_not
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.usable import usable_by
from xo_dash.control.vm.migration.estimate import moved_size
from xo_dash.control.vm.migration.group import Goal, GroupPlacement, mapping_of, placing
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.control.vm.migration.request import MigrateVM, disks_in, host_in

T = TypeVar("T", bound=XapiObject)
NOTED = 6
"""Notes that are shown."""

Judged = dict[tuple[VM, MigrateVM], LazyText | None]
"""{a VM with what is asked for it: why XAPI refuses}"""


@dataclass(slots=True)
class ManyChoices:
    """What a person chose so far; the rest follows by itself. Objects are named by their keys."""

    goal: str
    left_out: set[str] = field(default_factory=set)
    srs: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    network: str = ""  # for the migration
    copy: bool = False


@dataclass(slots=True)
class Outcome:
    """What follows."""

    placed: GroupPlacement
    request: MigrateVM | None = None
    own: dict[VM, MigrateVM] = field(default_factory=dict)  # of each that goes
    verdicts: dict[VM, VMVerdict] = field(default_factory=dict)
    faults: list[LazyText] = field(default_factory=list)
    notes: list[LazyText] = field(default_factory=list)
    more_notes: int = 0

    def standing(self, standing: MoveStanding) -> list[VM]:
        return [vm for vm, one in self.verdicts.items() if one.standing is standing]

    def sizes(self) -> Mapping[VM, int]:
        return {vm: one.amount for vm, one in self.verdicts.items() if one.standing is MoveStanding.GOES}


def working_out(
    vms: Iterable[VM], goal: Goal, chosen: ManyChoices, user: User | None, judged: Judged, told: Callable[[Outcome], object]
) -> Iterator[None]:
    """In small steps; `told` at the end."""
    found = Outcome(GroupPlacement(goal))
    free = []
    for vm in vms:
        if key_of(vm) in chosen.left_out:
            found.verdicts[vm] = VMVerdict(MoveStanding.LEFT_OUT)
        elif (why := why_not(MIGRATE, vm, user)) is not None:
            found.verdicts[vm] = VMVerdict(MoveStanding.CANNOT, why=why)
        else:
            free.append(vm)
        yield
    placed = found.placed
    yield from placing(free, goal, placed.targets)
    home = goal.home
    yield from mapping_of(
        placed, _rows(home, SR, chosen.srs), _rows(home, Network, chosen.networks), usable_by(user, *free[:1]) if free else None
    )
    found.request = placed.request(network=chosen.network or None, copy=chosen.copy)
    found.faults = list(placed.faults())
    for vm in free:
        found.verdicts[vm] = _verdict(vm, found, found.request, judged)
        yield
    told(found)


def _rows(home: Home, kind: type[T], keys: Mapping[str, str]) -> dict[T, T]:
    pairs = ((seen_from(home, kind, source), seen_from(home, kind, to)) for source, to in keys.items())
    return {source: to for source, to in pairs if source is not None and to is not None}


def _verdict(vm: VM, found: Outcome, request: MigrateVM, judged: Judged) -> VMVerdict:
    target = found.placed.targets[vm]
    own = request.for_each(vm)
    host = host_in(own, vm)
    why = target.refused
    if why is None and host is not None:
        asked = judged.get((vm, own))
        why = next((fault.reason for fault in MIGRATE.faults(own, vm)), None) or asked
    if why is not None or host is None:
        found.placed.targets[vm] = replace(target, refused=why)
        return VMVerdict(MoveStanding.CANNOT, target, why)
    found.own[vm] = own
    _note(vm, own, found)
    return VMVerdict(MoveStanding.GOES, target, None, moved_size(vm, disks_in(own, vm, host)), (vm, own) in judged)


def _note(vm: VM, own: MigrateVM, found: Outcome) -> None:
    for note in MIGRATE.notes(own, vm):
        if len(found.notes) < NOTED:
            found.notes.append(lazy("{name}: {note}", name=name_of(vm), note=note))
        else:
            found.more_notes += 1
