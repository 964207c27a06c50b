"""Puts the door in front of the program."""

from collections.abc import Awaitable, Callable

from nicegui import App

from data.stores.users import User
from xo_dash.auth import sockets
from xo_dash.auth.csrf import is_loopback
from xo_dash.auth.forms import Views
from xo_dash.auth.guard import Guard
from xo_dash.auth.refused import Refused
from xo_dash.auth.routes import add_routes
from xo_dash.auth.service import AuthService
from xo_dash.auth.view_as import ViewAs
from xo_dash.i18n import _

TICK = 1.0
"""Seconds between two looks at what other processes changed and what ran out."""


async def _nothing(_user: User) -> None:
    pass


def install(
    app: App,
    auth: AuthService,
    views: Views,
    host: str,
    ready: Callable[[User], Awaitable[object]] = _nothing,
    tick: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Let nothing reach `app` but through `door`. To be called before `ui.run`, which needs no storage_secret.

    `host`: the address to listen on. `ready`: makes what a user needs before anything is answered; its answer is kept until then.
    `tick`: called each TICK in place of `auth.tick`, which it calls.
    Raises Refused for a demo that could be reached from elsewhere.
    """
    if auth.is_demo and not is_loopback(host):
        raise Refused(_("--demo has a known password and listens on 127.0.0.1 only; leave out --host"))
    app.add_middleware(
        Guard,
        sessions=auth.sessions,
        routes=app.router.routes,
        first_run=auth.first_run.is_on,
        loopback_only=lambda: auth.is_demo,
        ready=ready,
    )
    sockets.register()
    add_routes(app, auth, views)
    ViewAs(auth.sessions, auth.users, auth.tell).add_routes(app)
    app.timer(TICK, tick or auth.tick)
    app.on_shutdown(auth.close)
