"""Who is looking."""

from collections.abc import MutableMapping
from typing import Any

from nicegui import Client, context
from starlette.requests import HTTPConnection

from data.stores.trace import OURSELVES, Actor
from data.stores.users import User
from xo_dash.door.sessions import Session, SignedOut

SCOPE_KEY = "xo_dash.session"
"""Where the guard leaves the session in a request's scope."""


def current_session() -> Session:
    """The session of the page that is being built or whose handler runs; raises SignedOut."""
    session = session_of(context.client)
    if session is None or not session.is_open:
        raise SignedOut
    return session


def current_user() -> User:
    """The user of the page that is being built or whose handler runs, as the store has it now.

    Raises SignedOut when the session has ended, also in handlers that began before: ask again after every await that matters.
    """
    return current_session().user()


def current_actor() -> Actor:
    """Whoever looks at the page whose handler runs, for the audit; the program itself where nobody does."""
    try:
        session = current_session()
        user = session.user()
    except (SignedOut, RuntimeError):  # no page, or one without anybody
        return OURSELVES
    return Actor(user.name, user.id, session.address)


def user_of(connection: HTTPConnection) -> User:
    """The user behind a request or websocket of a plain route; raises SignedOut."""
    session = scope_session(connection.scope)
    if session is None:
        raise SignedOut
    return session.user()


def session_of(client: Client) -> Session | None:
    """The session that fetched this page."""
    try:
        scope = client.request.scope
    except RuntimeError:  # a client without a request: none of our pages
        return None
    return scope_session(scope)


def scope_session(scope: MutableMapping[str, Any]) -> Session | None:
    session = scope.get(SCOPE_KEY)
    return session if isinstance(session, Session) else None
