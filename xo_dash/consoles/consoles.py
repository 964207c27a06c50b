"""All consoles that people look at now: how many there may be, and where each leads to."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Final, Protocol
from urllib.parse import urlsplit

from starlette.websockets import WebSocket

from data import consoles
from data.mirror import Mirror
from data.names import name_of
from data.objects import VM, Console, Host
from data.stores.trace import Actor, Deed
from xo_dash.auth.sessions import Session, SignedOut
from xo_dash.consoles.messages import GONE, NO_RIGHT, SIGNED_OUT, TOO_MANY, CloseReason
from xo_dash.consoles.rights import may_see, may_use
from xo_dash.consoles.viewing import Acts, ConsoleRights, Viewing
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.runner import Runner
from xo_dash.control.verbs import USE_CONSOLE
from xo_dash.xapi.connection import Connection
from xo_dash.xapi.console import Stream

OF_USER, OF_ALL = 16, 64
"""Consoles open at once, of one user and altogether: each may have half a megabyte on its way."""
REASON: Final = 123
"""Bytes of a websocket's close reason."""


class ConsoleConnections(Protocol):
    """The connection of a server; raises NotConnected."""

    def __call__(self, server_id: str) -> Connection: ...


class Consoles:
    """Serves the websockets of console pages."""

    def __init__(self, connections: ConsoleConnections, runner: Runner) -> None:
        self._connections, self._runner = connections, runner
        self._open: Counter[str] = Counter()  # {user's id: consoles}

    @property
    def count(self) -> int:
        """How many are open."""
        return self._open.total()

    async def serve(self, socket: WebSocket, session: Session, mirror: Mirror, key: str, protocol: consoles.Protocol) -> None:
        """Show the VM that `key` names to whoever has `session`, until one of them ends; the close code and reason say which.

        `mirror`: what they may see.
        """
        await socket.accept("binary" if "binary" in socket.scope.get("subprotocols", ()) else None)
        ending = await self._serve(socket, session, mirror, key, protocol)
        if ending.code != 1000:
            await socket.close(ending.code, ending.reason[:REASON])

    async def _serve(self, socket: WebSocket, session: Session, mirror: Mirror, key: str, protocol: consoles.Protocol) -> CloseReason:
        vm = mirror.find(VM, key)
        if vm is None:
            return GONE
        refused = _why_not(session, vm)
        if refused is not None:
            return refused
        user_id = session.user_id
        if self._open[user_id] >= OF_USER or self.count >= OF_ALL:
            return TOO_MANY
        rights = ConsoleRights(ended=partial(_why_not, session, vm), may_use=partial(_uses, session, vm))
        acts = Acts(start=partial(self._do, session, vm, action("vm.start")), typed=partial(self._note, session, vm))
        self._open[user_id] += 1
        try:
            return await Viewing(socket, vm, mirror, self._connect, rights, acts, protocol).serve()
        finally:
            self._open[user_id] -= 1
            self._open += Counter()  # forgets those with none

    async def _connect(self, vm: VM, console: Console) -> Stream:
        """Raises XapiError."""
        host = vm.home.one(Host, vm.resident_on)
        return await self._connections(vm.home.id).console(host_in(console.location) or (host.address if host else ""), console.ref)

    def _note(self, session: Session, vm: VM) -> None:
        """The audit has who typed into which console."""
        try:
            user = session.user()
        except SignedOut:
            return
        deed = Deed(action=USE_CONSOLE.id, kind=vm.xapi_class, id=vm.uuid, name=name_of(vm))
        self._runner.note(Actor(user.name, user.id, session.address), deed)

    def _do(self, session: Session, vm: VM, what: AnyAction) -> None:
        try:
            self._runner.start(session.user(), what, [vm], address=session.address)
        except SignedOut:
            return  # the viewing ends by itself


def host_in(location: str) -> str:
    """The host's address in `https://<address>/console?...`; empty where there is none."""
    try:
        return urlsplit(location).hostname or ""
    except ValueError:
        return ""


def _why_not(session: Session, vm: VM) -> CloseReason | None:
    try:
        user = session.user()
    except SignedOut:
        return SIGNED_OUT
    return None if may_see(user, vm) else NO_RIGHT


def _uses(session: Session, vm: VM) -> bool:
    try:
        return bool(may_use(session.user(), vm))
    except SignedOut:
        return False
