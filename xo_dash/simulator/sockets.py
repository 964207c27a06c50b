"""Listening sockets that close and open again: a host that is off refuses connections, and cuts those it had."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

import uvicorn

log = logging.getLogger(__name__)

ATTEMPTS = 50  # to get an address back; the loop may still be busy closing it


class Gate:
    """Of a pool without sockets: nothing happens."""

    def __call__(self, address: str, open_: bool) -> None:
        """Open or close the sockets of a host; what is so already stays so."""

    def give(self, address: str, to: Gate | None, ports: tuple[int, ...] = ()) -> Gate:
        """The host belongs to another pool from now on: its sockets are closed, and will open there, on `ports` too.

        Returns that pool's gate: `to`, or a new one.
        """
        return to or Gate()


class Sockets(Gate):
    """Those of one pool in a running uvicorn: `ports` by address; `again(address, port)` makes a bound socket."""

    def __init__(self, server: uvicorn.Server, ports: dict[str, list[int]], again: Callable[[str, int], socket.socket]) -> None:
        self._server = server
        self._again = again
        self._ports = ports
        self._closed: set[str] = set()  # addresses
        self._opening: set[asyncio.Task[None]] = set()

    def __call__(self, address: str, open_: bool) -> None:
        if not open_ and address not in self._closed:
            self._close(address)
        elif open_ and address in self._closed:
            self._closed.discard(address)
            for port in self._ports[address]:
                task = asyncio.get_running_loop().create_task(self._open(address, port))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)

    def give(self, address: str, to: Gate | None, ports: tuple[int, ...] = ()) -> Gate:
        self(address, False)
        self._closed.discard(address)
        there = to if isinstance(to, Sockets) else Sockets(self._server, {}, self._again)
        there._ports[address] = [*dict.fromkeys([*self._ports.pop(address, ()), *ports])]
        there._closed.add(address)
        return there

    def _close(self, address: str) -> None:
        ours = {(address, port) for port in self._ports.get(address, ())}
        self._closed.add(address)
        for server in list(self._server.servers):
            if any(s.getsockname()[:2] in ours for s in server.sockets or ()):
                self._server.servers.remove(server)
                server.close()
        for connection in list(self._server.server_state.connections):
            transport = connection.transport
            if transport is not None and (transport.get_extra_info("sockname") or ())[:2] in ours:
                transport.abort()

    async def _open(self, address: str, port: int) -> None:
        for attempt in range(ATTEMPTS):
            try:
                listening = self._again(address, port)
                break
            except OSError as error:
                if attempt == ATTEMPTS - 1:
                    log.error("%s", error)
                    return
                await asyncio.sleep(0.02)
        config = self._server.config
        self._server.servers.append(
            await asyncio.get_running_loop().create_server(self._protocol, sock=listening, ssl=config.ssl, backlog=config.backlog)
        )

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self._server.config.http_protocol_class(  # type: ignore[call-arg]
            config=self._server.config, server_state=self._server.server_state, app_state=self._server.lifespan.state
        )
        return made
