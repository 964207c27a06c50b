"""Drives `small_house` from outside, as a browser or a burglar would: HTTP, and NiceGUI's socket by hand."""

import asyncio
import json
import os
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests import asking
from tests.running import free_port
from tests.waiting import PATIENCE

REPOSITORY = Path(__file__).parents[2]


class House:
    """A running small_house."""

    def __init__(self, folder: Path, mode: str, **limits: float) -> None:
        self.folder = folder
        self._limits = json.dumps(limits)
        self._mode = mode
        self.port = free_port()
        self.host = f"localhost:{self.port}"
        self.url = f"{'https' if mode == 'tls' else 'http'}://{self.host}"

    def __enter__(self) -> "House":
        command = [sys.executable, "-m", "tests.auth.small_house", str(self.port), str(self.folder / "data"), self._mode, self._limits]
        with (self.folder / "log").open("ab") as log:
            plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}  # a real run
            self._process = subprocess.Popen(command, cwd=REPOSITORY, stdout=log, stderr=log, env=plain)
        health = asking.until_it_answers(f"{self.url}/healthz", lambda: self._process.poll() is None, self.log)
        self.first_run_code = health.json()["code"]
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    def kill(self) -> None:
        """As if the power went."""
        self._process.kill()
        self._process.wait(PATIENCE)

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def browser(self, **headers: str) -> "Browser":
        return Browser(self, headers)


class Browser:
    """Keeps cookies, says where it comes from, and follows no redirect by itself."""

    def __init__(self, house: House, headers: dict[str, str]) -> None:
        self.house = house
        told = {"accept": "text/html", "origin": house.url, **headers}
        kept = httpx.Limits(keepalive_expiry=1)  # a house may end an idle connection after 2 s: not in the moment of a question
        self.http = asking.client(base_url=house.url, headers=told, limits=kept)

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.http.aclose()

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)

    async def sign_in(self, name: str, password: str = "", way_back: str = "/") -> httpx.Response:
        form = {"name": name, "password": password or f"{name}'s password", "next": way_back}
        return await self.http.post("/login", data=form)

    async def open(self, path: str = "/") -> "Page":
        response = await self.http.get(path)
        assert response.status_code == 200, response
        found = re.search(r"'client_id': '([0-9a-f-]+)'", response.text)
        assert found
        button = (await self.http.get("/desk/clicks")).json()
        return Page(found[1], button["id"], button["listener"], response.text)

    async def clicks(self, at_least: int = 0) -> list[str]:
        """Whose clicks were carried out so far. What came by a socket before this request may be handled after it:
        wait until there are `at_least`, or for a moment in which one would have come."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await asyncio.sleep(0.1)  # its clicks are heard by another program
                clicks = list((await self.http.get("/desk/clicks")).json()["clicks"])
                if len(clicks) >= at_least:
                    return clicks


@dataclass
class Page:
    """What a burglar has to know of somebody's page."""

    client_id: str
    button: int
    listener: str
    html: str

    def click(self) -> str:
        return event("event", {"id": self.button, "client_id": self.client_id, "listener_id": self.listener, "args": ["null"]})


def event(name: str, data: dict[str, Any]) -> str:
    """A message of socket.io."""
    return "42" + json.dumps([name, data])


class PageSocket:
    """NiceGUI's socket, spoken by hand; `refused` says why it did not come to be (empty if it did)."""

    def __init__(self, house: House, client_id: str, cookies: str = "", origin: str | None = "", implicit: str = "true") -> None:
        """`origin`: the house's own if empty, none if None."""
        self.tab_id = secrets.token_hex(8)
        self.query = {
            "client_id": client_id, "tab_id": self.tab_id, "document_id": secrets.token_hex(8),
            "next_message_id": "0", "implicit_handshake": implicit, "EIO": "4", "transport": "websocket",
        }  # fmt: skip
        self._house = house
        self._headers = {"cookie": cookies} if cookies else {}
        self._origin = house.url if origin == "" else origin
        self.refused = ""

    async def __aenter__(self) -> "PageSocket":
        url = f"ws://{self._house.host}/_nicegui_ws/socket.io/?{urlencode(self.query)}"
        try:
            self.socket: ClientConnection = await connect(
                url, origin=self._origin, additional_headers=self._headers, open_timeout=10  # type: ignore[arg-type]
            )  # fmt: skip
        except Exception as error:  # whatever: it did not come to be
            self.refused = str(error)
            return self
        assert str(await self.socket.recv()).startswith("0")
        await self.socket.send("40")
        answer = str(await self.socket.recv())
        self.refused = answer if answer.startswith("44") else ""
        return self

    async def __aexit__(self, *_error: object) -> None:
        if hasattr(self, "socket"):
            await self.socket.close()

    async def send(self, message: str) -> None:
        """Returns when the server has read it: it answers the ping of the websocket after."""
        try:
            await self.socket.send(message)
            await (await self.socket.ping())
        except ConnectionClosed:
            self.refused = "closed"

    async def until_closed(self) -> list[str]:
        """All messages from here to the end."""
        messages = []
        try:
            while True:
                messages.append(str(await self.socket.recv()))
                if messages[-1] == "2":
                    await self.socket.send("3")
        except ConnectionClosed:
            return messages
