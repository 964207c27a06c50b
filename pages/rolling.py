"""`/pool/{uuid@pool}/rolling`: before a rolling run. `/rolling/{id}`: one that is under way, or has ended."""

from __future__ import annotations

from dataclasses import replace

from nicegui import ui

from components.parts import page
from components.rolling import PreFlight, RollingPage
from components.ui import PageHead, empty_state
from components.urls import path_of
from data.facts.pool import own_pool
from data.names import pool_name
from data.views.pool import PoolView
from pages.layout import frame
from pages.missing import missing
from pages.objects import object_page
from pages.pool import about
from xo_dash.context import Context
from xo_dash.control.rolling.engine import named_in
from xo_dash.i18n import _


def create(program: Context) -> None:
    @page("/pool/{key}/rolling")
    def before(key: str, way: str = "update") -> None:
        def show(context: Context, pool: PoolView) -> None:
            running = context.rolling.under_way(pool.row.home.id)
            if running is not None:
                PageHead(_("Rolling update and reboot"), icon="pool")
                with empty_state(_("A rolling run is in progress"), _("Only one can run in a pool at a time.")):
                    ui.link(_("Show the run"), f"/rolling/{running.id}").classes("x-btn x-btn-primary")
            else:
                PreFlight(context, pool.row, update=way == "update")

        object_page(program.for_viewer(), replace(about(), draw=show, inner=True), key)

    @page("/rolling/{run_id}")
    def run(run_id: str) -> None:
        context = program.for_viewer()
        found = next((one for one in context.rolling.runs_in(context.scope) if one.id == run_id), None)
        home = context.mirror.pools[found.pool] if found is not None else None
        pool = own_pool(home) if home is not None else None
        crumbs = [(_("Hosts"), "/hosts"), *([(pool_name(pool.home), path_of(pool))] if pool is not None else [])]
        with frame(context, title=_("Rolling run"), crumbs=crumbs, about=named_in(home) if home is not None else ()):
            if found is not None:
                RollingPage(context, found)
            else:
                with missing(_("This run is no longer available"), _("The audit log has what was done to each host.")):
                    ui.link(_("Hosts"), "/hosts").classes("x-btn")
