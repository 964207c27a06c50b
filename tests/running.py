"""A program of the tests in a process of its own, for a browser to look at."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests import asking

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """Far from the ports the system gives to outgoing connections: one can come back to it after a while."""
    while True:
        port = 20000 + int.from_bytes(os.urandom(2), "big") % 10000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(module: str, *arguments: object, ready: str) -> Iterator[str]:
    """Run `module` with a port and `arguments` until the block ends; gives its address once it answers at the path `ready`."""
    port = free_port()
    command = [sys.executable, "-m", module, str(port), *map(str, arguments)]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}  # a real run
    process = subprocess.Popen(command, cwd=ROOT, env=plain)
    url = f"http://127.0.0.1:{port}"
    try:
        asking.until_it_answers(url + ready, lambda: process.poll() is None, lambda: module)
        yield url
    finally:
        process.terminate()
        process.wait(asking.PATIENCE)
