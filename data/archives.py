"""What was measured longer ago than History keeps, as a host's archives have it, and the curves that are drawn of it."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from data.columns import Column, in_pairs, least, mean, most, seconds, total, weighted
from data.history import NAN


class ArchiveRange(NamedTuple):
    """The newest samples of one archive."""

    step: int  # seconds between samples
    rows: int


STRETCHES: Final = (ArchiveRange(5, 120), ArchiveRange(60, 120), ArchiveRange(3600, 26), ArchiveRange(3600, 168), ArchiveRange(86400, 366))
"""What is asked for: ten minutes, two hours, a day of the week's archive, all of it, a year. Every XAPI keeps these archives."""
AVERAGE, MIN, MAX = "AVERAGE", "MIN", "MAX"


@dataclass(frozen=True, slots=True)
class ArchiveData:
    """One archive of one object: samples `step` seconds apart, all of the same times."""

    step: int
    first: int  # epoch seconds of the first sample, by our clock
    columns: Mapping[str, Mapping[str, Column]]  # {AVERAGE, MIN or MAX: {data source: samples, oldest first}}; NaN is a gap

    @property
    def length(self) -> int:
        return max((len(column) for named in self.columns.values() for column in named.values()), default=0)


@dataclass(frozen=True, slots=True)
class ArchiveCurve:
    """One curve, in bytes, bytes a second, requests a second, seconds, or shares of 1."""

    name: str
    values: Column
    low: Column | None = None
    high: Column | None = None


Panel: TypeAlias = "dict[str, list[ArchiveCurve]]"
"""{device: its curves}; "" is all devices together."""


MOST: Final = 1000
"""Samples that are laid beside each other; the longest archive has 366."""


def aligned(pasts: Sequence[ArchiveData]) -> list[ArchiveData]:
    """Those of several hosts over the same times, MOST samples at most: what one lacks is a gap."""
    if not pasts:
        return []
    step = pasts[0].step
    last = max(past.first + past.length * step for past in pasts)
    first = max(min(past.first for past in pasts), last - MOST * step)
    length = round((last - first) / step)

    def placed(past: ArchiveData, column: Column) -> Column:
        at = round((past.first - first) / step)
        known = column[max(0, -at) : max(0, length - at)]
        before = min(max(0, at), length)
        return array("f", (NAN,)) * before + known + array("f", (NAN,)) * (length - before - len(known))

    return [
        ArchiveData(step, first, {cf: {name: placed(past, column) for name, column in named.items()} for cf, named in past.columns.items()})
        for past in pasts
    ]


# ---- what is drawn of a VM, a host, an SR, a pool


def of_vm(past: ArchiveData, online: int = 0) -> dict[str, Panel]:
    """`online`: how many vCPUs are online now, for XAPIs that do not measure the share of all; 0: all that are measured."""
    found = {"cpu": _vcpus(past, online), "memory": _guest_memory(past)}
    found["disk"] = _devices(past, r"vbd_([a-z]+)_(read|write)")
    found["iops"] = _devices(past, r"vbd_([a-z]+)_iops_(read|write)")
    found["latency"] = _latencies(past, r"vbd_([a-z]+)_(read|write)_latency", r"vbd_([a-z]+)_latency()")
    found["net"] = _devices(past, r"vif_(\d+)_([rt]x)")
    return {name: panel for name, panel in found.items() if panel}


def of_host(past: ArchiveData) -> dict[str, Panel]:
    found = {"cpu": _cpus(past), "memory": _host_memory([past]), "load": _single(past, "loadavg", "load")}
    found["net"] = _devices(past, r"pif_(?!aggr)([^_]+)_([rt]x)", whole=r"pif_aggr_([rt]x)", parts=r"eth\d+")
    found["disk"] = _devices(past, r"(read|write)_([0-9a-f]{8})", swapped=True)
    found["iops"] = _devices(past, r"iops_(read|write)_([0-9a-f]{8})", swapped=True)
    found["latency"] = _latencies(past, r"(read|write)_latency_([0-9a-f]{8})", r"()latency_([0-9a-f]{8})", swapped=True)
    return {name: panel for name, panel in found.items() if panel}


def of_sr(pasts: Sequence[ArchiveData], uuid: str) -> dict[str, Panel]:
    """Of the archives of its hosts: what each of them read and wrote; latency is that of the slowest."""
    pasts = aligned(pasts)
    found: dict[str, Panel] = {"used": _single_of(pasts, "physical_utilisation", "used")}
    for panel, pattern in (("disk", "{way}_{sr}"), ("iops", "iops_{way}_{sr}")):
        lines = [ArchiveCurve(way, total(_every(pasts, pattern.format(way=way, sr=uuid[:8])))) for way in ("read", "write")]
        found[panel] = {"": lines} if any(line.values for line in lines) else {}
    lines = [ArchiveCurve(way, seconds(most(_every(pasts, f"{way}_latency_{uuid[:8]}")))) for way in ("read", "write")]
    found["latency"] = {"": [line for line in lines if line.values]}
    return {name: panel for name, panel in found.items() if panel and any(panel.values())}


def of_pool(pasts: Sequence[ArchiveData]) -> dict[str, Panel]:
    """The sums of its hosts; CPU is the share of all their CPUs."""
    pasts = aligned(pasts)
    hosts = [of_host(past) for past in pasts]
    found: dict[str, Panel] = {"memory": _host_memory(pasts)}
    shares = [
        (panels["cpu"][""][0].values, len(_named(past, AVERAGE, r"cpu\d+")))
        for panels, past in zip(hosts, pasts, strict=True)
        if "cpu" in panels
    ]
    if shares:
        columns = [column for column, _cpus_of in shares]
        busy = weighted(shares)
        found["cpu"] = {"": [ArchiveCurve("busy", busy, least(columns), most(columns)) if len(columns) > 1 else ArchiveCurve("busy", busy)]}
    for name in ("net", "disk", "iops"):
        ways = {line.name for panel in hosts for line in panel.get(name, {}).get("", ())}
        found[name] = {"": [ArchiveCurve(way, total(_lines(hosts, name, way))) for way in sorted(ways)]}
    return {name: panel for name, panel in found.items() if panel and any(panel.values())}


def _lines(hosts: Iterable[Mapping[str, Panel]], name: str, way: str) -> list[Column]:
    return [line.values for panels in hosts for line in panels.get(name, {}).get("", ()) if line.name == way]


def _vcpus(past: ArchiveData, online: int) -> Panel:
    """Source: xcp-rrdd measures every vCPU that a domain has, and in newer XAPIs `cpu_usage`, the share of those online."""
    panel = _cpus(past)
    if not panel:
        return {}
    each = _named(past, AVERAGE, r"cpu(\d+)")
    on = [column for key, column in each.items() if int(key[0]) < (online or len(each))]
    usage = past.columns[AVERAGE].get("cpu_usage")
    if usage is None and len(on) < len(each):
        usage = array("f", (NAN if math.isnan(busy) else min(1.0, busy / len(on)) for busy in total(list(each.values()))))
    if usage is not None and len(each) > 1:
        panel[""] = [ArchiveCurve("busy", usage, least(on), most(on)) if len(on) > 1 else ArchiveCurve("busy", usage)]
    return panel


def _cpus(past: ArchiveData) -> Panel:
    """All together, with the idlest and the busiest around it; each by itself."""
    each = _named(past, AVERAGE, r"cpu(\d+)")
    if not each:
        return {}
    columns = list(each.values())
    whole = ArchiveCurve("busy", mean(columns), least(columns), most(columns)) if len(columns) > 1 else _banded(past, "cpu0", "busy")
    alone = {f"cpu{key[0]}": [_banded(past, f"cpu{key[0]}", "busy")] for key in sorted(each, key=lambda key: int(key[0]))}
    return {"": [whole], **(alone if 1 < len(alone) <= MOST_CPUS else {})}


MOST_CPUS: Final = 32
"""More are not offered one by one."""


def _guest_memory(past: ArchiveData) -> Panel:
    sources = past.columns.get(AVERAGE, {})
    given, free = sources.get("memory"), sources.get("memory_internal_free")
    if given is None:
        return {}
    lines = [_banded(past, "memory", "given")]
    if free is not None:
        lines.insert(0, ArchiveCurve("used", in_pairs(given, free, lambda has, kib: max(has - kib * 1024, 0.0))))
    return {"": lines}


def _host_memory(pasts: Sequence[ArchiveData]) -> Panel:
    used, size = [], []
    for past in pasts:
        sources = past.columns.get(AVERAGE, {})
        whole, free = sources.get("memory_total_kib"), sources.get("memory_free_kib")
        if whole is not None and free is not None:
            used.append(in_pairs(whole, free, lambda has, kib: max(has - kib, 0.0) * 1024))
            size.append(array("f", (value * 1024 for value in whole)))
    return {"": [ArchiveCurve("used", total(used)), ArchiveCurve("given", total(size))]} if used else {}


def _devices(past: ArchiveData, pattern: str, *, whole: str = "", parts: str = ".*", swapped: bool = False) -> Panel:
    """Two ways of each device, and the sums: `whole` where that is measured, else those of the devices that are `parts`.

    `pattern` finds (device, way), or swapped.
    """
    panel: Panel = {}
    ways: dict[str, list[str]] = {}
    for key, source in sorted(_sources(past, pattern).items()):
        device, way = key if not swapped else (key[1], key[0])
        panel.setdefault(device, []).append(_banded(past, source, way))
        if re.fullmatch(parts, device):  # a VLAN or bond has the same bytes again
            ways.setdefault(way, []).append(source)
    totals = _sources(past, whole) if whole else {}
    sums = []
    for way in sorted({line.name for lines in panel.values() for line in lines} & (ways.keys() | {key[0] for key in totals})):
        sources = [totals[(way,)]] if (way,) in totals else ways[way]
        columns = [past.columns[AVERAGE][source] for source in sources]
        sums.append(_banded(past, sources[0], way) if len(sources) == 1 else ArchiveCurve(way, total(columns)))
    return {"": sums, **(panel if len(panel) > 1 else {})} if sums else {}


def _latencies(past: ArchiveData, *patterns: str, swapped: bool = False) -> Panel:
    """Seconds by device; all together is the slowest. The first of `patterns` that is measured counts."""
    for pattern in patterns:
        panel = _devices(past, pattern, swapped=swapped)
        if not panel:
            continue
        names = {line.name for lines in panel.values() for line in lines}
        each = {device: lines for device, lines in panel.items() if device} or {"": panel[""]}
        worst = {way: [line.values for lines in each.values() for line in lines if line.name == way] for way in sorted(names)}
        found = {
            device: [
                ArchiveCurve(line.name, seconds(line.values), line.low and seconds(line.low), line.high and seconds(line.high))
                for line in lines
            ]
            for device, lines in panel.items()
        }
        return found | {"": [ArchiveCurve(way, seconds(most(columns))) for way, columns in worst.items()]}
    return {}


def _single(past: ArchiveData, source: str, name: str) -> Panel:
    return {"": [_banded(past, source, name)]} if source in past.columns.get(AVERAGE, {}) else {}


def _single_of(pasts: Sequence[ArchiveData], source: str, name: str) -> Panel:
    return next((panel for past in pasts if (panel := _single(past, source, name))), {})


def _banded(past: ArchiveData, source: str, name: str) -> ArchiveCurve:
    """With the least and the most of each sample, where the archive has them."""
    low, high = past.columns.get(MIN, {}).get(source), past.columns.get(MAX, {}).get(source)
    return ArchiveCurve(name, past.columns[AVERAGE][source], low, high)


def _sources(past: ArchiveData, pattern: str) -> dict[tuple[str, ...], str]:
    names = past.columns.get(AVERAGE, {})
    return {found.groups(): name for name in names if (found := re.fullmatch(pattern, name))}


def _named(past: ArchiveData, cf: str, pattern: str) -> dict[tuple[str, ...], Column]:
    return {
        found.groups() or (name,): column for name, column in past.columns.get(cf, {}).items() if (found := re.fullmatch(pattern, name))
    }


def _every(pasts: Iterable[ArchiveData], source: str) -> list[Column]:
    return [column for past in pasts if (column := past.columns.get(AVERAGE, {}).get(source)) is not None]
