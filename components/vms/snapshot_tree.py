"""The tree of a VM's snapshots with what each costs; some can be selected, to compare them or to delete them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from nicegui import events, ui

from components import ui as our
from components.actions import PlacedMenu, run_command
from components.live import follow_facts
from components.theme.icons import Icon
from components.ui import Age, Bar, Button, ButtonKind, Card, chip
from components.vms.growth import count_words, draw_rows, picture, width_of
from data.chains import DEEP, MOST
from data.disks import freed, own_disks
from data.views.snapshot import SnapshotView
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.i18n import _, datetime, number, size

ROW: Final = 32
CLICKED: Final = """(e) => {
  const row = e.target.closest('[data-snapshot]');
  if (!row) return;
  const box = e.target.closest('input'), more = e.target.closest('button');
  const at = (more ?? row).getBoundingClientRect();
  emit([row.dataset.snapshot, box ? 'pick' : more ? 'menu' : 'look', box ? box.checked : false, at.left, at.bottom]);
}"""


class SnapshotTree(Card):
    """Drawn anew when a snapshot comes, goes or is renamed. `on_look` is told which one is to be compared, and with what other."""

    def __init__(self, context: Context, vm: VMView, on_look: Callable[[SnapshotView | None, SnapshotView | None], None]) -> None:
        super().__init__(_("Snapshots"))
        self.classes("x-snaps")
        self._context, self._vm = context, vm
        self.on_look = on_look  # let go of when this goes: see components.release
        self._chosen: dict[str, None] = {}  # by uuid
        self._look = ""
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
                follow_facts(vm, ("snapshots", "chain_depth"), self._refresh)

    # what it shows

    def _refresh(self) -> None:
        rows = self._vm.snapshots
        look = rows, self._vm.chain_depth, self._with_backups
        if look == self._shown:
            return
        self._shown = look
        present = [row.row.uuid for row in rows if not row.is_now]
        self._chosen = {uuid: None for uuid in self._chosen if uuid in present}
        if self._look not in present:
            self._look = present[-1] if present else ""
        self.scope.text = self._sum(rows)
        self._head.set_visibility(bool(rows))
        self._backups.set_visibility(any(row.is_of_backup for row in rows))
        draw_rows(self._box, rows, partial(self._draw, width_of(rows), max((row.cost for row in rows), default=0)))
        self._chose()
        self._tell()

    def _sum(self, rows: Sequence[SnapshotView]) -> str:
        """`5 snapshots, 28.9 GiB on 2 SRs · chain depth 5 of 30`"""
        count = count_words(rows)
        if not count:
            return ""
        whole = sum(max(0, row.cost) for row in rows)
        depth = self._vm.chain_depth
        chain = _("chain depth {depth} of {most}").format(depth=number(depth), most=number(MOST)) if depth > 1 else ""
        self.scope.classes(**{"add" if depth >= DEEP else "remove": "x-warning"})
        return " · ".join(part for part in (f"{count}, {size(whole)}", chain) if part)

    def _draw(self, width: int, most: int, row: SnapshotView) -> None:
        with ui.element("li").classes("x-snap") as line:
            if row.is_now:
                self._present(row, width)
            else:
                line.props["data-snapshot"] = row.row.uuid
                line.classes("x-snap-looked" if row.row.uuid == self._look else "")
                self._row(row, width, most)

    def _present(self, row: SnapshotView, width: int) -> None:
        ui.element("span")
        with ui.element("span").classes("x-snap-name"):
            picture(row.twig, width, here=True, row=ROW)
            ui.label(_("current state")).classes("x-strong")

    def _row(self, row: SnapshotView, width: int, most: int) -> None:
        if row.is_of_backup and not self._with_backups:
            Icon("lock").classes("x-dim").props["data-tip"] = _("Used by a backup job; include backups to select it")
        else:
            box = ui.element("input").props("type=checkbox")
            box.props["aria-label"] = row.name
            if row.row.uuid in self._chosen:
                box.props["checked"] = True
        with ui.element("span").classes("x-snap-name"):
            picture(row.twig, width, here=False, hollow=row.is_of_backup, row=ROW)
            label = ui.label(row.name).classes("x-cut").props("dir=auto")
            if row.description:
                label.props["data-tip"] = row.description
            if row.has_memory:
                memory = _("memory {size}").format(size=size(row.memory)) if row.memory >= 0 else _("memory")
                ui.label(memory).classes("x-dim x-small x-nowrap")
            if row.is_of_backup:
                chip(_("backup, kept"))
        ui.label(datetime(row.taken) if row.taken else "–").classes("x-dim x-cut x-snap-taken")
        Age(row.taken, bare=True).classes("x-num")
        with ui.element("span").classes("x-snap-cost"):
            Bar(row.cost / most if most > 0 and row.cost > 0 else 0.0)
            ui.label(size(row.cost)).classes("x-num").props["data-tip"] = _("Space freed once the SR has coalesced (estimate)")
        Button(icon="more", label=_("Commands for {name}").format(name=row.name), tip=_("More commands"), kind=ButtonKind.GHOST)

    # what one does

    def _of(self, uuid: str) -> SnapshotView | None:
        return next((row for row in self._vm.snapshots if row.row.uuid == uuid and not row.is_now), None)

    @property
    def _selected(self) -> list[SnapshotView]:
        """Oldest first."""
        return sorted(filter(None, map(self._of, self._chosen)), key=lambda row: row.taken or 0.0)

    def _clicked(self, event: events.GenericEventArguments) -> None:
        match event.args:
            case [str(uuid), str(what), checked, left, bottom]:
                snapshot = self._of(uuid)
                if snapshot is None:
                    return
                if what == "pick":
                    if checked is True:
                        self._chosen[uuid] = None
                    else:
                        self._chosen.pop(uuid, None)
                    self._chose()
                elif what == "menu" and isinstance(left, (int, float)) and isinstance(bottom, (int, float)):
                    self._menu.open(snapshot.row, left, bottom)
                    return
                self.look_at(snapshot)

    def look_at(self, snapshot: SnapshotView) -> None:
        """Compare this one."""
        self._look = snapshot.row.uuid
        self._tell()
        for line in self._box.descendants():
            if uuid := line.props.get("data-snapshot"):
                line.classes(**{"add" if uuid == self._look else "remove": "x-snap-looked"})

    def _tell(self) -> None:
        chosen = self._selected
        if len(chosen) == 2:
            self.on_look(*chosen)
        else:
            self.on_look(self._of(self._look), None)

    def _chose(self) -> None:
        chosen = self._selected
        self._bar.set_visibility(bool(chosen))
        self._count.text = _("{n} selected").format(n=number(len(chosen)))
        found = freed([disk for row in chosen for disk in own_disks(row.row)])
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
            self._chosen = {row.row.uuid: None for row in self._selected if not row.is_of_backup}
        self._refresh()

    async def _delete(self) -> None:
        chosen = self._selected
        values = {"backups": any(row.is_of_backup for row in chosen)}
        await run_command(self._context, action("snapshot.delete"), [row.row for row in chosen], values)
