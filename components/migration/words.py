"""What moves, and how a place was found, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.names import name_of
from data.objects import SR, VM, PowerState
from data.vms import copy_size
from xo_dash.control.vm.migration.mapping import DiskMove, MappingReason
from xo_dash.control.vm.migration.targets import Way
from xo_dash.i18n import N_, _, size

WAYS: Final[Mapping[Way, str]] = {
    Way.MEMORY: N_("Live, no disk moves"),
    Way.DISKS: N_("Live, disks move too"),
    Way.POOL: N_("To another pool, with its disks"),
}
OFF: Final[Mapping[PowerState, str]] = {
    PowerState.HALTED: N_("Disks move; it stays halted"),
    PowerState.SUSPENDED: N_("Disks move; it stays suspended"),
}
"""What moves of one that does not run, within its pool."""
WHYS: Final[Mapping[MappingReason, str]] = {
    MappingReason.STAYS: N_("stays where it is"),
    MappingReason.CHOSEN: N_("chosen"),
    MappingReason.DEFAULT: N_("default SR"),
    MappingReason.ROOM: N_("most free space"),
    MappingReason.NAME: N_("same name"),
    MappingReason.VLAN: N_("same VLAN"),
    MappingReason.EACH: N_("an SR of each host"),
    MappingReason.GUESS: N_("no network with that name or VLAN: check it"),
    MappingReason.NOWHERE: N_("none is suitable"),
}


def way_text(vm: VM, way: Way) -> str:
    """`Live, disks move too`"""
    return _(OFF[vm.power_state]) if way is not Way.POOL and vm.power_state in OFF else _(WAYS[way])


def moved(moves: list[DiskMove]) -> str:
    """`140 GiB to nas-nfs`; "" where nothing moves."""
    going = [move for move in moves if move.why is not MappingReason.STAYS and move.sr is not None]
    if not going:
        return ""
    names = list(dict.fromkeys(name_of(move.sr) for move in going if isinstance(move.sr, SR)))
    return _("{amount} to {sr}").format(amount=size(sum(copy_size(move.disk) for move in going)), sr=", ".join(names))
