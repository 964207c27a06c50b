"""The demo: two simulated pools, run as a program of their own beside the dashboard."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from data.stores.servers import TlsMode
from xo_dash.context import Context

log = logging.getLogger(__name__)

INVENTORY = ("--pools", "2", "--hosts", "3,1", "--vms", "40,6", "--scenario", "a-day", "--pace", "1")
START = 20.0
"""Seconds the simulator may take until its pools answer."""
STOP = 1.0
"""Seconds it may take to end."""


@dataclass(frozen=True, slots=True)
class DemoPool:
    """A simulated pool, as the simulator's line names it."""

    pool: str
    url: str
    user: str
    password: str


class Demo:
    """Starts the simulator and stops it; the pools keep their ports from one start to the next."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._process: asyncio.subprocess.Process | None = None

    @property
    def command(self) -> Sequence[str]:
        """What to type to start the simulated pools by hand."""
        return ("xo-dash", "simulate", "--port", str(self._port), *INVENTORY)

    async def start(self) -> list[DemoPool]:
        """The pools, once all of them answer. Raises RuntimeError with one sentence if they do not."""
        self._port = _free_port(self._port)
        # the pipe on its standard input ends with us, however we end, and the simulator with it
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "xo_dash", *self.command[1:], "--until-stdin-closes",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, start_new_session=True,  # Ctrl-C is for us alone
        )  # fmt: skip
        try:
            async with asyncio.timeout(START):
                return [pool async for pool in self._pools()]
        except TimeoutError:
            await self.stop()
            raise RuntimeError("the simulated pools did not answer in time") from None

    async def _pools(self) -> AsyncIterator[DemoPool]:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101  # started with a pipe
        for _index in range(int(INVENTORY[1])):
            line = await self._process.stdout.readline()
            if not line:
                raise RuntimeError("the simulator ended before its pools answered; its own words are above")
            yield DemoPool(**json.loads(line))

    async def stop(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP)
            except TimeoutError:
                self._process.kill()


def _free_port(wanted: int) -> int:
    """`wanted`, or the next port from which two in a row are free on loopback."""
    for port in range(wanted, min(wanted + 200, 65000), 2):
        if all(_is_free(one) for one in (port, port + 1)):
            return port
    return wanted


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def show(demo: Demo, context: Context) -> None:
    """Start the simulated pools and connect to them, and to nothing else."""
    await context.auth.prepare_demo()
    try:
        pools = await demo.start()
    except (OSError, RuntimeError) as error:
        log.error("no demo: %s", error)
        return
    wanted = {pool.url: pool for pool in pools}
    for server in list(context.server_store.all()):
        if server.address in wanted:
            del wanted[server.address]
        elif server.simulated:
            await context.servers.remove(server.id)
    for wanted_pool in wanted.values():
        await context.servers.add(
            wanted_pool.url, wanted_pool.user, wanted_pool.password, tls=TlsMode.PLAIN, label=wanted_pool.pool, simulated=True
        )
