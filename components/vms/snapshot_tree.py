"""The tree of a VM's snapshots with what each costs; some can be selected, to compare them or to delete them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from nicegui import background_tasks, events, ui

from components import ui as our
from components.actions import PlacedMenu, run_command
from components.live import fresh_slot
from components.related import follow_related
from components.theme.icons import Icon
from components.ui import Age, Bar, Button, ButtonKind, Card, chip
from components.vms.growth import own_size, picture, snapshot_refs, taken, width_of
from data.chains import DEEP, MOST, deepest
from data.coalesce import in_turns
from data.names import name_of
from data.objects import VDI, VM
from data.snapshots import Twig, snapshot_tree
from data.types import NULL_REF, Ref
from data.vms import is_of_backup
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.vm.disks import freed, own_disks
from xo_dash.i18n import _, datetime, ngettext, number, size

ROW: Final = 32
AT_ONCE: Final = 12
"""Rows drawn before others get their turn."""
CLICKED: Final = """(e) => {
  const row = e.target.closest('[data-snapshot]');
  if (!row) return;
  const box = e.target.closest('input'), more = e.target.closest('button');
  const at = (more ?? row).getBoundingClientRect();
  emit([row.dataset.snapshot, box ? 'pick' : more ? 'menu' : 'look', box ? box.checked : false, at.left, at.bottom]);
}"""


class SnapshotTree(Card):
    """Drawn anew when a snapshot comes, goes or is renamed. `on_look` is told which one is to be compared, and with what other."""

    def __init__(self, context: Context, vm: VM, on_look: Callable[[VM | None, VM | None], None]) -> None:
        super().__init__(_("Snapshots"), " ")
        self.classes("x-snaps")
        self._context, self._vm = context, vm
        self.on_look = on_look  # let go of when this goes: see components.release
        self._chosen: dict[Ref, None] = {}
        self._look: Ref | None = None
        self._shown: object = None
        self._with_backups = False
        with self:
            with ui.element().classes("x-snaps-chosen") as self._bar:
                self._count = ui.label().classes("x-strong")
                self._frees = ui.label().classes("x-dim x-grow")
                Button(_("Delete selected"), self._delete, icon="trash", kind=ButtonKind.DANGER).mark("delete-selected").props("data-once")
                Button(icon="close", label=_("Clear selection"), on_click=self._clear, kind=ButtonKind.GHOST)
            self._head = ui.element().classes("x-snap x-snap-head")
            with self._head:
                ui.element("span")
                ui.label(_("Name"))
                ui.label(_("Taken")).classes("x-snap-taken")
                ui.label(_("Age")).classes("x-num")
                ui.label(_("Cost")).classes("x-num x-snap-cost")
                ui.element("span")
            self._box = ui.element().classes("x-snaps-rows").on("click", self._clicked, js_handler=CLICKED)
            self._backups = our.check(_("Include backups"), on_change=self._include_backups)
            self._menu = PlacedMenu(context)
            with ui.element().classes("contents"):
                follow_related(context.mirror, vm, snapshot_refs, self._refresh, names=("snapshots", "parent", "name_label"))

    # what it shows

    def _refresh(self) -> None:
        rows = [(twig, taken(twig.vm), own_size(twig.vm)) for twig in snapshot_tree(self._vm)]
        look = [(twig, name_of(twig.vm), moment, amount) for twig, moment, amount in rows], self._with_backups
        if look == self._shown:
            return
        self._shown = look
        present = {twig.vm.ref for twig, *_rest in rows} - {self._vm.ref}
        self._chosen = {ref: None for ref in self._chosen if ref in present}
        if self._look not in present:
            newest = [twig.vm.ref for twig, *_rest in rows if twig.vm is not self._vm]
            self._look = newest[-1] if newest else None
        self.scope.text = self._sum(rows)
        self._head.set_visibility(bool(rows))
        self._backups.set_visibility(any(is_of_backup(twig.vm) for twig, *_rest in rows))
        with fresh_slot(self._box, "ul") as box:
            if not rows:
                with ui.element("li"):
                    ui.label(_("No snapshots.")).classes("x-dim")
        drawing = self._drawing(box, rows)
        if any(place == AT_ONCE for place, _row in enumerate(drawing, 1)):
            background_tasks.create(in_turns(drawing), name="draw snapshots")
        self._chose()
        self._tell()

    def _sum(self, rows: Sequence[tuple[Twig, float | None, int]]) -> str:
        """`5 snapshots, 28.9 GiB on 2 SRs · chain depth 5 of 30`"""
        count = max(0, len(rows) - 1)
        if not count:
            return ""
        whole = sum(max(0, amount) for twig, _moment, amount in rows if twig.vm is not self._vm)
        parts = [ngettext("{n} snapshot", "{n} snapshots", count).format(n=number(count)), size(whole)]
        depth = deepest(self._vm)
        chain = _("chain depth {depth} of {most}").format(depth=number(depth), most=number(MOST)) if depth > 1 else ""
        self.scope.classes(**{"add" if depth >= DEEP else "remove": "x-warning"})
        return " · ".join(part for part in (", ".join(parts), chain) if part)

    def _drawing(self, box: ui.element, rows: Sequence[tuple[Twig, float | None, int]]) -> Iterator[None]:
        """A row at a time, as long as `box` is shown."""
        width = width_of(twig for twig, *_rest in rows)
        most = max((amount for _twig, _moment, amount in rows), default=0)
        for twig, moment, amount in rows:
            if box.is_deleted:
                return
            with box, ui.element("li").classes("x-snap") as line:
                if twig.vm is self._vm:
                    self._present(twig, width)
                else:
                    line.props["data-snapshot"] = twig.vm.uuid
                    line.classes("x-snap-looked" if twig.vm.ref == self._look else "")
                    self._row(twig, width, moment, amount, most)
            yield

    def _present(self, twig: Twig, width: int) -> None:
        ui.element("span")
        with ui.element("span").classes("x-snap-name"):
            picture(twig, width, here=True, row=ROW)
            ui.label(_("current state")).classes("x-strong")

    def _row(self, twig: Twig, width: int, moment: float | None, amount: int, most: int) -> None:
        snapshot, backup = twig.vm, is_of_backup(twig.vm)
        if backup and not self._with_backups:
            Icon("lock").classes("x-dim").props["data-tip"] = _("Used by a backup job; include backups to select it")
        else:
            box = ui.element("input").props("type=checkbox")
            box.props["aria-label"] = name_of(snapshot)
            if snapshot.ref in self._chosen:
                box.props["checked"] = True
        with ui.element("span").classes("x-snap-name"):
            picture(twig, width, here=False, hollow=backup, row=ROW)
            label = ui.label(name_of(snapshot)).classes("x-cut").props("dir=auto")
            if snapshot.name_description:
                label.props["data-tip"] = snapshot.name_description
            if snapshot.suspend_VDI != NULL_REF:
                self._memory(snapshot)
            if backup:
                chip(_("backup, kept"))
        ui.label(datetime(moment) if moment else "–").classes("x-dim x-cut x-snap-taken")
        Age(moment, bare=True).classes("x-num")
        with ui.element("span").classes("x-snap-cost"):
            Bar(amount / most if most > 0 and amount > 0 else 0.0)
            ui.label(size(amount)).classes("x-num").props["data-tip"] = _("Space freed once the SR has coalesced (estimate)")
        Button(icon="more", label=_("More commands"), kind=ButtonKind.GHOST)

    @staticmethod
    def _memory(snapshot: VM) -> None:
        image = snapshot.home.one(VDI, snapshot.suspend_VDI)
        ui.label(_("memory {size}").format(size=size(image.virtual_size)) if image else _("memory")).classes("x-dim x-small x-nowrap")

    # what one does

    def _clicked(self, event: events.GenericEventArguments) -> None:
        match event.args:
            case [str(uuid), str(what), checked, left, bottom]:
                snapshot = self._vm.home.by_uuid(VM, uuid)
                if snapshot is None or snapshot.snapshot_of != self._vm.ref:
                    return
                if what == "pick":
                    if checked is True:
                        self._chosen[snapshot.ref] = None
                    else:
                        self._chosen.pop(snapshot.ref, None)
                    self._chose()
                elif what == "menu" and isinstance(left, (int, float)) and isinstance(bottom, (int, float)):
                    self._menu.open(snapshot, left, bottom)
                    return
                self._look = snapshot.ref
                self._tell()
                self._mark_look()

    def _mark_look(self) -> None:
        for line in self._box.descendants():
            if uuid := line.props.get("data-snapshot"):
                row = self._vm.home.by_uuid(VM, uuid)
                looked = row is not None and row.ref == self._look
                line.classes(**{"add" if looked else "remove": "x-snap-looked"})

    def look_at(self, snapshot: VM) -> None:
        """Compare this one."""
        self._look = snapshot.ref
        self._tell()
        self._mark_look()

    def _tell(self) -> None:
        rows = self._vm.all_of(VM, list(self._chosen))
        if len(rows) == 2:
            first, second = sorted(rows, key=lambda row: taken(row) or 0.0)
            self.on_look(first, second)
        else:
            self.on_look(self._vm.home.one(VM, self._look) if self._look else None, None)

    def _chose(self) -> None:
        rows = self._vm.all_of(VM, list(self._chosen))
        self._bar.set_visibility(bool(rows))
        self._count.text = _("{n} selected").format(n=number(len(rows)))
        found = freed([disk for row in rows for disk in own_disks(row)])
        known = sum(amount for amount in found.values() if amount > 0)
        one = _("Frees about {amount} once its SR has coalesced")
        text = one if len(found) == 1 else _("Frees about {amount} on {n} SRs once they have coalesced")
        self._frees.text = text.format(amount=size(known), n=number(len(found))) if known else ""

    def _clear(self) -> None:
        self._chosen.clear()
        self._shown = None
        self._refresh()

    def _include_backups(self) -> None:
        self._with_backups = bool(self._backups.value)
        if not self._with_backups:
            self._chosen = {ref: None for ref in self._chosen if (row := self._vm.home.one(VM, ref)) and not is_of_backup(row)}
        self._refresh()

    async def _delete(self) -> None:
        rows = self._vm.all_of(VM, list(self._chosen))
        await run_command(self._context, action("snapshot.delete"), rows, {"backups": any(map(is_of_backup, rows))})
