"""What becomes of the VMs of a host that is emptied: what is asked for, and what follows where nothing is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from data.evacuation import Evacuation, evacuate
from data.facts.pool import own_pool
from data.failover import Survey, Unplaceable
from data.identity import key_of
from data.objects import VM, Host, Network
from data.placement import guests_on
from data.types import XapiObject
from xo_dash.control.host.no_place import why_no_place
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, NetworkUuid, VMUuid, called, one_of
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.i18n import N_

MOVE, SUSPEND, SHUT_DOWN, FORCE_OFF = "move", "suspend", "shut_down", "force_off"
OPERATIONS: Final[Mapping[str, str]] = {SUSPEND: "suspend", SHUT_DOWN: "clean_shutdown", FORCE_OFF: "hard_shutdown"}
"""What XAPI calls each way of not moving."""
DOING: Final[Mapping[str, str]] = {
    SUSPEND: N_("Suspending {name}"), SHUT_DOWN: N_("Shutting down {name}"), FORCE_OFF: N_("Forcing off {name}"),
}  # fmt: skip
BATCH: Final = 2
"""VMs that move at a time unless one says otherwise: more take longer each, and busy disks and networks longer still."""


class LeavingVM(Request, frozen=True, kw_only=True):
    """What happens to one VM of the host."""

    vm: Annotated[VMUuid, called(N_("VM"))]
    how: Annotated[
        str,
        called(N_("What happens")),
        one_of({MOVE: N_("Migrate"), SUSPEND: N_("Suspend"), SHUT_DOWN: N_("Shut down"), FORCE_OFF: N_("Force off")}),
    ] = MOVE
    host: Annotated[HostUuid | None, called(N_("Host"))] = None  # of one that moves; none: wherever there is most room


class EnterMaintenance(Request, frozen=True, kw_only=True):
    """Empty a host and keep it so. VMs that are not listed move to where most memory is free; one that cannot has to be listed."""

    network: Annotated[NetworkUuid | None, called(N_("Migration network"), hint=N_("Default: the management network"))] = None
    at_once: Annotated[int, Meta(ge=1, le=ON_A_HOST), called(N_("VMs at a time"))] = BATCH
    remember: Annotated[bool, called(N_("Offer to bring the VMs back afterwards"))] = True
    master: Annotated[HostUuid | None, called(N_("New master"), hint=N_("For a master: another host becomes the master first"))] = None
    vms: Annotated[tuple[LeavingVM, ...], called(N_("VMs"))] = ()

    def also(self, subject: XapiObject) -> Iterator[tuple[str, str, XapiObject]]:
        if self.master and (pool := own_pool(subject.home)) is not None:
            yield "master", "pool.master", pool


@dataclass(frozen=True, slots=True)
class Departures:
    """What becomes of every VM of a host."""

    evacuation: Evacuation
    off: Mapping[VM, str]  # {VM: SUSPEND, SHUT_DOWN or FORCE_OFF}


def departures(request: EnterMaintenance, host: Host, survey: Survey | None = None) -> Departures:
    """Those of the request that are no longer there are left out."""
    here = {vm.uuid: vm for vm in guests_on(host)}
    listed = [(here[one.vm], one) for one in request.vms if one.vm in here]
    off = {vm: one.how for vm, one in listed if one.how != MOVE}
    wished = {vm: to for vm, one in listed if one.how == MOVE and one.host and (to := host.home.by_uuid(Host, one.host))}
    return Departures(evacuate(host, wished, off, survey), off)


def instead(vm: VM) -> list[str]:
    """What can happen to one that does not move, the least harm first."""
    return [how for how, operation in OPERATIONS.items() if operation in vm.allowed_operations]


def moving(request: EnterMaintenance, vm: VM, to: Host) -> MigrateVM:
    """Its migration."""
    network = vm.home.by_uuid(Network, request.network) if request.network else None
    return MigrateVM(host=key_of(to), network=key_of(network) if network is not None else None)


def undecided(why: Unplaceable) -> LazyText:
    return lazy(N_("{name} cannot migrate: {reason}; choose what happens to it"), name=named(why.vm), reason=why_no_place(why))


def decided(request: EnterMaintenance, host: Host, survey: Survey | None = None) -> EnterMaintenance:
    """The request with a decision about each VM that cannot move: what does the least harm. Never forced off: a person has to say that."""
    stranded = departures(request, host, survey).evacuation.stranded
    kept = [one for one in request.vms if all(vm.uuid != one.vm for vm in stranded)]
    usual = {vm.uuid: how for vm in stranded if (how := next(iter(instead(vm)), FORCE_OFF)) != FORCE_OFF}
    return msgspec.structs.replace(request, vms=(*kept, *(LeavingVM(vm=vm, how=how) for vm, how in usual.items())))
