"""A copy of a VM: a fast clone that shares blocks with it, or a full copy."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from data.names import name_of
from data.objects import SR, VM, PowerState
from data.stores.users import Role
from data.trash import XODASH_TRASH
from data.types import NULL_REF
from data.vms import BACKUP, disks_of
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import lazy
from xo_dash.control.plan import Call, Plan, Step
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import NamePattern, SRUuid, called
from xo_dash.control.sr.choice import disk_srs
from xo_dash.control.vdi.space import cannot_copy, free_text
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.removal import remove_made
from xo_dash.i18n import N_, _


class CloneVM(Request, frozen=True, kw_only=True):
    """A copy of a VM, halted, with new MAC addresses."""

    name: Annotated[NamePattern, called(N_("Name"))]
    fast: Annotated[bool, called(N_("Fast clone"), hint=N_("Shares unchanged blocks with the original; takes only seconds"))] = True
    sr: Annotated[SRUuid | None, called(N_("SR for a full copy"), hint=N_("By default each disk stays on its SR"))] = None
    description: Annotated[str | None, called(N_("Description"), hint=N_("By default, as in the original"))] = None


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"name": _("{name} copy").format(name=name_of(vms[0]) if len(vms) == 1 else "{name}"), "fast": True}


def srs(vms: Sequence[VM]) -> Sequence[Choice]:
    """Where a full copy of all these has room."""
    disks = [disk for vm in vms for disk in disks_of(vm)]
    homes = {vm.home.id: vm.home for vm in vms}
    return [
        Choice(sr.uuid, f"{label} · {free_text(sr)}", cannot_copy(sr, disks)) for home in homes.values() for sr, label in disk_srs(home)
    ]


def check(request: CloneVM, vm: VM) -> Iterator[Fault]:
    sr = vm.home.by_uuid(SR, request.sr) if request.sr else None
    if sr is None:
        return
    if request.fast:
        yield Fault("sr", lazy(N_("a fast clone stays on the SR of the original; turn off “Fast clone” to use another")))
    elif reason := cannot_copy(sr, disks_of(vm)):
        yield Fault("sr", reason)


def plan(request: CloneVM, vm: VM) -> Plan:
    yield from copied(request, vm)


def copied(request: CloneVM, vm: VM) -> Generator[Step, Any, Any]:
    """The steps; returns the reference of the copy.

    What backups of others wrote into the original is not copied: they would take the copy for one of theirs.
    """
    name, new = name_of(vm), request.name
    sr = vm.home.by_uuid(SR, request.sr) if request.sr else None
    method, where = ("VM.clone", ()) if request.fast else ("VM.copy", (sr.ref if sr else NULL_REF,))
    says = lazy(N_("Cloning {name}"), name=name) if request.fast else lazy(N_("Copying {name}"), name=name)
    copy = yield Call(method, vm.ref, new, *where, says=says, undo=lambda ref: remove_made(ref, new))
    if request.description is not None:
        says = lazy(N_("Editing the description of {name}"), name=new)
        yield Call("VM.set_name_description", copy, request.description, says=says, asynchronous=False)
    for key in vm.other_config:
        if key.startswith(BACKUP) or key == XODASH_TRASH:
            says = lazy(N_("Removing {key} from {name}"), key=key, name=new)
            yield Call("VM.remove_from_other_config", copy, key, says=says, asynchronous=False)
    return copy


_CONDITION = allowed("clone", PowerState.HALTED)
CLONE: Final[AnyAction] = Action(
    id="vm.clone", kind=VM, request=CloneVM, title=N_("Clone"), done=N_("{name} is cloned"), role=Role.OPERATOR, icon="copy",
    applies_to=is_machine, blocked=_CONDITION, quick_check=_CONDITION.holds,
    defaults=defaults, choices={"sr": srs}, check=check, plan=plan,
)  # fmt: skip
