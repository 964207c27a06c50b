"""The parts of an SR's page: head, room, paths, what it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.actions import run_command, whoever
from components.cells import Cell, CellTable, Copy, Facts, Marked, Pressed, Quiet, link_to
from components.findings.words import TONES
from components.hosts.ports_and_paths import path_cell, path_menu
from components.live import follow_facts
from components.object_header import ObjectHead
from components.storage.words import reach_text, reached_text
from components.ui import Card, Column, Figure, Meter, Notice, Tone
from components.urls import path_to
from data.storage import Reach
from data.views.path import PathView
from data.views.sr import SRView
from xo_dash.context import Context
from xo_dash.control.eligibility import why_not
from xo_dash.control.pbd.plug import PLUG, path_row
from xo_dash.i18n import _, number, percent, size

DEVICES: Final = 4
"""Names of what it is on; hosts may reach it by several."""


def sr_head(context: Context, sr: SRView) -> None:
    """Name and state; a band for hosts that do not reach it."""
    head = ObjectHead(context, sr.row)
    cut = Notice("", Tone.CRITICAL)

    def refresh() -> None:
        room, filled = sr.room, TONES.get(sr.fill_level, "")
        state = ("live", _("Attached")) if sr.attached else ("disabled", _("Detached"))
        if filled and sr.attached:
            state = filled, _("{share} full").format(share=percent(room.share))
        if sr.cut_off:
            state = "critical", _("Not attached on all hosts")
        default = _("default SR") if sr.is_default else ""
        place = next((path.device for path in sr.paths if path.device), "")
        space = _("{size}, {free} free").format(size=size(room.size), free=size(room.free)) if room.free >= 0 and room.size else ""
        head.show([reach_text(sr.type, sr.reach), reached_text(sr.attached, len(sr.paths)), place, space, default], state)
        cut.set_visibility(bool(sr.cut_off))
        if sr.cut_off:
            hosts = ", ".join(host.name for host in sr.cut_off)
            cut.text.text = _("Not attached on {hosts}: VMs with disks on it cannot start there.").format(hosts=hosts)

    with head:
        follow_facts(sr, ("name", "description", "tags", "attached", "cut_off", "is_default", "reach", "type", "paths", "room",
                          "fill_level"), refresh)  # fmt: skip


class RoomCard(Card):
    """What of it is in use, and what was promised to disks."""

    def __init__(self, sr: SRView) -> None:
        super().__init__(_("Space"))
        self._sr = sr
        with self:
            self._figure = Figure()
            self._meter = Meter()
            self._facts = Facts([name for name, _value in self._rows()])
            follow_facts(sr, ("room", "reach", "fill_level"), self._refresh)

    def _refresh(self) -> None:
        room = self._sr.room
        known = room.size > 0 and room.used >= 0
        self.scope.text = _("of {size}").format(size=size(room.size)) if known else ""
        self._figure.value.text = size(room.used) if known else "–"
        self._figure.note.text = _("in use") if known else _("never scanned")
        self._meter.set_visibility(known)
        if known:
            self._meter.show(room.share, percent(room.share), TONES.get(self._sr.fill_level, ""))
        self._facts.show(self._rows())

    def _rows(self) -> list[tuple[str, Cell | None]]:
        room = self._sr.room
        known = room.size > 0 and room.used >= 0
        promised: Cell | None = None
        if room.promised >= 0 and self._sr.reach in (Reach.SHARED, Reach.LOCAL):
            promised = size(room.promised)
            if room.size > 0:
                promised += " · " + _("{share} of its size").format(share=percent(room.promised / room.size))
        return [(_("Free"), size(room.free) if known else None), (_("Provisioned"), promised)]


class SrPaths(Card):
    """Each host's way to it; one that is not plugged is repaired in place."""

    def __init__(self, context: Context, sr: SRView) -> None:
        super().__init__(_("Paths"), " ")
        self._context, self._sr = context, sr
        with self:
            columns = (Column(_("Host"), main=True), Column(_("Path")))
            self._table = CellTable(columns, _("No host is connected to it."), path_menu(context, sr.row.home)).classes("x-bounded")
            follow_facts(sr, ("paths", "cut_off"), self._refresh)

    def _refresh(self) -> None:
        paths = sorted(self._sr.paths, key=lambda path: path.is_attached)  # of sixty hosts those first that lack it
        self.scope.text = reached_text(sum(path.is_attached for path in paths), len(paths))
        self._table.show([(path.pbd, list(self._cells(path))) for path in paths])

    def _cells(self, path: PathView) -> Iterator[Cell]:
        state = path_cell(path)
        yield Marked(state.shape, path.host.name, path_to(path.host)) if path.host is not None else Marked(state.shape, _("missing"))
        pbd = path_row(self._sr.row, path.pbd)
        if path.is_attached or pbd is None or why_not(PLUG, pbd, whoever()):
            yield state.text
        else:
            yield Pressed(_(PLUG.title), f"{PLUG.id}-{path.pbd}", lambda: run_command(self._context, PLUG, [pbd]))


class SrAbout(Card):
    """What it is."""

    def __init__(self, sr: SRView) -> None:
        super().__init__(_("About"))
        with self:
            facts = Facts([name for name, _value in about(sr)])
            names = ("own_pool", "pool", "type", "reach", "is_default", "guest_count", "paths")
            follow_facts(sr, names, lambda: facts.show(about(sr)))


def about(sr: SRView) -> list[tuple[str, Cell | None]]:
    words = {
        Reach.SHARED: _("disks, any host"), Reach.LOCAL: _("disks, one host"), Reach.IMAGES: _("images for CD drives"),
        Reach.DRIVE: _("physical drives of a host"),
    }  # fmt: skip
    devices = list(dict.fromkeys(path.device for path in sr.paths if path.device))
    return [
        (_("Pool"), link_to(sr.own_pool, sr.pool)),
        (_("Type"), sr.type or Quiet(_("unknown"))),
        (_("Device"), ", ".join(devices[:DEVICES]) or None),
        (_("Used by"), words[sr.reach]),
        (_("Default SR"), _("yes") if sr.is_default else _("no")),
        (_("VMs with an image of it") if sr.reach in (Reach.IMAGES, Reach.DRIVE) else _("VMs with disks on it"), number(sr.guest_count)),
        (_("UUID"), Copy(sr.row.uuid, _("Click to copy"))),
    ]
