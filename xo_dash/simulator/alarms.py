"""Alarms: each host watches what is measured on it against what people have set, as perfmon does.

`other_config["perfmon"]` of a VM, a host or an SR names variables and their levels (alarm_rules.py). Every five minutes a host looks
at the averages of each minute since; it reads the settings anew every half hour, or when its plugin `perfmon` is told to.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from . import rrd, rrd_guest, rrd_host
from .alarm_rules import PER_HOST, Variable, parsed
from .pool import Pool
from .registry import background
from .rrd import Moment, Series

log = logging.getLogger(__name__)

LOOK = 300.0  # seconds
READ = 1800.0
STEP = 60
KINDS = {"VM": "VM", "host": "Host", "SR": "SR"}  # class of an object: of its messages


@dataclass(slots=True)
class Monitor:
    """What one host watches; `texts` are the settings as they were read last."""

    read: float
    looked: float
    texts: dict[str, str] = field(default_factory=dict)  # {object: its perfmon setting}
    parsed: dict[str, str] = field(default_factory=dict)  # {object: the setting that its variables are from}
    variables: dict[str, list[Variable]] = field(default_factory=dict)


def monitor(pool: Pool, host: str) -> Monitor:
    monitors: dict[str, Monitor] = pool.facts.setdefault("perfmon", {})
    if host not in monitors:
        monitors[host] = Monitor(0.0, pool.clock.now())
    return monitors[host]


def refresh(pool: Pool, host: str) -> None:
    """Read the settings and look, now."""
    monitor(pool, host).read = 0.0
    look(pool, host)


@background
async def watch(pool: Pool) -> None:
    for host in pool.db.rows("host"):
        monitor(pool, host)
    while True:
        await pool.clock.sleep(LOOK)
        for host, record in list(pool.db.records("host")):
            if record["enabled"] and pool.db.get(record["metrics"], "live"):
                look(pool, host)


def look(pool: Pool, host: str) -> None:
    """All minutes since the last look, against all variables of what is on the host."""
    known, now = monitor(pool, host), pool.clock.now()
    if now - known.read >= READ:
        known.read = now
        known.texts = settings(pool)
    times = range(int(known.looked) // STEP * STEP + STEP, int(now) + 1, STEP)[-int(LOOK) // STEP :]
    known.looked = now
    here = watched(pool, host)
    for ref in here:
        text = known.texts.get(ref, "")
        if text != known.parsed.get(ref, ""):
            known.parsed[ref], known.variables[ref] = text, parsed(pool, ref, text)
        variables = list(known.variables.get(ref, ()))
        if ref == host:
            variables += [more for sr in here for more in of_hosts(pool, known, sr) if more.name not in {v.name for v in variables}]
        if variables and times:
            check(pool, host, ref, variables, times)


def of_hosts(pool: Pool, known: Monitor, sr: str) -> list[Variable]:
    """What an SR's setting says of each host that uses it."""
    text = known.texts.get(sr, "") if pool.db.class_of(sr) == "SR" else ""
    if PER_HOST not in text:
        return []
    if (key := f"{sr} for hosts") not in known.variables or known.parsed.get(key) != text:
        known.parsed[key], known.variables[key] = text, parsed(pool, sr, text, for_hosts=True)
    return known.variables[key]


def settings(pool: Pool) -> dict[str, str]:
    return {
        ref: record["other_config"]["perfmon"]
        for cls in KINDS
        for ref, record in pool.db.records(cls)
        if "perfmon" in record["other_config"]
    }


def watched(pool: Pool, host: str) -> list[str]:
    """The host, its VMs, and its SRs: those that all share are the master's."""
    record = pool.db.record("host", host)
    srs = [pool.db.get(pbd, "SR") for pbd in record["PBDs"] if pool.db.get(pbd, "currently_attached")]
    shared = host == pool.master.ref
    return [host, *record["resident_VMs"], *(sr for sr in srs if shared or not pool.db.get(sr, "shared"))]


def check(pool: Pool, host: str, ref: str, variables: list[Variable], times: range) -> None:
    series, guests = measured(pool, host, ref)
    for time in times:
        values = series.at(Moment(time, STEP, guests))
        if values is None:
            continue
        sample = dict(zip(series.names, map(float, values), strict=True))
        for variable in variables:
            if text := variable.update(sample, float(time), STEP):
                cls = KINDS[pool.db.class_of(ref) or "VM"]
                pool.messages.create("ALARM", variable.priority, cls, pool.db.get(ref, "uuid"), text)


def measured(pool: Pool, host: str, ref: str) -> tuple[Series, list[rrd_guest.Guest]]:
    match pool.db.class_of(ref):
        case "VM":
            guest = rrd_guest.guest(pool, ref, pool.clock.now())
            return rrd.of_guest(guest), [guest]
        case "host":
            view = rrd_host.view(pool, host, pool.clock.now())
            return rrd.of_host(view), view.guests
    return rrd.of_sr(pool, ref), []
