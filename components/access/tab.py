"""The Access tab of an object's page, for administrators: who may do what here, by which grants, and why."""

from __future__ import annotations

from nicegui import ui

from components.access.here import GrantsHere, WhoMayWhat
from components.access.why_card import WhyCard
from data.types import XapiObject
from xo_dash.context import Context


def access_tab(context: Context, row: XapiObject) -> None:
    with ui.element().classes("x-object"):
        with ui.element().classes("x-object-aside"):
            why = WhyCard(context, row)
        WhoMayWhat(context, row, why.ask)
        GrantsHere(context, row)
