"""What the routes of the sign-in have in common: what was posted, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from xo_dash.auth.cookies import set_token
from xo_dash.auth.current import scope_session
from xo_dash.auth.devices import device_of
from xo_dash.auth.problems import problem
from xo_dash.auth.refused import Refused
from xo_dash.i18n import negotiate

if TYPE_CHECKING:
    from xo_dash.auth.session_keeper import SessionKeeper
    from xo_dash.auth.sessions import Session

LONGEST_BODY: Final = 32 * 1024
NO_STORE: Final = {"cache-control": "no-store"}
Fields = Mapping[str, str]
START: Final = "start"
"""The preference of a user: the page after a sign-in."""
START_PAGES: Final = ("/", "/attention", "/vms", "/hosts", "/storage", "/networks", "/consoles", "/tasks")


def let_in(keeper: SessionKeeper, request: Request, token: str, session: Session, target: str, shown: Response | None = None) -> Response:
    """To `target`, which is the user's start page where they wanted to go nowhere else, or with `shown` before."""
    if target == "/" and session.kiosk_id == "" and (start := session.user().preferences.get(START)) in START_PAGES:
        target = str(start)
    if before := scope_session(request.scope):
        # never two sessions in one browser, and none that was there before the sign-in
        keeper.end(before, "another sign-in in this browser")
    session.device = device_of(request.headers.get("user-agent", ""))
    response = shown or (JSONResponse({"next": target}) if wants_json(request) else RedirectResponse(target, 303))
    set_token(response, request.scope, request.headers, token)
    return response


def refused_json(refusal: Refused) -> Response:
    return problem(status_of(refusal), str(refusal), retry_after(refusal))


def status_of(refusal: Refused | None) -> int:
    if refusal is None:
        return 200
    return 429 if refusal.wait else 401


def retry_after(refusal: Refused | None) -> dict[str, str]:
    return {"retry-after": str(int(refusal.wait) + 1)} if refusal and refusal.wait else {}


def wants_json(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/json")


def language_of(request: Request) -> str:
    return negotiate(request.headers.get("accept-language", ""))


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


async def fields_of(request: Request) -> Fields:
    """What was posted, as a form or as a JSON object of strings; empty if it is neither, or too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return {}
    try:
        if wants_json(request):
            parsed = orjson.loads(body)
            return {key: value for key, value in parsed.items() if isinstance(value, str)} if isinstance(parsed, dict) else {}
        return {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20).items()}
    except ValueError:
        return {}
