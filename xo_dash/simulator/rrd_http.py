"""Metrics over HTTP: /rrd_updates of a host and the VMs on it, and whole archives of a host, a VM or an SR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from . import rrd, rrd_guest, rrd_host, rrd_kept
from .http import CORS, NO_CACHE, HttpCall, page
from .pool import Endpoint, Pool
from .registry import http
from .rrd import ARCHIVES, Moment, Series
from .rrd_guest import Guest
from .rrd_text import AS_XML, MODERN, OLD, RrdArchive, RrdDialect, archives, updates
from .types import NULL

JSON, XML = "application/json", "text/xml"


@http("GET", "/rrd_updates")
async def rrd_updates(call: HttpCall) -> Response:
    query, now = call.request.query_params, int(call.pool.clock.now())
    if "start" not in query:
        return missing(400)
    try:
        start = int(query["start"])
    except ValueError:
        return page(500)  # nothing but whole seconds: that is the daemon's own parser
    interval = int(query["interval"]) if query.get("interval", "").isdigit() else 0
    cf = query.get("cf", "") if query.get("cf") in ("AVERAGE", "MIN", "MAX", "LAST") else ""
    view = rrd_host.view(call.pool, call.host.ref, now)
    offered = list(selected(call, view))
    kept = [(step, rows) for step, rows in ARCHIVES if any(rrd.chosen_by(offered, cf, step))]
    if not kept:
        return page(500)  # xapi has no archive for it, and says no more than that
    meta = rrd.times(start, interval, now, kept)
    chosen = list(rrd.chosen_by(offered, cf, meta.step))
    kind = dialect(call.pool, call.request)
    rows = [(time, row) async for time, row in rrd.written(kind, chosen, view.guests, rrd.moments(meta), meta.step)]
    legend = [entry for series in chosen for entry in series.legend()]
    return reply(kind, updates(kind, meta, legend, rows))


def selected(call: HttpCall, view: rrd_host.HostSources) -> Iterator[Series]:
    """What the request asks for: the host only by name, VMs unless others are named, SRs only by name."""
    pool, query = call.pool, call.request.query_params
    if query.get("host") == "true":
        yield rrd_kept.host(pool, view)
    wanted = query.getlist("vm_uuid")
    yield from (rrd_kept.guest(pool, guest) for guest in view.guests if not wanted or guest.uuid in wanted)
    uuids = query.getlist("sr_uuid")
    yield from (rrd_kept.sr(pool, sr) for sr in view.srs if pool.db.get(sr, "uuid") in uuids)


@http("GET", "/host_rrd")
@http("GET", "/host_rrds")
async def host_rrd(call: HttpCall) -> Response:
    view = rrd_host.view(call.pool, call.host.ref, call.pool.clock.now())
    return await whole(call, rrd_kept.host(call.pool, view), view.guests)


@http("GET", "/vm_rrd")
@http("GET", "/vm_rrds")
async def vm_rrd(call: HttpCall) -> Response:
    """From the host that has it: the one the VM runs on, or the master for one that does not. 500 for one that nobody knows."""
    pool, uuid = call.pool, call.query.get("uuid", "")
    if not uuid:
        return missing(400)
    vm = pool.db.tables["VM"].by_uuid.get(uuid)
    if vm is None:
        return page(500)
    resident = pool.db.get(vm, "resident_on")
    owner = next((host for host in pool.hosts.values() if host.ref == resident), pool.master) if resident != NULL else pool.master
    if owner.ref != call.host.ref:
        return elsewhere(call, owner)
    guest = rrd_guest.guest(pool, vm, pool.clock.now())
    return await whole(call, rrd_kept.guest(pool, guest), [guest])


@http("GET", "/sr_rrd")
async def sr_rrd(call: HttpCall) -> Response:
    if not call.query.get("uuid"):
        return missing(400)
    sr = call.pool.db.tables["SR"].by_uuid.get(call.query["uuid"])
    return page(500) if sr is None else await whole(call, rrd_kept.sr(call.pool, sr), [])


def missing(status: int) -> Response:
    """What these handlers say without a page."""
    return Response("", status, {"connection": "close", **NO_CACHE})


def elsewhere(call: HttpCall, owner: Endpoint) -> Response:
    query = urlencode(call.request.query_params.multi_items())
    location = f"{call.pool.origin(owner.address)}{call.request.url.path}?{query}"
    return Response("", 302, {"location": location, **NO_CACHE})


async def whole(call: HttpCall, series: Series, guests: Sequence[Guest]) -> Response:
    """All archives of one object."""
    kind, now = dialect(call.pool, call.request), int(call.pool.clock.now())
    held = []
    for step, rows in ARCHIVES:
        end = now - now % step
        moments = range(end - (rows - 1) * step, end + 1, step)
        for cf in series.functions(step):
            found = [row async for _, row in rrd.written(kind, [series.by(cf)], guests, moments, step)]
            held.append(RrdArchive(cf, step // 5, 1.0 if series.extremes and step > ARCHIVES[0][0] else 0.5, found))
    last = series.at(Moment(now - now % 5, 5, guests)) or [float("nan")] * len(series.names)
    return reply(kind, archives(kind, now - now % 5, list(zip(series.names, last, strict=True)), held))


def dialect(pool: Pool, request: Request) -> RrdDialect:
    """The Accept header decides, then json=, whatever is behind it; an old xapi looks at the latter alone."""
    wants_json = "json" in request.query_params
    if pool.dialect.bare_numbers:
        return OLD if wants_json else AS_XML
    liked = preferred(request.headers.get("accept", ""))
    return {JSON: MODERN, XML: AS_XML}.get(liked, MODERN if wants_json else AS_XML)


def preferred(accept: str) -> str:
    """Of JSON and XML the one that a client likes better by its Accept, "" for neither; JSON where it does not care."""
    ranges = []
    for part in accept.split(","):
        kind, *parameters = (word.strip() for word in part.split(";"))
        quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        ranges.append((-float(quality) if quality.replace(".", "", 1).isdigit() else 0.0, kind.count("*"), kind))
    for _, _, kind in sorted(ranges, key=lambda r: r[:2]):
        for offered in (JSON, XML):
            if kind in (offered, "*/*", offered.split("/")[0] + "/*"):
                return offered
    return ""


def reply(kind: RrdDialect, text: str) -> Response:
    return Response(text.encode(), 200, {"content-type": XML if kind is AS_XML else JSON, **NO_CACHE, **CORS})
