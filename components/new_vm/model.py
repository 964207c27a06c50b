"""What follows from a draft, all of it from the mirror: the request, what is wrong at which field, the hosts, the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from components.new_vm.draft import SUGGESTED, DraftSource, VMDraft
from data.objects import Host, Pool
from data.stores.users import User
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Step
from xo_dash.control.rehearsal import rehearse_all
from xo_dash.control.requests.decode import decode
from xo_dash.control.requests.fault import BadRequest, Fault
from xo_dash.control.vm.create import CREATE
from xo_dash.control.vm.creation.blueprint import Blueprint, blueprint
from xo_dash.control.vm.creation.hosts import Seat, seats, suggested
from xo_dash.control.vm.creation.request import CreateVM
from xo_dash.i18n import N_

Limits = Callable[[CreateVM], Sequence[Fault]]
UNNAMED = "vm"
"""Stands for a name that nobody has typed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`request` is what would be sent; None while something is wrong. `plan` is as near as one can come meanwhile."""

    pool: Pool
    request: CreateVM | None
    plan: Blueprint | None
    faults: tuple[Fault, ...]
    seats: tuple[Seat, ...]
    steps: tuple[Step, ...]

    @property
    def seat(self) -> Seat | None:
        """Where it is going to run, if somebody or we chose that; else where it most likely does."""
        if self.plan is not None and self.plan.host is not None:
            return next((seat for seat in self.seats if seat.host is self.plan.host), None)
        return suggested(self.seats)

    def fault(self, place: str) -> LazyText | None:
        """The first at exactly this field."""
        return next((fault.reason for fault in self.faults if fault.field == place), None)

    def within(self, places: Sequence[str]) -> list[Fault]:
        """Those of these fields and their parts."""
        return [fault for fault in self.faults if any(fault.field == place or fault.field.startswith(f"{place}.") for place in places)]


def model_of(
    draft: VMDraft, pool: Pool, *, is_seen: Callable[[Host], bool] = lambda _host: True, limits: Limits = lambda _request: [],
    user: User | None = None,
) -> Model:  # fmt: skip
    """`is_seen`: whether the VM may be put on a host, which takes seeing it; `limits`: what quotas say.

    `user`: for whom SRs and networks are chosen.
    """
    rough, plan, faults = _decided(draft.values(None), pool, user)
    found = tuple(seat for seat in seats(plan) if is_seen(seat.host)) if plan is not None else ()
    best = suggested(found)
    if draft.host == SUGGESTED and best is not None:
        rough, plan, faults = _decided(draft.values(best.host.uuid), pool, user)
    if rough is not None:
        known = {fault.field for fault in faults}
        faults += [fault for fault in CREATE.faults(rough, pool) if fault.field not in known]
        if not faults:
            faults += [_where_it_is_typed(fault, draft) for fault in limits(rough)]
    faults = _chosen(draft, faults)
    steps = tuple(rehearse_all(CREATE.plan(rough, pool))) if rough is not None and plan is not None else ()
    return Model(pool=pool, request=None if faults else rough, plan=plan, faults=tuple(faults), seats=found, steps=steps)


def _where_it_is_typed(fault: Fault, draft: VMDraft) -> Fault:
    """How many are made is asked for only where there are to be several."""
    return fault if fault.field not in ("count", "") or draft.several else replace(fault, field="name")


def _chosen(draft: VMDraft, faults: list[Fault]) -> list[Fault]:
    """What is to be picked and is not: a disc to install from, a disk to attach."""
    if draft.source is DraftSource.ISO and not draft.iso:
        faults.append(Fault("iso", lazy(N_("“{field}” is missing"), field=LazyText(N_("Disc")))))
    for number, disk in enumerate(draft.disks or ()):
        if disk.existing and not disk.vdi:
            faults = [fault for fault in faults if not fault.field.startswith(f"disks.{number}.")]
            faults.append(Fault(f"disks.{number}.vdi", lazy(N_("“{field}” is missing"), field=LazyText(N_("Disk")))))
    return faults


def _decided(values: Mapping[str, object], pool: Pool, user: User | None) -> tuple[CreateVM | None, Blueprint | None, list[Fault]]:
    rough, faults = _decoded(values)
    if rough is None:
        return None, None, faults
    settled: CreateVM = CREATE.settled(rough, pool, user)
    return settled, blueprint(settled, pool.home), faults


def _decoded(values: Mapping[str, object]) -> tuple[CreateVM | None, list[Fault]]:
    """The request; where fields are wrong, one without them, so that the rest of the page goes on."""
    try:
        return decode(CreateVM, values), []
    except BadRequest as error:
        faults = list(error.faults)
    wrong = {fault.field.partition(".")[0] for fault in faults}
    good = {name: value for name, value in values.items() if name not in wrong} | ({"name": UNNAMED} if "name" in wrong else {})
    try:
        return decode(CreateVM, good), faults
    except BadRequest:
        return None, faults
