"""What was found, to choose from: exports, targets, LUNs, each with what is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nicegui import ui

from components.ui import Mark
from data.names import name_of, pool_name
from data.types import Home
from xo_dash.control.sr.choice import free_space
from xo_dash.control.sr.discovery import Discovery
from xo_dash.control.sr.new_sr import NewSR, known_at
from xo_dash.i18n import _, ngettext, number, size


@dataclass(frozen=True, slots=True)
class FoundRow:
    """`taken`: it is in use and cannot be chosen."""

    value: str
    cells: tuple[str, ...]
    there: str
    mark: str = ""
    taken: bool = False


def there(chosen: NewSR, place: str, found: Discovery, home: Home, *, one_sr: bool) -> tuple[str, str, bool]:
    """(what lies at a place, mark, whether that keeps it from being chosen); `one_sr`: it holds one SR alone."""
    known = known_at(chosen, home)
    if known:
        names = ", ".join(_("{sr} of {pool}").format(sr=name_of(sr), pool=pool_name(sr.home)) for sr in known[:2])
        return (_("{names}, in use").format(names=names) if one_sr else names), ("critical" if one_sr else ""), one_sr
    lying = found.srs.get(place)
    if lying is None:
        return "" if found.done else "…", "", False
    if not lying:
        return _("no SR"), "", False
    names = ", ".join(sr.name for sr in lying if sr.name)
    count = ngettext("{n} SR: attach it?", "{n} SRs", len(lying)).format(n=number(len(lying)))
    return (f"{count} {names}" if names else count), "information", False


def space_of(chosen: NewSR, home: Home) -> tuple[str, str]:
    """(size, free) of an export, as far as an SR on it tells."""
    sr = next((sr for sr in known_at(chosen, home) if sr.physical_size > 0), None)
    free = free_space(sr) if sr is not None else None
    return (size(sr.physical_size), size(free)) if sr is not None and free is not None else ("–", "–")


def found_list(
    title: str, columns: Sequence[str], rows: Sequence[FoundRow], chosen: str, choose: Callable[[str], None], tracks: str, last: str = ""
) -> None:
    """A row for each, as radio buttons; those that are taken are faint. `tracks`: of CSS, for the columns.

    `last`: the title of the last column.
    """
    with ui.element().classes("x-pick").props("role=radiogroup") as group:
        group.props["aria-label"] = title
        group.style(f"--tracks: {tracks}")
        with ui.element().classes("x-pick-row x-pick-head").props("aria-hidden=true"):
            ui.element("i")
            for column in (*columns, last or _("What is there")):
                ui.label(column).classes("x-dim x-cut")
        for row in rows:
            _row(row, row.value == chosen, choose)


def _row(row: FoundRow, is_chosen: bool, choose: Callable[[str], None]) -> None:
    button = ui.element("button").classes("x-pick-row").props("type=button role=radio").mark(f"found-{row.value}")
    button.props["aria-checked"] = "true" if is_chosen else "false"
    if row.taken:
        button.props["aria-disabled"] = "true"
    else:
        button.on("click", lambda: choose(row.value), [])
    with button:
        ui.element("i").classes("x-radio")
        for number_of, cell in enumerate(row.cells):
            ui.label(cell).classes("x-cut" + (" x-strong" if number_of == 0 and not row.taken else "")).props("dir=auto")
        with ui.element().classes("x-row"):
            if row.mark:
                Mark(row.mark)
            ui.label(row.there).classes("x-cut" + (" x-dim" if not row.mark else ""))
