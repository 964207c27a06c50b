"""In the head of a page that is about one of several pools: which one, and the way to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nicegui import ui

from components.ui import choice
from data.facts.pool import pools_by_name
from data.names import pool_name_among
from data.types import Home
from xo_dash.i18n import _


def pool_choice(pools: Iterable[Home], shown: Home, on_change: Callable[[str], None]) -> None:
    """`on_change` is told the key of the one that is chosen."""
    found = pools_by_name(pools)
    names = {key: pool_name_among(home) for key, home in found.items()}
    ui.label(_("in pool")).classes("x-dim")
    box = choice(names, next(key for key, home in found.items() if home is shown), on_change=lambda event: on_change(str(event.value)))
    box.classes("x-new-pool").mark("pool")
