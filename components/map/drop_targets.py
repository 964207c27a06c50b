"""Where else than on a host VMs can be dropped: on an SR, which takes their disks; on a network; on the halted row of their pool."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final

from components.actions import run_command
from components.map.host_verdicts import NO, DropVerdict
from data.identity import key_of
from data.names import name_of
from data.objects import SR, VDI, VM, Network, PowerState
from data.sight import Sight
from data.stores.users import User
from data.vms import copy_size, disks_of
from xo_dash.context import Context
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.eligibility import eligibility, why_not
from xo_dash.control.lazy_text import LazyText
from xo_dash.control.sr.choice import disk_srs, free_space
from xo_dash.control.vdi.move import MOVE
from xo_dash.control.vdi.space import cannot_take
from xo_dash.control.vdi.use import in_use_by
from xo_dash.control.vif.nics import ADD_NIC, not_reached
from xo_dash.i18n import _, ngettext, number, size

SHUT_DOWN: Final = action("vm.clean_shutdown")
DISKS, NIC, HALT = "disks", "nic", "halt"


def verdicts(vms: Sequence[VM], user: User) -> Iterator[DropVerdict]:
    """Of their own pool, for `user`; VMs of several pools can only go to hosts."""
    home = vms[0].home
    if any(vm.home is not home for vm in vms):
        return
    yield from (_of_sr(sr, vms, user) for sr, _label in disk_srs(home))
    yield from (_of_network(network, vms, user) for network in home.all(Network).values())
    yield DropVerdict(home.key, *_halting(vms, user))


def _moving(sr: SR, vms: Sequence[VM]) -> list[VDI]:
    """The disks that would move there."""
    return [disk for vm in vms for disk in disks_of(vm) if sr.ref != disk.SR]


def _of_sr(sr: SR, vms: Sequence[VM], user: User) -> DropVerdict:
    disks, key = _moving(sr, vms), key_of(sr)
    if not disks:
        return DropVerdict(key, NO, _("its disks are here") if len(vms) == 1 else _("their disks are here"))
    if reason := _refusal(MOVE, disks, user):
        return DropVerdict(key, NO, str(reason))
    refusals = [cannot_take(sr, disk.virtual_size, in_use_by(disk)) for disk in disks]
    if all(refusals):
        return DropVerdict(key, NO, str(refusals[0]))
    needed, free = sum(map(copy_size, disks)), free_space(sr)
    if free is not None and needed > free:
        return DropVerdict(key, NO, _("{needed} needed, {free} free").format(needed=size(needed), free=size(free)))
    count = ngettext("{n} disk", "{n} disks", len(disks)).format(n=number(len(disks)))
    return DropVerdict(key, DISKS, _("Move {disks} here: {amount}").format(disks=count, amount=size(needed)))


def _of_network(network: Network, vms: Sequence[VM], user: User) -> DropVerdict:
    unreached = [not_reached(network, vm) for vm in vms]
    if reason := _refusal(ADD_NIC, vms, user) or (unreached[0] if all(unreached) else None):
        return DropVerdict(key_of(network), NO, str(reason))
    return DropVerdict(key_of(network), NIC, _("Add a NIC on {network}").format(network=name_of(network)))


def _halting(vms: Sequence[VM], user: User) -> tuple[str, str]:
    if all(vm.power_state is PowerState.HALTED for vm in vms):
        return NO, _("already halted") if len(vms) == 1 else _("all are halted already")
    reason = _refusal(SHUT_DOWN, vms, user)
    return (NO, str(reason)) if reason else (HALT, _("Shut down"))


def _refusal(command: AnyAction, subjects: Sequence[VM] | Sequence[VDI], user: User) -> LazyText | None:
    """Why it can be done to none of them."""
    offered = eligibility(command, subjects, user)
    return None if offered.possible else why_not(command, subjects[0], user)


def drop_on(context: Context, mirror: Sight, vms: Sequence[VM], key: str) -> Callable[[], Awaitable[object]] | None:
    """What a drop there does: it asks, filled in. None where there is nothing of that key."""
    home = vms[0].home
    if (sr := mirror.find(SR, key)) is not None and sr.home is home:
        disks, wish = _moving(sr, vms), {"sr": sr.uuid}
        return (lambda: run_command(context, MOVE, disks, wish)) if disks else None
    if (network := mirror.find(Network, key)) is not None and network.home is home:
        nic = {"network": network.uuid}
        return lambda: run_command(context, ADD_NIC, vms, nic)
    return (lambda: run_command(context, SHUT_DOWN, vms)) if key == home.key else None
