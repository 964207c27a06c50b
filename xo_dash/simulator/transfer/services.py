"""GET /services: what this host offers to others, as JSON: the storage multiplexor and the drivers under it."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response

from ..classes.sm import Driver, drivers
from ..http import NO_CACHE, HttpCall, page
from ..registry import http


def described(kind: str, driver: Driver) -> dict[str, Any]:
    return query(kind, driver.name, driver.what, "Citrix Systems Inc", "1.0", driver.can()) | {
        "copyright": "(C) 2008 Citrix Systems Inc", "configuration": [[name, ""] for name in driver.needs],
    }  # fmt: skip


def query(driver: str, name: str, what: str, vendor: str, version: str, features: list[str]) -> dict[str, Any]:
    return {
        "driver": driver, "name": name, "description": what, "vendor": vendor, "copyright": "", "version": version,
        "required_api_version": version, "features": features, "configuration": [], "required_cluster_stack": [],
        "supported_image_formats": [], "smapi_version": "SMAPIv2" if driver == "mux" else "SMAPIv1",
    }  # fmt: skip


@http("GET", "/services")
async def services(call: HttpCall) -> Response:
    match call.request.url.path.rstrip("/").split("/")[2:]:
        case []:
            return reply(query("mux", "storage multiplexor", "for the drivers under it", "XCP", "2.0", ["/services/SM"]))
        case ["driver"]:  # domains that serve others
            return reply([])
    return page(404)


@http("GET", "/services/SM")
async def storage(call: HttpCall) -> Response:
    known = drivers()
    match call.request.url.path.rstrip("/").split("/")[3:]:
        case []:
            return reply([described(kind, driver) for kind, driver in known.items()])
        case [kind] if kind in known:
            return reply(described(kind, known[kind]))
    return page(404)


def reply(value: Any) -> Response:
    """Without a type, as xapi sends it."""
    return Response(orjson.dumps(value), 200, NO_CACHE)
