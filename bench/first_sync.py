"""From a server that is added to a picture that is live, and how long the event loop was held meanwhile.

Runs in a process of its own: `python -m bench.first_sync URL` prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import orjson

from bench.figures import Figure
from bench.programs import PATIENCE, simulated
from data.mirror import Mirror
from data.server import ServerState
from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore, TlsMode
from data.stores.vault import Vault
from xo_dash.sync.servers import Servers

STEADY = 5.0
RUNS = 3


async def figures(vms: int, seconds: float, held: float) -> list[Figure]:
    """First sync of `vms` VMs within `seconds`, the loop never held longer than `held` milliseconds.

    The best of RUNS: other programs of the machine can only make a run worse.
    """
    async with simulated(max(2, vms // 40), vms) as pool:
        plain = min([await asyncio.to_thread(_plain_fetch, pool.url) for _run in range(RUNS)])
        runs = [await _in_its_own_process(pool.url) for _run in range(RUNS)]
    best = {name: min(run[name] for run in runs) for name in runs[0]}
    ratio = f"{best['seconds'] / plain:.1f} × one event.from of all classes and json decoding alone ({plain:.2f} s)"
    idle = f"as far as it worked itself; a timer of an idle loop came up to {best['idle']:.1f} ms late"
    return [
        Figure(f"first sync of {vms:,} VMs ({best['objects']:,} objects kept)", best["seconds"], "s", seconds, ratio),
        Figure(f"... the loop held at most, during it ({vms:,} VMs)", best["held"], "ms", held, idle),
        Figure(f"... the loop held at most, in the {STEADY:.0f} s after ({vms:,} VMs)", best["after"], "ms", 5.0, idle),
    ]


async def _in_its_own_process(url: str) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.first_sync", url, stdout=asyncio.subprocess.PIPE)
    output, _errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    return dict(json.loads(output))


def _plain_fetch(url: str) -> float:
    """Seconds for the same records without keeping them: the yardstick."""

    def call(method: str, *params: object) -> object:
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(f"{url}/jsonrpc", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return orjson.loads(answer.read())["result"]

    session = call("session.login_with_password", "root", "secret", "2.21", "bench")
    started = time.perf_counter()
    call("event.from", session, ["*"], "", 0.0)
    spent = time.perf_counter() - started
    call("session.logout", session)
    return spent


class Lag:
    """How late a timer of one millisecond comes, as far as this process worked meanwhile: other programs hold it too."""

    def __init__(self) -> None:
        self.worst = self.latest = 0.0

    async def run(self) -> None:
        while True:
            started, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
            late = time.perf_counter() - started - 0.001
            self.latest = max(self.latest, late)
            self.worst = max(self.worst, min(late, time.process_time() - worked))

    def take(self) -> tuple[float, float]:
        """(held by what this process did, late at all), milliseconds since the last time."""
        told = self.worst * 1000, self.latest * 1000
        self.worst = self.latest = 0.0
        return told


async def _measure(url: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        directory = DataDirectory(Path(folder))
        store, mirror = ServerStore(directory, Vault(directory)), Mirror()
        servers, lag = Servers(mirror, store), Lag()
        watch = asyncio.create_task(lag.run())
        await servers.start()
        await asyncio.sleep(0.5)
        lag.take()
        await asyncio.sleep(2)
        _held, idle = lag.take()
        started = time.perf_counter()
        await servers.add(url, "root", "secret", tls=TlsMode.PLAIN)
        pool = next(iter(mirror))
        while pool.server.state is not ServerState.LIVE:  # noqa: ASYNC110  the timer is what measures
            await asyncio.sleep(0.001)
        seconds = time.perf_counter() - started
        held, _late = lag.take()
        await asyncio.sleep(STEADY)
        after, _late = lag.take()
        objects = sum(pool.counts.values())
        watch.cancel()
        await servers.stop()
        directory.close()
    return {"seconds": seconds, "held": held, "after": after, "idle": idle, "objects": objects}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_measure(sys.argv[1]))))
