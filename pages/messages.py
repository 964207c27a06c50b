"""`/messages`: what XAPI reports of all pools, until somebody dismisses it."""

from __future__ import annotations

from urllib.parse import urlencode

from nicegui import ui

from components.lists.bounded import BoundedListing
from components.lists.period import PeriodField
from components.messages.dismissing import dismissing
from components.messages.rows import message_table
from components.parts import page
from components.ui import choice
from components.urls import path_of
from data.identity import parse
from data.messages import CLASSES
from data.names import name_of, pool_name
from data.types import XapiObject
from pages.layout import list_page
from xo_dash.context import Context
from xo_dash.i18n import _

PATH = "/messages"


def create(program: Context) -> None:
    @page(PATH)
    def messages(pool: str = "", object: str = "") -> None:
        """`pool`: its key or a server's id; `object`: the key of what they are about."""
        context = program.for_viewer()
        found = next((row for kind in CLASSES.values() if object and (row := context.mirror.find(kind, object))), None)
        with list_page(context, _("Messages"), about=[found] if found else ()), _list(context, pool, object):
            PeriodField()
            _narrowed(context, pool, object, found)


def _list(context: Context, pool: str, about: str) -> ui.element:
    uuid, of = parse(about)
    table = message_table(lambda message: message.home in context.mirror.called(of or pool) and (not uuid or message.obj_uuid == uuid))
    return BoundedListing(context.mirror, table, acts=dismissing(context))


def _narrowed(context: Context, pool: str, about: str, found: XapiObject | None) -> None:
    """Which pool they are of, or what about, and the way back to all."""
    if about:
        with ui.element().classes("x-row"):
            ui.label(_("About"))
            name = name_of(found) if found else about
            path = path_of(found) if found else ""
            ui.link(name, path).classes("x-link") if path else ui.label(name)
            ui.link(_("All messages"), PATH).classes("x-btn")
    elif len(context.mirror.pools) > 1:
        pools = {"": _("All pools")} | {home.key: pool_name(home) for home in context.mirror}
        named = context.mirror.called(pool)
        box = choice(pools, named[0].key if pool and len(named) == 1 else "", on_change=lambda event: _go(event.value))
        box.classes("x-messages-pool").props["aria-label"] = _("Pool")


def _go(pool: str) -> None:
    ui.navigate.to(f"{PATH}?{urlencode({'pool': pool})}" if pool else PATH)
