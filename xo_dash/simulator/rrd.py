"""Series of measurements: what one object contributes to a row, and which rows of which archive are asked for.

Nothing is stored: what is asked for is computed (loads.py), and the fewer samples are asked for the cheaper it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from . import rrd_guest, rrd_host
from .loads import Load
from .pool import Pool
from .rrd_guest import Guest, Value
from .rrd_text import Meta, RrdDialect

ARCHIVES = ((5, 120), (60, 120), (3600, 168), (86400, 366))  # (seconds, rows): ten minutes, two hours, a week, a year
AT_ONCE = 1500  # samples computed before others get their turn
EXTREMES: dict[str, Callable[..., Value]] = {"MIN": min, "MAX": max}


@dataclass(frozen=True, slots=True)
class Series:
    """What one object contributes to a row; `at` gives None where it has no sample."""

    kind: str
    uuid: str
    names: Sequence[str]
    kinds: str
    at: Callable[[Moment], tuple[Value, ...] | None]
    cf: str = "AVERAGE"
    extremes: bool = False  # its coarser archives are kept as MIN and MAX too
    gaps: bool = False  # there may be NaN among its values

    def legend(self) -> list[str]:
        return [f"{self.cf}:{self.kind}:{self.uuid}:{name}" for name in self.names]

    def functions(self, step: int) -> tuple[str, ...]:
        """Those that an archive of this step is kept by."""
        return ("AVERAGE", *EXTREMES) if self.extremes and step > ARCHIVES[0][0] else ("AVERAGE",)

    def by(self, cf: str) -> Series:
        return self if cf == self.cf else replace(self, cf=cf, at=extreme(self.at, EXTREMES[cf]))


class Moment:
    """One time, and what every guest does then: computed once, and only if somebody asks."""

    __slots__ = ("_guests", "_loads", "step", "time")

    def __init__(self, time: int, step: int, guests: Sequence[Guest]) -> None:
        self.time, self.step, self._guests = time, step, guests
        self._loads: dict[str, Load | None] = {}

    def load(self, guest: Guest) -> Load | None:
        if guest.uuid not in self._loads:
            self._loads[guest.uuid] = guest.load(self.time, self.step)
        return self._loads[guest.uuid]

    def all(self) -> list[tuple[Guest, Load]]:
        return [(guest, load) for guest in self._guests if (load := self.load(guest)) is not None]

    def parts(self) -> list[Moment]:
        """A few samples of the step."""
        return [Moment(self.time - self.step * n // 4, ARCHIVES[0][0], self._guests) for n in range(4)]


At = Callable[[Moment], "tuple[Value, ...] | None"]


def extreme(at: At, function: Callable[..., Value]) -> At:
    def found(moment: Moment) -> tuple[Value, ...] | None:
        rows = [row for one in (moment, *moment.parts()) if (row := at(one)) is not None]
        return tuple(map(function, zip(*rows, strict=True))) if rows and at(moment) is not None else None

    return found


def of_guest(guest: Guest) -> Series:
    def at(moment: Moment) -> tuple[Value, ...] | None:
        load = moment.load(guest)
        return None if load is None else guest.values(load)

    return Series("vm", guest.uuid, guest.names, guest.kinds, at, extremes=guest.extremes)


def more_of_guest(guest: Guest) -> Series:
    """Those that nobody gets who has not asked for them."""

    def at(moment: Moment) -> tuple[Value, ...] | None:
        load = moment.load(guest)
        return None if load is None else guest.more(load)

    names = guest.more_names()
    return Series("vm", guest.uuid, names, "f" * len(names), at, extremes=guest.extremes)


def of_host(host: rrd_host.HostSources) -> Series:
    return Series("host", host.uuid, host.names, host.kinds, lambda moment: host.values(moment.time, moment.all()), extremes=True)


def more_of_host(host: rrd_host.HostSources) -> Series:
    names = host.more_names()
    return Series("host", host.uuid, names, "f" * len(names), lambda _: (0.0,) * len(names), extremes=True)


def of_sr(pool: Pool, sr: str) -> Series:
    record = pool.db.record("SR", sr)
    values = (record["physical_utilisation"], record["physical_size"])
    return Series(
        "sr", record["uuid"], ("physical_utilisation", "size"), "dd", lambda _: values, extremes=rrd_guest.extremes(pool, record["uuid"])
    )


def more_of_sr(pool: Pool, sr: str) -> Series:
    return Series("sr", pool.db.get(sr, "uuid"), (), "", lambda _: ())


def times(start: int, interval: int, now: int, archives: Sequence[tuple[int, int]] = ARCHIVES) -> Meta:
    """Which rows: the finest archive that is no finer than asked for and still reaches back to `start`.

    A negative start counts from the last sample. `start` of the answer is the row after the one that is asked for, as xapi has it;
    the rows themselves are those of `moments`.
    """
    last = now - now % ARCHIVES[0][0]
    if start < 0:
        start += last
    step = next((s for s, r in archives if s >= interval // 5 * 5 and start > last - s * r), archives[-1][0])
    return Meta(start - start % step + step, step, now - now % step, start)


def moments(meta: Meta) -> range:
    """The times of the rows, newest first, as many as the archive has at most."""
    rows = dict(ARCHIVES)[meta.step]
    return range(meta.end, max(meta.asked - 1, meta.end - rows * meta.step), -meta.step)


def chosen_by(chosen: Sequence[Series], cf: str, step: int) -> Iterator[Series]:
    """The series by one function, or by all that are kept ("")."""
    for series in chosen:
        yield from (series.by(one) for one in series.functions(step) if cf in ("", one))


async def written(
    kind: RrdDialect, chosen: Sequence[Series], guests: Sequence[Guest], moments: Sequence[int], step: int
) -> AsyncIterator[tuple[int, str]]:
    """(time, text of the values) of each moment; now and then others get their turn."""
    forms = [(series, kind.template(series.kinds), kind.blank(len(series.names))) for series in chosen]
    pause = max(1, AT_ONCE // (1 + len(guests)))
    for number, time in enumerate(moments, 1):
        moment = Moment(time, step, guests)
        parts = []
        for series, template, blank in forms:
            values = series.at(moment)
            if values is None:
                parts.append(blank)
            else:
                parts.append(kind.row(values) if series.gaps else template % values)
        yield time, kind.between.join(part for part in parts if part)
        if number % pause == 0:
            await asyncio.sleep(0)
