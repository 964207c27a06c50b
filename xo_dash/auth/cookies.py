"""The one cookie: a random token, for this site and its server alone."""

from collections.abc import Mapping

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from xo_dash.auth.sessions import LIFETIME


def cookie_name(scope: Scope, headers: Mapping[str, str]) -> str:
    """With the port, as browsers share cookies among all ports of a host; under TLS with the prefix only our own host can set."""
    _host, _colon, port = headers.get("host", "").rpartition(":")
    name = f"xo-dash-{port}" if port.isascii() and port.isdigit() else "xo-dash"
    return f"__Host-{name}" if is_secure(scope) else name


def is_secure(scope: Scope) -> bool:
    return scope.get("scheme") in ("https", "wss")


def read_token(scope: Scope, headers: Mapping[str, str]) -> str:
    """Empty if there is none."""
    given = cookie_parser(headers.get("cookie", ""))  # http.cookies would stop at another program's odd cookie
    return given.get(cookie_name(scope, headers), "")


def set_token(response: Response, scope: Scope, headers: Mapping[str, str], token: str) -> None:
    response.set_cookie(
        cookie_name(scope, headers),
        token,
        max_age=int(LIFETIME),
        secure=is_secure(scope),
        httponly=True,
        samesite="lax",  # strict would ask for a sign-in whenever somebody follows a link from a chat
    )


def drop_token(response: Response, scope: Scope, headers: Mapping[str, str]) -> None:
    response.delete_cookie(cookie_name(scope, headers), secure=is_secure(scope), httponly=True, samesite="lax")


def set_binding(response: Response, scope: Scope, headers: Mapping[str, str], binding: str) -> None:
    """That this browser went to the provider; for the way back alone."""
    response.set_cookie(f"{cookie_name(scope, headers)}-sso", binding, max_age=600, secure=is_secure(scope), httponly=True, samesite="lax")


def read_binding(scope: Scope, headers: Mapping[str, str]) -> str:
    """Empty if there is none."""
    return cookie_parser(headers.get("cookie", "")).get(f"{cookie_name(scope, headers)}-sso", "")


def drop_binding(response: Response, scope: Scope, headers: Mapping[str, str]) -> None:
    response.delete_cookie(f"{cookie_name(scope, headers)}-sso", secure=is_secure(scope), httponly=True, samesite="lax")
