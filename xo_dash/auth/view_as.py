"""View as: an administrator looks through another user's eyes. Nothing can be done meanwhile, and it ends with the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs, quote

from nicegui import App
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from data.stores.trace import Actor, Deed, Tell
from data.stores.users import Role, User, UserStore
from xo_dash.auth.current import person_of
from xo_dash.auth.sessions import Session, SessionTable
from xo_dash.auth.sockets import pages_of, reload_pages
from xo_dash.i18n import _, negotiate, using

BEGIN: Final = "/view-as"
STOP: Final = "/view-as/stop"
LONGEST_BODY: Final = 1024


class ViewAs:
    """The two routes; each is a form. The first leads home, the second back to the page of the user."""

    def __init__(self, sessions: SessionTable, users: UserStore, tell: Tell) -> None:
        self._sessions, self._users, self._tell = sessions, users, tell

    def add_routes(self, app: App) -> None:
        app.add_route(BEGIN, self.begin, methods=["POST"], include_in_schema=False)
        app.add_route(STOP, self.stop, methods=["POST"], include_in_schema=False)

    async def begin(self, request: Request) -> Response:
        session = person_of(request.scope)
        account = self._sessions.account_of(session) if session is not None else None
        with using(negotiate(request.headers.get("accept-language", ""))):
            if session is None or account is None or account.role is not Role.ADMIN:
                return PlainTextResponse(_("Only an administrator can view as another user."), 403)
            fields = await _fields(request)
            user = self._users.get(fields.get("user", ""))
            if user is None or user.role is Role.ADMIN:
                return PlainTextResponse(_("There is no such user, or it is an administrator, who sees what you see."), 404)
        self._stop(session)
        session.viewing_as = user.id
        self._tell(Actor(account.name, account.id, session.address), Deed(action="view_as.begin", kind="users", id=user.id, name=user.name))
        return await _lead(session, fields, "/")

    async def stop(self, request: Request) -> Response:
        if (session := person_of(request.scope)) is None:
            return RedirectResponse("/", 303)
        user = self._stop(session)
        return await _lead(session, await _fields(request), person_path(user) if user is not None else "/")

    def _stop(self, session: Session) -> User | None:
        """Whom they viewed as, if that user is still there."""
        user, account = self._users.get(session.viewing_as), self._sessions.account_of(session)
        session.viewing_as = ""
        if user is not None and account is not None:
            actor = Actor(account.name, account.id, session.address)
            self._tell(actor, Deed(action="view_as.end", kind="users", id=user.id, name=user.name))
        return user


def person_path(user: User) -> str:
    """Of their page, from where one looks through their eyes."""
    return f"/people/{quote(user.name, safe='')}"


async def _lead(session: Session, fields: Mapping[str, str], path: str) -> Response:
    """Pages that are open are made anew; but for the one that asks, which leaves by itself."""
    await reload_pages([page for page in pages_of(session) if page.id != fields.get("page")])
    return RedirectResponse(path, 303)


async def _fields(request: Request) -> Mapping[str, str]:
    """Of a form; none of what is longer than any."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
