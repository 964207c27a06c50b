"""The same uuid in several pools: which one is meant."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from components.ui import Mark, heading
from components.urls import path_of
from components.vms.words import mark_of
from data.names import name_of, pool_name, server_name
from data.types import XapiObject
from data.views.pool import PoolView
from data.views.vm import VMView
from xo_dash.i18n import _


def which(rows: Sequence[XapiObject]) -> None:
    """A page with a choice: each with its pool, and what else tells them apart."""
    with ui.element().classes("x-empty x-which"):
        heading(_("Which one do you mean?"), 2).classes("x-empty-title")
        ui.label(
            _("Several pools have an object with this UUID. This can happen after an import, a restored backup or a migration.")
        ).classes("x-empty-text")
        choices(rows)


def choices(rows: Sequence[XapiObject]) -> None:
    """Links to each, as a list."""
    with ui.element("ul").classes("x-which-list").props("role=list"):
        for row in rows:
            with ui.element("li"), ui.link(target=path_of(row)).classes("x-which-one"):
                Mark(mark_of(row) if isinstance(row, VMView.kind) else "live" if _is_live(row) else "unknown")
                ui.label(name_of(row)).classes("x-which-name x-cut").props("dir=auto")
                ui.label(_where(row)).classes("x-dim x-cut").props("dir=auto")


def _where(row: XapiObject) -> str:
    """Its host, its pool, and the connection where the pool is called otherwise."""
    host = VMView.host.of(row) if isinstance(row, VMView.kind) else None
    pool, server = pool_name(row.home), server_name(row.home.server)
    parts = [host.name if host else "", "" if isinstance(row, PoolView.kind) else pool, server if server != pool else ""]
    state = "" if _is_live(row) else _("not connected")
    return " · ".join(part for part in (*parts, state) if part)


def _is_live(row: XapiObject) -> bool:
    return row.home.server.is_live
