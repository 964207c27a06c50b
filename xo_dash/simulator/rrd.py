"""Metrics over HTTP: /rrd_updates of a host and the VMs on it, and whole archives of a host, a VM or an SR.

Nothing is stored: what is asked for is computed (loads.py), and the fewer samples are asked for the cheaper it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from . import rrd_guest, rrd_host
from .http import NO_CACHE, HttpCall, page
from .loads import Load
from .pool import Host, Pool
from .registry import http
from .rrd_guest import Guest, Value
from .rrd_text import AS_XML, MODERN, OLD, Archive, Dialect, Meta, archives, updates
from .types import NULL

ARCHIVES = ((5, 120), (60, 120), (3600, 168), (86400, 366))  # (seconds, rows): ten minutes, two hours, a week, a year
AT_ONCE = 1500  # samples computed before others get their turn


@dataclass(frozen=True, slots=True)
class Series:
    """What one object contributes to a row; `at` gives None where it has no sample."""

    kind: str
    uuid: str
    names: Sequence[str]
    kinds: str
    at: Callable[[Moment], tuple[Value, ...] | None]

    def legend(self) -> list[str]:
        return [f"AVERAGE:{self.kind}:{self.uuid}:{name}" for name in self.names]


class Moment:
    """One time, and what every guest does then: computed once, and only if somebody asks."""

    __slots__ = ("_guests", "_loads", "_step", "time")

    def __init__(self, time: int, step: int, guests: Sequence[Guest]) -> None:
        self.time, self._step, self._guests = time, step, guests
        self._loads: dict[str, Load | None] = {}

    def load(self, guest: Guest) -> Load | None:
        if guest.uuid not in self._loads:
            self._loads[guest.uuid] = guest.load(self.time, self._step)
        return self._loads[guest.uuid]

    def all(self) -> list[tuple[Guest, Load]]:
        return [(guest, load) for guest in self._guests if (load := self.load(guest)) is not None]


def of_guest(guest: Guest) -> Series:
    def at(moment: Moment) -> tuple[Value, ...] | None:
        load = moment.load(guest)
        return None if load is None else guest.values(load)

    return Series("vm", guest.uuid, guest.names, guest.kinds, at)


def of_host(host: rrd_host.Host) -> Series:
    return Series("host", host.uuid, host.names, host.kinds, lambda moment: host.values(moment.time, moment.all()))


def of_sr(pool: Pool, sr: str) -> Series:
    record = pool.db.record("SR", sr)
    values = (record["physical_utilisation"], record["physical_size"])
    return Series("sr", record["uuid"], ("physical_utilisation", "size"), "dd", lambda _: values)


@http("GET", "/rrd_updates")
async def rrd_updates(call: HttpCall) -> Response:
    query, now = call.request.query_params, call.pool.clock.now()
    try:
        start, interval = int(query["start"]), int(query.get("interval") or 5)
    except (KeyError, ValueError):
        return page(400)
    view = rrd_host.view(call.pool, call.host.ref, now)
    chosen = list(selected(call, view))
    if not chosen or query.get("cf", "AVERAGE") not in ("AVERAGE", ""):
        return page(500)  # xapi has no archive for it, and says no more than that
    meta = times(start, interval, int(now))
    kind = dialect(call.pool, call.request)
    rows = [(time, row) async for time, row in written(kind, chosen, view.guests, range(meta.end, meta.start - 1, -meta.step), meta.step)]
    legend = [entry for series in chosen for entry in series.legend()]
    return reply(kind, updates(kind, meta, legend, rows))


def selected(call: HttpCall, view: rrd_host.Host) -> Iterator[Series]:
    """What the request asks for: the host only by name, VMs unless others are named, SRs only by name."""
    query = call.request.query_params
    if query.get("host") == "true":
        yield of_host(view)
    wanted = set(query.getlist("vm_uuid"))
    yield from (of_guest(guest) for guest in view.guests if not wanted or guest.uuid in wanted)
    for uuid in query.getlist("sr_uuid"):
        yield from (of_sr(call.pool, sr) for sr in view.srs if call.pool.db.get(sr, "uuid") == uuid)


def times(start: int, interval: int, now: int) -> Meta:
    """Which rows: the coarser of what is asked for and of what still reaches back to `start`; a negative one counts from the last row."""
    if start < 0:
        start += now - now % 5
    step, rows = next(((s, r) for s, r in ARCHIVES if s >= interval and now - start <= s * r), ARCHIVES[-1])
    end = now - now % step
    first = max(-(-start // step) * step, end - (rows - 1) * step)
    return Meta(min(first, end + step), step, end)


async def written(
    kind: Dialect, chosen: Sequence[Series], guests: Sequence[Guest], moments: Sequence[int], step: int
) -> AsyncIterator[tuple[int, str]]:
    """(time, text of the values) of each moment; now and then others get their turn."""
    forms = [(series, kind.template(series.kinds), kind.blank(len(series.names))) for series in chosen]
    pause = max(1, AT_ONCE // (1 + len(guests)))
    for number, time in enumerate(moments, 1):
        moment = Moment(time, step, guests)
        parts = []
        for series, template, blank in forms:
            values = series.at(moment)
            parts.append(blank if values is None else template % values)
        yield time, kind.between.join(parts)
        if number % pause == 0:
            await asyncio.sleep(0)


@http("GET", "/host_rrd")
async def host_rrd(call: HttpCall) -> Response:
    view = rrd_host.view(call.pool, call.host.ref, call.pool.clock.now())
    return await whole(call, of_host(view), view.guests)


@http("GET", "/vm_rrd")
async def vm_rrd(call: HttpCall) -> Response:
    """From the host that has it: the one the VM runs on, or the master for one that does not."""
    pool, uuid = call.pool, call.query.get("uuid", "")
    vm = pool.db.tables["VM"].by_uuid.get(uuid)
    if vm is None:
        return page(404)
    resident = pool.db.get(vm, "resident_on")
    owner = next((host for host in pool.hosts.values() if host.ref == resident), pool.master) if resident != NULL else pool.master
    if owner.ref != call.host.ref:
        return elsewhere(call, owner)
    guest = rrd_guest.guest(pool, vm, pool.clock.now())
    return await whole(call, of_guest(guest), [guest])


@http("GET", "/sr_rrd")
async def sr_rrd(call: HttpCall) -> Response:
    sr = call.pool.db.tables["SR"].by_uuid.get(call.query.get("uuid", ""))
    return page(404) if sr is None else await whole(call, of_sr(call.pool, sr), [])


def elsewhere(call: HttpCall, owner: Host) -> Response:
    scheme = call.pool.facts.get("scheme", "http")
    location = f"{scheme}://{owner.address}:{call.pool.port}{call.request.url.path}?{urlencode(call.query)}"
    return Response("", 302, {"location": location, **NO_CACHE})


async def whole(call: HttpCall, series: Series, guests: Sequence[Guest]) -> Response:
    """All archives of one object."""
    kind, now = dialect(call.pool, call.request), int(call.pool.clock.now())
    held = []
    for step, rows in ARCHIVES:
        end = now - now % step
        moments = range(end - (rows - 1) * step, end + 1, step)
        held.append(Archive(step // 5, [row async for _, row in written(kind, [series], guests, moments, step)]))
    last = series.at(Moment(now - now % 5, 5, guests)) or [float("nan")] * len(series.names)
    return reply(kind, archives(kind, now - now % 5, list(zip(series.names, last, strict=True)), held))


def dialect(pool: Pool, request: Request) -> Dialect:
    """The Accept header decides, then json=true; an old xapi looks at the latter alone."""
    wants_json = request.query_params.get("json") == "true"
    if pool.dialect.bare_numbers:
        return OLD if wants_json else AS_XML
    for kind in request.headers.get("accept", "").split(","):
        match kind.split(";")[0].strip():
            case "application/json" | "*/*":
                return MODERN
            case "text/xml" | "application/xml":
                return AS_XML
    return MODERN if wants_json else AS_XML


def reply(kind: Dialect, text: str) -> Response:
    return Response(text.encode(), 200, {"content-type": "text/xml" if kind is AS_XML else "application/json", **NO_CACHE})
