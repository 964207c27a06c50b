"""Bands that say that a rolling run waits for somebody, for those who look elsewhere."""

from __future__ import annotations

from nicegui import ui

from components.live import follow_source, fresh_slot
from components.rolling.pause import waiting_line
from components.taken import reload_when_taken
from xo_dash.context import Context
from xo_dash.control.rolling.engine import named_in
from xo_dash.control.rolling.pauses import answers_to, reason_of


def paused_bands(context: Context) -> None:
    """A band for each that is paused in a pool that they see whole; nothing while none is."""
    box = ui.element().classes("contents").mark("paused-runs")
    shown: list[object] = []

    def fill() -> None:
        is_any = any(one.paused and not one.ended for one in context.rolling.runs)  # whose they are asks about each thing of a pool
        waiting = [one for one in context.rolling.runs_in(context.scope) if one.paused and not one.ended] if is_any else []
        if (now := [(one.id, one.paused_at, reason_of(one), answers_to(one)) for one in waiting]) == shown:
            return
        shown[:] = now
        with fresh_slot(box):
            for one in waiting:
                home = context.mirror.pools[one.pool]
                reload_when_taken(context, named_in(home))
                waiting_line(context, one)

    follow_source(context.rolling.observe, fill)
