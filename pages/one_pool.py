"""What pages have in common that are about one of several pools: which one, and what stands there while there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nicegui import ui

from components.frame.loading import is_loading, loading_page
from components.live import follow_all, fresh_slot
from components.pool_choice import pool_choice
from components.servers.form import add_button, without_pools
from components.stale_data import stale_band
from components.taken import offered, reload_when_taken
from components.ui import PageHead, empty_state
from data.facts.pool import own_pool, pools_by_name
from data.server import Server
from data.types import Home
from data.views.pool import PoolView
from pages.objects import nothing_here
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.i18n import _


class OnePoolPage:
    """Stays with its pool for as long as that is there."""

    def __init__(self, context: Context, asked: str, title: str, nothing: str, icon: str = "") -> None:
        """`asked`: the key of the pool that the address names; `nothing`: what is said while there is no pool."""
        self._context, self._asked = context, asked
        self._title, self._nothing, self._icon = title, nothing, icon
        self._box = ui.element().classes("contents")
        self._shown: Home | None = None
        follow_all(context.mirror, self._concerns, self._draw, topics=lambda: (Server, PoolView.kind))

    def _meant(self, pools: Mapping[str, Home]) -> Iterable[Home | None]:
        """Those that come before the one shown, where the address names none."""
        return ()

    def _page(self, head: PageHead, pool: PoolView) -> None:
        """What the page shows of `pool`, below its head."""
        raise NotImplementedError

    def _wanted(self) -> Home | None:
        """The one that the address names, and no other instead of it."""
        pools = pools_by_name(self._context.mirror)
        if self._asked:
            return pools.get(self._asked)
        live = (home for home in pools.values() if home.server.is_live)
        wanted = (*self._meant(pools), self._shown, *live, *pools.values())
        return next((home for home in wanted if home in pools.values()), None)

    def _concerns(self, _changes: object) -> bool:
        return self._shown is None or self._wanted() is not self._shown

    def _draw(self) -> None:
        home = self._shown = self._wanted()
        row = own_pool(home) if home is not None else None
        with fresh_slot(self._box):
            if home is not None and row is not None:
                head = PageHead(self._title, icon=self._icon)
                with head.marks:
                    pool_choice(self._context.mirror, home, self._turn)
                stale_band(home, self._context.mirror)
                reload_when_taken(self._context, offered(home))
                self._page(head, self._context.scope.view(PoolView, row))
            elif is_loading(self._context.mirror):
                PageHead(self._title, icon=self._icon)
                loading_page()
            elif self._asked:
                nothing_here(self._context, PoolView.kind, self._asked, _("Pool not found"), (_("Pools"), "/hosts"))
            else:
                PageHead(self._title, icon=self._icon)
                with empty_state(_("No pool yet"), without_pools(self._nothing)):
                    if is_administrator():
                        add_button(self._context)

    def _turn(self, key: str) -> None:
        if key != self._asked:
            self._asked = key
            self._draw()
