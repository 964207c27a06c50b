"""The chain of a disk, drawn from base to current, branches below; what can merge is marked, with what that frees at most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from components.live import fresh_slot
from components.storage.words import KINDS
from components.ui import Card, choice
from data.chain_tree import Link, chained, links_of
from data.chains import MOST
from data.contents import Part
from data.names import name_of
from data.storage import DiskKind, owners_of
from data.types import XapiObject
from data.views.sr import SRView
from xo_dash.i18n import _, date, ngettext, number, size

LOOKED_AT: Final = 12
"""Parts of an SR whose disks can be chosen: the largest."""


class Chain(Card):
    """Of the largest disk that has one, until another is chosen; not there while none has."""

    def __init__(self, sr: SRView) -> None:
        super().__init__(_("Chain"), " ", wide=True)
        self._sr = sr
        self._chosen = ""
        self._shown: object = None
        self._parts: Sequence[Part] = ()
        with self:
            self._pick = choice({}, None, label=_("Disk"), on_change=lambda event: self.choose(str(event.value or ""))).mark("chain-disk")
            self._box = ui.element().classes("contents")
        self.set_visibility(False)

    def show(self, parts: Sequence[Part]) -> None:
        self._parts = parts[:LOOKED_AT]
        self._draw()

    def choose(self, uuid: str) -> None:
        """Draw that of this disk."""
        self._chosen = uuid
        self._draw()

    def _draw(self) -> None:
        found = chained(self._sr.row, self._parts, self._chosen)
        self.set_visibility(bool(found))
        if not found:
            return
        disks, names = {disk.uuid: disk for disk in found}, {disk.uuid: _called(owners_of(disk), name_of(disk)) for disk in found}
        chosen = self._chosen if self._chosen in disks else next(iter(disks))
        links = links_of(disks[chosen])
        if (names, chosen, links) == self._shown:
            return
        self._shown = (names, chosen, links)
        self._pick.set_options(names, value=chosen)
        self._tell(links)
        with fresh_slot(self._box), ui.element("ol").classes("x-chain").props("tabindex=0").mark("chain"):
            for link in links:
                _draw_link(link, last=link is links[-1])

    def _tell(self, links: Sequence[Link]) -> None:
        used = sum(max(0, link.used) for link in links)
        merging = sum(max(0, link.used) for link in links if link.merges)
        text = ngettext("{size} in {n} link of at most {most}", "{size} in {n} links of at most {most}", len(links))
        told = text.format(size=size(used), n=number(len(links)), most=number(MOST))
        self.scope.text = f"{told} · " + _("{size} can merge").format(size=size(merging)) if merging else told


def _called(owners: Sequence[XapiObject], name: str) -> str:
    return f"{name_of(owners[0])} · {name}" if owners else name


def _draw_link(link: Link, *, last: bool) -> None:
    with ui.element("li").classes("x-chain-step"):
        _node(link, "current" if last else "merges" if link.merges else "base")
        for branch in link.branches:
            _node(branch, "branch")
        if link.others:
            ui.label(ngettext("{n} more", "{n} more", link.others).format(n=number(link.others))).classes("x-dim x-small")


def _node(link: Link, look: str) -> None:
    with ui.element().classes(f"x-chain-node x-chain-{look}"):
        title = _(KINDS[link.kind]) if link.kind is not DiskKind.DISK else link.name
        ui.label(title).classes("x-cut").props("dir=auto").props["data-tip"] = link.name
        amount = size(link.used) if link.used >= 0 else _("unknown")
        if link.taken is not None:
            amount = f"{date(link.taken)}, {amount}"
        ui.label(_("{size}, can merge").format(size=amount) if look == "merges" else amount).classes("x-dim x-small")
