"""Measurements on their way to the map: four bytes an object, a round of a pool in one message.

A byte is 0 to 200 for 0 to 100 %, or a logarithm for what has no limit; 255 is "not measured".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from math import isfinite, log2

from data.history import LENGTH, NAN, STEP, History, Load

GAP = 255
FULL = 200


def share(value: float) -> int:
    """A part of one, 0 to 1, in half percents."""
    return min(FULL, max(0, round(value * FULL))) if isfinite(value) else GAP


def flow(value: float) -> int:
    """Bytes per second: 7 steps for each doubling, so that 1 B/s to 10 GB/s fit."""
    return min(GAP - 1, round(log2(1 + max(0.0, value)) * 7)) if isfinite(value) else GAP


def sample(load: Load | None, memory: int) -> bytes:
    """CPU, memory of `memory` bytes, disk, network."""
    if load is None:
        return bytes((GAP, GAP, GAP, GAP))
    used = load.memory_used / memory if memory else NAN
    return bytes((share(load.cpu), share(used), flow(load.disk_read + load.disk_write), flow(load.net_rx + load.net_tx)))


def encode(samples: Iterable[bytes]) -> str:
    return b64encode(b"".join(samples)).decode()


def trail(history: History, uuid: str) -> bytes:
    """The CPU of one object over the last LENGTH samples, oldest first: the mean of XAPI's series of its CPUs."""
    rows = history.series(uuid)
    whole = [name for name in ("cpu", "cpu_avg") if name in rows][:1]
    names = whole or [name for name in rows if name.startswith("cpu") and name[3:].isdecimal()]
    points = [rows[name].points() for name in names]
    end = max((series[-1][0] for series in points if series), default=0.0)
    found: dict[int, list[float]] = {}
    for series in points:
        for t, value in series:
            found.setdefault(LENGTH - 1 - round((end - t) / STEP), []).append(value)
    return bytes(share(sum(found[k]) / len(found[k])) if k in found else GAP for k in range(LENGTH))
