"""Which series of an object are kept: the usual ones, and what record_data_source and forget_data_source_archives changed of that."""

from __future__ import annotations

from dataclasses import replace

from . import rrd, rrd_host
from .pool import Pool
from .rrd import Moment, Series
from .rrd_guest import Guest, Value

NAN = float("nan")
ALWAYS = float("-inf")


def changed(pool: Pool, uuid: str) -> dict[str, float]:
    """{name: the time its series began}, of those that did not begin with the object."""
    every: dict[str, dict[str, float]] = pool.facts.setdefault("data sources", {})
    return every.setdefault(uuid, {})


def record(pool: Pool, series: Series, more: Series, name: str) -> bool:
    """False if there is no such source. What is kept already goes on."""
    if name in more.names:
        changed(pool, series.uuid).setdefault(name, pool.clock.now())
    return name in more.names or name in series.names


def forget(pool: Pool, series: Series, name: str) -> None:
    """A usual source begins anew, another one ends."""
    if name in series.names:
        changed(pool, series.uuid)[name] = pool.clock.now()
    else:
        changed(pool, series.uuid).pop(name, None)


def guest(pool: Pool, found: Guest) -> Series:
    return kept(pool, rrd.of_guest(found), rrd.more_of_guest(found))


def host(pool: Pool, view: rrd_host.HostSources) -> Series:
    return kept(pool, rrd.of_host(view), rrd.more_of_host(view))


def sr(pool: Pool, ref: str) -> Series:
    return kept(pool, rrd.of_sr(pool, ref), rrd.more_of_sr(pool, ref))


def kept(pool: Pool, series: Series, more: Series) -> Series:
    began = pool.facts.get("data sources", {}).get(series.uuid)
    if not began:
        return series
    added = [number for number, name in enumerate(more.names) if name in began]
    names = [*series.names, *(more.names[number] for number in added)]
    since = [began.get(name, ALWAYS) for name in names]

    def at(moment: Moment) -> tuple[Value, ...] | None:
        values, others = series.at(moment), more.at(moment)
        if values is None or others is None:
            return None
        both = (*values, *(others[number] for number in added))
        return tuple(value if moment.time > start else NAN for value, start in zip(both, since, strict=True))

    return replace(series, names=names, kinds="f" * len(names), at=at, gaps=True)
