"""One person looks at one console: over reboots and migrations, until they leave or may not any more.

Binary messages are RFB (or a terminal's bytes), in both directions. Texts are JSON: we say how the console stands and when another one
begins (`open`, with its number); the browser answers `{"ready": number}` before the first byte for it, so that none meant for the last
one reaches it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from data.consoles import Present, Protocol, Standing, doing, present
from data.facts.pool import own_pool
from data.mirror import Mirror, PoolMirror
from data.names import name_of
from data.objects import VM, Console, Host, HostMetrics
from xo_dash.consoles.messages import GONE, LEFT, NOT_RFB, CloseReason, Wish, error_word
from xo_dash.consoles.rfb import ClientFilter, ProtocolError
from xo_dash.xapi.console import Stream
from xo_dash.xapi.errors import XapiError

PIECE: Final = 64 << 10
LOOK: Final = 0.5
"""Seconds between two looks whether the right is still there."""
SOON, SOON_TRIES, LATER = 0.1, 10, 5.0
"""Seconds between tries; XenCenter's: the new console of a VM that restarts is there at once or takes a while."""
NEAR: Final = 5.0
"""Seconds by which a host may be late in cutting an idle console."""


class ConsoleRights(NamedTuple):
    """Asked again whenever it matters."""

    ended: Callable[[], CloseReason | None]
    """Why it has to end; None if it may go on."""
    may_use: Callable[[], bool]


class Acts(NamedTuple):
    """What comes of a viewing besides pictures."""

    start: Callable[[], object]
    """Start the VM."""
    typed: Callable[[], object]
    """Called once, at the first key or pointer that goes through."""


class Viewing:
    """`serve` runs it to its end."""

    def __init__(
        self,
        socket: WebSocket,
        vm: VM,
        mirror: Mirror,
        connect: Callable[[VM, Console], Awaitable[Stream]],
        rights: ConsoleRights,
        acts: Acts,
        protocol: Protocol,
    ) -> None:
        self._socket, self._vm, self._mirror, self._rights, self._protocol = socket, vm, mirror, rights, protocol
        self._connect, self._acts = connect, acts
        self._stirred = asyncio.Event()
        self._wanted = asyncio.Event()
        self._stream: Stream | None = None
        self._filter: ClientFilter | None = None
        self._number = 0
        self._ready = 0
        self._touched = 0.0  # monotonic: the last key or pointer
        self._has_typed = False
        self._told: dict[str, Any] = {}

    async def serve(self) -> CloseReason:
        """Returns how it ended; the socket is still to be closed."""
        home = self._vm.home
        topics = (self._vm, Console, Host, HostMetrics, *((home.server,) if isinstance(home, PoolMirror) else ()))
        unsubscribe = self._mirror.observe_subjects(topics, self._changed)
        tasks = [asyncio.ensure_future(part) for part in (self._hear(), self._show(), self._watch())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        except WebSocketDisconnect:  # while something was sent
            return self._rights.ended() or LEFT
        finally:
            unsubscribe()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._let_go()

    def _changed(self, _changes: object) -> None:
        self._stirred.set()

    # ---- from the browser

    async def _hear(self) -> CloseReason:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return self._rights.ended() or LEFT
            if (data := message.get("bytes")) is not None:
                try:
                    await self._to_host(data)
                except ProtocolError:
                    return NOT_RFB
            elif (text := message.get("text")) is not None:
                try:
                    wish = msgspec.json.decode(text, type=Wish)
                except msgspec.DecodeError:
                    return NOT_RFB
                await self._grant(wish)

    async def _to_host(self, data: bytes) -> None:
        stream = self._stream
        if stream is None or self._ready != self._number:
            return  # typed while there was nothing to type to
        if self._filter is not None:
            data = self._filter.feed(data)
            typed = self._filter.typed
        else:
            typed = self._rights.may_use()
            data = data if typed else b""
        if typed:
            self._touched = time.monotonic()
            if not self._has_typed:
                self._has_typed = True
                self._acts.typed()
        if data:
            with suppress(OSError):  # its end is seen where it is read
                await stream.write(data)

    async def _grant(self, wish: Wish) -> None:
        if wish.ready:
            self._ready = wish.ready
        if wish.connect:
            self._wanted.set()
        if wish.start and self._rights.may_use():
            self._acts.start()
        if wish.ping:
            await self._say({"pong": wish.ping, "may_use": self._rights.may_use()})

    # ---- to the browser

    async def _say(self, news: dict[str, Any]) -> None:
        await self._socket.send_text(msgspec.json.encode(news).decode())

    async def _tell(self, state: str, **more: Any) -> None:
        """How it stands, where that is news."""
        host = self._vm.home.one(Host, self._vm.resident_on)
        news = {"is": state, "vm": name_of(self._vm), "host": name_of(host) if host else "", "may_use": self._rights.may_use(), **more}
        if news != self._told:
            self._told = news
            await self._say(news)

    async def _watch(self) -> CloseReason:
        while True:
            ending = self._rights.ended()
            if ending is not None:
                return ending
            if self._now().standing is Standing.GONE:
                return GONE
            await asyncio.sleep(LOOK)

    def _now(self) -> Present:
        return present(self._vm, self._protocol)

    async def _show(self) -> CloseReason:
        """Connect whenever the mirror has a console; say why where it has none."""
        tried, tries = Present(Standing.GONE), 0
        while True:
            now = self._now()
            if now.console is None:
                await self._tell(now.standing)
                await self._other_than(now)
                continue
            if now != tried:
                tried, tries = now, 0
                await self._tell("connecting" if self._number == 0 else self._why())
            problem = await self._try(now.console)
            if not problem and self._was_idle():
                await self._tell("idle")
                self._wanted.clear()
                await self._wanted.wait()
                continue
            tries = tries + 1 if problem else 1
            soon = tries <= SOON_TRIES and problem in ("", "no_picture")
            if not problem:
                await self._tell(self._why())
            elif not soon:
                await self._tell(problem)
            await self._other_than(now, SOON if soon else LATER)

    def _why(self) -> str:
        """Why the console that was there is not."""
        return doing(self._vm) or "reconnecting"

    def _was_idle(self) -> bool:
        """Whether the host cut it because nobody typed. Source: vm_console_idle_timeout of the pool, seconds, 0 for never."""
        pool = own_pool(self._vm.home)
        limit = pool.vm_console_idle_timeout if pool is not None else 0
        return bool(limit) and limit <= time.monotonic() - self._touched <= limit + NEAR and self._now().console is not None

    async def _other_than(self, before: Present, seconds: float | None = None) -> None:
        """Wait until it stands otherwise, for so many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    self._stirred.clear()
                    if self._now() != before:
                        return
                    await self._stirred.wait()

    async def _try(self, console: Console) -> str:
        """Show this console until it ends; the word for why it did not even begin, else nothing."""
        try:
            stream = await self._connect(self._vm, console)
        except XapiError as error:
            return error_word(error)
        try:
            first = await _first(stream) if self._protocol is Protocol.GRAPHIC else b""
            if first is None:
                return "no_picture"
            self._begin(stream)
            await self._tell("open", number=self._number)
            await self._socket.send_bytes(first)
            await _first_of(self._pump(stream), self._superseded(console))
            return ""
        finally:
            self._let_go()
            stream.close()

    def _begin(self, stream: Stream) -> None:
        self._number += 1
        self._filter = ClientFilter(self._rights.may_use) if self._protocol is Protocol.GRAPHIC else None
        self._touched = time.monotonic()
        self._stream = stream

    def _let_go(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    async def _pump(self, stream: Stream) -> None:
        with suppress(OSError):
            while piece := await stream.reader.read(PIECE):
                await self._socket.send_bytes(piece)  # returns when the browser takes more

    async def _superseded(self, console: Console) -> None:
        """Until the VM has another console and this one no more; a host may leave the old one open. Source: as XenCenter does it."""
        while True:
            self._stirred.clear()
            now = self._now().console
            if now is not None and now is not console and self._vm.home.one(Console, console.ref) is None:
                return
            await self._stirred.wait()


async def _first_of(*parts: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first(stream: Stream) -> bytes | None:
    """What a console says first; None if it ends at once: xapi says 200 before it has looked for the VM's screen."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(LATER):
            return await stream.reader.read(PIECE) or None
    return None
