"""Of several pools the one that gets a network."""

from __future__ import annotations

from nicegui import ui

from components.ui import choice
from components.urls import path_of
from data.identity import key_of
from data.names import pool_name
from data.objects import Pool
from xo_dash.context import Context
from xo_dash.i18n import _


def _pools(context: Context) -> list[Pool]:
    """By name."""
    found = [mirror.pool for mirror in context.mirror if mirror.pool is not None]
    return sorted(found, key=lambda pool: pool_name(pool.home).casefold())


def _page(pool: Pool) -> str:
    return f"{path_of(pool)}/new-network"


def choose_pool(context: Context, shown: Pool) -> None:
    """Leads to the same page of another pool."""
    pools = {key_of(pool): pool for pool in _pools(context)}
    ui.label(_("in pool")).classes("x-dim")
    names = {key: pool_name(pool.home) for key, pool in pools.items()}
    box = choice(names, key_of(shown), on_change=lambda event: ui.navigate.to(_page(pools[str(event.value)])))
    box.classes("x-new-pool").mark("pool")


def first_pool(context: Context) -> str:
    """The page for the first pool that can be changed now; "" without one."""
    found = _pools(context)
    pool = next((pool for pool in found if pool.home.server.is_live), next(iter(found), None))
    return _page(pool) if pool is not None else ""
