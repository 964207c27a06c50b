"""2 GiB through us against the same straight from the host: time, processor time, memory, and how long the loop is held."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure
from bench.stand_in import SIZE

SLOWER, GROWTH, HELD, UNEVEN = 1 / 0.7, 30.0, 5.0, 1.5
"""Times as long as straight from the host; MB; milliseconds; times as long as the first of several."""
AT_ONCE = 4
GIBS = 2 * SIZE / (1 << 30)
"""Of two runs."""
LONGEST = 120
"""Seconds of one transfer."""


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


def _curl(*words: str) -> float:
    """Seconds in which it moved all there is."""
    begun = time.perf_counter()
    done = subprocess.run(
        ["curl", "-s", "-m", str(LONGEST), "-o", "/dev/null", "-w", "%{size_download} %{size_upload}", *words],
        capture_output=True,
        check=True,
    )
    if SIZE not in map(int, done.stdout.split()):
        raise RuntimeError(f"{done.stdout!r} bytes of {SIZE}")
    return time.perf_counter() - begun


def _four(url: str) -> list[float]:
    """The seconds of each of several at once."""
    with ThreadPoolExecutor(AT_ONCE) as together:
        return list(together.map(_curl, [url] * AT_ONCE))


def _megabytes(process: subprocess.Popen[bytes]) -> float:
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _told(port: int) -> float:
    """Milliseconds for which the loop was held at worst since the last time."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/told") as told:
        return float(told.read()) * 1000


def _measured() -> list[Figure]:
    behind, port = _free(), _free()
    with (
        tempfile.NamedTemporaryFile() as file,
        _running(behind, "host", str(behind)) as host,
        _running(port, "through", str(port), str(behind)) as ours,
    ):
        file.truncate(SIZE)
        host_url, our_url = f"http://127.0.0.1:{behind}", f"http://127.0.0.1:{port}"
        before = _megabytes(ours)
        figures = []
        for what, straight, through in (
            ("2 GiB out of a host", (f"{host_url}/export",), (f"{our_url}/out",)),
            ("2 GiB into a host", ("-T", file.name, f"{host_url}/in"), ("-T", file.name, f"{our_url}/in")),
        ):
            used = _cpu(host)
            alone = min(_curl(*straight) for _ in range(2))
            used, ours_used = _cpu(host) - used, _cpu(ours)
            with_us = min(_curl(*through) for _ in range(2))
            ours_used = _cpu(ours) - ours_used
            beside = f"{SIZE / alone / 1e6:.0f} MB/s straight; its host takes {used / GIBS:.2f} s a GiB of a processor"
            figures += [
                Figure(f"{what} through us, times as long as straight", with_us / alone, "x", SLOWER, beside),
                Figure(f"{what} through us, processor time of ours", ours_used / GIBS, "s/GiB"),
            ]
        ends = _four(f"{our_url}/out")
        figures.append(Figure("four of them at once, the last one's time by the first one's", max(ends) / min(ends), "x", UNEVEN))
        figures.append(Figure("memory it takes, four at once among it", _megabytes(ours) - before, "MB", GROWTH))
        figures.append(Figure("the event loop held at worst meanwhile, by processor time", _told(port), "ms", HELD))
    return figures


async def figures() -> list[Figure]:
    return await asyncio.to_thread(_measured)
