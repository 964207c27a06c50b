"""Puts the door in front of the program."""

from nicegui import App

from xo_dash.door import sockets
from xo_dash.door.door import Door, Refused
from xo_dash.door.forms import Views
from xo_dash.door.guard import Guard
from xo_dash.door.origins import is_loopback
from xo_dash.door.routes import add_routes
from xo_dash.i18n import _

TICK = 1.0
"""Seconds between two looks at what other processes changed and what ran out."""


def install(app: App, door: Door, views: Views, host: str) -> None:
    """Let nothing reach `app` but through `door`. To be called before `ui.run`, which needs no storage_secret.

    `host`: the address to listen on. Raises Refused for a demo that could be reached from elsewhere.
    """
    if door.is_demo and not is_loopback(host):
        raise Refused(_("--demo has a known password and listens on 127.0.0.1 only; leave out --host"))
    app.add_middleware(
        Guard, sessions=door.sessions, routes=app.router.routes, first_run=door.is_first_run, loopback_only=lambda: door.is_demo
    )
    sockets.register()
    add_routes(app, door, views)
    app.timer(TICK, door.tick)
    app.on_shutdown(door.close)
