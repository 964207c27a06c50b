"""The simulator's own door, for tests and demos; only programs on the machine itself may use it, and no page in a browser.

POST /_simulator/faults   a rule of faults.py, or a list of them; DELETE forgets all
POST /_simulator/clock    {"advance": seconds} or {"speed": 10}; answers {"now", "speed"}
POST /_simulator/change   {"ref": "OpaqueRef:...", "fields": {...}}: change a row behind everyone's back
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from .errors import XapiError
from .pool import Pool

PREFIX = "/_simulator/"


async def answer(pool: Pool, request: Request) -> Response:
    if request.client is None or not ip_address(request.client.host).is_loopback or "origin" in request.headers:
        return Response("only from the machine itself", 403)
    try:
        body = orjson.loads(await request.body() or b"{}")
        told = await perform(pool, request.method, request.url.path.removeprefix(PREFIX), body)
    except (ValueError, KeyError, TypeError, XapiError) as error:
        return Response(orjson.dumps({"error": str(error)}), 400, {"content-type": "application/json"})
    return Response(orjson.dumps(told), 200, {"content-type": "application/json"})


async def perform(pool: Pool, method: str, name: str, body: Any) -> Any:
    match method, name:
        case "POST", "faults":
            for rule in body if isinstance(body, list) else [body]:
                pool.faults.add(**rule)
            return {"faults": len(pool.faults)}
        case "DELETE", "faults":
            pool.faults.clear()
            return {"faults": 0}
        case "POST", "clock":
            if "speed" in body:
                pool.clock.set_speed(float(body["speed"]))
            await pool.clock.advance(float(body.get("advance", 0)))
            return {"now": pool.clock.now(), "speed": pool.clock.speed}
        case "POST", "change":
            pool.db.set(body["ref"], **body["fields"])
            pool.refresh(body["ref"])
            return {"generation": pool.db.generation}
    raise ValueError(f"no such control: {method} {name}")
