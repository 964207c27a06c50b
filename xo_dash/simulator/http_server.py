"""HTTP in front of the pools: one ASGI application for all their hosts, told apart by the address that was called."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from . import jsonrpc, xmlrpc
from .answered_headers import preflight, with_thumbprint
from .errors import EmergencyError, MalformedError, XapiError
from .faults import Fault
from .http import CORS, NO_CACHE, HttpCall, authenticate, complete, cookies, page, refuse
from .http_wire import Dripping, DropError, Receive, Scope, Send, Truncated, disconnected, transport
from .origin import INSIDE, ORIGIN, Origin
from .paths import PATHS
from .pool import Endpoint, Pool
from .registry import HttpRoute
from .rights import denied, may
from .sessions import NOBODY, Session
from .transfer import audit_lines

log = logging.getLogger(__name__)

T = TypeVar("T")

METHODS = ("GET", "PUT", "POST", "CONNECT", "OPTIONS")
BODY_LIMIT = 300 * 1024


class UnavailableError(Exception):
    """HTTP 503."""


class Server:
    """The application; `endpoints` maps (address, port) to a pool and one of its hosts."""

    def __init__(self) -> None:
        self.endpoints: dict[tuple[str, int], tuple[Pool, Endpoint]] = {}
        self.down: set[str] = set()  # addresses that drop every connection, as a dead host does

    def add(self, pool: Pool, *more_ports: int) -> None:
        for host in pool.hosts.values():
            for port in (pool.port, *more_ports):
                self.endpoints[host.address, port] = (pool, host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        pool, host = self._endpoint(scope)
        request = Request(scope, receive)
        ORIGIN.set(origin_of(scope, request))
        try:
            if host.address in self.down:
                raise DropError
            response = await self._answer(pool, host, request)
        except (DropError, ClientDisconnect):
            transport(send).abort()
            await disconnected(receive)
            return
        except UnavailableError:
            response = page(503)
        except asyncio.CancelledError:  # the simulator stops, or what was waited for did; there is nobody to answer any more
            transport(send).abort()
            await disconnected(receive)
            return
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            response = page(500)
        if isinstance(response, Truncated):
            await response.half(scope, receive, send)
            return
        await response(scope, receive, send)

    def _endpoint(self, scope: Scope) -> tuple[Pool, Endpoint]:
        address, port = scope["server"][:2]
        found = self.endpoints.get((address, port))
        if found:
            return found
        pool = next((p for p, _ in self.endpoints.values() if p.port == port), None) or next(iter(self.endpoints.values()))[0]
        return pool, pool.master

    async def _answer(self, pool: Pool, host: Endpoint, request: Request) -> Response:
        if request.method not in METHODS:
            return page(501)
        match request.method, request.url.path:
            case "POST", path if path.startswith("/jsonrpc"):
                return await self._rpc(pool, host, request, self._json)
            case "POST", path if routed(pool, "POST", path) is None:  # "/" is a path that all others begin with: /RPC2, /xmlrpc
                return await self._rpc(pool, host, request, self._xml)
            case "OPTIONS", path if routed(pool, "OPTIONS", path) is None:
                return Response("", 200, {**preflight(request), **NO_CACHE})
        return await self._handler(pool, host, request)

    async def _rpc(self, pool: Pool, host: Endpoint, request: Request, codec: Callable[..., Awaitable[Response]]) -> Response:
        if "content-length" not in request.headers:
            return page(500)
        if int(request.headers["content-length"]) > BODY_LIMIT:
            return page(500)  # xapi has no word of its own for it
        body = await request.body()
        if len(body) > BODY_LIMIT:
            return page(500)
        try:
            return with_thumbprint(pool, request, await codec(pool, host, request, body))
        except MalformedError as error:
            log.info("malformed request: %s", error)
            return page(500)

    async def _xml(self, pool: Pool, host: Endpoint, request: Request, body: bytes) -> Response:
        name, parameters = xmlrpc.decode(body)
        fault = await strike(pool, host, request, name, parameters)
        xml = pool.dispatcher.xml

        async def answered() -> str:
            try:
                answer = await pool.dispatcher.call(pool, host, name, parameters, fault)
            except XapiError as error:
                return xml.failure(error)
            except Exception as error:
                log.exception("%s failed", name)
                return xml.failure(XapiError("INTERNAL_ERROR", repr(error)))
            return xml.bare(answer.type, answer.value) if name == "system.listMethods" else xml.success(answer.type, answer.value)

        return reply((await performed(request, name, answered())).encode(), "text/xml", fault)

    async def _json(self, pool: Pool, host: Endpoint, request: Request, body: bytes) -> Response:
        call = jsonrpc.decode(body)
        fault = await strike(pool, host, request, call.method, call.parameters)

        async def answered() -> bytes:
            try:
                return call.success((await pool.dispatcher.call(pool, host, call.method, call.parameters, fault)).value)
            except EmergencyError as error:
                return jsonrpc.encode({"jsonrpc": "2.0", "error": error.details, "id": 0})  # so does xapi, whatever was asked
            except XapiError as error:
                return call.failure(error)
            except Exception as error:
                log.exception("%s failed", call.method)
                return call.failure(XapiError("INTERNAL_ERROR", repr(error)))

        return reply(await performed(request, call.method, answered()), "application/json", fault)

    async def _handler(self, pool: Pool, host: Endpoint, request: Request) -> Response:
        """A handler of the registry, after xapi's order of authentication: session, then HTTP Basic."""
        route = routed(pool, request.method, request.url.path)
        if route is None:
            return page(403)
        parameters = [*request.query_params.values(), *cookies(request).values()]
        fault = await strike(pool, host, request, request.url.path, parameters)
        session, temporary = await authenticate(pool, host, request) if route.permission else (NOBODY, False)
        if session is None:
            refuse(pool, request, XapiError("SESSION_AUTHENTICATION_FAILED"))
            return page(401, **{"WWW-Authenticate": f'Basic realm="{route.realm}"'})
        try:
            response = await self._admitted(pool, host, request, route, session, fault)
        finally:
            if temporary:
                pool.sessions.logout(session.ref)
        if fault and fault.action == "truncate":
            cut: Callable[[], Response] | None = getattr(response, "cut", None)  # those that stream know how
            return cut() if cut else Truncated(response)
        return response

    async def _admitted(
        self, pool: Pool, host: Endpoint, request: Request, route: HttpRoute, session: Session, fault: Fault | None
    ) -> Response:
        if route.permission and not may(session, route.permission):
            refuse(pool, request, denied(route.permission))
            audit_lines.handled(pool, session, route.permission, "")
            return page(403)
        if fault and fault.error:
            return page(500)
        response = await route.handler(HttpCall(pool, host, session, request))
        if type(response) is Response and response.status_code != 302:
            complete(pool, request)
        if not getattr(response, "audits_itself", False):
            audit_lines.handled(pool, session, route.permission, "OK")
        return response


def origin_of(scope: Scope, request: Request) -> Origin:
    client, server = scope.get("client"), scope["server"]
    return Origin(client[0], f"{server[0]}:{server[1]}", request.headers.get("user-agent", "")) if client else INSIDE


def routed(pool: Pool, method: str, path: str) -> HttpRoute | None:
    """The handler with the longest path that `path` begins with, as xapi finds it: clients ask for /export/ and /import/."""
    for end in range(len(path), 1, -1):
        asked = (method, path[:end])
        if route := pool.registry.routes.get(asked):
            return route
        if known := PATHS.get(asked):
            return HttpRoute(unwritten, *known)
    return None


async def performed(request: Request, method: str, work: Coroutine[Any, Any, T]) -> T:
    """What `work` writes as the answer, in the turn in which it was found: records change in the next one, and xapi's batches of events
    are of one moment. But nobody waits for events for a client that has gone."""
    if not method.startswith("event"):
        return await work
    answering = asyncio.ensure_future(work)
    answering.add_done_callback(lambda done: done.cancelled() or done.exception())  # or asyncio complains when nobody is left to hear it
    gone = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done():
            raise DropError
        return answering.result()
    finally:
        answering.cancel()
        gone.cancel()


async def unwritten(http: HttpCall) -> Response:
    log.warning("%s: nobody has written this handler", http.request.url.path)
    return page(501)


def reply(body: bytes, kind: str, fault: Fault | None) -> Response:
    # Content-Type to the letter: clients compare it, and starlette would add a charset to text
    response = Response(body, 200, {"content-type": kind, **NO_CACHE, **CORS})
    if fault and fault.action == "truncate":
        return Truncated(response)
    return Dripping(body, response.headers, fault.rate) if fault and fault.action == "slow" else response


async def strike(pool: Pool, host: Endpoint, request: Request, method: str, parameters: list[Any]) -> Fault | None:
    """The fault that hits this request; those that concern the transport alone happen here."""
    if not len(pool.faults):
        return None
    fault = pool.faults.take(method, parameters, host.address, pool)
    if fault is None:
        return None
    await asyncio.sleep(fault.delay)
    match fault.action:
        case "drop":
            raise DropError
        case "503":
            raise UnavailableError
        case "hang":
            await disconnected(request.receive)
            raise DropError
    return fault
