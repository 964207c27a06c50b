"""`/pool/{uuid@pool}/new-network?kind=vlan`: a new network of a pool."""

from __future__ import annotations

from dataclasses import replace

from nicegui import ui

from components.new_network import NewNetworkForm
from components.parts import page
from components.pool_choice import pool_choice
from components.ui import PageHead
from data.views.pool import PoolView
from pages.objects import object_page
from pages.pool import about
from xo_dash.context import Context
from xo_dash.control.network.create import TAGGED
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/pool/{key}/new-network")
    def new_network(key: str, kind: str = TAGGED) -> None:
        context = program.for_viewer()

        def show(context: Context, pool: PoolView) -> None:
            head = PageHead(_("New network"), icon="network")
            with head.marks:
                pool_choice(context.mirror, pool.row.home, lambda key: ui.navigate.to(f"/pool/{key}/new-network"))
            NewNetworkForm(context, pool.row, kind)

        object_page(context, replace(about(), draw=show, inner=True), key)
