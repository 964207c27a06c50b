"""A pool of another program, as far as a migration has to know it: rows that it tells, kept as they were a moment ago."""

from __future__ import annotations

from ..bulk_insert import insert
from ..peer import Peer
from ..pool import Pool
from ..transfer.ova import typed

# who is there is the other side's to judge: no VMs
CLASSES = ("pool", "host", "host_metrics", "SM", "SR", "PBD", "network", "PIF", "PIF_metrics")


async def seen(pool: Pool, peer: Peer) -> Pool:
    """LostError, SESSION_INVALID and what else calls fail with."""
    found = Pool(pool.dispatcher, clock=pool.clock)
    told = {cls: await peer.call(f"{cls}.get_all_records") for cls in CLASSES}
    insert(found.db, {cls: {ref: typed(pool.model, cls, record) for ref, record in rows.items()} for cls, rows in told.items()})
    return found
