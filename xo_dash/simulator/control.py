"""The simulator's own door, on a port of its own: for tests, demos and people on the machine itself, and for no page in a browser.

GET    /              the pools, and what can be done to them
GET    /faults        the rules of faults.py that still hold; POST one or a list; DELETE forgets all
POST   /clock         {"advance": seconds, "speed": 10, "jump": seconds}; answers {"now", "speed"}
POST   /host.die      {"host": "xcp-lab-2"}: any verb of verbs/ with its arguments

`?pool=` has the pool's name or number, the first one without it.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from . import admin_api
from .errors import XapiError
from .faults import Fault
from .pool import Pool


class Control:
    """The application; `pools` may still grow."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        self._pools = pools

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            response = await self.answer(Request(scope, receive))
            await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        if request.client is None or not ip_address(request.client.host).is_loopback or "origin" in request.headers:
            return _json({"error": "only from the machine itself"}, 403)
        try:
            body = orjson.loads(await request.body() or b"{}")
            pool = self._pool(request.query_params.get("pool", "0"))
            return _json(await self._perform(pool, request.method, request.url.path.strip("/"), body))
        except (ValueError, KeyError, TypeError, XapiError) as error:
            return _json({"error": str(error)}, 400)

    def _pool(self, named: str) -> Pool:
        for number, pool in enumerate(self._pools):
            if named in (str(number), pool.db.get(pool.ref, "name_label")):
                return pool
        raise ValueError(f"there is no pool {named!r}")

    async def _perform(self, pool: Pool, method: str, name: str, body: Any) -> Any:
        match method, name:
            case "GET", "":
                return {"pools": [p.db.get(p.ref, "name_label") for p in self._pools], "verbs": described()}
            case "GET", "faults":
                return [rule.told for rule in pool.faults.rules]
            case "POST", "faults":
                for fault in [Fault.read(rule) for rule in (body if isinstance(body, list) else [body])]:
                    pool.faults.put(fault)
                return {"faults": len(pool.faults)}
            case "DELETE", "faults":
                pool.faults.clear()
                return {"faults": 0}
            case "POST", "clock":
                return await turn(pool, **body)
            case "POST", _:
                admin_api.perform(pool, name, body)
                return {"generation": pool.db.generation}
        raise ValueError(f"no such control: {method} /{name}")


async def turn(pool: Pool, advance: float = 0.0, speed: float | None = None, jump: float = 0.0) -> dict[str, float]:
    clock = pool.clock
    if speed is not None:
        clock.set_speed(float(speed))
    clock.jump(float(jump))
    await clock.advance(float(advance))
    return {"now": clock.now(), "speed": clock.speed}


def described() -> dict[str, str]:
    """{verb: its arguments, those with = may be left out}"""
    found = {}
    for name, verb in admin_api.TABLE.items():
        parameters = list(inspect.signature(verb).parameters.values())[1:]
        found[name] = " ".join(p.name if p.default is p.empty else f"{p.name}={p.default}" for p in parameters)
    return found


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, {"content-type": "application/json"})
