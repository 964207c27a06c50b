"""Where the space of an SR goes, as one bar whose parts can be clicked; what frees some, by least risk; when it is full."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nicegui import ui

from components.actions import run_command
from components.live import follow_facts, fresh_slot
from components.storage.words import USES
from components.ui import Button, Card, Figure, Sparkline
from components.urls import path_of
from data.contents import Holder, Part, Use, together, uses_of
from data.growth import DAY, Sample, days_until_full, per_day
from data.history import History
from data.names import name_of
from data.storage import Reach
from data.views.sr import SRView
from xo_dash.context import Context
from xo_dash.control.sr.attach import SCAN
from xo_dash.i18n import _, duration, ngettext, number, size

LISTED: Final[Mapping[Use, str]] = {
    Use.CURRENT: "disk", Use.SNAPSHOTS: "snapshot", Use.BASES: "base", Use.MERGING: "base", Use.ORPHANS: "orphan",
}  # fmt: skip
"""The segment of the list of disks that a part of the bar stands for."""
WORTH: Final = 1 << 30
"""Bytes that are worth a line."""
WEEKS: Final = 14 * DAY
TREND: Final = DAY / 4
"""Of less nobody can say what it is a day."""


class SpaceBar(Card):
    """What it is used for; a click lists those disks."""

    def __init__(self, sr: SRView, choose: Callable[[str], None]) -> None:
        """`choose` gets a segment of the list of disks."""
        super().__init__(_("Usage"), " ", wide=True)
        self._sr = sr
        self._parts: Sequence[Part] = ()
        self._shown: object = None
        self.on_choose = choose  # let go of at the end, see components.release
        with self:
            self._box = ui.element().classes("contents")
            follow_facts(sr, ("room",), self._draw)

    def show(self, parts: Sequence[Part]) -> None:
        self._parts = parts
        self._draw()

    def _draw(self) -> None:
        room = self._sr.room
        uses = {use: amount for use, amount in uses_of(self._parts, room.used, room.free).items() if amount > 0 or use is Use.FREE}
        self.scope.text = _("{size} · click a part to list it").format(size=size(room.size)) if room.size > 0 else ""
        if uses == self._shown:
            return
        self._shown = uses
        whole = max(1, sum(uses.values()))
        with fresh_slot(self._box):
            with ui.element().classes("x-space-bar").props("aria-hidden=true"):
                for use, amount in uses.items():
                    part = ui.element("i").classes(f"x-space-{use}").style(f"width: {amount / whole * 100:.2f}%")
                    if use in LISTED:
                        part.on("click", lambda to=use: self.on_choose(LISTED[to]), [])
            with ui.element().classes("x-space-key"):
                for use, amount in uses.items():
                    self._key(use, amount)

    def _key(self, use: Use, amount: int) -> None:
        tag = "button" if use in LISTED else "div"
        with ui.element(tag).classes("x-space-use").mark(f"use-{use}") as key:
            if use in LISTED:
                key.props("type=button").on("click", lambda: self.on_choose(LISTED[use]), [])
            ui.element("i").classes(f"x-space-{use}")
            ui.label(_(USES[use])).classes("x-dim")
            ui.label(size(amount)).classes("x-strong")


class FreeUp(Card):
    """What would give space back, the least risk first."""

    def __init__(self, context: Context, sr: SRView, choose: Callable[[str], None]) -> None:
        super().__init__(_("Free up space"))
        self._context, self._sr = context, sr
        self._shown: object = None
        self.on_choose = choose  # let go of at the end, see components.release
        with self:
            self._box = ui.element().classes("x-free-up")

    def show(self, parts: Sequence[Part]) -> None:
        total = together(parts)
        lost = together(part for part in parts if part.holder is Holder.NOBODY)
        alone = [part for part in parts if part.holder is Holder.MACHINES and len(part.machines) == 1]
        largest = max(alone, key=lambda part: part.used, default=None)
        if (total, lost, largest) == self._shown:
            return
        self._shown = (total, lost, largest)
        self.set_visibility(max(total.merging, total.old, lost.used, largest.used if largest else 0) >= WORTH)
        freed = total.merging + total.old + lost.used
        self.scope.text = _("up to {size}").format(size=size(freed)) if freed >= WORTH else ""
        with fresh_slot(self._box):
            self._lines(total, lost, largest)

    def _lines(self, total: Part, lost: Part, largest: Part | None) -> None:
        if total.merging >= WORTH:
            text = ngettext("{n} base copy to coalesce", "{n} base copies to coalesce", total.merges).format(n=number(total.merges))
            self._line(text, total.merging, _("Start"), self._coalesce, "coalesce")
        if total.old >= WORTH:
            text = ngettext("{n} snapshot over 30 days", "{n} snapshots over 30 days", total.olds).format(n=number(total.olds))
            self._line(text, total.old, _("Review"), lambda: ui.navigate.to("/snapshots?show=month"), "old-snapshots")
        if lost.used >= WORTH:
            text = ngettext("{n} orphaned disk", "{n} orphaned disks", lost.disks).format(n=number(lost.disks))
            self._line(text, lost.used, _("Review"), lambda: self.on_choose("orphan"), "orphans")
        if largest is not None and largest.used >= WORTH:
            (vm,) = largest.machines
            path = f"{path_of(vm)}/disks"
            self._line(
                _("Move {name} to another SR").format(name=name_of(vm)), largest.used, _("Disks"), lambda: ui.navigate.to(path), "move"
            )
        if total.merging >= WORTH:
            ui.label(self._merge_words(total.merge_room)).classes("x-dim x-small")

    def _merge_words(self, needed: int) -> str:
        free = self._sr.room.free
        if free < 0:
            return _("Coalescing runs in the background and needs up to {size} of free space.").format(size=size(needed))
        if needed <= free:
            return _("Coalescing runs in the background and needs up to {size} of free space: there is room.").format(size=size(needed))
        return _("Coalescing needs up to {size} of free space, but only {free} is free: free some first.").format(
            size=size(needed), free=size(free)
        )

    async def _coalesce(self) -> None:
        """Source: a scan wakes the garbage collector of the SR."""
        await run_command(self._context, SCAN, [self._sr.row])

    @staticmethod
    def _line(text: str, amount: int, verb: str, do: Callable[[], object], mark: str) -> None:
        with ui.element().classes("x-free-line"):
            ui.label(text).props("dir=auto")
            ui.label(size(amount)).classes("x-num x-strong")
            Button(verb, do).mark(f"free-{mark}")


class SRGrowth(Card):
    """How it filled in two weeks, and when it is full if it goes on so."""

    def __init__(self, sr: SRView) -> None:
        super().__init__(_("Growth"))
        self._sr = sr
        with self:
            self._figure = Figure()
            self._line = Sparkline(60)
            follow_facts(sr, ("room", "reach"), self._draw)

    def _draw(self) -> None:
        sr, now = self._sr.row, time.time()
        samples: Sequence[Sample] = sr.home.part(History).growth(sr.uuid)
        recent = [sample for sample in samples if now - sample.t <= WEEKS]
        known = len(recent) > 1 and self._sr.room.size > 0 and self._sr.reach in (Reach.SHARED, Reach.LOCAL)
        self.set_visibility(known)
        if not known:
            return
        days, slope = days_until_full(samples, self._sr.room.size, now), per_day(recent)
        unclear = days is None and (slope > 0 or now - recent[0].t < TREND)  # a rate of minutes beside that would say otherwise
        steady = _("No clear trend") if unclear else _("Not filling up")
        self._figure.value.text = _("About {time}").format(time=duration(days * DAY)) if days is not None else steady
        sign = "+" if slope > 0 else "−" if slope < 0 else ""
        rate = _("{amount} a day").format(amount=f"{sign}{size(abs(slope))}")
        self._figure.note.text = _("until full, {rate}").format(rate=rate) if days is not None else "" if unclear else rate
        points = [(sample.t, sample.used) for sample in recent]
        self._line.show(points, top=float(self._sr.room.size), start=points[0][0], end=points[-1][0])
