"""GET /services: what this host offers to others, as XML-RPC values: the storage multiplexor and its drivers."""

from __future__ import annotations

from starlette.responses import Response

from ..classes.sm import Driver, drivers
from ..http import NO_CACHE, HttpCall
from ..registry import http
from .ova import struct, text


def array(values: list[str]) -> str:
    return "<value><array><data>" + "".join(map(text, values)) + "</data></array></value>"


def described(kind: str, driver: Driver) -> str:
    return struct({
        "driver": text(kind), "name": text(driver.name), "description": text(driver.what), "vendor": text("Citrix Systems Inc"),
        "copyright": text("(C) 2008 Citrix Systems Inc"), "version": text("1.0"), "required_api_version": text("1.0"),
        "features": array(driver.can()), "configuration": struct(dict.fromkeys(driver.needs, text(""))),
        "required_cluster_stack": array([]),
    })  # fmt: skip


def reply(value: str) -> Response:
    return Response(value.encode(), 200, {"content-type": "text/xml", **NO_CACHE})


@http("GET", "/services")
async def services(_: HttpCall) -> Response:
    return reply(struct({
        "driver": text("mux"), "name": text("storage multiplexor"), "description": text("for the drivers under it"),
        "vendor": text("XCP"), "copyright": text(""), "version": text("2.0"), "required_api_version": text("2.0"),
        "features": array(["/services/SM"]), "configuration": struct({}), "required_cluster_stack": array([]),
    }))  # fmt: skip


@http("GET", "/services/SM")
async def storage(_: HttpCall) -> Response:
    return reply(struct({kind: described(kind, driver) for kind, driver in drivers().items()}))
