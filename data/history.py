"""What was measured: the last ten minutes of every object's series, kept small."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from data.growth import Sample, kept
from data.observers import Observers
from data.samples import LENGTH, STEP, Block, Layout, Samples, Series
from data.sparklines import Sparklines

__all__ = ["LENGTH", "NAN", "NO_CLOCK", "STEP", "Clock", "History", "Load", "Series"]

NAN = math.nan

_NONE: Mapping[str, Series] = MappingProxyType({})


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


@lru_cache(maxsize=512)
def _load_places(layout: Layout) -> Sequence[tuple[str, int]]:
    """[(field of a load, its place in the last row from the end)]"""
    return [(name, layout.places[name] - layout.width) for name in Load.__dataclass_fields__ if name in layout.places]


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


class History:
    """The measurements of one pool's objects, by uuid."""

    def __init__(self) -> None:
        self.loads: dict[str, Load] = {}
        self._series: dict[str, Samples] = {}
        self._observers: dict[int, tuple[Callable[[frozenset[str]], None], frozenset[str]]] = {}
        self._judges: Observers[[frozenset[str]]] = Observers()
        self._next = 0
        self.clocks: dict[str, Clock] = {}
        """{host's uuid: its clock}"""
        self._growth: dict[str, list[Sample]] = {}
        self._traces = Sparklines()
        self.when_watched: Callable[[], None] = lambda: None
        """Called when an observer comes: who measures need not wait for the next slow round."""

    def load(self, uuid: str) -> Load | None:
        """The newest values of one object; None where nothing was measured, or not lately."""
        return self.loads.get(uuid)

    def series(self, uuid: str) -> Mapping[str, Series]:
        """{Load's field, or XAPI's data source name: samples} of one object; empty when nothing was measured."""
        return self._samples(uuid) or _NONE

    def put(self, uuid: str, name: str, t: float, value: float) -> None:
        """Add one sample, of time `t` in epoch seconds."""
        self.extend(uuid, {name: array("f", (value,))}, round(t / STEP))

    def extend(self, uuid: str, columns: Mapping[str, array[float]], first: int) -> None:
        """Add successive samples of several series of one object, see `Samples.extend`; `first` is a step: epoch seconds / STEP."""
        if block := columns if isinstance(columns, Block) else Block(columns):
            self._series.setdefault(uuid, Samples()).extend(block, first)

    def measured(self, uuid: str, block: Block, first: int) -> None:
        """The same of what was measured just now: the newest of its samples are its load."""
        if block:
            self.extend(uuid, block, first)
            self.loads[uuid] = Load(**{name: block.rows[place] for name, place in _load_places(block.layout)})

    def forget(self, uuids: Iterable[str]) -> None:
        for uuid in uuids:
            self.loads.pop(uuid, None)
            self._series.pop(uuid, None)
            self._traces.forget(uuid)

    def trace(self, uuid: str) -> str:
        """The CPU of the last ten minutes, see data/sparklines.py; "" where nothing was measured."""
        return self._traces.of(uuid, self._recorded([(uuid, "cpu")]), 1.0)

    def trace_of_sum(self, key: str, parts: Iterable[tuple[str, str]]) -> str:
        """Of the sum of series, each (uuid, name); `key` names the sum."""
        return self._traces.of(key, self._recorded(parts))

    def sum_now(self, parts: Iterable[tuple[str, str]]) -> float:
        """Of the newest samples of series, each (uuid, name); NaN where none is known."""
        known = [value for samples, name in self._recorded(parts) if not math.isnan(value := samples.newest(name))]
        return math.fsum(known) if known else NAN

    def _recorded(self, parts: Iterable[tuple[str, str]]) -> list[tuple[Samples, str]]:
        """Of series, each (uuid, name), those that there are."""
        found = ((self._samples(uuid), name) for uuid, name in parts)
        return [(samples, name) for samples, name in found if samples is not None and name in samples]

    def _samples(self, uuid: str) -> Samples | None:
        return self._series.get(uuid)

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


class HistoryExcerpt(History):
    """Of `whole` what was measured of objects that somebody sees as a whole; of any other nothing, now or in a sum.

    `shows` is asked of a uuid each time. Who observes is told of whatever got new samples, and finds here what they may read.
    """

    def __init__(self, whole: History, shows: Callable[[str], bool]) -> None:
        super().__init__()
        self._whole, self._shows = whole, shows

    def load(self, uuid: str) -> Load | None:
        return self._whole.load(uuid) if self._shows(uuid) else None

    def trace(self, uuid: str) -> str:
        return self._whole.trace(uuid) if self._shows(uuid) else ""

    def trace_of_sum(self, key: str, parts: Iterable[tuple[str, str]]) -> str:
        """Made each time: the same sum is another one for other readers."""
        return Sparklines().of(key, self._recorded(parts))

    def _samples(self, uuid: str) -> Samples | None:
        return self._whole._samples(uuid) if self._shows(uuid) else None

    @property
    def uuids(self) -> Iterable[str]:
        return [uuid for uuid in self._whole.uuids if self._shows(uuid)]

    def growth(self, uuid: str) -> Sequence[Sample]:
        return self._whole.growth(uuid) if self._shows(uuid) else ()

    def observe(self, observer: Callable[[frozenset[str]], None], uuids: frozenset[str] = frozenset()) -> Callable[[], None]:
        return self._whole.observe(observer, uuids)
