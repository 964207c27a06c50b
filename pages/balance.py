"""`/pool/{uuid}/balance`: moves that even out the memory of a pool's hosts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from nicegui import ui

from components.hosts.balance import MEMORY, BalanceForm
from components.parts import page
from components.ui import Button, PageHead
from data.identity import key_of
from data.views.pool import PoolView
from pages.objects import object_page
from pages.pool import about
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/pool/{key}/balance")
    def balance(key: str, goal: str = MEMORY) -> None:
        """`goal`: see `components.hosts.balance`."""
        context = program.for_viewer()
        object_page(context, replace(about(), draw=partial(show, goal=goal), inner=True), key)


def show(context: Context, pool: PoolView, *, goal: str = MEMORY) -> None:
    head = PageHead(_("Suggest moves: {name}").format(name=pool.name), icon="pool")
    form = BalanceForm(context, pool, goal)
    with head.verbs:
        Button(_("Show on the map"), lambda: ui.navigate.to(f"/?moves={key_of(pool.row)}&goal={form.goal}"), icon="map")
