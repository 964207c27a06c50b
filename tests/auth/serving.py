"""A program behind a port, with the connections that the product has."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from xo_dash.auth.connection_limits import ConnectionCounter, ConnectionLimits
from xo_dash.auth.wire import http_protocol


@asynccontextmanager
async def served(app: ASGIApp, buffer: int = 0) -> AsyncIterator[str]:
    """The address of `app`, by the protocol that the product has. `buffer`: bytes on their way to one receiver, about; 0 for the usual."""
    protocol = http_protocol(ConnectionCounter(ConnectionLimits()))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        if buffer:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        config = uvicorn.Config(app, log_config=None, lifespan="off", http=protocol)  # type: ignore[arg-type]  # as ui.run has it
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running
