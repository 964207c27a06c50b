"""The messages of a page's socket: each is taken only from the socket that belongs to the page, while its session is open.

Replaces NiceGUI's own handlers, which take them from any socket that knows the page's id.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from nicegui import Client, core
from nicegui import nicegui as handlers
from socketio.exceptions import ConnectionRefusedError as Refused  # type: ignore[import-untyped]

from xo_dash.auth.current import may_use, scope_session, session_of
from xo_dash.auth.engine_socket import EngineSocket
from xo_dash.auth.reload import REFUSAL
from xo_dash.auth.sessions import Session

LOG_LEVELS = ("debug", "info", "warning", "error")
PATIENCE = 1.0
"""Seconds for a browser to take the news that its session ended."""


def register() -> None:
    """Put ours in the place of NiceGUI's."""
    core.sio.on("connect", _connect)
    core.sio.on("handshake", _handshake)
    core.sio.on("event", _event)
    core.sio.on("javascript_response", _javascript_response)
    core.sio.on("ack", _ack)
    core.sio.on("log", _log)
    core.sio.eio._async = {**core.sio.eio._async, "websocket": EngineSocket}


async def _connect(sid: str, environ: Mapping[str, Any], _auth: object = None) -> None:
    query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
    if not _is_own(environ, query):
        raise Refused(REFUSAL)
    if query.get("implicit_handshake") == "true" and not await _greet(sid, query):
        raise Refused(REFUSAL)


async def _handshake(sid: str, data: object) -> bool:
    """Only for pages that were fetched ahead; the others do it while they connect."""
    return isinstance(data, dict) and _is_own(core.sio.get_environ(sid) or {}, data) and await _greet(sid, data)


async def _greet(sid: str, data: Mapping[str, Any]) -> bool:
    if not all(isinstance(data.get(name), str) for name in ("client_id", "tab_id", "document_id")):
        return False
    if not str(data.get("next_message_id", 0)).isdecimal():
        return False
    return bool(await handlers._on_handshake(sid, dict(data)))


def _is_own(environ: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    """Whether the socket's session is open and fetched the page it speaks of."""
    session = scope_session(environ.get("asgi.scope", {}))
    client = Client.instances.get(str(data.get("client_id")))
    return session is not None and client is not None and may_use(session, client)


def _sender(sid: str, message: object) -> dict[str, Any] | None:
    """The message, if it comes from the page it names and that page's session is open."""
    if not isinstance(message, dict):
        return None
    client = Client.instances.get(str(message.get("client_id")))
    if client is None or sid not in core.sio.manager.rooms.get("/", {}).get(client.id, ()):  # NiceGUI's handshake put it there
        return None
    session = session_of(client)
    return message if session is not None and may_use(session, client) else None


def _event(sid: str, message: object) -> None:
    own = _sender(sid, message)
    if own and isinstance(own.get("id"), int) and isinstance(own.get("listener_id"), str) and isinstance(own.get("args", []), list):
        handlers._on_event(sid, own)


def _javascript_response(sid: str, message: object) -> None:
    own = _sender(sid, message)
    if own and isinstance(own.get("request_id"), str):
        handlers._on_javascript_response(sid, own)


def _ack(sid: str, message: object) -> None:
    own = _sender(sid, message)
    if own and isinstance(own.get("next_message_id"), int):
        handlers._on_ack(sid, own)


def _log(sid: str, message: object) -> None:
    own = _sender(sid, message)
    if own and own.get("level") in LOG_LEVELS:
        text = "".join(character if character.isprintable() else " " for character in str(own.get("message"))[:2000])
        handlers._on_log(sid, {**own, "message": f"browser: {text}"})


def pages_of(session: Session) -> list[Client]:
    return [client for client in Client.instances.values() if session_of(client) is session]


async def end_pages(session: Session) -> None:
    """Make the open pages of an ended session reload (to the sign-in)."""
    await reload_pages(pages_of(session))


async def reload_pages(clients: Sequence[Client]) -> None:
    """Cut their sockets and forget them; their browsers load them anew."""
    sockets = [sid for client in clients for sid, _engine in core.sio.manager.get_participants("/", client.id)]
    for client in clients:
        await core.sio.emit("try_reconnect", room=client.id)
    for client in clients:
        if client.id in Client.instances:
            _forget(client)
    await asyncio.gather(*(_cut(sid) for sid in sockets))


def _forget(client: Client) -> None:
    """Delete it now, and not again when NiceGUI has waited long enough for a browser that already left."""
    for document in list(client._delete_tasks):
        client._cancel_delete_task(document)
    client.delete()


async def _cut(sid: str) -> None:
    with suppress(KeyError, TimeoutError, asyncio.TimeoutError):
        engine = core.sio.manager.eio_sid_from_sid(sid, "/")
        if engine is None:
            return  # cut already; without an id engine.io would close everybody's
        await core.sio.disconnect(sid)
        await asyncio.wait_for(core.sio.eio.disconnect(engine), PATIENCE)
