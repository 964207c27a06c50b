"""What the simulator itself costs: ten pools of 1,000 VMs each, and two hundred programs that wait for events."""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.figures import Figure
from bench.programs import TICKS, _end, free_port

POOLS, HOSTS, VMS = 10, 20, 1000
WAITING = 200
CHANGES = 20
IDLE = 5.0  # seconds
PATIENCE = 120.0


async def light() -> list[Figure]:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "xo_dash", "simulate", "--port", str(free_port()), "--pools", str(POOLS), "--hosts", str(HOSTS),
        "--vms", str(VMS), "--password", "secret", "--quiet", "--control-port", "0", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        lines = [json.loads(await asyncio.wait_for(process.stdout.readline(), PATIENCE)) for _ in range(POOLS)]
        ready = time.perf_counter() - began
        megabytes = resident(process.pid)
        idle, work, reached = await crowd(process.pid, lines[0]["url"], lines[0]["control"])
    finally:
        await _end(process)
    size = f"{POOLS} pools, {POOLS * HOSTS} hosts, {POOLS * VMS:,} VMs"
    return [
        Figure("the simulator: start until all pools answer", ready, "s", 60, size),
        Figure("... resident memory", megabytes, "MB", 1000, size),
        Figure(f"... {WAITING} sessions wait in event.from, nothing happens: processor", idle * 100, "% of a core", 1),
        Figure(
            f"... a change that {WAITING} wait for: processor, each of them", work * 1000, "ms", 1, "request, answer and socket included"
        ),
        Figure("... until the last of them has it, median", reached * 1000, "ms", None, f"{CHANGES} changes"),
    ]


def resident(pid: int) -> float:
    """Megabytes."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) * 1024 / 1e6  # type: ignore[index]


def processor(pid: int) -> float:
    """Seconds so far."""
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(spent[11]) + int(spent[12])) / TICKS


class Line:
    """A connection that says what it must and reads what it must: a hundred of them cost the machine little."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, *parameters: object) -> Any:
        return (await self.post("/jsonrpc", {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}))["result"]

    async def post(self, path: str, body: object) -> Any:
        self._streams = self._streams or await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        text = json.dumps(body)
        writer.write(f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])  # type: ignore[index]
        return json.loads(await reader.readexactly(length))


async def crowd(pid: int, url: str, control: str) -> tuple[float, float, float]:
    """(share of a core while idle, processor seconds a waiter and change, median seconds until the last one has it)"""
    lines = [Line(url) for _ in range(WAITING)]
    sessions = [await line.call("session.login_with_password", "root", "secret", "1", f"waiting {n}") for n, line in enumerate(lines)]
    vm = (await lines[0].call("VM.get_all", sessions[0]))[0]
    first = await lines[0].call("event.from", sessions[0], ["vm"], "", 0.0)
    tokens = [first["token"]] * WAITING

    async def wait(number: int) -> None:
        tokens[number] = (await lines[number].call("event.from", sessions[number], ["vm"], tokens[number], 30.0))["token"]

    auth, idle = Line(control), 0.0
    reached: list[float] = []
    work: list[float] = []
    for change in range(CHANGES):
        waiting = [asyncio.create_task(wait(number)) for number in range(WAITING)]
        await asyncio.sleep(0.5)
        before = processor(pid)
        if not change:
            await asyncio.sleep(IDLE)
            idle = (processor(pid) - before) / IDLE
            before = processor(pid)
        began = time.perf_counter()
        await auth.post("/change", {"ref": vm, "fields": {"name_label": f"changed {change}"}})
        await asyncio.gather(*waiting)
        reached.append(time.perf_counter() - began)
        work.append(processor(pid) - before)
    return idle, statistics.mean(work) / WAITING, statistics.median(reached)
