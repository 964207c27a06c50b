"""The two programs under measurement, as processes of their own: the simulated pools and the dashboard."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore, TlsMode
from data.stores.users import Role, UserStore
from data.stores.vault import Vault
from xo_dash.auth.passwords import Passwords

NAME, PASSWORD = "bench", "measured twice"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 90.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class SimulatedPools:
    url: str  # of the first
    urls: list[str]
    user: str
    password: str
    control: str  # URL of its control API
    ready_after: float  # seconds


@contextlib.asynccontextmanager
async def simulated(hosts: int, vms: int, pools: int = 1) -> AsyncIterator[SimulatedPools]:
    """Simulated pools, of so many hosts and VMs each, that change only when they are told to."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "xo_dash", "simulate", "--port", str(free_port()), "--pools", str(pools), "--hosts", str(hosts),
        "--vms", str(vms), "--password", "secret", "--still", "--quiet", "--control-port", "0", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        lines = [json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE)) for _ in range(pools)]
        line, urls = lines[0], [line["url"] for line in lines]
        yield SimulatedPools(line["url"], urls, line["user"], line["password"], line["control"], time.perf_counter() - started)
    finally:
        await _end(process)


@dataclass(slots=True)
class Dashboard:
    url: str
    pid: int
    cookies: dict[str, str]
    first_page_after: float  # seconds from the start of the process to its first page

    def resident(self) -> int:
        """Bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def health(self) -> dict[str, object]:
        async with httpx.AsyncClient() as client:
            return dict((await client.get(f"{self.url}/healthz")).json())

    async def live(self) -> None:
        """Wait until every server is live."""
        async with asyncio.timeout(PATIENCE):
            while True:
                servers = (await self.health())["servers"]
                if isinstance(servers, dict) and servers["live"] == servers["all"] > 0:
                    return
                await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def dashboard(*pool_urls: str) -> AsyncIterator[Dashboard]:
    """A dashboard with an administrator and these pools, signed in."""
    with tempfile.TemporaryDirectory() as folder:
        directory = DataDirectory(Path(folder))
        passwords = Passwords()
        UserStore(directory).add_now(NAME, passwords.hash_now(PASSWORD), Role.ADMIN)
        servers = ServerStore(directory, Vault(directory))
        for url in pool_urls:
            servers.add_now(url, "root", "secret", tls=TlsMode.PLAIN)
        passwords.close()
        directory.close()
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "xo_dash", "serve", "--port", str(port), "--data-dir", folder, "--log-level", "warning",
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            first = await _first_page(url, started)
            yield Dashboard(url, process.pid, await _sign_in(url), first)
        finally:
            await _end(process)


async def _first_page(url: str, started: float) -> float:
    async with httpx.AsyncClient() as client, asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(f"{url}/login")).status_code == 200:
                    return time.perf_counter() - started
            await asyncio.sleep(0.01)


async def _sign_in(url: str) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=url, headers={"origin": url}) as client:
        answer = await client.post("/login", data={"name": NAME, "password": PASSWORD, "next": "/"})
        assert answer.status_code == 303, answer.text
        return dict(client.cookies)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 10)
    except TimeoutError:
        process.kill()
        await process.wait()
