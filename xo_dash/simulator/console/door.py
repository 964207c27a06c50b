"""/console, by CONNECT or as a websocket, and /vncsnapshot: who may see which screen, from which host."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from starlette.responses import Response

from ..errors import XapiError
from ..http import NO_CACHE, HttpCall, page
from ..pool import Pool
from ..registry import http
from ..rights import may
from ..transfer.task import asked
from ..transfer.wire import Live, Wire
from .jpeg import jpeg
from .rfb import ProtocolError, Viewer
from .stream import Bare, Stream, WebSocket, accept
from .terminal import Terminal, terminal

ENTER, ERASE = b"\r\n", b"\x7f\b"


class MissingError(Exception):
    """404: no such console, or not here, or not any more."""


def console_of(call: HttpCall) -> str:
    """ref= or uuid= of a console, or of a VM for its graphic one."""
    pool, query = call.pool, call.query
    given = query.get("uuid") or query.get("ref", "")
    for cls in ("VM", "console"):
        ref = given if given in pool.db.rows(cls) else pool.db.tables[cls].by_uuid.get(given)
        if ref and cls == "console":
            return ref
        if ref:
            found = [c for c in pool.db.get(ref, "consoles") if pool.db.get(c, "protocol") == "rfb"]
            if found:
                return str(found[0])
    raise MissingError


def checked(call: HttpCall, permission: str) -> tuple[str, str]:
    """(console, VM) that runs on the host that was called. PermissionError for dom0's, which is for pool-admins."""
    console = console_of(call)
    vm = call.pool.db.get(console, "VM")
    if call.pool.db.get(vm, "is_control_domain") and not may(call.session, permission):
        raise PermissionError
    record = call.pool.db.record("VM", vm)
    if record["power_state"] != "Running" or record["resident_on"] != call.host.ref:
        raise MissingError
    return console, vm


@http("GET", "/console")
async def websocket(call: HttpCall) -> Response:
    key = call.request.headers.get("sec-websocket-key", "")
    upgrade = call.request.headers.get("upgrade", "").lower() == "websocket" and bool(key)
    lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
             f"Sec-WebSocket-Accept: {accept(key)}", "Sec-WebSocket-Protocol: binary")  # fmt: skip
    return console(call, "http/connect_console_ws/host_console_ws", lines) if upgrade else page(501)


@http("CONNECT", "/console")
async def connect(call: HttpCall) -> Response:
    lines = ("HTTP/1.1 200 OK", "Connection: keep-alive", "Cache-Control: no-cache, no-store")
    return console(call, "http/connect_console/host_console", lines)


def console(call: HttpCall, permission: str, head: tuple[str, ...]) -> Response:
    pool = call.pool
    try:
        ref, vm = checked(call, permission)
    except MissingError:
        return page(404)
    except PermissionError:
        return page(403)
    viewers: dict[str, int] = pool.facts.setdefault("viewers", {})
    if viewers.get(vm) and pool.db.get(pool.ref, "limit_console_sessions"):
        return page(503)

    async def work(wire: Wire) -> None:
        viewers[vm] = viewers.get(vm, 0) + 1
        try:
            bare = Bare(wire.transport)
            await bare.write("\r\n".join((*head, "", "")).encode())
            stream = WebSocket(bare) if " 101 " in head[0] else bare
            with contextlib.suppress(EOFError, ProtocolError):
                await watch(pool, ref, vm, stream)
            if isinstance(stream, WebSocket):
                await stream.close()
        finally:
            viewers[vm] -= 1

    return Live(work)


async def watch(pool: Pool, ref: str, vm: str, stream: Stream) -> None:
    shown, idle = terminal(pool, vm), Idle(pool, vm)

    def alive() -> bool:
        return pool.db.exists(ref) and pool.db.get(vm, "domid") == shown.domid and not idle.for_too_long()

    if pool.db.get(ref, "protocol") == "vt100":
        idle.ignore()
        await talk(shown, stream, alive)
    else:
        await Viewer(stream, shown, alive, idle.no_more).serve()


class Idle:
    """How long nobody has touched a key or the mouse, in simulated seconds; what is too long is read when a viewer comes.

    Text consoles are not watched: xapi looks for RFB's messages.
    """

    def __init__(self, pool: Pool, vm: str) -> None:
        self._clock, db = pool.clock, pool.db
        host = db.get(vm, "resident_on")
        own = db.get(host, "console_idle_timeout") if db.get(vm, "is_control_domain") else db.get(pool.ref, "vm_console_idle_timeout")
        self._most = float(own)
        self._since = self._clock.now()

    def ignore(self) -> None:
        self._most = 0.0

    def no_more(self) -> None:
        self._since = self._clock.now()

    def for_too_long(self) -> bool:
        return 0 < self._most < self._clock.now() - self._since


async def talk(shown: Terminal, stream: Stream, alive: Callable[[], bool]) -> None:
    """The text console: the screen's lines as they come, and keys as bytes."""
    reading = asyncio.ensure_future(stream.some())
    told: list[str] = []
    try:
        while alive():
            lines = shown.text()
            if lines != told:
                await stream.write(difference(told, lines))
                told = lines
            done, _ = await asyncio.wait({reading}, timeout=0.25)
            if done:
                for char in reading.result().decode("latin-1"):
                    shown.key({"\r": "\n", "\x7f": "\b", "\x0c": "\f"}.get(char, char))
                reading = asyncio.ensure_future(stream.some())
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def difference(old: list[str], new: list[str]) -> bytes:
    """What turns the old lines into the new ones on a terminal: the last line goes on, or all is written again."""
    if old and new[: len(old) - 1] == old[:-1] and len(new) >= len(old):
        return b"\r\x1b[K" + ENTER.join(line.encode() for line in new[len(old) - 1 :])
    return b"\x1b[2J\x1b[H" + ENTER.join(line.encode() for line in new)


@http("GET", "/vncsnapshot")
async def vncsnapshot(call: HttpCall) -> Response:
    try:
        asked(call.pool, call.request, "VM")
        _, vm = checked(call, "http/get_vncsnapshot/host_console")
    except (MissingError, XapiError):
        return page(404)
    except PermissionError:
        return page(403)
    picture = await asyncio.to_thread(jpeg, terminal(call.pool, vm).picture())
    return Response(picture, 200, {"content-type": "image/jpeg", **NO_CACHE})
