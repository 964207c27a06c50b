"""Who is looking."""

from collections.abc import MutableMapping
from typing import Any

from nicegui import Client, context
from nicegui.slot import Slot
from starlette.requests import HTTPConnection

from data.stores.trace import OURSELVES, Actor
from data.stores.users import Role, User, ViewedUser
from xo_dash.auth.kinds import PROGRAMS, SessionKind, kinds_of
from xo_dash.auth.refused import Refused
from xo_dash.auth.sessions import Session, SignedOut
from xo_dash.i18n import _

SCOPE_KEY = "xo_dash.session"
"""Where the guard leaves the session in a request's scope."""


def current_session(kinds: SessionKind = SessionKind.PERSON) -> Session:
    """The session of the page that is being built or whose handler runs; raises SignedOut, also if it is of none of these kinds."""
    session = session_of(context.client)
    if session is None or not session.is_open or session.kind not in kinds:
        raise SignedOut
    return session


def current_user(kinds: SessionKind = SessionKind.PERSON) -> User:
    """The user of the page that is being built or whose handler runs, as the store has it now.

    Raises SignedOut when the session has ended, also in handlers that began before: ask again after every await that matters.
    """
    return current_session(kinds).user()


def is_administrator() -> bool:
    """Whether whoever acts now is one; asked at the moment of acting, not when the button was drawn."""
    try:
        return current_user().role.includes(Role.ADMIN)
    except SignedOut:
        return False


def current_actor() -> Actor:
    """Whoever looks at the page whose handler runs, for the audit; the program itself where nobody does."""
    if not Slot.get_stack():  # no page; before the start NiceGUI would make one for whoever asks which it is
        return OURSELVES
    try:
        session = current_session()
        user = session.user()
    except (SignedOut, RuntimeError):  # a page without anybody
        return OURSELVES
    return actor_of(user, session.address)


def need_own_eyes() -> None:
    """Raises Refused where whoever looks at the page does so through somebody else's eyes: for what no store holds against them."""
    if current_actor().only_looks:
        raise Refused(_("You are viewing as another user. Stop viewing to change anything."))


def actor_of(user: User, address: str) -> Actor:
    """Of somebody who looks through another's eyes that other has nothing to do with it."""
    acts = user.by if isinstance(user, ViewedUser) else user
    return Actor(acts.name, acts.id, address, only_looks=acts is not user)


def user_of(connection: HTTPConnection) -> User:
    """The user behind a request or websocket of a plain route; raises SignedOut."""
    session = person_of(connection.scope)
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


def program_of(scope: MutableMapping[str, Any]) -> Session | None:
    """The session of a request, if a person or a program of theirs came with it."""
    session = scope_session(scope)
    return session if session is not None and session.kind in PROGRAMS else None


def person_of(scope: MutableMapping[str, Any]) -> Session | None:
    """The session of a request, if somebody signed in to it: nobody for a screen."""
    session = scope_session(scope)
    return session if session is not None and session.kind is SessionKind.PERSON else None


def may_use(session: Session, client: Client) -> bool:
    """Whether this session fetched that page, is open, and is of a kind that the page serves."""
    if session_of(client) is not session or not session.is_open:
        return False
    return session.kind in kinds_of(client.request.scope.get("endpoint"))
