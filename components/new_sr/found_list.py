"""What was found, to choose from: exports, targets, LUNs, each with what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
from nicegui import ui

from components.ui import Card, Mark
from data.names import name_of, pool_name
from data.storage_places import SRsByPlace
from data.types import XapiObject
from xo_dash.control.sr.choice import free_space
from xo_dash.control.sr.discovery import Discovery
from xo_dash.control.sr.new_sr import NewSR, place_asked
from xo_dash.i18n import _, ngettext, number, size


@dataclass(frozen=True, slots=True)
class FoundRow:
    """`taken`: it is in use and cannot be chosen."""

    value: str
    cells: tuple[str, ...]
    there: str
    mark: str = ""
    taken: bool = False


def export_rows(rough: NewSR, found: Discovery, known: SRsByPlace) -> list[FoundRow]:
    """What an export has of space is known where an SR is on it."""
    rows = []
    for path in found.exports:
        srs = known.get(place_asked(msgspec.structs.replace(rough, path=path)), ())
        sized = next((sr for sr in srs if sr.physical_size > 0), None)
        free = free_space(sized) if sized is not None else None
        amounts = (size(sized.physical_size), size(free)) if sized is not None and free is not None else ("", "")
        there = _named(srs) or _lying(path, found)
        rows.append(FoundRow(path, (path, *amounts), there, "" if srs or not found.srs.get(path) else "information"))
    return rows


def lun_rows(rough: NewSR, found: Discovery, known: SRsByPlace) -> list[FoundRow]:
    """One that holds an SR which somebody has is taken."""
    rows = []
    for lun in found.luns:
        srs = known.get(place_asked(msgspec.structs.replace(rough, scsi_id=lun.scsi_id)), ())
        cells = (lun.number, size(lun.size) if lun.size else "", lun.vendor, lun.scsi_id)
        there = _("{names}, in use").format(names=_named(srs)) if srs else _lying(lun.scsi_id, found)
        mark = "critical" if srs else "information" if found.srs.get(lun.scsi_id) else ""
        rows.append(FoundRow(lun.scsi_id, cells, there, mark, taken=bool(srs)))
    return rows


def _named(srs: Sequence[XapiObject]) -> str:
    return ", ".join(_("{sr} of {pool}").format(sr=name_of(sr), pool=pool_name(sr.home)) for sr in srs[:2])


def _lying(place: str, found: Discovery) -> str:
    """The SRs there that no connected pool has."""
    lying = found.srs.get(place)
    if lying is None:
        return "" if found.done else "…"
    if not lying:
        return _("no SR")
    names = ", ".join(sr.name for sr in lying if sr.name)
    count = ngettext("{n} SR: attach it?", "{n} SRs", len(lying)).format(n=number(len(lying)))
    return f"{count} {names}" if names else count


class FoundList(Card):
    """A row for each as radio buttons, those that are taken faint. Rows stay while more is told of them, so that no click is lost."""

    def __init__(self, title: str, columns: Mapping[str, str], choose: Callable[[str], None], last: str = "") -> None:
        """`columns`: {title: CSS track}; one that nothing is known for is not shown. `last`: the title of the last column."""
        super().__init__(title)
        self.on_choose = choose  # let go of at the end, see components.release
        self._rows: dict[str, _Row] = {}
        self._tracks = tuple(columns.values())
        with self, ui.element().classes("x-pick").props("role=radiogroup") as self._group:
            self._group.props["aria-label"] = title
            with ui.element().classes("x-pick-row x-pick-head").props("aria-hidden=true"):
                ui.element("i")
                self._titles = [ui.label(column).classes("x-dim x-cut") for column in (*columns, last or _("What is there"))]
        self.set_visibility(False)

    def show(self, rows: Sequence[FoundRow], chosen: str, first: str = "") -> None:
        """`first`: the title of the first column, where it depends on what was found."""
        self.set_visibility(bool(rows))
        if first:
            self._titles[0].text = first
        known = [any(row.cells[place] for row in rows) for place in range(len(self._tracks))]
        self._group.style(f"--tracks: {' '.join(track for track, is_known in zip(self._tracks, known, strict=True) if is_known)}")
        for label, is_known in zip(self._titles, known, strict=False):  # the last column is always there
            label.set_visibility(is_known)
        for value in self._rows.keys() - {row.value for row in rows}:
            self._rows.pop(value).delete()
        for row in rows:
            if row.value not in self._rows:
                with self._group:
                    self._rows[row.value] = _Row(row, partial(self.on_choose, row.value))
            self._rows[row.value].show(row, known, is_chosen=row.value == chosen)


class _Row(ui.element):
    def __init__(self, row: FoundRow, choose: Callable[[], None]) -> None:
        super().__init__("button")
        self.classes("x-pick-row").props("type=button role=radio").mark(f"found-{row.value}")
        self._taken = False
        self._shown: object = None
        self.on_choose = choose
        self.on("click", self._clicked, [])
        with self:
            ui.element("i").classes("x-radio")
            self._cells = [
                ui.label(cell).classes("x-break" + ("" if place else " x-strong")).props("dir=auto") for place, cell in enumerate(row.cells)
            ]
            with ui.element().classes("x-row"):
                self._mark = Mark("information")
                self._there = ui.label().classes("x-break")

    def _clicked(self) -> None:
        if not self._taken:
            self.on_choose()

    def show(self, row: FoundRow, known: Sequence[bool], *, is_chosen: bool) -> None:
        """`known`: which columns are shown."""
        if (row, known, is_chosen) == self._shown:
            return
        self._shown, self._taken = (row, known, is_chosen), row.taken
        self.props["aria-checked"] = "true" if is_chosen else "false"
        self.props["aria-disabled"] = "true" if row.taken else "false"
        for label, text, is_known in zip(self._cells, row.cells, known, strict=True):
            label.text = text or "–"
            label.set_visibility(is_known)
        self._mark.set_visibility(bool(row.mark))
        if row.mark:
            self._mark.show(row.mark)
        self._there.text = row.there
        self._there.classes(**{"remove" if row.mark else "add": "x-dim"})
