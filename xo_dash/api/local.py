"""The API by the socket of the data directory: whoever may open that is an administrator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.routing import Route, Router

from data.stores.tokens import ApiToken
from data.stores.users import User
from xo_dash.api import rolling
from xo_dash.api.asked import Desk, endpoint
from xo_dash.api.routes import BASE, nothing_of, table
from xo_dash.auth.current import SCOPE_KEY
from xo_dash.auth.sessions import Session
from xo_dash.context import Context
from xo_dash.control.local_user import local_user

COMMAND_LINE: Final = "command line"


class _LocalSessions:
    """The one session that the socket has; it is open for as long as the program runs."""

    def user_of(self, _session: Session) -> User:
        return local_user()

    def token_of(self, _session: Session) -> ApiToken | None:
        return None


class LocalApi:
    """`async for piece in api.answer("/api/v1/vms")`: first the status, then the body. Other commands than rolling runs go by the desk."""

    def __init__(self, context: Context) -> None:
        desk = Desk(context)
        rows = tuple(row for row in table() if row.method == "GET" or row.handler in (rolling.begin, rolling.answer))
        found = [Route(BASE + row.path, endpoint(desk, row.handler), methods=[row.method]) for row in rows]
        self._routes = Router([*found, Route("/{rest:path}", endpoint(desk, nothing_of(rows)))])
        self._session = Session(COMMAND_LINE, local_user().id, "", 0.0, 0.0, COMMAND_LINE, _LocalSessions())  # type: ignore[arg-type]  # as far as is asked of it

    async def answer(self, target: str, body: bytes | None = None, language: str = "en") -> AsyncIterator[int | bytes]:
        """`body`: what is posted; else it is asked for."""
        address = urlsplit(target)
        method, headers = "GET" if body is None else "POST", [(b"accept-language", language.encode("latin-1", "replace"))]
        scope: dict[str, Any] = {
            "type": "http", "method": method, "path": address.path, "query_string": address.query.encode(), "headers": headers,
            "root_path": "", "scheme": "http", "http_version": "1.1", "server": None, "client": None, SCOPE_KEY: self._session,
        }  # fmt: skip
        told: asyncio.Queue[MutableMapping[str, Any] | None] = asyncio.Queue(8)

        sent = [body or b""]

        async def receive() -> MutableMapping[str, Any]:
            if sent:
                return {"type": "http.request", "body": sent.pop(), "more_body": False}
            await asyncio.Event().wait()  # it sends nothing more, and stays
            return {"type": "http.disconnect"}

        async def answer() -> None:
            try:
                await self._routes(scope, receive, told.put)
            finally:
                await told.put(None)

        task = asyncio.get_running_loop().create_task(answer())
        try:
            while (message := await told.get()) is not None:
                yield message["status"] if message["type"] == "http.response.start" else message.get("body", b"")
        finally:
            task.cancel()
