"""allowed_operations and current_operations, and who has to wait for whom.

A class's rule (`@allowed("VM")`) says for one operation why it cannot run now, or None. The same rule fills allowed_operations and
guards the operation itself, so the two cannot disagree. Like xapi, what is refused only because something else is running waits
its turn, for up to two hours.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .database import Interest, Record
from .errors import XapiError

if TYPE_CHECKING:
    from .call import Call
    from .pool import Pool
    from .registry import Check

BUSY = "OTHER_OPERATION_IN_PROGRESS"
PATIENCE = 2 * 3600.0  # seconds in the queue


def busy(cls: str, ref: str, record: Record) -> XapiError:
    """The refusal that makes a call wait."""
    current = record["current_operations"]
    names = list(dict.fromkeys(current.values()))
    shown = names[0] if len(names) == 1 else "{" + ",".join(names) + "}"
    return XapiError(BUSY, cls, ref, shown, next(iter(current), ""))


def refusal(pool: Pool, ref: str, operation: str, rule: Check | None = None) -> XapiError | None:
    """Why `operation` cannot run on `ref` now; by the class's own rule if no other is given."""
    row = pool.db.class_of(ref)
    if row is None:
        return XapiError("HANDLE_INVALID", "object", ref)
    check = rule or pool.registry.checks.get(row)
    return check(pool, ref, pool.db.record(row, ref), operation) if check else None


def refresh(pool: Pool, *refs: str) -> None:
    """Compute allowed_operations of these objects again."""
    for ref in refs:
        cls = pool.db.class_of(ref)
        check = pool.registry.checks.get(cls or "")
        if cls is None or check is None:
            continue
        record = pool.db.record(cls, ref)
        advert = pool.registry.adverts.get(cls)
        if advert:
            pool.db.set(ref, allowed_operations=advert(pool, ref, record))
            continue
        operations = pool.model.field(cls, "allowed_operations").type.of
        names = operations.values if operations else ()
        pool.db.set(ref, allowed_operations=[name for name in names if check(pool, ref, record, name) is None])


async def begin(call: Call, ref: str, name: str, rule: Check | None = None) -> None:
    """Wait until `name` may run on `ref`, then show it. Raises what the class's rule says, or another `rule`."""
    await ready(call, ref, name, rule)
    current = call.db.get(ref, "current_operations")
    call.db.set(ref, current_operations={**current, call.task: name})
    refresh(call.pool, ref)


async def ready(call: Call, ref: str, name: str, rule: Check | None = None) -> None:
    """Wait until `name` may run on `ref`. Nobody else can come between where it may run already."""
    give_up = call.clock.now() + PATIENCE
    while (reason := refusal(call.pool, ref, name, rule)) is not None:
        if reason.code != BUSY or not call.pool.queues or call.clock.now() >= give_up:
            raise reason
        await change_of(call, ref)


async def both_ready(call: Call, first: tuple[str, str], second: tuple[str, str]) -> None:
    """Wait for two objects, each with what is to be done, without holding either: others may hold the second and want the first."""
    await ready(call, *first)
    await ready(call, *second)
    while refusal(call.pool, *first) is not None:
        await ready(call, *first)
        await ready(call, *second)


async def change_of(call: Call, ref: str) -> None:
    """Until the object changes, or 20 s."""
    change = call.db.watch(Interest(frozenset(), frozenset({ref})))
    pause = asyncio.ensure_future(call.sleep(20))
    try:
        await asyncio.wait({change, pause}, return_when=asyncio.FIRST_COMPLETED)
        if pause.done():
            pause.result()
    finally:
        call.db.unwatch(change)
        pause.cancel()


def end(call: Call, ref: str) -> None:
    """The operation is over, however it ended; the object may be gone."""
    if not call.db.exists(ref):
        return
    current = call.db.get(ref, "current_operations")
    call.db.set(ref, current_operations={task: name for task, name in current.items() if task != call.task})
    drives = call.db.get(ref, "VBDs") if call.db.class_of(ref) == "VDI" else []  # one that looked while its disk was busy looks again
    refresh(call.pool, ref, *drives)
