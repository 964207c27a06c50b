"""What was measured: the last ten minutes of every object's series, kept small."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from data.growth import Sample, kept
from data.observers import Observers
from data.sparklines import Sparklines

STEP = 5.0
"""Seconds between samples of the finest archive."""
LENGTH = 120
"""Samples kept: ten minutes."""

MOST_SERIES = 2000
"""Of one object: more than a host with hundreds of networks and SRs has."""

NAN = math.nan


@dataclass(slots=True)
class Load:
    """The newest measured values of a VM or host; NaN where nothing was measured. Each field is the name of a series too."""

    cpu: float = NAN  # 0 to 1 over all its (v)CPUs
    memory_used: float = NAN  # bytes in use inside the guest (VM; what it has, without an agent) or on the host
    net_rx: float = NAN  # B/s into it
    net_tx: float = NAN  # B/s out of it
    disk_read: float = NAN  # B/s
    disk_write: float = NAN  # B/s
    guest_memory: float = NAN  # 0 to 1 of what it has, where an agent in the guest tells (VM)
    disk_latency: float = NAN  # seconds that the slowest disk takes for a request (VM)


class Clock(NamedTuple):
    """A host's clock beside ours."""

    ahead: float  # seconds
    doubt: float  # seconds that this may be wrong by, either way: half of the way there and back, and it tells whole seconds

    @property
    def least(self) -> float:
        """Seconds that the two surely differ."""
        return max(0.0, abs(self.ahead) - self.doubt)


NO_CLOCK: Final = Clock(0.0, 0.0)
"""Of a host that was not asked yet."""


class Series:
    """One quantity of one object: the newest LENGTH samples, STEP apart; a gap is NaN. Half a kilobyte."""

    __slots__ = ("_end", "_values")

    def __init__(self) -> None:
        self._values = array("f")  # oldest first, the newest belongs to step _end
        self._end = 0  # in steps since the epoch

    def put(self, t: float, value: float) -> None:
        """Store the sample of time `t` (epoch seconds); what is older than the series' beginning is ignored."""
        self.extend(round(t / STEP), array("f", (value,)))

    def extend(self, first: int, values: array[float]) -> None:
        """Store successive samples (type code "f"), the first of step `first` (epoch seconds / STEP)."""
        last = first + len(values) - 1
        known = self._values
        if last <= self._end:
            at = first - (self._end - len(known) + 1)
            if at >= 0:  # measured again: the newest is seen before it is whole
                known[at : at + len(values)] = values
            return
        gap = first - self._end - 1
        self._end = last
        if gap >= LENGTH or not known:
            self._values = values[-LENGTH:]  # a copy: two series may be given one array
            return
        if gap < 0:
            del known[max(0, len(known) + gap) :]
        elif gap:
            known.extend(array("f", (NAN,)) * gap)
        if (excess := len(known) + len(values) - LENGTH) > 0:
            del known[:excess]  # before it grows, or it would need more memory
        known.extend(values if len(values) <= LENGTH else values[-LENGTH:])

    @property
    def end(self) -> float:
        """Epoch seconds of the newest sample; 0 for none."""
        return self._end * STEP

    @property
    def raw(self) -> tuple[int, array[float]]:
        """(step of the newest sample, all samples, oldest first); not to be changed, and others once more is stored."""
        return self._end, self._values

    @property
    def last_step(self) -> int:
        """The step of the newest sample: epoch seconds / STEP; 0 for none."""
        return self._end

    def until(self, step: int) -> array[float]:
        """LENGTH samples up to `step`, oldest first; NaN where there is none. `step` is not before the newest."""
        late = min(LENGTH, step - self._end)
        early = max(0, LENGTH - late - len(self._values))
        return (array("f", (NAN,)) * early + self._values + array("f", (NAN,)) * late)[-LENGTH:]

    def points(self, after: float = 0.0) -> list[tuple[float, float]]:
        """[(epoch seconds, value)] from the moment `after` on, oldest first, gaps left out."""
        first = self._end - len(self._values) + 1
        start = max(0, math.ceil(after / STEP) - first)
        return [((first + at) * STEP, value) for at, value in enumerate(self._values[start:], start) if not math.isnan(value)]


class History:
    """The measurements of one pool's objects, by uuid."""

    def __init__(self) -> None:
        self.loads: dict[str, Load] = {}
        self._series: dict[str, dict[str, Series]] = {}
        self._observers: dict[int, tuple[Callable[[frozenset[str]], None], frozenset[str]]] = {}
        self._judges: Observers[[frozenset[str]]] = Observers()
        self._next = 0
        self.clocks: dict[str, Clock] = {}
        """{host's uuid: its clock}"""
        self._growth: dict[str, list[Sample]] = {}
        self._traces = Sparklines()
        self.when_watched: Callable[[], None] = lambda: None
        """Called when an observer comes: who measures need not wait for the next slow round."""

    def series(self, uuid: str) -> Mapping[str, Series]:
        """{Load's field, or XAPI's data source name: samples} of one object; empty when nothing was measured."""
        return self._series.get(uuid, {})

    def put(self, uuid: str, name: str, t: float, value: float) -> None:
        """Add one sample, of time `t` in epoch seconds."""
        self._named(uuid, name).put(t, value)

    def extend(self, uuid: str, columns: Mapping[str, array[float]], first: int) -> None:
        """Add successive samples of several series of one object; `first` as in Series."""
        for name, values in columns.items():
            self._named(uuid, name).extend(first, values)

    def forget(self, uuids: Iterable[str]) -> None:
        for uuid in uuids:
            self.loads.pop(uuid, None)
            self._series.pop(uuid, None)
            self._traces.forget(uuid)

    def trace(self, uuid: str) -> str:
        """The CPU of the last ten minutes, see data/sparklines.py; "" where nothing was measured."""
        series = self._series.get(uuid, {}).get("cpu")
        return self._traces.of(uuid, [series.raw], 1.0) if series is not None else ""

    def trace_of_sum(self, key: str, parts: Iterable[tuple[str, str]]) -> str:
        """Of the sum of series, each (uuid, name); `key` names the sum."""
        found = (self._series.get(uuid, {}).get(name) for uuid, name in parts)
        return self._traces.of(key, [series.raw for series in found if series is not None])

    def sum_now(self, parts: Iterable[tuple[str, str]]) -> float:
        """Of the newest samples of series, each (uuid, name); NaN where none is known."""
        found = (self._series.get(uuid, {}).get(name) for uuid, name in parts)
        known = [value for series in found if series is not None and not math.isnan(value := series.raw[1][-1])]
        return math.fsum(known) if known else NAN

    @property
    def uuids(self) -> Iterable[str]:
        """Whatever has samples."""
        return self._series.keys()

    def growth(self, uuid: str) -> Sequence[Sample]:
        """How full an SR was, oldest first."""
        return self._growth.get(uuid, ())

    def grown(self) -> Iterable[tuple[str, Sequence[Sample]]]:
        return self._growth.items()

    def grow(self, uuid: str, sample: Sample, before: Sequence[Sample] = ()) -> None:
        """Note how full an SR is; `before`: what is known of it from an earlier run."""
        self._growth[uuid] = kept(self._growth.get(uuid, before), sample)

    def redate(self, seconds: float) -> None:
        """Our clock was set, forward by so many seconds: what is known by it moves along."""
        self.clocks = {uuid: clock._replace(ahead=clock.ahead - seconds) for uuid, clock in self.clocks.items()}
        self._growth = {uuid: [s._replace(t=s.t + seconds) for s in samples] for uuid, samples in self._growth.items()}

    def observe(self, observer: Callable[[frozenset[str]], None], uuids: frozenset[str] = frozenset()) -> Callable[[], None]:
        """Call `observer` with the uuids that got new samples, once a round that has one of `uuids`; every round, if they are empty.

        While someone observes, rounds of what is observed are short.
        """
        self._next += 1
        key = self._next
        self._observers[key] = observer, uuids
        self.when_watched()
        return lambda: self._observers.pop(key, None) and None

    @property
    def watched(self) -> frozenset[str] | None:
        """What somebody observes; None for everything."""
        wanted = [uuids for _observer, uuids in self._observers.values()]
        return frozenset().union(*wanted) if all(wanted) else None

    def judge(self, observer: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call `observer` with whatever got new samples; no round is shorter for that."""
        return self._judges.add(observer)

    @property
    def is_watched(self) -> bool:
        return bool(self._observers)

    def publish(self, uuids: frozenset[str]) -> None:
        for observer, wanted in list(self._observers.values()):
            if not wanted or not wanted.isdisjoint(uuids):
                observer(uuids)
        self._judges.tell(uuids)

    def _named(self, uuid: str, name: str) -> Series:
        rows = self._series.setdefault(uuid, {})
        if name not in rows:
            if len(rows) >= MOST_SERIES:
                del rows[next(iter(rows))]  # by then a host has made up names for a while
            rows[name] = Series()
        return rows[name]
