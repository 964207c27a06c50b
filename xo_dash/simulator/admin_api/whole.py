"""What concerns a pool as a whole: its alerts, clock, sessions, database, and any call or change."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from .. import machine
from ..actor import Actor
from ..faults import Fault
from ..messages import TABLES
from ..pool import Pool


def message(pool: Pool, name: str, body: str = "", priority: int = 3, vm: str = "", host: str = "", sr: str = "") -> None:
    """An alert about a VM, a host or an SR; without any of them, about the pool."""
    ref = vm or host or sr or pool.ref
    cls = next(told for told, table in TABLES.items() if table == pool.db.class_of(ref))
    pool.messages.create(name, priority, cls, pool.db.get(ref, "uuid"), body)


def call(pool: Pool, method: str, args: list[Any]) -> Coroutine[Any, Any, Any]:
    """As a client would, asynchronously; a text "@VM/web-1" stands for the reference of the VM so named."""
    from . import resolve  # noqa: PLC0415  the table of verbs needs this module first

    def known(value: Any) -> Any:
        if isinstance(value, str) and value.startswith("@"):
            cls, _, name = value[1:].partition("/")
            if cls not in pool.db.tables:
                raise ValueError(f"there is no class {cls!r}")
            return resolve(pool, cls, name)
        return value

    return Actor(pool, "scenario").call(method, *map(known, args))


def change(pool: Pool, ref: str, fields: dict[str, Any]) -> None:
    """Fields of a row, just so."""
    pool.db.set(ref, **fields)
    pool.refresh(ref)


def jump(pool: Pool, seconds: float) -> None:
    """The date, forward or back; what takes time takes as long as before."""
    pool.clock.jump(seconds)


def end_sessions(pool: Pool) -> None:
    pool.sessions.logout_all()


def save(pool: Pool, name: str = "") -> None:
    """The database as it is now, to be restored later."""
    pool.facts.setdefault("saved", {})[name] = (pool.db.snapshot(), pool.db.generation)


def restore(pool: Pool, name: str = "") -> Coroutine[Any, Any, None]:
    """What was saved, generation and all: tokens that clients got since are of the future. The toolstack starts anew, without sessions."""
    saved = pool.facts.get("saved", {}).get(name)
    if saved is None:
        raise ValueError(f"no database was saved as {name!r}")
    machine.stop_agent(pool, pool.master.ref)
    pool.db.restore(*saved)
    return machine.restart_agent(pool, pool.master.ref, after=0)


def add_fault(pool: Pool, rule: dict[str, Any]) -> None:
    pool.faults.put(Fault.read(rule))


def clear_faults(pool: Pool) -> None:
    pool.faults.clear()
