"""What was measured: the last ten minutes of every object's series, kept small."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

STEP = 5.0
"""Seconds between samples of the finest archive."""
LENGTH = 120
"""Samples kept: ten minutes."""

NAN = math.nan


@dataclass(slots=True)
class Load:
    """The newest measured values of a VM or host; NaN where nothing was measured."""

    cpu: float = NAN  # 0 to 1 over all its (v)CPUs
    memory_used: float = NAN  # bytes in use inside the guest (VM) or on the host
    net_rx: float = NAN  # B/s into it
    net_tx: float = NAN  # B/s out of it
    disk_read: float = NAN  # B/s
    disk_write: float = NAN  # B/s


class Series:
    """One quantity of one object: a ring of LENGTH samples, STEP apart; a gap is NaN."""

    __slots__ = ("_end", "_values")

    def __init__(self) -> None:
        self._values = array("f", [NAN]) * LENGTH
        self._end = 0  # the newest sample's time in steps since the epoch

    def put(self, t: float, value: float) -> None:
        """Store the sample of time `t` (epoch seconds); one older than the ring is ignored."""
        step = round(t / STEP)
        if step > self._end:
            for missed in range(max(self._end + 1, step - LENGTH + 1), step):
                self._values[missed % LENGTH] = NAN
            self._end = step
        elif step <= self._end - LENGTH:
            return
        self._values[step % LENGTH] = value

    @property
    def end(self) -> float:
        """Epoch seconds of the newest sample; 0 for none."""
        return self._end * STEP

    def points(self) -> list[tuple[float, float]]:
        """[(epoch seconds, value)] oldest first, gaps left out."""
        if not self._end:
            return []
        steps = range(self._end - LENGTH + 1, self._end + 1)
        return [(step * STEP, value) for step in steps if not math.isnan(value := self._values[step % LENGTH])]


class History:
    """The measurements of one pool's objects, by uuid."""

    def __init__(self) -> None:
        self.loads: dict[str, Load] = {}
        self._series: dict[str, dict[str, Series]] = {}
        self._observers: dict[int, Callable[[frozenset[str]], None]] = {}
        self._next = 0

    def series(self, uuid: str) -> dict[str, Series]:
        """{XAPI's data source name: samples} of one object; empty when nothing was measured."""
        return self._series.get(uuid, {})

    def put(self, uuid: str, name: str, t: float, value: float) -> None:
        rows = self._series.setdefault(uuid, {})
        if name not in rows:
            rows[name] = Series()
        rows[name].put(t, value)

    def forget(self, uuids: Iterable[str]) -> None:
        for uuid in uuids:
            self.loads.pop(uuid, None)
            self._series.pop(uuid, None)

    def observe(self, observer: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call `observer` with the uuids that got new samples, once a round. While someone observes, rounds are short."""
        self._next += 1
        key = self._next
        self._observers[key] = observer
        return lambda: self._observers.pop(key, None) and None

    @property
    def is_watched(self) -> bool:
        return bool(self._observers)

    def publish(self, uuids: frozenset[str]) -> None:
        for observer in list(self._observers.values()):
            observer(uuids)
