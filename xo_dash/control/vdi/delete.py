"""Deleting a disk, with the drives that it is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from data.names import name_of
from data.objects import VBD, VDI, VM, PowerState
from data.storage import DiskKind, disk_kind
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.vdi.use import is_disk, users_of
from xo_dash.control.words import under_way
from xo_dash.i18n import N_, _


def is_deletable(vdi: VDI) -> bool:
    """A disk that people mean by the word, or what is left of a snapshot that is gone; other snapshots go with theirs."""
    return is_disk(vdi) or (isinstance(vdi, VDI) and vdi.is_a_snapshot and disk_kind(vdi) is DiskKind.ORPHAN)


def blocked(vdi: VDI) -> LazyText | None:
    """Source: VDI.destroy takes the VBDs of a disk along, where no VM has it open."""
    if vdi.current_operations:
        return under_way(next(iter(vdi.current_operations.values())))
    for vm in users_of(vdi):
        if vm.power_state is not PowerState.HALTED and _attached(vdi, vm):
            return lazy(N_("it is attached to {name}; detach it first"), name=named(vm))
    return None


def _attached(vdi: VDI, vm: VM) -> bool:
    return any(vm.ref == drive.VM and drive.currently_attached for drive in vdi.all_of(VBD, vdi.VBDs))


def plan(request: NoRequest, vdi: VDI) -> Plan:
    return one("VDI.destroy", vdi.ref, says=lazy(N_("Deleting disk {name}"), name=name_of(vdi)))


def consequences(vdi: VDI) -> Sequence[str]:
    return [_("{disk} is removed from {vm}").format(vm=name_of(vm), disk=name_of(vdi)) for vm in users_of(vdi)]


DELETE_DISK: Final[AnyAction] = Action(
    id="vdi.delete", kind=VDI, title=N_("Delete disk"), done=N_("{name} is deleted"), role=Role.OPERATOR, icon="trash", danger=True,
    applies_to=is_deletable, blocked=blocked, plan=plan, consequences=consequences, typed=True,
    warning=N_("All data on the disk is lost. This cannot be undone."),
)  # fmt: skip
