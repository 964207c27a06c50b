"""`/`: the map of everything, what is selected on it, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request, Response
from nicegui import app, ui

from components import live
from components.actions import page_link
from components.findings.attention import Attention
from components.map.announcer import Announcer, spoken
from components.map.carrying import Carrier
from components.map.map import Map, SelectedObject
from components.map.map_feed import MapFeed
from components.map.moves import follow_moves
from components.map.order import Orders
from components.map.selection import Selection, found
from components.map.suggested_moves import SuggestedMoves
from components.map.summary import Summary
from components.map.toolbar import Toolbar
from components.map.whatif import WhatIf
from components.parts import page
from components.rolling import paused_bands
from components.servers.form import add_button, without_pools
from components.ui import empty_state, heading
from data.changes import Change
from data.server import Server
from pages.layout import frame
from xo_dash.auth.current import current_user, is_administrator
from xo_dash.context import Context
from xo_dash.control.access import may
from xo_dash.control.vm.create import CREATE
from xo_dash.control.vm.migration.migrate import MIGRATE
from xo_dash.i18n import _

FINDINGS = "/attention"
LINKS = {
    "pool": "/pool/{key}", "host": "/host/{key}", "vm": "/vm/{key}", "sr": "/sr/{key}", "network": "/network/{key}",
    "screen": "/console-picture/{key}",
    "g v": "/vms", "g h": "/hosts", "g s": "/storage", "g n": "/networks",
}  # fmt: skip
ROWS = "/map/rows"
LEGEND = "map.legend"
"""The user's preference."""


def create(program: Context) -> None:
    """One order of pools, hosts and groups for all who look."""
    orders = Orders(program.mirror, program.setting_store, program.users)

    @app.get(ROWS, include_in_schema=False)
    async def rows(request: Request) -> Response:
        content = await program.for_request(request).shared(MapFeed).whole()
        return Response(content, media_type="application/json", headers={"Cache-Control": "no-store", "Content-Encoding": "gzip"})

    @page("/")
    def home(moves: str = "", goal: str = "") -> None:
        """`moves`: the key of a pool for which moves are suggested, with which goal."""
        context = program.for_viewer()
        with frame(context, title=_("Map"), bare=True), ui.element().classes("xo-home"):
            paused_bands(context)
            _body(context, orders, moves, goal)


def _body(context: Context, orders: Orders, moves: str, goal: str) -> None:
    """The map; while there is no server, what to do first."""
    box = ui.element().classes("contents")
    shown: list[bool] = []

    def changed(changes: Sequence[Change]) -> bool:
        return any(isinstance(change.subject, Server) for change in changes) and shown != [bool(context.mirror.pools)]

    def fill() -> None:
        shown[:] = [bool(context.mirror.pools)]
        with live.fresh_slot(box):
            if context.mirror.pools:
                _map(context, orders, moves, goal)
            else:
                _guide(context)

    with box:
        live.follow_all(context.mirror, changed, fill)


def _guide(context: Context) -> None:
    text = without_pools(_("Enter the address of any host of a pool. The map appears as soon as the pool responds."))
    with ui.element().classes("xo-home-guide"), empty_state(_("No pool yet"), text):
        if is_administrator():
            add_button(context)


def _map(context: Context, orders: Orders, moves: str, goal: str) -> None:
    mirror, map_feed = context.mirror, context.shared(MapFeed)
    head = ui.element("header").classes("xo-home-head")
    user = current_user()
    chart = Map(map_feed, links=LINKS, rows=ROWS, addressed=True, legend=user.preferences.get(LEGEND) is True).classes("xo-home-map")
    with head:
        heading(_("Map"), 1).classes("x-only-read")
        Toolbar(chart)
        if (link := page_link(context, CREATE, "/new-vm")) is not None:
            link.classes("x-home-new")
        Summary(mirror, map_feed, context.patches)
    with chart:
        ui.link(_("All VMs as a table"), "/vms").classes("xo-map-quiet")
        whatif = WhatIf(mirror, chart)
        suggested = SuggestedMoves(context, chart, moves, goal)

        def lose(keys: Sequence[str]) -> None:
            suggested.end()
            whatif.ask(keys)

        selection = Selection(context, chart.deselect, lose)
        Announcer(mirror)
    chart.on_choose, chart.on_menu = selection.show, selection.menu_on(chart)
    attention = Attention(context, chart.reveal, FINDINGS)

    def pin(chosen: SelectedObject) -> None:
        for subject in found(mirror, [chosen]):
            attention.pin(subject)

    def step(by: int) -> None:
        attention.step(by)
        chart.say(spoken(attention.current, mirror) if attention.current else _("Nothing needs attention."))

    chart.on_verb, chart.on_lose, chart.on_step, chart.on_pin = selection.do, lose, step, pin

    async def keep_legend(is_shown: bool) -> None:
        await context.users.set_preferences(user.id, {LEGEND: is_shown})

    chart.on_legend = keep_legend
    if may(user, MIGRATE):
        carrier = Carrier(context, chart)
        chart.let_carry(carrier.lift, carrier.drop)
    follow_moves(context, chart)
    _order(context, chart, orders)


def _order(context: Context, chart: Map, orders: Orders) -> None:
    """Pools, hosts and groups stand as people put them, and can be put elsewhere."""
    user_id = current_user().id

    def show() -> None:
        if user := context.users.get(user_id):
            chart.arrange(orders.of(user, context.mirror))

    async def wish(parent: str, keys: Sequence[str]) -> None:
        if keys:
            await orders.arrange(current_user(), parent, keys)
        else:
            await orders.forget(current_user(), parent)

    chart.on_order = wish
    live.follow_source(orders.observe, show)
