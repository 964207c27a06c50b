"""What fills an SR, largest first: each VM with its disks, snapshots and base copies on one line, which opens."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Final

from nicegui import background_tasks

from components.cells import Cell, CellTable, Folding, Indented, PartsBar, Quiet
from components.live import follow_all
from components.storage.area_tiles import part_key
from components.storage.words import part_name
from components.ui import Card, Column
from components.urls import path_of
from data.changes import Change, Operation
from data.contents import DiskShare, Part, contents_of, shares_of, together
from data.names import name_of
from data.objects import SR, VBD, VDI, VM
from data.sight import Sight
from data.turns import finished, in_turns
from data.types import Ref
from xo_dash.i18n import _, ngettext, number, size

AT_ONCE: Final = 60
"""Of so few disks the page has the parts at once."""
OLD: Final = 30 * 86400.0
"""Seconds after which a snapshot is worth a look."""
SHOWN: Final = 12
"""Lines; the rest is one more, and the list of disks below has everything."""
END: Final = object()
OPENED: Final = 20
"""Disks of one that is opened; the rest is one line more."""
DISK = frozenset({"SR", "VBDs", "name_label", "physical_utilisation", "managed", "type", "is_a_snapshot", "sm_config"})
MACHINE = frozenset({"name_label", "is_a_template", "is_a_snapshot", "is_control_domain", "snapshot_of"})


class SrContents(Card):
    """Follows the disks of an SR; they are looked at in slices, and once more where they changed meanwhile."""

    def __init__(self, mirror: Sight, sr: SR, told: Callable[[Sequence[Part]], Iterator[None]], select: Callable[[str], None]) -> None:
        """`told` gets what was found, each that shows it in a step; `select` the key of a line that is to be opened, "" for none."""
        super().__init__(_("VMs and disks"), " ", wide=True)
        self._sr = sr
        self.on_parts, self.on_select = told, select  # let go of at the end, see components.release
        self._opened = ""
        self.parts: Sequence[Part] = ()
        self._due = self._running = False
        self._disks: frozenset[Ref] = frozenset()
        self._machines: frozenset[VM] = frozenset()
        columns = (
            Column(_("VM"), main=True), Column(_("Share"), width="24%"), Column(_("Used"), number=True), Column(_("Current"), number=True),
            Column(_("Snapshots"), number=True), Column(_("Base copies"), number=True), Column(_("Disks"), number=True),
        )  # fmt: skip
        with self:
            self._table = CellTable(columns, _("No VMs or disks. Those that you have access to appear here.")).classes("x-contents")
            follow_all(mirror, self._collect, self._render)

    def _collect(self, changes: Sequence[Change]) -> bool:
        self._due |= any(self._matters(change) for change in changes)
        return self._due

    def _matters(self, change: Change) -> bool:
        subject, names = change.subject, change.names
        if subject is self._sr:
            return "VDIs" in names
        whole = change.operation is not Operation.MOD
        if isinstance(subject, VDI):
            return (self._sr.ref == subject.SR and subject.home is self._sr.home) and (whole or not DISK.isdisjoint(names))
        if isinstance(subject, VBD):
            return subject.home is self._sr.home and subject.VDI in self._disks and (whole or "VDI" in names or "VM" in names)
        return isinstance(subject, VM) and subject in self._machines and (whole or not MACHINE.isdisjoint(names))

    def _render(self) -> None:
        if self._running:
            self._due = True
        elif len(self._sr.VDIs) <= AT_ONCE:
            self._due = False
            finished(self._take(finished(contents_of(self._sr, time.time() - OLD))))
        else:
            self._due = self._running = True
            background_tasks.create(self._look(), name="what fills an SR")

    async def _look(self) -> None:
        try:
            while self._due and not (self.is_deleted or self.client.is_deleted):
                self._due = False
                await self._look_once()
        finally:
            self._running = False

    async def _look_once(self) -> None:
        parts: list[Part] = []

        def steps() -> Iterator[None]:
            parts.extend((yield from contents_of(self._sr, time.time() - OLD)))

        await in_turns(steps())
        if not self.is_deleted:
            await in_turns(self._take(parts))

    def _take(self, parts: Sequence[Part]) -> Generator[None]:
        if self._sr.home.one(SR, self._sr.ref) is not self._sr:
            return  # the page keeps how it was last
        self._disks = frozenset(self._sr.VDIs)
        self._machines = frozenset(vm for part in parts for vm in part.machines)
        self.parts = parts
        self._show()
        yield
        telling = self.on_parts(parts)
        while not self.is_deleted:
            with self:  # in the language of this browser too
                if next(telling, END) is END:
                    return
            yield

    def open(self, key: str) -> None:
        """Show the disks of that part alone, also where it is one of the small ones."""
        self._opened = key
        self._show()

    def _show(self) -> None:
        with self:
            self._draw()

    def _draw(self) -> None:
        total = together(self.parts)
        self.scope.text = _disks(total.disks)
        first = [part for place, part in enumerate(self.parts) if place < SHOWN or part_key(part) == self._opened]
        rest = [part for part in self.parts[SHOWN:] if part_key(part) != self._opened]
        largest = max((part.used for part in self.parts), default=0)
        rows: list[tuple[str, Sequence[Cell]]] = []
        for place, part in enumerate(first):
            rows.append((str(place), list(_cells(self._name(part), part, largest))))
            if part_key(part) == self._opened:
                shares = enumerate(shares_of(part, OPENED))
                rows += ((f"{place}/{at}", list(_cells(Indented(_share_name(share)), share, largest))) for at, share in shares)
        if rest:
            count = ngettext("{n} more", "{n} more", len(rest)).format(n=number(len(rest)))
            rows.append(("rest", list(_cells(Quiet(count), together(rest), largest))))
        self._table.show(rows)

    def _name(self, part: Part) -> Cell:
        key = part_key(part)
        opened = key == self._opened
        path = path_of(part.machines[0]) if len(part.machines) == 1 else ""
        return Folding(part_name(part), path, opened, f"fold-{key}", lambda: self.on_select("" if opened else key))


def _disks(count: int) -> str:
    return ngettext("{n} disk", "{n} disks", count).format(n=number(count))


def _share_name(share: DiskShare) -> str:
    return name_of(share.disk) if share.disk is not None else _("Others")


def _cells(name: Cell, part: Part | DiskShare, largest: int) -> Iterator[Cell]:
    amounts = (part.current, part.snapshots, part.bases)
    yield name
    yield PartsBar(tuple(round(min(1.0, amount / largest), 3) if largest else 0.0 for amount in amounts))
    yield size(part.used)
    for amount in amounts:
        yield size(amount) if amount else Quiet("–")
    if isinstance(part, DiskShare):
        yield Quiet(ngettext("{n} link", "{n} links", part.links).format(n=number(part.links)) if part.links else "–")
    else:
        yield number(part.disks) if part.disks else Quiet("–")
