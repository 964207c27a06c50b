"""Taking images out of the CD drives of VMs."""

from __future__ import annotations

from typing import Final

from data.names import name_of
from data.objects import VBD, VM
from data.stores.users import Role
from data.types import NULL_REF
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_


def filled_drives(vm: VM) -> list[VBD]:
    return [drive for drive in vm.all_of(VBD, vm.VBDs) if drive.type == "CD" and not drive.empty and drive.VDI != NULL_REF]


def blocked(vm: VM) -> LazyText | None:
    drives = filled_drives(vm)
    if not drives:
        return lazy(N_("its drive is empty"))
    if any("eject" in drive.allowed_operations for drive in drives):
        return None
    return lazy(N_("the guest has locked the drive; eject the disc in the guest"))


def plan(request: NoRequest, vm: VM) -> Plan:
    for drive in filled_drives(vm):
        yield Call("VBD.eject", drive.ref, says=lazy(N_("Ejecting the image from {name}"), name=name_of(vm)))


EJECT: Final[AnyAction] = Action(
    id="vm.eject", kind=VM, title=N_("Eject image"), done=N_("The image is ejected from {name}"), role=Role.OPERATOR, icon="disk",
    applies_to=is_machine, blocked=blocked, plan=plan,
    relevant=lambda vm: bool(filled_drives(vm)), succeeded=lambda vm: not filled_drives(vm),
)  # fmt: skip
