"""Starting or resuming a VM on a host of one's choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.host_fit import Obstacle, lacks
from data.names import name_of
from data.objects import VM, Host, PowerState
from data.stores.users import Role
from data.types import NULL_REF
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.conditions import allowed, host_refuses
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, called
from xo_dash.control.usable import no_more_than_a_name
from xo_dash.control.vm.kinds import is_machine
from xo_dash.control.vm.power import is_in
from xo_dash.i18n import N_


class StartOn(Request, frozen=True, kw_only=True):
    """Start a VM on this host and no other."""

    host: Annotated[HostUuid, called(N_("Host"))]


class ResumeOn(Request, frozen=True, kw_only=True):
    """Resume a suspended VM on this host and no other."""

    host: Annotated[HostUuid, called(N_("Host"))]


def choices(subjects: Sequence[VM]) -> Sequence[Choice]:
    """The hosts of the pool, those that can take a VM first; none if the VMs are of several pools."""
    homes = {subject.home.id: subject.home for subject in subjects}
    if len(homes) != 1:
        return ()
    (home,) = homes.values()
    found = [Choice(host.uuid, name_of(host), _refused(host, subjects)) for host in home.all(Host).values()]
    return in_order(found)


def _refused(host: Host, vms: Sequence[VM]) -> LazyText | None:
    """Why it cannot take the first of them that it cannot take. How much memory is free is for the pool to say: it may squeeze others."""
    unseen = next((why for vm in vms if (why := no_more_than_a_name(host, vm))), None)
    return unseen or host_refuses(host) or next((missing for vm in vms if (missing := _missing(host, vm))), None)


def _missing(host: Host, vm: VM) -> LazyText | None:
    """The storage or network of a VM that `host` does not have."""
    for lack in lacks(vm, host):
        if lack.what is not None:
            words = N_("it has no access to {what}") if lack.obstacle is Obstacle.SR else N_("it does not have the network {what}")
            return lazy(words, what=named(lack.what))
    return None


def defaults(subjects: Sequence[VM]) -> Mapping[str, object]:
    """The host that the first VM prefers, if it can take one; else the first that can; else none."""
    for vm in subjects:
        host = vm.home.one(Host, vm.affinity)
        if host is not None and _refused(host, subjects) is None:
            return {"host": host.uuid}
    return {"host": next((choice.value for choice in choices(subjects) if choice.refused is None), "")}


def check(request: StartOn | ResumeOn, vm: VM) -> Iterator[Fault]:
    host = vm.home.by_uuid(Host, request.host)
    if host is not None and (refused := _refused(host, [vm])):
        yield Fault("host", lazy(N_("{host} cannot run it: {reason}"), host=named(host), reason=refused))


def _on_a_host(
    operation: str, state: PowerState, request: type[StartOn | ResumeOn], *, title: str, doing: str, done: str
) -> AnyAction:  # fmt: skip
    """A row that brings a VM from `state` to running, where somebody says."""

    def plan(request: StartOn | ResumeOn, vm: VM) -> Plan:
        host = vm.home.by_uuid(Host, request.host)
        return one(f"VM.{operation}", vm.ref, host.ref if host else NULL_REF, False, False, says=lazy(doing, name=name_of(vm)))

    condition = allowed(operation, state)
    return Action(
        id=f"vm.{operation}", kind=VM, request=request, title=title, done=done, role=Role.OPERATOR, icon="play",
        applies_to=is_machine, blocked=condition, quick_check=condition.holds, relevant=condition.fits,
        defaults=defaults, choices={"host": choices}, check=check, plan=plan, succeeded=is_in(PowerState.RUNNING),
    )  # fmt: skip


START_ON: Final = _on_a_host(
    "start_on", PowerState.HALTED, StartOn, title=N_("Start on a host"), doing=N_("Starting {name}"), done=N_("{name} is started")
)
RESUME_ON: Final = _on_a_host(
    "resume_on", PowerState.SUSPENDED, ResumeOn,
    title=N_("Resume on a host"), doing=N_("Resuming {name}"), done=N_("{name} is resumed"),
)  # fmt: skip
