"""What HTTP handlers work with: who asks, what is asked, and xapi's own pages for an answer."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.requests import Request
from starlette.responses import Response

from . import tasks
from .errors import XapiError
from .login import sign_in
from .origin import ORIGIN
from .pool import Endpoint, Pool
from .sessions import Session

CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "X-Requested-With"}
NO_CACHE = {"cache-control": "no-cache, no-store"}
PAGES = {
    400: ("400 bad request", "The request lacks something, or says something wrong."),
    401: ("401 unauthorised", "Please check your credentials and retry."),
    403: ("403 forbidden", "Access to the requested resource is forbidden."),
    404: ("404 not found", "The requested resource does not exist."),
    408: ("408 request timeout", "The request did not arrive in time."),
    431: ("431 request header fields too large", "The headers are larger than this server takes."),
    500: ("500 internal server error", "An unexpected error occurred; please wait a while and try again."),
    501: ("501 not implemented", "This simulator does not have it yet."),
    503: ("503 service unavailable", "The server is busy; please try again later."),
}


@dataclass(frozen=True, slots=True)
class HttpCall:
    """What an HTTP handler works with; `session` has been checked, `host` is the endpoint that was called."""

    pool: Pool
    host: Endpoint
    session: Session
    request: Request

    @property
    def query(self) -> dict[str, str]:
        return dict(self.request.query_params)


def page(status: int, **headers: str) -> Response:
    """xapi's own little HTML pages."""
    return Response(html(status), status, {"content-type": "text/html", **NO_CACHE, **headers})


def html(status: int, more: str = "") -> str:
    """`more` is what xapi knows besides."""
    title, text = PAGES[status]
    told = f"<h1> Additional information </h1>{more}" if more else ""
    return f"<html><body><h1>HTTP {title}</h1>{text}{told}</body></html>"


def cookies(request: Request) -> dict[str, str]:
    """{name: value}, percent signs read; an old form has & between them."""
    given = request.headers.get("cookie", "")
    pairs = (part.partition("=") for part in given.split(";" if ";" in given else "&") if part.strip())
    return {unquote(name.strip()): unquote(value.strip()) for name, _, value in pairs}


async def authenticate(pool: Pool, host: Endpoint, request: Request) -> tuple[Session | None, bool]:
    """(who it is, whether the session is of this request only)"""
    ref = cookies(request).get("session_id") or request.query_params.get("session_id")
    try:
        if ref:
            return pool.sessions.get(ref), False
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
            return await sign_in(pool, host, user, password, f"{ORIGIN.get().address} using Basic auth"), True
    except (XapiError, binascii.Error, UnicodeDecodeError):
        return None, False
    return None, False


def refuse(pool: Pool, request: Request, error: XapiError) -> None:
    """The task that a client made for its transfer ends with what the client is told."""
    if task := pending(pool, request):
        tasks.fail(pool, task, error)


def complete(pool: Pool, request: Request) -> None:
    """The same where the whole answer is there at once: whatever it says, the task has succeeded."""
    if task := pending(pool, request):
        tasks.succeed(pool, task, "")


def pending(pool: Pool, request: Request) -> str:
    task = cookies(request).get("task_id") or request.query_params.get("task_id", "")
    return task if task in pool.db.rows("task") and pool.db.get(task, "status") == "pending" else ""


def json_response(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, {"content-type": "application/json", **NO_CACHE})
