"""A band that names the VMs whose disks have chains so deep that the SR will soon take no further snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from components.live import follow_all, fresh_slot
from components.ui import Notice, Tone
from components.urls import path_of
from data.chains import DEEP, MOST, deepest
from data.changes import Change
from data.names import name_of
from data.objects import VM
from data.sight import Sight
from xo_dash.i18n import ngettext, number

NAMED: Final = 5


def deep_chains(mirror: Sight) -> None:
    """Nothing while there are none."""
    band = Notice("", Tone.WARNING)
    with band:
        links = ui.element().classes("x-row")

    def refresh() -> None:
        found = sorted(((deepest(vm), vm) for vm in mirror.every(VM) if vm.snapshots), key=lambda pair: -pair[0])
        deep = [(depth, vm) for depth, vm in found if depth >= DEEP]
        band.set_visibility(bool(deep))
        text = ngettext(
            "{n} VM has a disk chain of {deep} or more. From {most} on, snapshots are no longer possible.",
            "{n} VMs have disk chains of {deep} or more. From {most} on, snapshots are no longer possible.",
            len(deep),
        )
        band.text.text = text.format(n=number(len(deep)), deep=number(DEEP), most=number(MOST))
        with fresh_slot(links):
            for depth, vm in deep[:NAMED]:
                ui.link(f"{name_of(vm)} {number(depth)}", f"{path_of(vm)}/snapshots").classes("x-link").props("dir=auto")

    follow_all(mirror, _concerns, refresh, topics=lambda: (VM,))


def _concerns(changes: Sequence[Change]) -> bool:
    return any("snapshots" in change.names for change in changes)
