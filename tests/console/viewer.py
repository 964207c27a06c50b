"""Consoles of a simulated pool over the wire: `async with screens(pool, folder) as ours, ours.viewer(session, vm) as viewer: ...`."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from data.consoles import Protocol
from data.facts.vm import is_guest
from data.identity import key_of
from data.mirror import PoolMirror
from data.objects import VM, PowerState
from data.stores.directory import DataDirectory
from data.stores.sessions import SessionStore
from data.stores.users import Role, UserStore
from tests.asking import PATIENCE
from tests.sync.house import House, house
from tests.waiting import until
from xo_dash.auth.sessions import Session, SessionTable
from xo_dash.consoles.consoles import Consoles
from xo_dash.control.audit import Audit
from xo_dash.control.runner import Runner
from xo_dash.simulator.testing import SimulatedPool

INITIAL = 24
"""Bytes of what a server says of its screen before the name's length."""


@dataclass
class Viewer:
    """A browser's side of one console, as far as a test goes: news, bytes, and RFB spoken by hand."""

    socket: ClientConnection
    news: list[dict[str, Any]] = field(default_factory=list)
    held: bytearray = field(default_factory=bytearray)

    async def step(self) -> None:
        """One message more. Raises ConnectionClosed."""
        async with asyncio.timeout(PATIENCE):
            message = await self.socket.recv()
        if isinstance(message, str):
            self.news.append(json.loads(message))
            if self.news[-1].get("is") == "open":
                self.held.clear()
        else:
            self.held += message

    async def until(self, **wanted: object) -> dict[str, Any]:
        """The first news that has these, of those not read yet."""
        while True:
            while self.news:
                news = self.news.pop(0)
                if all(news.get(name) == value for name, value in wanted.items()):
                    return news
            await self.step()

    async def exactly(self, count: int) -> bytes:
        while len(self.held) < count:
            await self.step()
        data = bytes(self.held[:count])
        del self.held[:count]
        return data

    async def greet(self) -> tuple[int, int]:
        """Open the RFB session that was announced; the size of the screen."""
        number = (await self.until(**{"is": "open"}))["number"]
        await self.socket.send(json.dumps({"ready": number}))
        version = await self.exactly(12)
        await self.socket.send(version)
        assert (await self.exactly(2))[1] == 1
        await self.socket.send(b"\x01")
        assert await self.exactly(4) == bytes(4)
        await self.socket.send(b"\x01")
        head = await self.exactly(INITIAL)
        width, height, length = *struct.unpack(">HH", head[:4]), struct.unpack(">I", head[20:])[0]
        await self.exactly(length)
        return width, height

    async def type(self, text: str) -> None:
        for char in text:
            code = 0xFF0D if char == "\n" else ord(char)
            await self.socket.send(struct.pack(">BBxxI", 4, 1, code) + struct.pack(">BBxxI", 4, 0, code))

    async def update(self, size: tuple[int, int], *, incremental: bool) -> bytes:
        """The pixels of one update, which was asked for."""
        await self.socket.send(struct.pack(">BBHHHH", 3, incremental, 0, 0, *size))
        (count,) = struct.unpack(">xxH", await self.exactly(4))
        pixels = b""
        for _ in range(count):
            _x, _y, width, height, encoding = struct.unpack(">HHHHi", await self.exactly(12))
            assert encoding == 0
            pixels += await self.exactly(width * height * 4)
        return pixels

    async def ends(self) -> tuple[int, str]:
        """(code, reason) of the end."""
        try:
            while True:
                await self.step()
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code, closed.rcvd.reason


@dataclass
class Screens:
    """The product's side."""

    house: House
    home: PoolMirror
    consoles: Consoles
    users: UserStore
    sessions: SessionTable
    folder: Path
    url: str = ""
    protocol: Protocol = Protocol.GRAPHIC
    session: Session | None = None

    def sign_in(self, role: Role) -> Session:
        user = self.users.by_name(role) or self.users.add_now(role, "hash", role)
        return self.sessions.start(user, "::1")[1]

    @property
    def running(self) -> list[VM]:
        """Guests with a screen."""
        return [vm for vm in self._guests() if vm.power_state is PowerState.RUNNING]

    @property
    def halted(self) -> VM:
        return next(vm for vm in self._guests() if "start" in vm.allowed_operations)

    @property
    def dom0(self) -> VM:
        return next(vm for vm in self.home.all(VM).values() if vm.is_control_domain)

    def audited(self, action: str) -> list[tuple[str, str]]:
        """(uuid, user) of each line about it."""
        path = self.folder / "audit.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        return [(line["uuid"], line["user"]) for line in lines if line["action"] == action]

    def _guests(self) -> list[VM]:
        return [vm for vm in self.home.all(VM).values() if is_guest(vm)]

    @asynccontextmanager
    async def viewer(self, session: Session, vm: VM | str, protocol: Protocol = Protocol.GRAPHIC) -> AsyncIterator[Viewer]:
        self.session, self.protocol = session, protocol
        async with connect(f"{self.url}/{vm if isinstance(vm, str) else key_of(vm)}", compression=None) as socket:
            yield Viewer(socket)

    async def serve(self, socket: WebSocket) -> None:
        assert self.session is not None
        await self.consoles.serve(socket, self.session, self.house.mirror, socket.path_params["key"], self.protocol)


def typed_into(pool: SimulatedPool, vm: VM) -> list[str]:
    """What its screen says."""
    from xo_dash.simulator.console.terminal import terminal

    return pool.do(lambda inside: terminal(inside, vm.ref).text())


@asynccontextmanager
async def screens(pool: SimulatedPool, folder: Path) -> AsyncIterator[Screens]:
    directory = DataDirectory(folder / "ours")
    users = UserStore(directory)
    async with house(folder / "servers") as home:
        mirror = await home.live(await home.add(pool))
        runner = Runner(home.mirror, home.servers.connection, users, Audit(folder))
        consoles = Consoles(home.servers.connection, runner)
        ours = Screens(home, mirror, consoles, users, SessionTable(users, SessionStore(directory), lambda _user: True), folder)
        app = Starlette(routes=[WebSocketRoute("/{key:path}", ours.serve)])
        config = uvicorn.Config(app, port=0, ws="wsproto", ws_per_message_deflate=False, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.ensure_future(server.serve())
        await until(lambda: server.started)
        ours.url = f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        try:
            yield ours
        finally:
            server.should_exit = True
            await serving
            await runner.stop()
            directory.close()
