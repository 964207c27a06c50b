"""Stands in front of every request and websocket: ASGI, as what NiceGUI calls middleware does not see websockets."""

from collections.abc import Callable
from urllib.parse import parse_qs

from nicegui import Client
from nicegui.version import __version__ as nicegui_version
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xo_dash.door.cookies import is_secure, read_token
from xo_dash.door.current import SCOPE_KEY, session_of
from xo_dash.door.headers import secured
from xo_dash.door.origins import SAFE_METHODS, host_is_loopback, is_anonymous, is_foreign, login_path
from xo_dash.door.sessions import Session, SessionTable
from xo_dash.door.socket_life import SocketLife

PUBLIC = frozenset({"/healthz", "/login", "/first-run", "/sign-out", "/favicon.ico", "/kiosk"})
PUBLIC_FILES = f"/_nicegui/{nicegui_version}/"
"""Scripts, styles and fonts: the same for everybody."""
SOCKET = "/_nicegui_ws/"
OF_A_PAGE = "/_nicegui/client/"
"""Uploads: `/_nicegui/client/<client id>/...`"""
OF_A_KIOSK = "/kiosk/map"
"""The one page that a screen on a wall may have."""
FOR_A_KIOSK = ("/theme/", "/_nicegui/")
"""What that page fetches."""
FAREWELL = 1.0
"""Seconds for a page's socket to be told the end before it is cut."""


class Guard:
    """Lets pass what comes from our own pages and, but for the public paths, with an open session.

    A page's socket must come with the session that fetched the page. One for a page nobody knows (any more) passes, to be
    refused by socket.io: only that makes a page left over from before a restart reload itself, which leads it to the sign-in.
    """

    def __init__(self, app: ASGIApp, sessions: SessionTable, first_run: Callable[[], bool], loopback_only: Callable[[], bool]) -> None:
        """`first_run`: whether there is no administrator yet; `loopback_only`: whether other host names are refused."""
        self._app = app
        self._sessions = sessions
        self._first_run = first_run
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        token = read_token(scope, headers)
        session = self._sessions.find(token) if token else None
        scope[SCOPE_KEY] = session
        refusal = self._refusal(scope, headers, session)
        if scope["type"] == "http":
            await (refusal or self._app)(scope, receive, _securing(send, is_secure(scope)))
        elif refusal:
            await _refuse_socket(receive, send)
        elif session is None:
            await self._app(scope, receive, send)
        else:
            grace = FAREWELL if route_path(scope).startswith(SOCKET) else 0.0
            await SocketLife(session, grace).serve(self._app, scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers, session: Session | None) -> Response | None:
        path = route_path(scope)
        if self._loopback_only() and not host_is_loopback(headers):
            return PlainTextResponse("The demo answers only to localhost.", 421)
        if _may_change_something(scope, path) and (is_foreign(headers) or (is_anonymous(headers) and "cookie" in headers)):
            return PlainTextResponse("This request comes from another site.", 403)
        return self._trespass(scope, headers, path, session)

    def _trespass(self, scope: Scope, headers: Headers, path: str, session: Session | None) -> Response | None:
        if path in PUBLIC or path.startswith(PUBLIC_FILES):
            return None
        if path.startswith(SOCKET):
            return _socket_refusal(scope["query_string"], session)
        if session is None:
            return self._way_in(scope, headers, path)
        if session.kiosk_id and not _is_for_kiosks(scope, path):
            return PlainTextResponse("This link shows the map and nothing else.", 403)
        if path.startswith(OF_A_PAGE) and not _owns(session, path.removeprefix(OF_A_PAGE).split("/")[0]):
            return PlainTextResponse("This is not your page.", 403)
        return None

    def _way_in(self, scope: Scope, headers: Headers, path: str) -> Response:
        wants_page = scope["type"] == "http" and scope["method"] in SAFE_METHODS and "text/html" in headers.get("accept", "")
        if not wants_page:
            return JSONResponse({"error": "sign in first"}, 401)
        if path == OF_A_KIOSK:
            return RedirectResponse("/kiosk", 303)  # with the link's secret behind its #, which a browser keeps
        if self._first_run():
            return RedirectResponse("/first-run", 303)
        return RedirectResponse(login_path(path, scope["query_string"].decode("latin-1")), 303)


def _is_for_kiosks(scope: Scope, path: str) -> bool:
    if scope["type"] != "http" or scope["method"] not in SAFE_METHODS:
        return False
    return path == OF_A_KIOSK or (path.startswith(FOR_A_KIOSK) and not path.startswith(OF_A_PAGE))


def route_path(scope: Scope) -> str:
    """The path without what a reverse proxy put before it."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def _may_change_something(scope: Scope, path: str) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS or path.startswith(SOCKET)


def _socket_refusal(query_string: bytes, session: Session | None) -> Response | None:
    query = parse_qs(query_string.decode("latin-1"))
    client = Client.instances.get(query.get("client_id", [""])[0])
    owner = session_of(client) if client else None
    if client is None or (owner and not owner.is_open):
        return None if query.get("implicit_handshake") == ["true"] else PlainTextResponse("No such page.", 401)
    if session is None or owner is not session:
        return PlainTextResponse("This is not your page.", 403)
    return None


def _owns(session: Session, client_id: str) -> bool:
    client = Client.instances.get(client_id)
    return client is not None and session_of(client) is session


def _securing(send: Send, tls: bool) -> Send:
    async def secure(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": secured(message.get("headers", ()), tls)}
        await send(message)

    return secure


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})  # before it was accepted: the browser sees a 403
