"""Logs of changed blocks, one for each tracked disk and each of its snapshots.

A snapshot takes over the log so far, and the disk begins a new one: what changed from one snapshot to a later one is in all logs after
the first. Bytes written over HTTP are known exactly; a running guest that writes is made up, from its disk and the time.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from ..pool import Pool
from ..transfer.disks import BLOCK, disks

RATE = 0.5  # blocks that a running guest writes, a second
MOST = 0.2  # of the disk, however long it runs


@dataclass(slots=True)
class Log:
    """Of one disk: blocks changed since its `parent` (a uuid, "" for none); `child` is the next in time."""

    size: int  # bytes
    since: float
    changed: set[int] = field(default_factory=set)
    parent: str = ""
    child: str = ""


def logs(pool: Pool) -> dict[str, Log]:
    """{uuid of a disk: its log}"""
    found: dict[str, Log] = pool.facts.setdefault("cbt", {})
    return found


def begin(pool: Pool, ref: str) -> Log:
    record = pool.db.record("VDI", ref)
    disks(pool).track(ref)
    log = logs(pool)[record["uuid"]] = Log(record["virtual_size"], pool.clock.now())
    return log


def log_of(pool: Pool, ref: str) -> Log:
    """Of a disk that is tracked; one that was so before we looked begins now."""
    return logs(pool).get(pool.db.get(ref, "uuid")) or begin(pool, ref)


def gather(pool: Pool, ref: str) -> Log:
    """The log of a disk, with all that was written until now."""
    log, record = log_of(pool, ref), pool.db.record("VDI", ref)
    log.size = record["virtual_size"]
    log.changed |= disks(pool).take_changes(ref)
    now = pool.clock.now()
    drives = [pool.db.record("VBD", vbd) for vbd in record["VBDs"]]
    if any(v["currently_attached"] and v["mode"] == "RW" and pool.db.get(v["VM"], "power_state") == "Running" for v in drives):
        blocks = log.size // BLOCK
        count = min(int((now - log.since) * RATE), int(blocks * MOST))
        guess = random.Random(f"{record['uuid']} {log.since}")  # noqa: S311  nothing here is a secret
        log.changed.update(guess.randrange(blocks) for _ in range(count))
    log.since = now
    return log


def snapped(pool: Pool, ref: str, shot: str) -> None:
    """A snapshot of a tracked disk is tracked as well."""
    if not pool.db.get(ref, "cbt_enabled"):
        return
    log, held = gather(pool, ref), logs(pool)
    uuid, shot_uuid = pool.db.get(ref, "uuid"), pool.db.get(shot, "uuid")
    held[shot_uuid] = Log(log.size, log.since, log.changed, log.parent, uuid)
    if log.parent in held:
        held[log.parent].child = shot_uuid
    held[uuid] = Log(log.size, log.since, set(), shot_uuid)
    pool.db.set(shot, cbt_enabled=True)


def gone(pool: Pool, uuid: str) -> None:
    """The next in time takes over what the log of a deleted disk says."""
    held = logs(pool)
    log = held.pop(uuid, None)
    if log is None:
        return
    if log.child in held:
        held[log.child].changed |= log.changed
        held[log.child].parent = log.parent
    if log.parent in held:
        held[log.parent].child = log.child


def cut(pool: Pool, ref: str) -> None:
    """Nobody tracks the disk any more; its snapshots keep their logs."""
    log = logs(pool).pop(pool.db.get(ref, "uuid"), None)
    if log and log.parent in logs(pool):
        logs(pool)[log.parent].child = ""
    disks(pool).untrack(ref)
