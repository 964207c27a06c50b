"""Storage that fills, goes away, or takes its time."""

from __future__ import annotations

from ..classes import vm_life
from ..faults import Fault
from ..pool import Pool

LATE = 20.0  # times the usual latency that a second of delay means


def fill(pool: Pool, sr: str, left: float = 0.0) -> None:
    """Something else than our disks takes all of it but a share of `left` (0 to 1). ValueError if its size is unknown."""
    record = pool.db.record("SR", sr)
    if record["physical_size"] <= 0:
        raise ValueError(f"nobody knows the size of {record['name_label']}")
    filled = _filled(pool)
    filled.setdefault(sr, record["physical_utilisation"])
    pool.db.set(sr, physical_utilisation=int(record["physical_size"] * (1 - min(1.0, max(0.0, left)))))


def drain(pool: Pool, sr: str) -> None:
    """What `fill` put there is removed."""
    used = _filled(pool).pop(sr, None)
    if used is not None:
        pool.db.set(sr, physical_utilisation=used)


def _filled(pool: Pool) -> dict[str, int]:
    """{SR: bytes used before}"""
    found: dict[str, int] = pool.facts.setdefault("filled", {})
    return found


def unplug(pool: Pool, sr: str, host: str = "") -> None:
    """The path from a host, or from all, is lost; disks that VMs have open stay open and wait."""
    _plugged(pool, sr, host, False)


def plug(pool: Pool, sr: str, host: str = "") -> None:
    _plugged(pool, sr, host, True)


def _plugged(pool: Pool, sr: str, host: str, plugged: bool) -> None:
    db = pool.db
    for pbd in db.get(sr, "PBDs"):
        if host in ("", db.get(pbd, "host")):
            db.set(pbd, currently_attached=plugged)
    pool.refresh(sr, *db.get(sr, "VDIs"))
    users = {db.get(vbd, "VM") for vdi in db.get(sr, "VDIs") for vbd in db.get(vdi, "VBDs")}
    for vm in users:
        vm_life.refresh_all(pool, vm)


def slow(pool: Pool, sr: str, delay: float = 0.0) -> None:
    """Each call about it or its disks comes `delay` seconds late, and its disks' latency rises; 0 = as usual."""
    pool.faults.rules = [rule for rule in pool.faults.rules if rule.sr != sr or rule.error or rule.action]
    times: dict[str, float] = pool.facts.setdefault("slow", {})
    times.pop(sr, None)
    if delay > 0:
        pool.faults.put(Fault(sr=sr, delay=delay))
        times[sr] = 1 + LATE * delay
