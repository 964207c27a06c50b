"""Taking snapshots: of the disks, with the guest's help, or with the memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Final, Self

import msgspec

from data.chains import DEEP, MOST, deepest
from data.facts.vm import memory_of
from data.names import name_of
from data.objects import SR, VM, PowerState
from data.stores.users import Role
from data.types import XapiObject
from data.vms import disks_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.conditions import allowed
from xo_dash.control.lazy_text import Amount, LazyText, lazy
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import NamePattern, called
from xo_dash.control.resume.plan_clock import plan_time
from xo_dash.control.sr.choice import free_space
from xo_dash.control.vm.kinds import is_machine
from xo_dash.i18n import N_

LIVE = (PowerState.RUNNING, PowerState.PAUSED, PowerState.SUSPENDED)
DATE: Final = "{date}"
TIME: Final = "{time}"


class TakeSnapshot(Request, frozen=True, kw_only=True):
    """The VM as it is now, to go back to. In the name `{name}`, `{date}` and `{time}` stand for those of each VM and moment."""

    name: Annotated[NamePattern, called(N_("Name"), hint=N_("{name}, {date} and {time} are filled in"))]
    memory: Annotated[bool, called(N_("With memory"))] = False
    quiesce: Annotated[bool, called(N_("Quiesce"), hint=N_("The guest writes its data to the disks first"))] = False

    def for_each(self, subject: XapiObject) -> Self:
        now = dt.datetime.now(dt.UTC).astimezone()
        dated = self.name.replace(DATE, now.strftime("%Y-%m-%d")).replace(TIME, now.strftime("%H:%M"))
        return super(TakeSnapshot, msgspec.structs.replace(self, name=dated)).for_each(subject)


def dated_name(vms: Sequence[VM]) -> str:
    """`web-1 2026-01-31 14:05`: sorts by time, and says whose it is where only the name is shown."""
    moment = dt.datetime.fromtimestamp(plan_time(), dt.UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    return f"{{name}} {moment}" if len(vms) != 1 else f"{name_of(vms[0])} {moment}"


def defaults(vms: Sequence[VM]) -> Mapping[str, object]:
    return {"name": dated_name(vms)}


def unasked(vms: Sequence[VM]) -> Collection[str]:
    """What a halted VM has not; what current releases of XAPI no longer do."""
    memory = () if any(vm.power_state in LIVE for vm in vms) else ("memory",)
    quiesce = () if any("snapshot_with_quiesce" in vm.allowed_operations for vm in vms) else ("quiesce",)
    return (*memory, *quiesce)


_TAKE, _MEMORY = allowed("snapshot"), allowed("checkpoint", *LIVE)
_QUIESCE = allowed("snapshot_with_quiesce", PowerState.RUNNING)


def check(request: TakeSnapshot, vm: VM) -> Iterator[Fault]:
    if request.memory and request.quiesce:
        yield Fault("quiesce", lazy(N_("a snapshot with memory cannot be quiesced; select only one of the two")))
    elif request.memory and (reason := _MEMORY(vm)):
        yield Fault("memory", lazy(N_("{name}: {reason}"), name=name_of(vm), reason=reason))
    elif request.quiesce and (reason := _QUIESCE(vm)):
        yield Fault("quiesce", lazy(N_("{name}: {reason}"), name=name_of(vm), reason=reason))


def notes(request: TakeSnapshot, vm: VM) -> Iterator[LazyText]:
    """What it takes, and how deep the chains are."""
    if request.memory:
        yield lazy(N_("{amount} more for the memory; the VM is paused while it is saved."), amount=Amount(memory_of(vm)))
    srs = dict.fromkeys(sr for disk in disks_of(vm) if (sr := disk.home.one(SR, disk.SR)))
    known = [(name_of(sr), free) for sr in srs if (free := free_space(sr)) is not None]
    if known:
        name, least = min(known, key=lambda pair: pair[1])
        yield lazy(N_("Needs almost no space at first; {sr} has {free} free."), sr=name, free=Amount(least))
    depth = deepest(vm)
    if depth >= DEEP:
        text = N_("A disk chain has {depth} levels; from {most} on, no snapshots are possible. Delete some that are no longer needed.")
        yield lazy(text, depth=depth, most=MOST)


def plan(request: TakeSnapshot, vm: VM) -> Plan:
    method = "VM.checkpoint" if request.memory else "VM.snapshot_with_quiesce" if request.quiesce else "VM.snapshot"
    return one(method, vm.ref, request.name, says=lazy(N_("Taking a snapshot of {name}"), name=name_of(vm)))


TAKE: Final[AnyAction] = Action(
    id="vm.snapshot", kind=VM, request=TakeSnapshot, title=N_("Snapshot"), done=N_("{name} has a new snapshot"),
    role=Role.OPERATOR, icon="camera", prominent=True, applies_to=is_machine,
    blocked=_TAKE, quick_check=_TAKE.holds, relevant=lambda vm: True,
    defaults=defaults, unasked=unasked, check=check, notes=notes, plan=plan,
)  # fmt: skip
