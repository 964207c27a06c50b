"""Bands that say that a rolling run waits for somebody, for those who look elsewhere."""

from __future__ import annotations

from nicegui import ui

from components.live import follow_source, fresh_slot
from components.rolling.words import title_of
from components.taken import reload_when_taken
from components.ui import Notice, Tone
from data.names import pool_name
from xo_dash.context import Context
from xo_dash.control.rolling.engine import named_in
from xo_dash.control.rolling.pauses import reason_of
from xo_dash.i18n import _


def paused_bands(context: Context) -> None:
    """A band for each that is paused in a pool that they see whole; nothing while none is."""
    box = ui.element().classes("contents").mark("paused-runs")
    shown: list[object] = []

    def fill() -> None:
        waiting = [one for one in context.rolling.runs_in(context.scope) if one.paused and not one.ended]
        if (now := [(one.id, one.paused_at, reason_of(one)) for one in waiting]) == shown:
            return
        shown[:] = now
        with fresh_slot(box):
            for one in waiting:
                home = context.mirror.pools[one.pool]
                reload_when_taken(context, named_in(home))
                pool = pool_name(home)
                text = _("{pool}: {title} is paused: {reason}").format(pool=pool, title=title_of(one), reason=reason_of(one))
                with Notice(text, Tone.WARNING):
                    ui.link(_("Choose how to continue"), f"/rolling/{one.id}").classes("x-link")

    follow_source(context.rolling.observe, fill)
