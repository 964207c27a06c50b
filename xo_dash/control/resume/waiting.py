"""After a restart: until the pools of a run are there again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from data.mirror import Mirror
from data.names import pool_name
from data.observers import Unsubscribe
from xo_dash.control.lazy_text import lazy
from xo_dash.control.resume.record import ItemRecord
from xo_dash.control.run import Run, RunItem
from xo_dash.i18n import N_

Told = Callable[[Run], None]


async def until_live(
    mirror: Mirror, run: Run, item: RunItem, record: ItemRecord, observe: Callable[[Told], Unsubscribe], told: Told
) -> None:  # fmt: skip
    """Return when what an item needs can be asked again, or is no longer there, or nobody wants it any more; meanwhile it says so.

    `observe`: of the runner, whose `told` is called whenever the item says something else.
    """
    needed = {item.pool} | (record.rows.of if record.rows is not None else set())
    stirred = asyncio.Event()
    unsubscribe = (mirror.observe(lambda _changes: stirred.set()), observe(lambda changed: stirred.set() if changed is run else None))
    try:
        while not item.cancelled:
            away = [pool for one in needed if (pool := mirror.pools.get(one)) and not pool.server.is_live]
            if not away:
                break
            item.says = lazy(N_("Waiting for {pool}"), pool=pool_name(away[0]))
            told(run)
            stirred.clear()
            await stirred.wait()
    finally:
        for end in unsubscribe:
            end()
    item.says = None
