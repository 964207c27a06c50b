"""Rights of a large team over a large fleet: decisions, what a change costs, and what the scopes of fifty people hold."""

from __future__ import annotations

import gc
import itertools
import os
import random
import time
from collections.abc import Callable

from bench.figures import Figure
from bench.simulator import resident
from data.changes import Event, Operation, Subject
from data.grants.grant import Grant, GrantKind
from data.grants.rights import Rights
from data.identity import key_of
from data.mirror import Mirror
from data.objects import KINDS, VM
from data.scope import Scope
from tests.map import fleets

USERS, GRANTS = 50, 200
SHAPE = ((30, 500),) * 20
"""(hosts, VMs) of each pool: 10,000 VMs."""
SEEN = 400
"""VMs of one scope: with their disks, NICs and the rest 2,000 objects and more."""
PAGE = 1000
"""Rows of a page."""


async def rights() -> list[Figure]:
    mirror = fleets.fleet(SHAPE)
    vms = list(mirror.every(VM))[: sum(count for _hosts, count in SHAPE)]
    chance = random.Random(7)  # the same in every run
    everybody = [Rights(0, [_grant(vm) for vm in chance.sample(vms, GRANTS)]) for _user in range(USERS)]
    asking = itertools.cycle(everybody)
    each = _best(lambda: [next(asking).sees(vm) for vm in vms])
    page = _best(lambda: [next(asking).sees(vm) for vm in vms[:PAGE]])
    return [
        Figure("rights: one decision", each / len(vms) * 1e6, "µs", None, f"{USERS} users with {GRANTS} grants each"),
        Figure(f"... of all {len(vms):,} objects", each * 1000, "ms", 10, "what happens once, when somebody begins to look"),
        Figure(f"... of the {PAGE:,} rows of a page", page * 1000, "ms", 5, ""),
        *_scopes(mirror, vms),
    ]


def _scopes(mirror: Mirror, vms: list[VM]) -> list[Figure]:
    asked = [0]

    def eyes(number: int) -> Callable[[Subject], bool]:
        first = number * 190
        mine = set(vms[first : first + SEEN] if first + SEEN <= len(vms) else vms[-SEEN:])

        def sees(subject: Subject) -> bool:
            asked[0] += 1
            return subject in mine

        return sees

    predicates = [eyes(number) for number in range(USERS)]
    gc.collect()
    before = resident(os.getpid())
    scopes = [Scope(mirror, sees) for sees in predicates]
    gc.collect()
    held = resident(os.getpid()) - before
    asked[0] = 0
    vm = vms[len(vms) // 2]
    began = time.thread_time()
    changed = {name: getattr(vm, name) for name in vm.__struct_fields__ if name not in ("ref", "home")} | {"name_label": "another"}
    mirror.apply(mirror.pools[vm.home.id], [Event(VM, Operation.MOD, vm.ref, VM(**changed))])
    spent = time.thread_time() - began
    objects = sum(len(pool.all(kind)) for pool in scopes[0].mirror for kind in KINDS)
    return [
        Figure(f"rights: decisions of a change with {len(scopes)} scopes open", asked[0], "", USERS, "one for each scope"),
        Figure("... its processor time", spent * 1000, "ms", None, ""),
        Figure(f"{len(scopes)} scopes of {objects:,} objects each", held, "MB", 60, "rows are shallow copies, which share their values"),
    ]


def _grant(vm: VM) -> Grant:
    return Grant(id=vm.uuid, user_id="u", role="viewer", kind=GrantKind.VM, key=key_of(vm))


def _best(work: Callable[[], object]) -> float:
    """Seconds, of five."""
    spent = []
    for _round in range(5):
        began = time.thread_time()
        work()
        spent.append(time.thread_time() - began)
    return min(spent)
