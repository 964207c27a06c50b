"""`GET /healthz`: is it up, and how does each server stand; for monitors and container runtimes, without a session."""

from __future__ import annotations

import time

from nicegui import App
from starlette.requests import Request
from starlette.responses import JSONResponse

from data.mirror import PoolMirror
from data.server import ServerState
from xo_dash import __version__
from xo_dash.context import Context

COUNTED = ("pool", "host", "VM", "SR", "VDI", "network", "task")


def add_health(app: App, context: Context) -> None:
    async def healthz(_request: Request) -> JSONResponse:
        return JSONResponse(health(context, time.time()), headers={"cache-control": "no-store"})

    app.add_route("/healthz", healthz, methods=["GET"], include_in_schema=False)


def health(context: Context, now: float) -> dict[str, object]:
    """`status` is "ok", or "degraded" while an enabled server is not live; labels and addresses stay inside.

    Ages are in seconds, None before the first event.
    """
    servers = [_server(pool, now) for pool in context.mirror]
    fine = {ServerState.LIVE, ServerState.DISABLED, ServerState.SYNCING}
    status = "ok" if all(pool.server.state in fine for pool in context.mirror) else "degraded"
    return {"status": status, "version": __version__, "servers": servers}


def _server(pool: PoolMirror, now: float) -> dict[str, object]:
    server = pool.server
    return {
        "id": server.id,
        "state": server.state.value,
        "master": server.master,
        "last_event_age": round(max(0.0, now - server.last_event_at), 1) if server.last_event_at else None,
        "counts": {kind: count for kind, count in pool.counts.items() if kind in COUNTED},
    }
