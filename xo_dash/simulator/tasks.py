"""The rows of class task, from creation to garbage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import XapiError
from .registry import background
from .types import NULL

if TYPE_CHECKING:
    from .pool import Pool
    from .sessions import Session

COMPLETED_FOR = 65 * 60.0  # seconds a finished task is kept
PENDING_FOR = 24 * 3600.0  # seconds a task may be pending
INCOMPLETE = ("pending", "cancelling")
ENOUGH = 200  # more tasks than this, and finished ones go at once, oldest first


def create(pool: Pool, label: str, description: str = "", *, host: str = NULL, parent: str = "", session: Session | None = None) -> str:
    """`session` is whose it is."""
    fields = {
        "name_label": label,
        "name_description": description,
        "created": pool.clock.iso(),
        "status": "pending",
        "resident_on": host,
        "type": "<none/>",
        "subtask_of": parent if parent and pool.db.exists(parent) else NULL,
    }
    task = pool.db.create("task", fields)
    if session and session is not pool.sessions.internal:
        session.tasks.append(task)
    return task


def succeed(pool: Pool, task: str, result: str) -> None:
    """`result` is XML text: <value>OpaqueRef:...</value>."""
    _finish(pool, task, "success", result=result)


def fail(pool: Pool, task: str, error: XapiError) -> None:
    status = "cancelled" if error.code == "TASK_CANCELLED" else "failure"
    _finish(pool, task, status, error_info=error.details)


def _finish(pool: Pool, task: str, status: str, **more: object) -> None:
    pool.calls.pop(task, None)
    if not pool.db.exists(task):
        return
    pool.db.set(task, allowed_operations=[], finished=pool.clock.iso(), progress=1.0, **more)
    pool.db.set(task, status=status)


def collect_garbage(pool: Pool) -> None:
    """What xapi's own collector does every 30 s."""
    now = pool.clock.now()
    finished: list[tuple[float, str]] = []
    for ref, record in pool.db.records("task"):
        if record["status"] == "pending":
            if now - pool.seconds(record["created"]) > PENDING_FOR:
                pool.db.destroy(ref)
        elif "destroy" in record["current_operations"].values() or now - pool.seconds(record["finished"]) > COMPLETED_FOR:
            pool.db.destroy(ref)
        else:
            finished.append((pool.seconds(record["finished"]), ref))
    for _, ref in sorted(finished)[: max(0, len(pool.db.rows("task")) - ENOUGH)]:
        pool.db.destroy(ref)


@background
async def collector(pool: Pool) -> None:
    while True:
        await pool.clock.sleep(30)
        collect_garbage(pool)
        pool.sessions.collect_garbage()
