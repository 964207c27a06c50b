"""The head of a VM's migration: how it is, and what travels with it."""

from __future__ import annotations

from components.live import follow_facts
from components.ui import PageHead, StateMark
from components.vms.words import STATES, doing_of, mark_of
from data.views.vm import VMView
from data.vms import copy_size, disks_of
from xo_dash.control.vm.migration.targets import is_running
from xo_dash.i18n import _, ngettext, number, size


class MigrationHead(PageHead):
    def __init__(self, vm: VMView) -> None:
        super().__init__(_("Migrate {name}").format(name=vm.name), icon="migrate")
        self.name.props("dir=auto")
        self._vm = vm
        with self.marks:
            self._state = StateMark("", "")
        with self:
            follow_facts(vm, ("state", "operations", "memory", "disks", "nic_count", "snapshot_count"), self._refresh)

    def _refresh(self) -> None:
        vm = self._vm
        self._state.show(mark_of(vm.row), doing_of(vm.row) or _(STATES[vm.state]))
        self.note.text = " · ".join(_contents(vm))


def _contents(vm: VMView) -> list[str]:
    """`16 GiB of memory`, `2 disks, 140 GiB used`, `2 NICs`, `3 snapshots`"""
    disks, snapshots = disks_of(vm.row), vm.snapshot_count
    parts = [_("{size} of memory").format(size=size(vm.memory))] if is_running(vm.row) else []
    if disks:
        words = ngettext("{n} disk, {used} used", "{n} disks, {used} used", len(disks))
        parts.append(words.format(n=number(len(disks)), used=size(sum(map(copy_size, disks)))))
    parts.append(ngettext("{n} NIC", "{n} NICs", vm.nic_count).format(n=number(vm.nic_count)))
    if snapshots:
        parts.append(ngettext("{n} snapshot moves with it", "{n} snapshots move with it", snapshots).format(n=number(snapshots)))
    return parts
