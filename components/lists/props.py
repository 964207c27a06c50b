"""What `listing.js` is told when a list is made: its columns, and what it says itself, in the reader's language."""

from __future__ import annotations

from typing import Any, TypeVar

from components.lists.rows import BulkActions, ListColumn, TableSpec
from components.servers.form import add_words
from components.theme.icons import drawing
from components.ui.marks import drawings
from data.types import XapiObject
from xo_dash.i18n import _

T = TypeVar("T", bound=XapiObject)


def list_props(spec: TableSpec[T], *, full: bool, has_pools: bool) -> dict[str, Any]:
    """`full`: it takes all the room of its page; without pools that leads to the first server."""
    empty, nothing = _in_two(spec.nothing) if full else ("", spec.nothing)
    return {
        "columns": [_column(column) | {"measured": at == spec.measured} for at, column in enumerate(spec.columns)],
        "segments": [list(pair) for pair in spec.segments.items()],
        "full": full,
        "tall": spec.tall,
        "first": spec.sort,
        "expected": 0 if full else spec.expected,
        "find": spec.find,
        "marks": drawings(),
        "icons": {name: drawing(name) for name in ("search", "up", "down")},
        "words": {
            "title": spec.title,
            "nothing": nothing,
            "empty": empty,
            "unlike": _("No matches"),
            "unfit": _("Nothing matches all of these words and filters."),
            "clear": _("Show all"),
            "part": _("{n} of {all}"),
            "one": _("Select"),
            "every": _("Select all"),
            "add": add_words() if full and not has_pools else "",
        },
    }


def acts_props(acts: BulkActions[T]) -> dict[str, Any]:
    return {"some": acts.some, "all": acts.all, "least": acts.least, "most": acts.most, "whyNot": acts.why_not}


def _column(column: ListColumn) -> dict[str, object]:
    return {
        "title": column.title, "short": column.short, "width": column.width, "number": column.number, "down": column.down,
        "main": column.main, "brief": column.brief, "beside": column.beside, "drop": column.drop, "dated": column.dated,
        "figure": column.down or column.figure,
    }  # fmt: skip


def _in_two(text: str) -> tuple[str, str]:
    """(its first sentence as a title, the rest)"""
    title, _stop, rest = text.partition(". ")
    return title.removesuffix("."), rest
