"""A program of the tests in a process of its own, for a browser to look at."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
PATIENCE = 60
"""Seconds that it may take to start; a large fleet on a busy machine does."""


@contextmanager
def running(module: str, *arguments: object, ready: str) -> Iterator[str]:
    """Run `module` with a port and `arguments` until the block ends; gives its address once it answers at the path `ready`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", module, str(port), *map(str, arguments)]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}  # a real run
    process = subprocess.Popen(command, cwd=ROOT, env=plain)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}{ready}", timeout=PATIENCE / 2)
                break
            except httpx.TransportError:
                assert process.poll() is None and time.monotonic() < deadline, f"{module} did not start"
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
