"""A pool out of a real one's rows: on addresses of this machine, with everything alive that lives in a running pool.

Dates of what lives (boots, last reports) are moved as if the database had been written just now; those of the past (snapshots,
installations) stay.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from .. import directory
from ..bulk_insert import insert
from ..classes import vm_memory
from ..clock import iso
from ..pool import Pool
from . import hosts, rows, storage, vms
from .dump import Dump
from .rows import Rows

NEWEST = ("host_metrics", "VM_metrics", "VM_guest_metrics")


def build(pool: Pool, dump: Dump, addresses: Sequence[str]) -> None:
    """Fill an empty pool; `addresses` are those of dump.hosts, in that order."""
    dice = random.Random(pool.rng.getrandbits(64))  # noqa: S311  the same file is the same pool
    pool.facts["dice"] = random.Random(dice.getrandbits(64))  # noqa: S311  how long things take
    pool.facts["life"] = dice.getrandbits(64)
    pool.clock.instant = True
    found = rows.read(pool.model, dump)
    shift = pool.clock.now() - written(pool, found)
    insert(pool.db, found)
    directory.adopt(pool)
    hosts.revive(pool, dump, addresses, shift)
    storage.revive(pool)
    vms.revive(pool, shift)
    hosts.measured(pool, dump)
    vm_memory.tell_unused(pool.db, *pool.db.rows("host"))
    advertise(pool)
    pool.clock.instant = False


def written(pool: Pool, found: Rows) -> float:
    """When the database was written: its newest report, in seconds since the epoch."""
    reports = [row.get("last_updated", "") for cls in NEWEST for row in found.get(cls, {}).values()]
    return max([pool.seconds(report) for report in reports if report and not report.startswith("1970")] or [pool.clock.now()])


def moved(pool: Pool, date: str, shift: float) -> str:
    """A date that lives, `shift` seconds later; never in the future, and unset ones stay so."""
    if not date or date.startswith("1970"):
        return date
    return iso(min(pool.clock.now(), pool.seconds(date) + shift))


def advertise(pool: Pool) -> None:
    """What may be done with what is there."""
    for cls in pool.registry.checks:
        for ref in list(pool.db.rows(cls)):
            pool.db.set(ref, allowed_operations=[])
            pool.refresh(ref)
