"""Choosing rows of a list to compare them."""

from __future__ import annotations

from typing import TypeVar

from nicegui import ui

from components.charts.compare import MOST, compare_path
from components.lists import BulkActions
from data.types import XapiObject
from xo_dash.i18n import _

T = TypeVar("T", bound=XapiObject)


def comparing(_kind: type[T]) -> BulkActions[T]:
    """The button of a list of what has charts."""

    async def do(rows: list[T]) -> None:
        if 2 <= len(rows) <= MOST:
            ui.navigate.to(compare_path(rows))

    return BulkActions(_("Compare"), "", do, least=2, most=MOST, why_not=_("Select 2 to {n}.").format(n=MOST))
