"""`make clients`: each client from its registry, unmodified, against a pool of its own. One line a client; 1 if one failed.

They are brought and run side by side. A client whose tool or registry is not here is skipped with a word, and that is no failure.
`make clients ARGS="xenapi xen-api --simulator='--tls --dialect xcpng-8.2'"` runs some of them, against another simulator.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from . import install
from .install import Absent

HERE = Path(__file__).parent
SIMULATOR = ("--hosts", "2", "--vms", "8", "--srs", "3", "--password", "secret", "--until-stdin-closes")
PATIENCE = 120.0  # seconds a client may take
AT_ONCE = 3
Command = list[str | Path]


class NotStartedError(Exception):
    """The simulator ended without a pool."""


@dataclass(frozen=True, slots=True)
class Client:
    """`install(folder)` brings it; `command(folder)` runs its script, which finds the pool and its folder in the environment (steps.py)."""

    name: str
    install: Callable[[Path], None]
    command: Callable[[Path], Command]
    follows: bool = False  # it goes to the address of a host, which has no port


@dataclass(frozen=True, slots=True)
class Round:
    """What is the same for all: where clients are, the first port, and further options of the simulator."""

    root: Path
    port: int
    options: tuple[str, ...] = ()
    usual: threading.Lock = field(default_factory=threading.Lock)  # who holds it may have port 80


def xenapi(folder: Path) -> None:
    install.pip(folder, "XenAPI")


def xen_api(folder: Path) -> None:
    install.npm(folder, "xen-api")


def fence(folder: Path) -> None:
    install.debian(folder, "fence-agents")
    install.pip(folder / "python", "pexpect", "pycurl")  # what the package depends on


def ansible(folder: Path) -> None:
    install.pip(folder, "ansible", "XenAPI")  # community.general is one of its collections


def os_xenapi(folder: Path) -> None:
    install.pip(folder, "os-xenapi")


CLIENTS = (
    Client("xenapi", xenapi, lambda folder: [folder / "bin/python", HERE / "python_xenapi.py"]),
    Client("ansible", ansible, lambda folder: [folder / "bin/python", HERE / "ansible_guest.py"]),
    Client("xen-api", xen_api, lambda folder: ["node", HERE / "npm_xen_api.mjs"], follows=True),
    Client("fence", fence, lambda folder: [folder / "python/bin/python", HERE / "debian_fence.py"]),
    Client("os-xenapi", os_xenapi, lambda folder: [folder / "bin/python", HERE / "python_os_xenapi.py"], follows=True),
)


def usual_port() -> list[str]:
    """Clients that follow a host's address come to port 80 or 443; only some may listen there."""
    try:
        for port in (80, 443):
            socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return []
    return ["--usual-port"]


@contextlib.contextmanager
def simulator(port: int, *options: str) -> Iterator[dict[str, str]]:
    """A fresh pool: the line with which it says that it answers."""
    command = [sys.executable, "-m", "xo_dash", "simulate", "--port", str(port), *SIMULATOR, *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None  # pipes, as asked
        try:
            line = process.stdout.readline()
            if not line:
                raise NotStartedError("the simulator did not start")
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


def attempt(client: Client, given: Round) -> bool:
    """Say how it went; false if the client met something it does not accept."""
    try:
        folder = bring(client, given.root)
    except Absent as absent:
        print(f"{client.name}: skipped: {absent}", flush=True)
        return True
    with given.usual if client.follows else contextlib.nullcontext():
        begun = time.monotonic()
        passed, said = run(client, folder, given, usual_port() if client.follows else [])
    print(f"{said} ({time.monotonic() - begun:.0f} s)", flush=True)
    return passed


def run(client: Client, folder: Path, given: Round, usual: list[str]) -> tuple[bool, str]:
    """Whether it passed, and its line."""
    try:
        with simulator(given.port, *given.options, *usual) as pool:
            told = {"POOL_URL": pool["url"], "POOL_USER": pool["user"], "POOL_PASSWORD": pool["password"]}
            told |= {"POOL_USUAL_PORT": " ".join(usual), "CLIENT_FOLDER": str(folder)}
            done = subprocess.run(
                client.command(folder), env={**os.environ, **told}, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
    except subprocess.TimeoutExpired:
        return False, f"{client.name}: FAILED: no end after {PATIENCE:.0f} s"
    except NotStartedError as error:
        return False, f"{client.name}: FAILED: {error}"
    return done.returncode == 0, done.stdout.strip() or f"{client.name}: FAILED: {done.stderr.strip()[-300:]}"


def main() -> int:
    words = argparse.ArgumentParser("make clients", description="Run other people's XAPI clients against the simulator.")
    words.add_argument("only", nargs="*", help=f"of {', '.join(client.name for client in CLIENTS)}; default all")
    words.add_argument("--port", type=int, default=19700, help="of the first client's pool; each has its own")
    words.add_argument("--folder", type=Path, default=Path("build/clients"), help="where clients are installed; may be removed at any time")
    words.add_argument("--simulator", default="", metavar="OPTIONS", help="more options of the simulator, in one word: '--tls'")
    given = words.parse_args()
    unknown = set(given.only) - {client.name for client in CLIENTS}
    if unknown:
        words.error(f"no client is called {', '.join(sorted(unknown))}")
    chosen = [client for client in CLIENTS if not given.only or client.name in given.only]
    every = Round(given.folder.resolve(), given.port, tuple(shlex.split(given.simulator)))
    every.root.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        rounds = [replace(every, port=every.port + index) for index in range(len(chosen))]
        return 0 if all(list(threads.map(attempt, chosen, rounds))) else 1


if __name__ == "__main__":
    sys.exit(main())
