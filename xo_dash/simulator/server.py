"""Pools on sockets: one event loop and one uvicorn serve all hosts of all pools."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import uvicorn

from . import dialect, directory, from_db, inventory, life, model, registry, scenario
from .classes import host_certificates
from .clock import Clock
from .control import Control
from .dispatch import Dispatcher
from .faults import Fault
from .http_connection import Connection
from .http_server import Server as Application
from .inventory import PoolPlan
from .pool import Pool
from .scenario import Scenario
from .sockets import Sockets

log = logging.getLogger(__name__)

PORTS_TO_TRY = 20


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """What to simulate; `hosts`, `vms` and `srs` have one number for each pool. `port` 0 = any free one for each pool."""

    hosts: tuple[int, ...] = (1,)
    vms: tuple[int, ...] = (10,)
    srs: tuple[int, ...] = (2,)
    port: int = 0
    ports: tuple[int, ...] = ()  # instead of `port`: one for each pool
    usual_port: bool = False  # every host answers on the port of its scheme too, where clients look that know an address alone
    seed: str = "0"
    user: str = "root"
    password: str = ""
    speed: float = 1.0
    pace: float = 1.0  # how many times as quick operations are as on real hosts; dates stay real, unlike with `speed`
    tls_cert: Path | None = None
    tls_key: Path | None = None
    life: bool = False  # now and then something happens by itself
    scenario: Scenario | None = None  # what happens when
    faults: tuple[Fault, ...] = ()  # of each pool
    control: int | None = None  # port of the control API; 0 = any free one
    users: bool = False  # the pools are in a directory, with a user for each role
    dialect: str = "modern"  # of dialect.dialects()
    databases: tuple[Path, ...] = ()  # of real pools: one for each pool, instead of `hosts`, `vms` and `srs`
    lineage: bool = True  # generations go on where an earlier start of the same pool left off


HANDSHAKE: Final = 0.05
"""Seconds for TLS."""


class Uvicorn(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for whoever runs the simulator."""
        yield


class Simulator:
    """`await start()`, then `pools` answer until `await stop()`."""

    def __init__(self, wanted: SimulatorOptions) -> None:
        self.wanted = wanted
        self.pools: list[Pool] = []
        self.application = Application()
        self.control = ""  # its URL, if it is wanted
        self._sockets: list[socket.socket] = []
        self._running: list[tuple[Uvicorn, asyncio.Task[None]]] = []

    async def start(self) -> None:
        """OSError if a port is taken, DumpError if a database is none."""
        wanted = self.wanted
        dispatcher = Dispatcher(model.load(), registry.collect(), dialect.dialects()[wanted.dialect])
        for index in range(len(wanted.databases) or len(wanted.hosts)):
            # a restarted pool must not count generations that its clients have seen already
            generation = int(time.time() * 1_000_000) if wanted.lineage else 0
            pool = Pool(dispatcher, seed=f"{wanted.seed}/{index}", user=wanted.user, password=wanted.password,
                        clock=Clock(wanted.speed), generation=generation)  # fmt: skip
            pool.facts["scheme"] = "https" if wanted.tls_cert else "http"
            pool.facts["certificate"] = wanted.tls_cert
            pool.facts["pace"] = wanted.pace
            pool.faults.rules += [replace(fault) for fault in wanted.faults]
            await self._fill(pool, index)
            host_certificates.tell_of_all(pool)
            pool.db.rng = random.Random(os.urandom(16))  # noqa: S311  what is made from now on is new, also after a restart
            self.pools.append(pool)
            pool.facts["program"] = self.pools  # where VMs can migrate to
            self.application.add(pool, *self._usual_port())
        server = await self._serve()
        for pool in self.pools:
            pool.gate = Sockets(server, {address: [pool.port, *self._usual_port()] for address in pool.hosts}, bind)
            pool.facts["endpoints"] = self.application.endpoints
            pool.start()
            if wanted.life:
                pool.spawn(life.live(pool))
            if wanted.scenario:
                pool.spawn(scenario.play(wanted.scenario, pool))
        if wanted.control is not None:
            await self._open_control(wanted.control)

    async def _open_control(self, port: int) -> None:
        """On a port of its own, and never with TLS: it is for this machine alone."""
        door = bind("127.0.0.1", port)
        self._sockets.append(door)
        await self._run(Control(self.pools), [door])
        self.control = f"http://127.0.0.1:{door.getsockname()[1]}"

    async def _fill(self, pool: Pool, index: int) -> None:
        """Addresses for its hosts, and everything that is in it."""
        wanted = self.wanted
        if wanted.databases:
            dump = from_db.read(wanted.databases[index])
            from_db.build(pool, dump, self._listen(pool, index, len(dump.hosts)))
            return
        addresses = self._listen(pool, index, wanted.hosts[index])
        plan = PoolPlan(index, tuple(addresses), wanted.vms[index], wanted.srs[index])
        await inventory.build(pool, replace(plan, spare=0) if wanted.life else plan)
        if wanted.users:
            directory.furnish(pool)

    async def stop(self) -> None:
        """At once, as if the power was cut: no goodbyes to clients."""
        for server, serving in self._running:
            server.should_exit = True
            server.force_exit = True
            _cut(server)
            await serving
            while tasks := list(server.server_state.tasks):  # of a request that came in the meantime as well
                _cut(server)
                await asyncio.wait(tasks)
            if self.wanted.tls_cert:
                await asyncio.sleep(HANDSHAKE)  # one under way is no connection yet
                _cut(server)
        for pool in self.pools:
            await pool.close()
        for listening in self._sockets:
            listening.close()

    def _listen(self, pool: Pool, index: int, hosts: int) -> list[str]:
        """An address for each host; those that this system does not have are nobody's, and only the master listens."""
        wanted = self.wanted
        port = wanted.ports[index] if wanted.ports else wanted.port + index if wanted.port else 0
        for left in reversed(range(1 if port else PORTS_TO_TRY)):
            try:
                pool.port, addresses, sockets = self._bind_all(index, hosts, port)
                break
            except OSError as error:
                if not left or error.errno != errno.EADDRINUSE:
                    raise  # else a port that is free at the master's address is taken at another host's
        self._sockets += sockets
        return addresses

    def _bind_all(self, index: int, hosts: int, port: int) -> tuple[int, list[str], list[socket.socket]]:
        """(The one port of all hosts, any that is free if `port` is 0; their addresses; what listens there.) Raises OSError."""
        addresses: list[str] = []
        sockets: list[socket.socket] = []
        with contextlib.ExitStack() as undo:
            for number in range(hosts):
                address = host_address(index, number)
                try:
                    listening = bind(address, port)
                except OSError as error:
                    if error.errno != errno.EADDRNOTAVAIL:
                        raise
                    if number:
                        addresses.append(address)
                        continue
                    address = "127.0.0.1"
                    listening = bind(address, port)
                port = listening.getsockname()[1]
                more = [bind(address, usual) for usual in self._usual_port() if usual != port]
                for one in (listening, *more):
                    undo.callback(one.close)
                    sockets.append(one)
                addresses.append(address)
            undo.pop_all()
        return port, addresses, sockets

    def _usual_port(self) -> tuple[int, ...]:
        if not self.wanted.usual_port:
            return ()
        return (443,) if self.wanted.tls_cert else (80,)

    async def _serve(self) -> Uvicorn:
        logging.getLogger("uvicorn.error").addFilter(not_about_upgrades)
        wanted = self.wanted
        return await self._run(
            self.application, list(self._sockets), http=Connection, ssl_certfile=wanted.tls_cert, ssl_keyfile=wanted.tls_key
        )

    async def _run(self, application: Any, sockets: list[socket.socket], **more: Any) -> Uvicorn:
        config = uvicorn.Config(
            application, log_config=None, access_log=False, lifespan="off", ws="none", timeout_keep_alive=60, server_header=False,
            timeout_graceful_shutdown=1, proxy_headers=False, **more,
        )  # fmt: skip
        server = Uvicorn(config)
        serving = asyncio.get_running_loop().create_task(server.serve(sockets=sockets))
        self._running.append((server, serving))
        while not server.started:
            if serving.done():
                await serving
                raise OSError("the HTTP server did not start")
            await asyncio.sleep(0.005)
        return server


def _cut(server: Uvicorn) -> None:
    """End its connections, and what it does for them."""
    for connection in list(server.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()
    for task in list(server.server_state.tasks):
        task.cancel()


def not_about_upgrades(record: logging.LogRecord) -> bool:
    """uvicorn warns of websockets it does not know; ours are consoles, which take the connection themselves."""
    return not any(words in record.getMessage() for words in ("Unsupported upgrade request", "No supported WebSocket library"))


def host_address(pool: int, host: int) -> str:
    """127.0.0.1 is the first master; everyone else has an address of his own."""
    return f"127.0.{pool}.{host + 1}" if host < 254 else f"127.{1 + host // 254}.{pool}.{host % 254 + 1}"


def bind(address: str, port: int) -> socket.socket:
    """OSError says where."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does not for sockets made by hand: 40 ms a call
    try:
        listening.bind((address, port))
    except OSError as error:
        listening.close()
        raise OSError(error.errno, f"{address}:{port}: {error.strerror}") from None
    listening.setblocking(False)
    return listening
