"""`/new-sr?pool=…`: a new SR, or one that was found."""

from __future__ import annotations

from nicegui import ui

from components.frame.loading import is_loading, loading_page
from components.live import follow_all, fresh_slot
from components.new_sr import NewSRForm
from components.stale_data import stale_band
from components.ui import PageHead, choice, empty_state
from data.facts.pool import own_pool
from data.identity import key_of
from data.names import pool_name
from data.server import Server
from data.types import Home
from pages.layout import frame
from xo_dash.context import Context
from xo_dash.i18n import _


def create(program: Context) -> None:
    @ui.page("/new-sr")
    def new_sr(pool: str = "") -> None:
        context = program.for_viewer()
        with frame(context, title=_("New SR"), crumbs=[(_("Storage"), "/storage")]):
            _NewSR(context, pool)


class _NewSR:
    """The page; while no pool is there yet, what there is instead."""

    def __init__(self, context: Context, pool: str) -> None:
        self._context, self._asked = context, pool
        self._box = ui.element().classes("contents")
        self._shown: list[Home] = []
        follow_all(context.mirror, lambda _changes: self._home() not in self._shown, self._draw, topics=lambda: (Server,))

    def _pools(self) -> dict[str, Home]:
        found = {key_of(pool): home for home in self._context.mirror if (pool := own_pool(home)) is not None}
        return dict(sorted(found.items(), key=lambda item: pool_name(item[1]).casefold()))

    def _home(self) -> Home | None:
        """The one asked for; else the one shown, or the first that can be reached."""
        pools = self._pools()
        shown = [home for home in self._shown if home in pools.values()]
        live = [home for home in pools.values() if home.server.is_live]
        return pools.get(self._asked) or next(iter([*shown, *live, *pools.values()]), None)

    def _draw(self) -> None:
        home = self._home()
        self._shown = [home] if home is not None else []
        with fresh_slot(self._box):
            if home is not None:
                self._page(home)
            elif is_loading(self._context.mirror):
                loading_page()
            else:
                with empty_state(_("No pool yet"), _("An SR belongs to a pool; add a server first.")):
                    ui.link(_("Servers"), "/settings").classes("x-btn")

    def _page(self, home: Home) -> None:
        head, pools = PageHead(_("New SR"), icon="storage"), self._pools()
        key = next((key for key, one in pools.items() if one is home), None)
        with head.marks:
            ui.label(_("in pool")).classes("x-dim")
            names = {key: pool_name(one) for key, one in pools.items()}
            choice(names, key, on_change=lambda event: self._turn(str(event.value))).classes("x-new-pool").mark("pool")
        stale_band(home, self._context.mirror)
        NewSRForm(self._context, home)

    def _turn(self, key: str) -> None:
        if key != self._asked:
            self._asked = key
            self._draw()
