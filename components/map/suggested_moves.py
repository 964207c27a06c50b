"""Suggested moves over the map: what is suggested, with the map drawing where each VM would be, and the button that does it."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.hosts.balance import MEMORY, BalanceForm
from components.live import follow_facts
from components.map.map import Map
from components.ui import Button, ButtonKind
from data.balance import Suggestion
from data.identity import key_of
from data.names import pool_name
from data.objects import Pool
from data.views.pool import PoolView
from data.views.view import PRESENT
from xo_dash.context import Context
from xo_dash.i18n import _


class SuggestedMoves(ui.element):
    """Nothing without a pool of this key."""

    def __init__(self, context: Context, chart: Map, pool_key: str, goal: str = MEMORY) -> None:
        """`goal`: see `components.hosts.balance`."""
        super().__init__("aside")
        self.classes("xo-map-whatif xo-map-moves")
        self.props["aria-label"] = _("Suggest moves")
        self._chart = chart
        pool = context.mirror.find(Pool, pool_key) if pool_key else None
        self.set_visibility(pool is not None)
        if pool is None:
            return
        with self:
            with ui.element().classes("xo-map-whatif-head"):
                ui.label(_("Suggest moves: {name}").format(name=pool_name(pool.home))).classes("xo-map-whatif-title")
                Button(kind=ButtonKind.GHOST, icon="close", label=_("Close"), on_click=self.end)
            view = context.scope.view(PoolView, pool)
            BalanceForm(context, view, goal, self._show)
            follow_facts(view, (PRESENT,), lambda: self._look(view))

    def _show(self, kept: Sequence[Suggestion]) -> None:
        self._chart.show_loss([], [(key_of(one.vm), key_of(one.target)) for one in kept], [], "")

    def _look(self, pool: PoolView) -> None:
        if not pool.present:
            self.end()

    def end(self) -> None:
        """Also when something else is drawn over the map, or the pool goes."""
        if self.visible:
            self.set_visibility(False)
            self._chart.end_loss()
            self.clear()
