"""What a connection may cost before it has said who it is: uvicorn's protocols with limits of time and size.

    http_protocol  what uvicorn is given as `http`
    Http           requests: a head is complete in time and not too long, an answer is taken in time
    Socket         websockets: short messages and no compression, until the guard knows the session
    TlsGate        TLS: counted before the handshake, which has to end in time as well

Each has a `ConnectionGuest` of the crowd; the guard finds it in the scope's state.
"""

import asyncio
import copy
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from nicegui import background_tasks
from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import get_remote_addr
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from uvicorn.server import ServerState

from xo_dash.auth.bodies import CONNECTION_KEY
from xo_dash.auth.connection_limits import ConnectionCounter, ConnectionGuest

STATE_KEY = "xo_dash.guest"
LINGER = 2.0
"""Seconds that the rest of a body is still taken after its answer, and that a websocket has for its goodbye."""
STRANGERS_MESSAGE = 1_000
"""Bytes of a websocket's message before the session is known; decompressed it could be a thousand times as long."""


def guest_of(scope: Scope) -> ConnectionGuest | None:
    """The connection of a request; None where there is none, as in tests without a network."""
    guest = scope.get("state", {}).get(STATE_KEY)
    return guest if isinstance(guest, ConnectionGuest) else None


def http_protocol(crowd: ConnectionCounter, tls: ssl.SSLContext | None = None) -> Callable[..., asyncio.Protocol]:
    """A factory of protocols; with `tls` uvicorn itself must be given no certificate."""

    def make(config: Config, server_state: ServerState, app_state: dict[str, Any], _loop: Any = None) -> asyncio.Protocol:
        http = Http(config, server_state, app_state, crowd)
        return http if tls is None else TlsGate(http, crowd, tls)

    return make


class Http(HttpToolsProtocol):
    """Requests of one connection."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], crowd: ConnectionCounter) -> None:
        super().__init__(config, server_state, app_state)
        self._crowd = crowd
        self._limits = crowd.limits
        self.guest: ConnectionGuest | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = True
        self._unparsed = 0  # bytes that came since the last complete head or message
        self._parsed = 0  # bytes of the request line and header fields of this message
        self._last_byte = 0.0
        if self.ws_protocol_class is not None:
            self.ws_protocol_class = Socket

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        address, _port = get_remote_addr(transport) or ("", 0)
        self.guest = self.guest or self._crowd.enter(address, transport.abort)
        if self.guest is None:
            transport.abort()
            return
        self.guest.cut = transport.abort
        self.app_state = {**self.app_state, STATE_KEY: self.guest, CONNECTION_KEY: self}
        self._expect(self._limits.head)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)
        self.app_state = {}  # it has this connection in it
        if self.guest:
            self.guest.leave()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._last_byte = self.loop.time()
        self._unparsed += len(data)
        super().data_received(data)
        if self._in_head and self._unparsed > self._limits.head_size and not self.transport.is_closing():
            self._refuse(431)  # of a field that does not end the parser tells nothing

    def handle_websocket_upgrade(self) -> None:
        self._stop_timer()
        super().handle_websocket_upgrade()

    def send_400_response(self, _msg: str) -> None:
        self._refuse(431 if self._parsed > self._limits.head_size else 400)

    # ---- what the parser tells; an exception ends the connection with a 400

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= self._limits.pipelined:
            raise ValueError("too many requests at once")
        self._in_head, self._parsed = True, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head, self._unparsed = False, 0
        if self.guest:
            self.guest.asked()
        self._expect(self._limits.answer)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._unparsed = True, 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._expect(self._limits.head if self._in_head else LINGER)
        super().on_response_complete()

    def _count(self, size: int) -> None:
        self._parsed += size
        if self._parsed > self._limits.head_size:
            raise ValueError("too long a head")

    # ---- time

    def _expect(self, seconds: float) -> None:
        """Something has to be over in so many seconds: a head, an answer, the rest of a body."""
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering and self.guest and self.guest.session:  # long answers and large uploads are for who is signed in
            if self._in_head or self.loop.time() - self._last_byte < self._limits.body:
                self._expect(self._limits.body)
                return
        elif not is_answering and self._in_head and self._unparsed:
            self._refuse(408)
            return
        self.transport.abort()

    def _refuse(self, status: int) -> None:
        self._stop_timer()
        self.transport.write(STATUS_LINE[status] + b"connection: close\r\ncontent-length: 0\r\n\r\n")
        self.transport.close()


class Socket(WSProtocol):
    """A websocket, in few words until the guard knows whose it is."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(_for_strangers(config), server_state, app_state)
        self._config = config
        self.close_timeout = LINGER
        self._guest = cast(ConnectionGuest, app_state[STATE_KEY])
        self._guest.on_known = self._widen
        if self._guest.session:
            self._widen()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._guest.on_known = None
        self._guest.leave()

    def _widen(self) -> None:
        self.config = self._config
        self.buffer.max_length = self._config.ws_max_size


def _for_strangers(config: Config) -> Config:
    narrow = copy.copy(config)
    narrow.ws_max_size, narrow.ws_per_message_deflate = STRANGERS_MESSAGE, False
    return narrow


class TlsGate(asyncio.Protocol):
    """Counts a connection from its first moment, and lets `http` have it once the handshake is done."""

    def __init__(self, http: Http, crowd: ConnectionCounter, context: ssl.SSLContext) -> None:
        self._http = http
        self._crowd = crowd
        self._context = context

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        bare = cast(asyncio.Transport, transport)
        address, _port = get_remote_addr(bare) or ("", 0)
        connection = socket.socket(fileno=os.dup(bare.get_extra_info("socket").fileno()))
        bare.abort()  # nothing was read yet: `connection` is the same one, to be served with TLS
        guest = self._crowd.enter(address, lambda: _shut(connection))
        if guest is None:
            connection.close()
            return
        self._http.guest = guest
        background_tasks.create(self._shake_hands(connection, guest), name="TLS handshake")

    async def _shake_hands(self, connection: socket.socket, guest: ConnectionGuest) -> None:
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._http,
                connection,
                ssl=self._context,
                ssl_handshake_timeout=self._crowd.limits.head,
                ssl_shutdown_timeout=LINGER,
            )
        except OSError:  # no TLS, no end in time, or gone: ssl.SSLError is one, too
            guest.leave()
            connection.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
