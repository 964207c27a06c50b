"""What a migration of which nobody knows the end may have left: disks where it was to put them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from data.mirror import Mirror
from data.objects import SR, VDI, VM
from data.types import Ref
from xo_dash.control.lazy_text import lazy, named
from xo_dash.control.run import Finds, Leftover
from xo_dash.control.vm.migration.mapping import MappingReason
from xo_dash.control.vm.migration.request import MigrateVM, disks_in, host_in
from xo_dash.i18n import N_


@dataclass(frozen=True, slots=True)
class _Goal:
    """An SR that disks were to go to."""

    pool: str  # the server's id
    sr: Ref
    before: frozenset[Ref]  # the disks that it had
    coming: frozenset[tuple[str, int]]  # (name, bytes) of each disk


def leaves(request: MigrateVM, vm: VM) -> Finds | None:
    """Asked before anything is sent: XAPI says of no disk when it was made."""
    host = host_in(request, vm)
    moves = [move for move in disks_in(request, vm, host) if move.why is not MappingReason.STAYS] if host is not None else []
    coming: dict[SR, set[tuple[str, int]]] = {}
    for move in moves:
        if move.sr is not None:
            coming.setdefault(move.sr, set()).add((move.disk.name_label, move.disk.virtual_size))
    goals = [_Goal(sr.home.id, sr.ref, frozenset(sr.VDIs), frozenset(disks)) for sr, disks in coming.items()]
    return partial(_left, goals) if goals else None


def _left(goals: Iterable[_Goal], mirror: Mirror) -> Sequence[Leftover]:
    """New disks there with the name and the size of one that moved, and that no VM has: whatever arrived is a VM's."""
    found = []
    for goal in goals:
        pool = mirror.pools.get(goal.pool)
        sr = pool.one(SR, goal.sr) if pool is not None else None
        if sr is None:
            continue
        for vdi in sr.all_of(VDI, [ref for ref in sr.VDIs if ref not in goal.before]):
            if not vdi.VBDs and vdi.managed and (vdi.name_label, vdi.virtual_size) in goal.coming:
                says = lazy(N_("the disk {disk} is left on {sr}, without a VM"), disk=named(vdi), sr=named(sr))
                found.append(Leftover(says, goal.pool, (vdi.ref,), made=True))
    return found
