"""The trash: the VMs in it, and for how many days they are kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from nicegui import ui

from components import ui as our
from components.actions import ActionMenu, run_command
from components.live import draw_while, follow_all, fresh_slot
from components.theme.icons import Icon
from components.ui import Age, Button, ButtonKind, Card, Meter, Notice, Tone, buttons, empty_state, notify
from components.urls import path_of
from data.changes import Change, Operation
from data.disks import freed
from data.names import name_of, pool_name
from data.objects import VDI, VM
from data.sight import Sight
from data.texts import typed_whole
from data.trash import DAY, LONGEST, SETTING, is_trashed, trashed
from data.views.vm import VMView
from xo_dash.auth.current import is_administrator
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.control.vm.delete import removal_of
from xo_dash.i18n import _, date, datetime, duration, ngettext, number, size

SHOWN: Final = 200
SOON: Final = DAY
"""Seconds before its end in which a VM is marked."""
USUAL: Final = 14
"""Days, until somebody says otherwise."""


def trash_of(mirror: Sight) -> list[VM]:
    """The latest first."""
    return sorted(filter(is_trashed, mirror.every(VM)), key=lambda vm: -(kept.at if (kept := trashed(vm)) else 0.0))


def concerns_trash(changes: Sequence[Change]) -> bool:
    """Whether one may have come or gone."""
    return any(
        isinstance(change.subject, VM) and (change.operation is not Operation.MOD or "other_config" in change.names) for change in changes
    )


def trash_notice(context: Context, vm: VMView) -> None:
    """On the page of a VM, while it is in the trash."""

    def draw(_is_trashed: bool) -> None:
        text = _("It is in the trash: halted, and not to be started until it is restored.")
        with Notice(" ".join((text, *_history(context, vm.row))), Tone.WARNING):
            ui.link(_("Go to trash"), "/vms?state=trash").classes("x-link")
            Button(_("Restore"), lambda: run_command(context, action("vm.restore"), [vm.row]), icon="undo").mark("restore")

    draw_while(vm, ("is_trashed",), lambda: vm.is_trashed, draw)


def _history(context: Context, vm: VM) -> list[str]:
    """Who deleted it, and when it goes for good."""
    kept = trashed(vm)
    if kept is None:
        return []
    by = [_("Deleted by {user}.").format(user=kept.by)] if kept.by else []
    return [*by, _("It is purged on {date}.").format(date=date(kept.until))] if context.mirror.trash.is_on else by


class TrashList(ui.element):
    """Restore is one click; deleting for good asks."""

    def __init__(self, context: Context) -> None:
        super().__init__("section")
        self.classes("x-trash")
        self._context = context
        with self:
            with ui.element().classes("x-list-tools"):
                with ui.element().classes("x-list-segments"):
                    ui.link(_("All VMs"), "/vms").classes("x-trash-all")
                    self._count = ui.label().classes("x-trash-here")
                ui.element().classes("x-grow")
                self._sum = ui.label().classes("x-dim")
                self._empty = Button(_("Empty trash") + "…", self._purge_all, kind=ButtonKind.DANGER, icon="trash").mark("empty-trash")
            self._box = ui.element().classes("x-trash-rows")
            with ui.element().classes("contents"):
                follow_all(context.mirror, concerns_trash, self._refresh, topics=lambda: (VM,))

    def _refresh(self) -> None:
        vms = trash_of(self._context.mirror)
        days = self._context.mirror.trash.days
        found = freed([disk for vm in vms for disk in _disks(vm)])
        kept = ngettext("Kept {n} day", "Kept {n} days", days).format(n=number(days)) if days else _("The trash is disabled")
        known = sum(amount for amount in found.values() if amount > 0)
        self._sum.text = " · ".join([kept, *([size(known)] if known else [])])
        self._count.text = _("Trash {n}").format(n=number(len(vms)))
        self._empty.set_visibility(bool(vms))
        with fresh_slot(self._box):
            if not vms:
                empty_state(_("The trash is empty"), _("VMs moved here are kept for some days and can be restored with one click."))
                return
            _head()
            for vm in vms[:SHOWN]:
                self._row(vm)
            text = _("VMs in the trash are halted and cannot be started. They are hidden from all other lists, the map and the search.")
            ui.label(text).classes("x-dim x-small x-trash-note")

    def _row(self, vm: VM) -> None:
        kept, now = trashed(vm), time.time()
        with ui.element().classes("x-trash-row").props("role=row"):
            with ui.element("span").classes("x-row x-cut"):
                Icon("trash").classes("x-dim")
                ui.link(name_of(vm), path_of(vm)).classes("x-cut x-strong x-plain").props("dir=auto")
            Age(kept.at if kept else None, dated=True)
            disks = _disks(vm)
            ui.label(size(sum(freed(disks).values()))).classes("x-num")
            ui.label(", ".join(name_of(sr) for sr in freed(disks)) or "–").classes("x-cut x-dim").props("dir=auto")
            ui.label(pool_name(vm.home)).classes("x-cut x-dim").props("dir=auto")
            ui.label((kept.by if kept else "") or "–").classes("x-cut x-dim").props("dir=auto")
            if kept:
                left = kept.until - now
                share = (now - kept.at) / max(1.0, kept.until - kept.at)
                meter = Meter(share, duration(left) if left > 0 else _("due"), warning=1 - SOON / max(SOON, kept.until - kept.at))
                meter.props["data-tip"] = datetime(kept.until)
            with ui.element("span").classes("x-row"):
                Button(_("Restore"), lambda: run_command(self._context, action("vm.restore"), [vm]), icon="undo").mark("restore")
                more = _("Commands for {name}").format(name=name_of(vm))
                with Button(icon="more", label=more, tip=_("More commands"), kind=ButtonKind.GHOST):
                    ActionMenu(self._context, (vm,), [action("vm.rename"), action("vm.purge")], right=True)

    async def _purge_all(self) -> None:
        await run_command(self._context, action("vm.purge"), trash_of(self._context.mirror))


def _head() -> None:
    with ui.element().classes("x-trash-row x-trash-head"):
        for title, classes in (
            (_("Name"), ""),
            (_("Deleted"), ""),
            (_("Space"), "x-num"),
            (_("SR"), ""),
            (_("Pool"), ""),
            (_("By"), ""),
            (_("Purged in"), ""),
        ):
            ui.label(title).classes(classes)
        ui.element("span")


def _disks(vm: VM) -> list[VDI]:
    removal = removal_of(vm)
    return [*removal.disks, *removal.snapshot_disks]


class TrashSettings(Card):
    """For administrators: whether deleted VMs are kept, and how long."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Trash"))
        self.classes("x-trash-settings")
        self._context = context
        days = context.mirror.trash.days
        with self:
            text = _("Deleted VMs can be moved to a trash first: halted, hidden, and kept for some days, in which they can be restored.")
            ui.label(text).classes("x-dim")
            self._on = our.check(_("Keep deleted VMs in a trash"), days > 0, on_change=self._changed).mark("trash-on")
            self._days = our.Field(_("Days"), str(days or USUAL), on_change=self._changed).mark("trash-days")
            with buttons():
                Button(_("Save"), self._save, kind=ButtonKind.PRIMARY).mark("save-trash")
                ui.link(_("Go to trash"), "/vms?state=trash").classes("x-link")
        self._changed()

    def _changed(self) -> None:
        self._days.set_visibility(bool(self._on.value))
        self._days.fault(None if self._wanted() is not None else _("a whole number from 1 to {most}").format(most=LONGEST))

    def _wanted(self) -> int | None:
        """None while it is not right."""
        if not self._on.value:
            return 0
        days = typed_whole(str(self._days.value))
        return days if days is not None and 1 <= days <= LONGEST else None

    async def _save(self) -> None:
        days = self._wanted()
        if days is None or not is_administrator():
            return
        await self._context.setting_store.set(SETTING, days or None)
        self._context.mirror.trash.days = days
        notify(_("Saved") if days else _("The trash is disabled; its contents stay until somebody empties it."), Tone.INFORMATION)
