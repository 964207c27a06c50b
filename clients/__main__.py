"""`make clients`: each client from its registry, unmodified, against a pool of its own. One line a client; 1 if one failed.

A client whose tool or registry is not here is skipped with a word, and that is no failure.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import install
from .install import Absent

HERE = Path(__file__).parent
SIMULATOR = ("--hosts", "2", "--vms", "8", "--srs", "3", "--password", "secret", "--until-stdin-closes")
PATIENCE = 300.0  # seconds a client may take
Command = list[str | Path]


@dataclass(frozen=True, slots=True)
class Client:
    """`install(folder)` brings it; `command(folder)` runs its script with POOL_URL, POOL_USER, POOL_PASSWORD and CLIENT_FOLDER."""

    name: str
    install: Callable[[Path], None]
    command: Callable[[Path], Command]


def xenapi(folder: Path) -> None:
    install.pip(folder, "XenAPI")


def xen_api(folder: Path) -> None:
    install.npm(folder, "xen-api")


def fence(folder: Path) -> None:
    install.debian(folder, "fence-agents")
    install.pip(folder / "python", "pexpect", "pycurl")  # what the package depends on


def ansible(folder: Path) -> None:
    install.pip(folder, "ansible", "XenAPI")  # community.general is one of its collections


CLIENTS = (
    Client("xenapi", xenapi, lambda folder: [folder / "bin/python", HERE / "python_xenapi.py"]),
    Client("xen-api", xen_api, lambda folder: ["node", HERE / "npm_xen_api.mjs"]),
    Client("fence", fence, lambda folder: [folder / "python/bin/python", HERE / "debian_fence.py"]),
    Client("ansible", ansible, lambda folder: [folder / "bin/python", HERE / "ansible_guest.py"]),
)


def usual_port() -> list[str]:
    """Clients that follow a host's address come to port 80; only some may listen there."""
    try:
        with socket.create_server(("127.0.0.1", 80)):
            return ["--usual-port"]
    except OSError:
        return []


@contextlib.contextmanager
def simulator(port: int, *options: str) -> Iterator[dict[str, str]]:
    """A fresh pool: the line with which it says that it answers."""
    command = [sys.executable, "-m", "xo_dash", "simulate", "--port", str(port), *SIMULATOR, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None  # pipes, as asked
        try:
            line = process.stdout.readline()
            if not line:
                raise SystemExit("the simulator did not start")
            yield json.loads(line)
        finally:
            process.stdin.close()


def bring(client: Client, root: Path) -> Path:
    """Its folder, filled at the first time."""
    folder, ready = root / client.name, root / f".{client.name}"
    if not ready.exists():
        client.install(folder)
        ready.touch()
    return folder


def attempt(client: Client, root: Path, port: int) -> bool:
    """Say how it went; false if the client met something it does not accept."""
    begun = time.monotonic()
    try:
        folder = bring(client, root)
    except Absent as absent:
        print(f"{client.name}: skipped: {absent}", flush=True)
        return True
    options = usual_port()
    with simulator(port, *options) as pool:
        given = {"POOL_URL": pool["url"], "POOL_USER": pool["user"], "POOL_PASSWORD": pool["password"], "CLIENT_FOLDER": str(folder)}
        given["POOL_USUAL_PORT"] = " ".join(options)
        try:
            done = subprocess.run(
                client.command(folder), env={**os.environ, **given}, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            print(f"{client.name}: FAILED: no end after {PATIENCE:.0f} s", flush=True)
            return False
    said = done.stdout.strip() or f"{client.name}: FAILED: {done.stderr.strip()[-300:]}"
    print(f"{said} ({time.monotonic() - begun:.0f} s)", flush=True)
    return done.returncode == 0


def main() -> int:
    words = argparse.ArgumentParser("make clients", description="Run other people's XAPI clients against the simulator.")
    words.add_argument("only", nargs="*", help=f"of {', '.join(client.name for client in CLIENTS)}; default all")
    words.add_argument("--port", type=int, default=19700)
    words.add_argument("--folder", type=Path, default=Path("build/clients"), help="where clients are installed; may be removed at any time")
    given = words.parse_args()
    unknown = set(given.only) - {client.name for client in CLIENTS}
    if unknown:
        words.error(f"no client is called {', '.join(sorted(unknown))}")
    chosen = [client for client in CLIENTS if not given.only or client.name in given.only]
    root = given.folder.resolve()
    root.mkdir(parents=True, exist_ok=True)
    return 0 if all([attempt(client, root, given.port) for client in chosen]) else 1


if __name__ == "__main__":
    sys.exit(main())
