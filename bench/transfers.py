"""2 GiB through us against the same straight from the host: as a share of its speed, in memory, and how long the loop is held."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure
from bench.stand_in import SIZE

SLOWER, GROWTH, HELD = 1 / 0.7, 30.0, 5.0
"""Times as long as straight from the host; MB; milliseconds."""
AT_ONCE = 4


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _running(port: int, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "bench.stand_in", *words], cwd=Path(__file__).parent.parent)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait()


def _fetch(url: str) -> float:
    """Seconds."""
    begun = time.perf_counter()
    done = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{size_download}", url], capture_output=True, check=True)
    if int(done.stdout) != SIZE:
        raise RuntimeError(f"{done.stdout!r} bytes of {SIZE}")
    return time.perf_counter() - begun


def _megabytes(process: subprocess.Popen[bytes]) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _measured() -> list[Figure]:
    behind, port = _free(), _free()
    with _running(behind, "host", str(behind)), _running(port, "through", str(port), str(behind)) as ours:
        before = _megabytes(ours)
        straight = min(_fetch(f"http://127.0.0.1:{behind}/export") for _ in range(2))
        through = min(_fetch(f"http://127.0.0.1:{port}/out") for _ in range(2))
        begun = time.perf_counter()
        several = [subprocess.Popen(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}/out"]) for _ in range(AT_ONCE)]
        ends = []
        for one in several:
            one.wait()
            ends.append(time.perf_counter() - begun)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/told") as told:
            held = float(told.read()) * 1000
        grown = _megabytes(ours) - before
    rate = SIZE / straight / 1e6
    return [
        Figure(
            "2 GiB out of a host through us, times as long as straight from it",
            through / straight,
            "x",
            SLOWER,
            f"{rate:.0f} MB/s straight",
        ),
        Figure("memory it takes, four at once among it", grown, "MB", GROWTH),
        Figure("the event loop held at worst meanwhile", held, "ms", HELD),
    ]


async def figures() -> list[Figure]:
    return await asyncio.to_thread(_measured)
