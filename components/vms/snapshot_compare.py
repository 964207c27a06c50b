"""What changed in a VM since a snapshot of it, or between two; and what can be done with the one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

from components import ui as our
from components.actions import run_command
from components.live import follow_facts, fresh_slot
from components.ui import Button, Card, buttons
from components.vms.setting_words import setting_text, setting_title
from data.configuration import DeviceDifference, Difference, compare
from data.views.snapshot import SnapshotView
from data.views.vm import VMView
from xo_dash.context import Context
from xo_dash.control.actions import action
from xo_dash.i18n import _, ngettext, number, size


class SnapshotCompare(Card):
    """`show` says of which; it follows the VM."""

    def __init__(self, context: Context, vm: VMView) -> None:
        super().__init__(_("Changed since"), "")
        self.classes("x-snap-compare")
        self._context, self._vm = context, vm
        self.on_choose: Callable[[SnapshotView], None] | None = None  # let go of when this goes: see components.release
        self._one: SnapshotView | None = None
        self._other: SnapshotView | None = None
        self._filling = False
        with self:
            self._choice = our.choice({}, None, on_change=self._chosen)
            self._choice.props["aria-label"] = _("Snapshot")
            self._box = ui.element().classes("x-snap-diff")
            with ui.element("footer").classes("x-snap-foot") as self._foot:
                self._first = our.check(_("Take a snapshot of the current state first"), True)
                with buttons():
                    Button(_("Revert") + "…", self._revert, icon="undo").mark("revert").props("data-once")
                    Button(_("New VM") + "…", lambda: self._do("snapshot.new_vm"), icon="plus").mark("new-vm").props("data-once")
                    Button(_("New template") + "…", lambda: self._do("snapshot.new_template"), icon="copy").props("data-once")
            with ui.element().classes("contents"):
                follow_facts(vm, ("snapshots", "configuration", "disks", "nics"), self._refresh)

    def show(self, one: SnapshotView | None, other: SnapshotView | None) -> None:
        """Compare `one` with `other`; None: with the VM as it is."""
        self._one, self._other = one, other
        self._refresh()

    def _refresh(self) -> None:
        one = self._one
        self.set_visibility(one is not None)
        if one is None:
            return
        options = {row.row.uuid: row.name for row in reversed(self._vm.snapshots) if not row.is_now}
        self._filling = True
        self._choice.set_options(options, value=one.row.uuid if one.row.uuid in options else None)
        self._filling = False
        self._choice.set_visibility(self._other is None)
        self.title.text = _("Changed since") if self._other is None else _("{one} → {other}").format(
            one=one.name, other=self._other.name)  # fmt: skip
        self._foot.set_visibility(self._other is None)
        found = compare(one.row, (self._other or self._vm).row)
        with fresh_slot(self._box):
            if not (found.settings or found.disks or found.nics):
                ui.label(_("No setting, disk or NIC differs.")).classes("x-dim")
            _settings(found.settings)
            _devices(_("Disks"), found.disks, _disk)
            _devices(_("NICs"), found.nics, lambda text: text)
            same = ngettext("{n} setting is the same", "{n} settings are the same", found.same)
            ui.label(same.format(n=number(found.same))).classes("x-dim x-small")

    def _chosen(self) -> None:
        chosen = next((row for row in self._vm.snapshots if row.row.uuid == self._choice.value and not row.is_now), None)
        if chosen is not None and not self._filling and chosen != self._one and self.on_choose is not None:
            self.on_choose(chosen)

    async def _revert(self) -> None:
        if self._one is not None:
            preset = {"snapshot": self._one.row.uuid, "snapshot_first": bool(self._first.value)}
            await run_command(self._context, action("vm.revert"), [self._vm.row], preset)

    async def _do(self, action_id: str) -> None:
        if self._one is not None:
            await run_command(self._context, action(action_id), [self._one.row])


def _settings(differences: Sequence[Difference]) -> None:
    for key, before, after in differences:
        _line(setting_title(key), setting_text(key, before), setting_text(key, after))


def _devices(title: str, differences: Sequence[DeviceDifference], words: Callable[[str], str]) -> None:
    if differences:
        ui.label(title).classes("x-snap-group")
    for name, before, after in differences:
        _line(name, words(before), words(after), missing=not before)


def _disk(text: str) -> str:
    """`1024 vault` as `1 KiB on vault`."""
    amount, _space, sr = text.partition(" ")
    if not amount.lstrip("-").isdecimal():
        return text
    return _("{size} on {sr}").format(size=size(int(amount)), sr=sr) if sr else size(int(amount))


def _line(title: str, before: str, after: str, *, missing: bool = False) -> None:
    """`~ vCPUs  2 → 4`, `+ data  100 GiB · not in the snapshot`"""
    sign = "+" if missing else "−" if not after and before else "~"
    with ui.element().classes("x-snap-change"):
        ui.label(sign).classes("x-dim x-snap-sign")
        ui.label(title).classes("x-snap-what").props("dir=auto")
        with ui.element("span").classes("x-journal-values"):
            if before:
                ui.label(before).classes("x-dim").props("dir=auto")
            if not missing:
                ui.label("→").classes("x-dim")
            ui.label(after or "–").classes("x-strong").props("dir=auto")
            if missing:
                ui.label(_("not in the snapshot")).classes("x-dim x-small")
