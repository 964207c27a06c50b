"""`GET /healthz`: is it up, and how many servers are live; for monitors and container runtimes, without a session."""

from __future__ import annotations

import time

from nicegui import App
from starlette.requests import Request
from starlette.responses import JSONResponse

from data.mirror import PoolMirror
from data.server import ServerState
from xo_dash import __version__
from xo_dash.auth.current import person_of
from xo_dash.auth.kinds import EVERYBODY, open_to
from xo_dash.context import Context

COUNTED = ("pool", "host", "VM", "SR", "VDI", "network", "task")


FINE = {ServerState.LIVE, ServerState.DISABLED, ServerState.SYNCING}


def add_health(app: App, context: Context) -> None:
    @open_to(EVERYBODY)
    async def healthz(request: Request) -> JSONResponse:
        now = time.time()
        answer = health(context)
        if person_of(request.scope) is not None:  # addresses, ids and counts are for who signed in
            answer["connections"] = [_connection(pool, now) for pool in context.for_request(request).mirror]
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    app.add_route("/healthz", healthz, methods=["GET"], include_in_schema=False)


def health(context: Context) -> dict[str, object]:
    """What anybody may know: `status` is "ok", or "degraded" while a server is not live. Those that are disabled do not count."""
    states = [pool.server.state for pool in context.mirror]
    counted = [state for state in states if state is not ServerState.DISABLED]
    return {
        "status": "ok" if FINE.issuperset(states) else "degraded",
        "version": __version__,
        "servers": {"live": counted.count(ServerState.LIVE), "all": len(counted)},
    }


def _connection(pool: PoolMirror, now: float) -> dict[str, object]:
    """For who signed in. The age is in seconds, None before the first event."""
    server = pool.server
    return {
        "id": server.id,
        "state": server.state.value,
        "master": server.master,
        "last_event_age": round(max(0.0, now - server.last_event_at), 1) if server.last_event_at else None,
        "counts": {kind: count for kind, count in pool.counts.items() if kind in COUNTED},
    }
