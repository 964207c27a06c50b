"""Stands in front of every request and websocket: ASGI, as what NiceGUI calls middleware does not see websockets."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qs

from nicegui import Client
from nicegui.version import __version__ as nicegui_version
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data.stores.users import User
from xo_dash.auth.cookies import is_secure, read_token
from xo_dash.auth.csrf import SAFE_METHODS, host_is_loopback, is_anonymous, is_foreign, is_of_one_site, is_ours_but_for_tls, login_path
from xo_dash.auth.current import SCOPE_KEY, may_use, session_of
from xo_dash.auth.headers import secured
from xo_dash.auth.kinds import EVERYBODY, SessionKind, endpoint_of, kinds_of
from xo_dash.auth.problems import API, METRICS, problem
from xo_dash.auth.reload import answer_websocket, polling_answer
from xo_dash.auth.sessions import Session, SessionTable
from xo_dash.auth.socket_life import SocketLife
from xo_dash.auth.wire import guest_of
from xo_dash.i18n import N_, _, negotiate, using

log = logging.getLogger(__name__)

FAVICON = "/favicon.ico"
PUBLIC_FILES = f"/_nicegui/{nicegui_version}/"
"""Scripts, styles and fonts: the same for everybody."""
SOCKET = "/_nicegui_ws/"
OF_A_PAGE = "/_nicegui/client/"
"""Uploads: `/_nicegui/client/<client id>/...`"""
OF_A_KIOSK = "/kiosk/map"
"""The one page that a screen on a wall may have."""
WAYS_OUT = frozenset({"/view-as", "/view-as/stop", "/sign-out"})
"""Of who looks through another user's eyes."""
FAREWELL = 1.0
"""Seconds for a page's socket to be told the end before it is cut."""


class Guard:
    """Lets pass what comes from our own pages, each kind of session to the routes that serve it (see `kinds`).

    A page's socket must come with the session that fetched the page. One for a page nobody knows (any more) is answered
    here, so that the page reloads itself (see `reload`).
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: SessionTable,
        routes: Iterable[BaseRoute],
        first_run: Callable[[], bool],
        loopback_only: Callable[[], bool],
        ready: Callable[[User], Awaitable[object]],
    ) -> None:
        """`routes`: the program's, as they are at each request; `first_run`: whether there is no administrator yet;
        `loopback_only`: whether other host names are refused."""
        self._app = app
        self._sessions = sessions
        self._routes = routes
        self._first_run = first_run
        self._loopback_only = loopback_only
        self._ready = ready
        self._has_explained = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        session = await self._session(scope, headers)
        scope[SCOPE_KEY] = session
        refusal = _overcrowding(scope, headers, session) or self._refusal(scope, headers, session)
        if refusal is None and session is not None and (user := self._sessions.user_of(session)) is not None:
            _kept = await self._ready(user)
        if scope["type"] == "http":
            if refusal is None and _is_socket_of_no_page(scope):
                refusal = polling_answer(scope)
            await (refusal or self._app)(scope, receive, _securing(send, is_secure(scope)))
        elif refusal:
            await _refuse_socket(receive, send)
        elif _is_socket_of_no_page(scope):
            await answer_websocket(receive, send)
        elif session is None:
            await self._app(scope, receive, send)
        else:
            grace = FAREWELL if route_path(scope).startswith(SOCKET) else 0.0
            await SocketLife(session, grace).serve(self._app, scope, receive, send)

    async def _session(self, scope: Scope, headers: Headers) -> Session | None:
        """Of a program with a token, else of the browser that has this cookie."""
        if bearer := _bearer(headers):
            address, _port = scope.get("client") or ("", 0)
            return await self._sessions.bearing(bearer, address)
        if scope["type"] == "websocket" and (ticket := _ticket(scope)):
            return self._sessions.tickets.take(ticket)
        token = read_token(scope, headers)
        return self._sessions.find(token) if token else None

    def _refusal(self, scope: Scope, headers: Headers, session: Session | None) -> Response | None:
        path = route_path(scope)
        if self._loopback_only() and not host_is_loopback(headers):
            return _plain(headers, N_("The demo answers only to localhost."), 421)
        by_cookie = not _bearer(headers)  # which browsers send along with whatever any site asks for; a token they do not
        if (
            by_cookie
            and _may_change_something(scope, path)
            and (is_foreign(headers, is_secure(scope)) or (is_anonymous(headers) and "cookie" in headers))
        ):
            return _plain(headers, self._why_foreign(headers, is_secure(scope)), 403)
        if session is not None and session.viewing_as and scope["type"] == "http" and _changes(scope, path):
            return _plain(headers, N_("You are viewing as another user. Stop viewing to change anything."), 403)
        return self._trespass(scope, headers, path, session)

    def _why_foreign(self, headers: Headers, tls: bool) -> str:
        """Of a proxy that does not say how it was called, or whether by TLS, the administrator is told once: nothing works behind it."""
        if not is_ours_but_for_tls(headers, tls) and not is_of_one_site(headers):
            return N_("This request comes from another site.")
        if not self._has_explained:
            self._has_explained = True
            log.warning(
                "refused a request from a page of %.200r that came to %.200r; if there is a reverse proxy, let it pass on Host and set "
                "X-Forwarded-Proto, and name its address in FORWARDED_ALLOW_IPS",
                headers.get("origin", ""), f"{'https' if tls else 'http'}://{headers.get('host', '')}",
            )  # fmt: skip
        return N_("This looks like a request from another site. A reverse proxy must pass on Host and X-Forwarded-Proto: see the log.")

    def _trespass(self, scope: Scope, headers: Headers, path: str, session: Session | None) -> Response | None:
        if path.startswith(SOCKET):
            return _socket_refusal(scope, headers, session)
        kind = session.kind if session else SessionKind.NOBODY
        if kind is not SessionKind.PERSON:
            served = self._served(scope, path)
            if served is None or kind not in served:
                return self._way_in(scope, headers, path) if session is None else _elsewhere(headers, kind, served)
        if path.startswith(OF_A_PAGE) and not (session and _owns(session, path.removeprefix(OF_A_PAGE).split("/")[0])):
            return _plain(headers, N_("You do not have access to this page."), 403)
        return None

    def _served(self, scope: Scope, path: str) -> SessionKind | None:
        """The kinds that this address serves; None if there is nothing at it."""
        if path == FAVICON or path.startswith(PUBLIC_FILES):
            return EVERYBODY
        endpoint = endpoint_of(self._routes, scope)
        return None if endpoint is None else kinds_of(endpoint)

    def _way_in(self, scope: Scope, headers: Headers, path: str) -> Response:
        if path.startswith(API) or path == METRICS:
            return self._unauthorized(headers)
        wants_page = scope["type"] == "http" and scope["method"] in SAFE_METHODS and "text/html" in headers.get("accept", "")
        if not wants_page:
            with using(negotiate(headers.get("accept-language", ""))):
                return problem(401, _("Sign in first; a program uses the API below {path}, with a token.").format(path="/api/v1"))
        if path == OF_A_KIOSK:
            return RedirectResponse("/kiosk", 303)  # with the link's secret behind its #, which a browser keeps
        if self._first_run():
            return RedirectResponse("/first-run", 303)
        return RedirectResponse(login_path(path, scope["query_string"].decode("latin-1")), 303)

    def _unauthorized(self, headers: Headers) -> Response:
        token = self._sessions.expired(bearer) if (bearer := _bearer(headers)) else None
        with using(negotiate(headers.get("accept-language", ""))):
            if token is not None:
                sentence = _("The token “{name}” has expired; create a new one.").format(name=token.name)
            elif bearer:
                sentence = _("This token is not valid (any more); create a new one.")
            else:
                sentence = _("Send a token as “Authorization: Bearer …”; create one in “My account” or with: xo-dash token add.")
        return problem(401, sentence, {"www-authenticate": 'Bearer realm="xo-dash"'})


def _ticket(scope: Scope) -> str:
    """Of a websocket of a program; empty if there is none."""
    query: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"))
    return query.get("ticket", [""])[0]


def _bearer(headers: Headers) -> str:
    """The token of a program; empty if there is none."""
    scheme, _space, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _overcrowding(scope: Scope, headers: Headers, session: Session | None) -> Response | None:
    """Tell the connection whose it is: from here on a session's connection is no stranger's."""
    guest = guest_of(scope)
    if guest is None or guest.came_with(session.key if session else "", session.kind if session else SessionKind.NOBODY):
        return None
    return _plain(headers, N_("Too many connections; close some pages."), 503)


def _elsewhere(headers: Headers, kind: SessionKind, served: SessionKind | None) -> Response:
    """To a screen or a program, what is not for it."""
    if served is None:
        return nothing_here(headers)
    return _plain(
        headers, N_("This link shows only the map.") if kind is SessionKind.KIOSK else N_("A token can be used for the API only."), 403
    )


def nothing_here(headers: Headers) -> Response:
    """The bare page for whoever may not see the frame."""
    return _plain(headers, N_("There is nothing at this address"), 404)


def _plain(headers: Headers, sentence: str, status: int) -> Response:
    """For a browser; for a program as a problem."""
    with using(negotiate(headers.get("accept-language", ""))):
        return PlainTextResponse(_(sentence), status) if "text/html" in headers.get("accept", "") else problem(status, _(sentence))


def route_path(scope: Scope) -> str:
    """The path without what a reverse proxy put before it."""
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


def _may_change_something(scope: Scope, path: str) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS or path.startswith(SOCKET)


def _changes(scope: Scope, path: str) -> bool:
    """Whether a request of who looks through another's eyes may change something; the way out does not."""
    return scope["method"] not in SAFE_METHODS and not path.startswith(SOCKET) and path not in WAYS_OUT


def _page_of_socket(scope: Scope) -> tuple[Client | None, dict[str, list[str]]]:
    """The page that a socket is for, and what else it says."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return Client.instances.get(query.get("client_id", [""])[0]), query


def _is_left_over(client: Client | None) -> bool:
    """Whether the page is not there any more, or its session is over."""
    owner = session_of(client) if client else None
    return client is None or (owner is not None and not owner.is_open)


def _socket_refusal(scope: Scope, headers: Headers, session: Session | None) -> Response | None:
    client, query = _page_of_socket(scope)
    if client is None or _is_left_over(client):
        return None if query.get("implicit_handshake") == ["true"] else _plain(headers, N_("There is nothing at this address"), 401)
    if session is None or not may_use(session, client):
        return _plain(headers, N_("You do not have access to this page."), 403)
    return None


def _is_socket_of_no_page(scope: Scope) -> bool:
    return route_path(scope).startswith(SOCKET) and _is_left_over(_page_of_socket(scope)[0])


def _owns(session: Session, client_id: str) -> bool:
    client = Client.instances.get(client_id)
    return client is not None and may_use(session, client)


def _securing(send: Send, tls: bool) -> Send:
    async def secure(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": secured(message.get("headers", ()), tls)}
        await send(message)

    return secure


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})  # before it was accepted: the browser sees a 403
