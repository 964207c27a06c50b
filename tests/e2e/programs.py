"""Both programs as a person starts them: processes of their own on loopback, with what they print."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import httpx

from data.stores.directory import DataDirectory
from data.stores.servers import ServerStore, TlsMode
from data.stores.users import Role, UserStore
from data.stores.vault import Vault
from tests import asking
from tests.running import ROOT, free_port
from xo_dash.auth.passwords import Passwords

NAME, PASSWORD = "ann", "ann's own password"
SMALL = ("--pools", "1", "--hosts", "2", "--vms", "6", "--seed", "e2e")


class Program:
    """`xo-dash …` as a process; its output goes to a file, for nobody may have to read a pipe."""

    def __init__(self, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        # neither pytest's nor NiceGUI's test settings: a real run
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI", "XO_DASH"))}
        words = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        self._out = tempfile.TemporaryFile()  # noqa: SIM115  # closed in `end`
        self._err = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = Popen(
            [sys.executable, "-m", "xo_dash", *arguments], cwd=ROOT, env={**plain, **words, **(environment or {})},
            stdin=DEVNULL, stdout=self._out, stderr=self._err,
        )  # fmt: skip

    @property
    def printed(self) -> str:
        return _read(self._out)

    @property
    def said(self) -> str:
        """What it wrote to its log."""
        return _read(self._err)

    def kill(self) -> None:
        """As if the power went."""
        self.process.kill()
        self.process.wait(asking.PATIENCE)

    def end(self) -> int:
        """SIGTERM, and what it answers."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(asking.PATIENCE)

    def close(self) -> None:
        try:
            self.end()
        except Exception:
            self.kill()
            raise
        finally:
            self._out.close()
            self._err.close()


def _read(file: Any) -> str:
    return os.pread(file.fileno(), 1 << 20, 0).decode()


class Pool(Program):
    """`xo-dash simulate`, and a second client that calls it: what is so in XAPI, whatever a page says."""

    def __init__(self, port: int, *arguments: str) -> None:
        super().__init__("simulate", "--port", str(port), "--password", "secret", *(arguments or SMALL))
        self.port = port
        wait_for(lambda: self.printed.endswith("\n"), self, "the simulator")
        self.url = str(json.loads(self.printed.splitlines()[0])["url"])
        self._session = ""

    @property
    def address(self) -> str:
        return self.url.partition("//")[2]

    async def call(self, method: str, *arguments: object) -> Any:
        """The result of a call, as root."""
        async with asking.client(base_url=self.url) as client:
            if not self._session:
                self._session = await _call(client, "session.login_with_password", "root", "secret", "1.0", "check")
            return await _call(client, method, self._session, *arguments)

    async def vms(self, power_state: str) -> list[str]:
        """Names of the VMs in this state."""
        records: dict[str, dict[str, Any]] = await self.call("VM.get_all_records")
        guests = [row for row in records.values() if not (row["is_a_template"] or row["is_control_domain"] or row["is_a_snapshot"])]
        return sorted(row["name_label"] for row in guests if row["power_state"] == power_state)

    async def vm(self, name: str) -> str:
        """Its reference."""
        (ref,) = await self.call("VM.get_by_name_label", name)
        return str(ref)


async def _call(client: httpx.AsyncClient, method: str, *arguments: object) -> Any:
    body = {"jsonrpc": "2.0", "method": method, "params": arguments, "id": 1}
    answer = (await client.post("/jsonrpc", json=body)).json()
    assert "result" in answer, answer
    return answer["result"]


class Board(Program):
    """`xo-dash serve`."""

    def __init__(self, folder: Path, *arguments: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.folder = folder
        began = time.monotonic()
        super().__init__("serve", "--port", str(self.port), "--data-dir", str(folder), *arguments)
        self.url = f"{'https' if 'on' in arguments else 'http'}://127.0.0.1:{self.port}"
        asking.until_it_answers(f"{self.url}/healthz", lambda: self.process.poll() is None, lambda: self.said)
        self.took = time.monotonic() - began
        """Seconds to start: how fast this machine is just now."""

    @property
    def code(self) -> str:
        """Of the first run, as printed."""
        found = re.search(r"[A-Z0-9]{4}(-[A-Z0-9]{4}){2}", self.printed)
        assert found, self.printed
        return found[0]

    @property
    def health(self) -> dict[str, Any]:
        return dict(asking.get(f"{self.url}/healthz").json())

    def live(self, servers: int) -> None:
        """Wait until so many servers are live."""
        wait_for(lambda: self.health["servers"] == {"live": servers, "all": servers}, self, f"{servers} servers live")

    def audit(self) -> list[dict[str, Any]]:
        """The lines of the audit file."""
        files = sorted(self.folder.rglob("audit*"))
        return [json.loads(line) for file in files if file.is_file() for line in file.read_text("utf-8").splitlines() if line.strip()]


def wait_for(is_so: Any, program: Program, what: str) -> None:
    end = time.monotonic() + asking.PATIENCE
    while not is_so():
        assert program.process.poll() is None, f"{what}: it ended: {program.said}"
        assert time.monotonic() < end, f"{what}: not in time: {program.said}"
        time.sleep(0.05)


@contextmanager
def running(program: Program) -> Iterator[None]:
    """Until the block ends."""
    try:
        yield
    finally:
        program.close()


def furnish(folder: Path, *urls: str) -> None:
    """A data directory with an administrator and these pools."""
    directory = DataDirectory(folder)
    passwords = Passwords()
    UserStore(directory).add_now(NAME, passwords.hash_now(PASSWORD), Role.ADMIN)
    servers = ServerStore(directory, Vault(directory))
    for number, url in enumerate(urls):
        servers.add_now(url, "root", "secret", tls=TlsMode.PLAIN, label=f"pool {number + 1}")
    passwords.close()
    directory.close()


@contextmanager
def over_a_pool(folder: Path, *arguments: str) -> Iterator[tuple[Pool, Board]]:
    """A simulated pool, and a dashboard in `folder` that has it, live, with an administrator."""
    with running(pool := Pool(free_port(), *arguments)):
        furnish(folder, pool.url)
        with running(board := Board(folder)):
            board.live(1)
            yield pool, board
