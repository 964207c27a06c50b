"""The dialog before VMs are deleted: what goes and what that frees, what stays and why, the trash or now, and the name typed."""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from typing import NamedTuple

from nicegui import ui

from components import ui as our
from components.actions.dialog import names
from components.actions.offer import DroppedOut, Offer
from components.actions.preview import Preview
from components.live import fresh_slot
from components.theme.icons import Icon
from components.ui import ButtonKind, Dialog, Field
from data.disks import freed
from data.names import name_of
from data.objects import SR, VDI, VM
from data.trash import DAY, Trash
from data.types import NULL_REF
from data.vms import is_of_backup
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.vm.delete import DeleteVM, Removal, removal_of
from xo_dash.i18n import _, date, ngettext, number, size

LISTED = 100
"""VMs of a selection that are listed."""
LONGEST_TYPED = 60
"""Characters that one is asked to type."""


class Answer(NamedTuple):
    """What is done instead of or as what was asked for, and with what."""

    action: AnyAction
    request: Request


async def ask_deletion(offer: Offer) -> Answer | None:
    """None if the dialog was left."""
    question = DeletionDialog(offer)
    try:
        return question.answer if await question.dialog else None
    finally:
        if not question.dialog.is_deleted:
            question.dialog.delete()


class DeletionDialog:
    """One VM has its disks listed, each of which can be kept; many have a line each. It follows them: others add disks, or delete a VM."""

    def __init__(self, offer: Offer) -> None:
        self._action, self._is_single = offer.action, len(offer.now.able) == 1
        self._keep: dict[str, ui.checkbox] = {}
        self._look(offer)
        self._trash_is_on = offer.action.id == "vm.delete" and all(vm.home.part(Trash).is_on for vm in self._vms)
        self.dialog = Dialog(self._headline())
        with self.dialog:
            self._dropped_out = DroppedOut()
            self._lists = ui.element().classes("contents")
            self._way = self._ways() if self._trash_is_on else None
            self._preview = Preview(self._action, self._vms)
            self._wanted = ""
            self._typed = self._typing()
        self._yes = self.dialog.answers(_("Cancel"), _(self._action.title), self._answered, kind=ButtonKind.DANGER)
        self._drawn: object = None
        with self.dialog:
            offer.follow(lambda: self._follow(offer))

    # what becomes of them meanwhile

    def _look(self, offer: Offer) -> None:
        self._offer = offer.now
        self._vms = [vm for vm in offer.now.able if isinstance(vm, VM)]
        self._removals = {vm: removal_of(vm) for vm in self._vms}

    def _follow(self, offer: Offer) -> None:
        self._look(offer)
        if self._vms:
            self.dialog.title.text = self._headline()
        if (stands := (self._offer, self._removals, self._names())) != self._drawn:
            self._drawn = stands
            self._draw()
            self._dropped_out.tell(offer)
        self._ask_to_type()
        self._changed()

    def _names(self) -> list[str]:
        """Of all that it lists: somebody may rename any of them."""
        disks = [disk for removal in self._removals.values() for disk in (*removal.disks, *(disk for disk, _by in removal.shared))]
        return [name_of(row) for row in (*self._vms, *disks)]

    def _draw(self) -> None:
        kept = {uuid for uuid, box in self._keep.items() if box.value}
        self._keep.clear()
        with fresh_slot(self._lists):
            if self._is_single:
                for vm in self._vms:
                    self._one(vm, self._removals[vm], kept)
            elif self._vms:
                self._many()
            if self._offer.total > 1:
                names(_("Skipped:"), [f"{name_of(subject)}: {reason}" for subject, reason in self._offer.unable], quiet=True)

    # what it says

    def _headline(self) -> str:
        if len(self._vms) == 1:
            return _("Delete {name}?").format(name=name_of(self._vms[0]))
        if self._action.id.startswith("template."):
            return ngettext("Delete {n} template?", "Delete {n} templates?", len(self._vms)).format(n=number(len(self._vms)))
        return ngettext("Delete {n} VM?", "Delete {n} VMs?", len(self._vms)).format(n=number(len(self._vms)))

    def _one(self, vm: VM, removal: Removal, kept: Container[str]) -> None:
        with ui.element().classes("x-gone-list").mark("deleted"):
            self._title(_("Will be deleted"))
            _line("vm", _("{name}, its settings").format(name=name_of(vm)), "", "")
            for disk in removal.disks:
                with _line("disk", name_of(disk), _where(disk), size(disk.virtual_size)):
                    self._keep[disk.uuid] = our.check(_("Keep"), disk.uuid in kept, on_change=self._changed)
            if removal.snapshots:
                _line("camera", *_snapshots(removal), size(_amount(removal.snapshot_disks)))
        if removal.shared:
            with ui.element().classes("x-gone-list").mark("kept"):
                ui.label(_("Will be kept")).classes("x-verb-names-title")
                for disk, by in removal.shared:
                    also = ", ".join(name_of(other) for other in by)
                    why = _("also attached to {vms}").format(vms=also) if by else _("marked as shared")
                    _line("disk", name_of(disk), why, size(disk.virtual_size))

    def _many(self) -> None:
        with ui.element().classes("x-gone-list x-gone-many").mark("deleted"):
            self._title(_("Will be deleted"))
            for vm in self._vms[:LISTED]:
                removal = self._removals[vm]
                _line("vm", name_of(vm), _contents(removal), size(_amount([*removal.disks, *removal.snapshot_disks])))
            if (more := len(self._vms) - LISTED) > 0:
                ui.label(ngettext("… and {n} more", "… and {n} more", more).format(n=number(more))).classes("x-dim")
            shared = {disk.uuid for removal in self._removals.values() for disk, _by in removal.shared}
            if shared:
                text = ngettext("{n} shared disk is kept.", "{n} shared disks are kept.", len(shared))
                ui.label(text.format(n=number(len(shared)))).classes("x-dim")

    def _title(self, text: str) -> None:
        with ui.element().classes("x-gone-title"):
            self._fate = ui.label(text)
            self._sum = ui.label().classes("x-dim")

    def _ways(self) -> ui.radio:
        """The trash or now."""
        days = min(vm.home.part(Trash).days for vm in self._vms)
        until = _("Can be restored until {date}. Uses its space until then.").format(date=date(time.time() + days * DAY))
        options = {"trash": _("Move to trash") + f" · {until}", "now": _("Delete now") + " · " + _("This cannot be undone.")}
        return ui.radio(options, value="trash", on_change=self._changed).classes("x-gone-ways").props("dense").mark("way")

    def _word_to_type(self) -> str:
        """A VM with nothing on any disk needs none; a name that cannot be typed is not asked for."""
        if len(self._vms) == 1:
            (removal,) = self._removals.values()
            if not (removal.disks or removal.snapshots):
                return ""
            name = _spaced(name_of(self._vms[0]))
            if name and name.isprintable() and len(name) <= LONGEST_TYPED:
                return name
        return _("delete {n}").format(n=len(self._vms))

    def _typing(self) -> Field:
        field = Field(" ", on_change=self._changed)
        field.mark("typed").props["dir"] = "auto"
        return field

    def _ask_to_type(self) -> None:
        self._wanted = self._word_to_type() if self._vms else ""
        self._typed.set_visibility(bool(self._wanted))
        self._typed.props["label"] = _("Type {word} to confirm").format(word=self._wanted)

    # what one answers

    @property
    def answer(self) -> Answer:
        if self._way is not None and self._way.value == "trash":
            return Answer(action("vm.trash"), NoRequest())
        return Answer(self._action, self._request())

    def _request(self) -> DeleteVM:
        return DeleteVM(keep=tuple(uuid for uuid, box in self._keep.items() if box.value))

    def _changed(self) -> None:
        if not self._vms:
            self._yes.allow(str(self._offer.reason))
            return
        row, request = self.answer
        kept = set(self._request().keep)
        disks = [disk for one in self._removals.values() for disk in (*one.disks, *one.snapshot_disks) if disk.uuid not in kept]
        goes = row is self._action
        self._fate.text = _("Will be deleted") if goes else _("Will be moved to trash")
        self._sum.text = _freed(disks)
        for box in self._keep.values():
            box.set_visibility(goes)
        self._preview.show(request, row, self._vms)
        self._yes.set_text(_(row.title))
        self._yes.allow(None if self._is_typed() else _("Type {word} to confirm").format(word=self._wanted))

    def _is_typed(self) -> bool:
        return not self._wanted or _spaced(str(self._typed.value or "")) == self._wanted

    def _answered(self) -> None:
        if self._vms and self._is_typed():
            self.dialog.submit(True)


def _spaced(text: str) -> str:
    """As it is seen: spaces in a row are one."""
    return " ".join(text.split())


def _line(icon: str, name: str, about: str, amount: str) -> ui.element:
    """A line; what it returns is its end, for what one can choose there."""
    with ui.element().classes("x-gone"):
        Icon(icon)
        with ui.element("span").classes("x-cut"):
            ui.label(name).props("dir=auto").classes("x-gone-name")
            if about:
                ui.label(about).props("dir=auto").classes("x-dim x-gone-about")
        end = ui.element("span").classes("x-gone-end")
        ui.label(amount).classes("x-num")
    return end


def _where(disk: VDI) -> str:
    sr = disk.home.one(SR, disk.SR)
    return _("on {sr}").format(sr=name_of(sr)) if sr else ""


def _snapshots(removal: Removal) -> tuple[str, str]:
    """(`5 snapshots`, `1 with memory, 1 of a backup`)"""
    count = len(removal.snapshots)
    memory = sum(snapshot.suspend_VDI != NULL_REF for snapshot in removal.snapshots)
    backups = sum(map(is_of_backup, removal.snapshots))
    parts = [
        ngettext("{n} with memory", "{n} with memory", memory).format(n=number(memory)) if memory else "",
        ngettext("{n} used by a backup job", "{n} used by backup jobs", backups).format(n=number(backups)) if backups else "",
    ]
    return ngettext("{n} snapshot", "{n} snapshots", count).format(n=number(count)), ", ".join(part for part in parts if part)


def _contents(removal: Removal) -> str:
    """`1 disk, 2 snapshots`"""
    disks, snapshots = len(removal.disks), len(removal.snapshots)
    parts = [ngettext("{n} disk", "{n} disks", disks).format(n=number(disks))]
    if snapshots:
        parts.append(ngettext("{n} snapshot", "{n} snapshots", snapshots).format(n=number(snapshots)))
    return ", ".join(parts)


def _amount(disks: Sequence[VDI]) -> int:
    """Bytes that these take for themselves; -1 if nobody knows."""
    found = freed(disks).values()
    return -1 if any(amount < 0 for amount in found) else sum(found)


def _freed(disks: Sequence[VDI]) -> str:
    """`about 247 GiB on 2 SRs`"""
    found = freed(disks)
    known = sum(amount for amount in found.values() if amount > 0)
    if not known:
        return ""
    text = ngettext("about {amount} on {n} SR", "about {amount} on {n} SRs", len(found))
    return text.format(amount=size(known), n=number(len(found)))
