"""Moving a disk to another SR, with its VM running on; one that no VM can take along is copied, and the copy takes its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.names import name_of
from data.objects import SR, VBD, VDI, VM
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import SRUuid, called
from xo_dash.control.vbd.record import record_of
from xo_dash.control.vdi.space import cannot_take, sr_choices
from xo_dash.control.vdi.use import in_use_by, is_disk, users_of
from xo_dash.control.words import under_way
from xo_dash.i18n import N_


class MoveDisk(Request, frozen=True, kw_only=True):
    """The same disk on another SR."""

    sr: Annotated[SRUuid, called(N_("SR"))]


def _moves_with(vdi: VDI) -> VM | None:
    """The VM that XAPI would move it with, live or not."""
    return next((vm for vm in users_of(vdi) if "migrate_send" in vm.allowed_operations), None)


def blocked(vdi: VDI) -> LazyText | None:
    users = users_of(vdi)
    if vdi.current_operations:
        return under_way(next(iter(vdi.current_operations.values())))
    if len(users) > 1:
        return lazy(N_("it is attached to several VMs; detach it from the others first"))
    if in_use_by(vdi) is not None and _moves_with(vdi) is None:
        busy = next(iter(users[0].current_operations.values()), "")
        return under_way(busy) if busy else lazy(N_("{name} cannot be moved while it runs; shut it down first"), name=named(users[0]))
    return None


def choices(disks: Sequence[VDI]) -> Sequence[Choice]:
    """Every SR of the pool, with the reason where it cannot be."""
    if len({disk.home.id for disk in disks}) != 1:
        return ()
    first, needed = disks[0], sum(disk.virtual_size for disk in disks)
    users = users_of(first)
    here = first.home.one(SR, first.SR) if len({disk.SR for disk in disks}) == 1 else None
    return sr_choices(users[0], needed, here) if users else sr_choices(VM(home=first.home), needed, here)


def check(request: MoveDisk, vdi: VDI) -> Iterator[Fault]:
    sr = vdi.home.by_uuid(SR, request.sr)
    if sr is None:
        return
    if sr.ref == vdi.SR:
        yield Fault("sr", lazy(N_("it is already there")))
    elif reason := cannot_take(sr, vdi.virtual_size, in_use_by(vdi)):
        yield Fault("sr", lazy(N_("{sr} cannot be used: {reason}"), sr=named(sr), reason=reason))


def plan(request: MoveDisk, vdi: VDI) -> Plan:
    sr = vdi.home.by_uuid(SR, request.sr)
    if sr is None:
        return
    says = lazy(N_("Moving {disk} to {sr}"), disk=name_of(vdi), sr=named(sr))
    if _moves_with(vdi) is not None:
        yield Call("VDI.pool_migrate", vdi.ref, sr.ref, {}, says=says)
    else:
        yield from _copied(vdi, sr, says)


def _copied(vdi: VDI, sr: SR, says: LazyText) -> Plan:
    """The original goes last: until then everything can be taken back."""
    removing = lazy(N_("Deleting the copy on {sr}"), sr=named(sr))
    copy = yield Call("VDI.copy", vdi.ref, sr.ref, says=says, undo=lambda made: one("VDI.destroy", made, says=removing))
    for drive in vdi.all_of(VBD, vdi.VBDs):
        yield from _swapped(drive, copy, lazy(N_("Attaching the copy instead of {disk}"), disk=name_of(vdi)))
    yield Call("VDI.destroy", vdi.ref, says=lazy(N_("Deleting the original of {disk}"), disk=name_of(vdi)), alone=True)


def _swapped(drive: VBD, copy: object, says: LazyText) -> Plan:
    """The copy at the place of the original: what a drive holds is fixed when it is made."""
    record = record_of(drive)
    yield Call("VBD.destroy", drive.ref, says=says, undo=lambda _: one("VBD.create", record, says=says))
    yield Call("VBD.create", record | {"VDI": copy}, says=says, undo=lambda made: one("VBD.destroy", made, says=says))


def defaults(disks: Sequence[VDI]) -> Mapping[str, object]:
    return {"sr": next((choice.value for choice in choices(disks) if choice.refused is None), "")}


MOVE: Final[AnyAction] = Action(
    id="vdi.move", kind=VDI, request=MoveDisk, title=N_("Move to another SR"), done=N_("{name} is moved"), role=Role.OPERATOR, icon="move",
    applies_to=is_disk, blocked=blocked, defaults=defaults, choices={"sr": choices}, check=check, plan=plan,
)  # fmt: skip
