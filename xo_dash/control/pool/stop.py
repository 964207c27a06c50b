"""The end of a whole pool in an emergency: its VMs in order, then its hosts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Annotated, Final

from data.facts.host import is_live
from data.names import name_of, name_order, pool_name
from data.objects import VM, Host, Pool, PowerState
from data.placement import guests_on
from data.stores.users import Role
from data.uplinks import hosts_of
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.labels import always, never
from xo_dash.control.lazy_text import lazy, named
from xo_dash.control.plan import Branch, Call, Parallel, Plan, Wait, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import called, one_of
from xo_dash.i18n import N_, _, ngettext, number

SHUT_DOWN, SUSPEND = "shut_down", "suspend"
OFF_WITHIN: Final = 60.0
"""Seconds until the mirror shows what the tasks said."""


class StopPool(Request, frozen=True, kw_only=True):
    """All VMs of a pool shut down or suspended, then its hosts shut down."""

    vms: Annotated[str, called(N_("VMs")), one_of({SHUT_DOWN: N_("Shut down"), SUSPEND: N_("Suspend")})] = SHUT_DOWN
    force: Annotated[bool, called(N_("Force off VMs that do not respond"))] = False
    hosts: Annotated[bool, called(N_("Then shut down the hosts"))] = True


def groups(pool: Pool) -> list[list[VM]]:
    """Its running VMs, those that start last first: what others need ends after them. Source: VM.order."""
    up = sorted((vm for host in hosts_of(pool.home) for vm in guests_on(host)), key=lambda vm: (-vm.order, *name_order(vm)))
    return [list(vms) for _order, vms in groupby(up, key=lambda vm: vm.order)]


def method_for(request: StopPool, vm: VM) -> str:
    """What XAPI is asked for; "" where nothing that was wished for is possible. Source: VM.shutdown is a clean one, then a hard one."""
    offered = vm.allowed_operations
    if request.vms == SUSPEND and "suspend" in offered:
        return "VM.suspend"
    if "clean_shutdown" in offered:
        return "VM.shutdown" if request.force else "VM.clean_shutdown"
    return "VM.hard_shutdown" if request.force else ""


def check(request: StopPool, pool: Pool) -> Iterator[Fault]:
    stuck = [vm for vms in groups(pool) for vm in vms if not method_for(request, vm)]
    if stuck and request.hosts:
        paused, more = next((vm for vm in stuck if vm.power_state is PowerState.PAUSED), None), len(stuck) - 1
        if paused is not None and not more:
            yield Fault("force", lazy(N_("{vm} is paused; unpause it first, or choose to force it off"), vm=named(paused)))
            return
        why = lazy(N_("{vm} and {n} more cannot be shut down cleanly; choose to force them off"), vm=named(stuck[0]), n=more)
        yield Fault("force", why if more else lazy(N_("{vm} cannot be shut down cleanly; choose to force it off"), vm=named(stuck[0])))


def plan(request: StopPool, pool: Pool) -> Plan:
    """A VM that fails stops no other one, but the hosts: they would take it down hard. Members go before the master."""
    name = pool_name(pool.home)
    hosts = [host for host in hosts_of(pool.home) if is_live(host)]
    in_order = groups(pool)
    for vms in in_order:
        branches = [
            Branch(says=lazy("{name}", name=named(vm)), plan=partial(_ending, method, vm), host=vm.resident_on)
            for vm in vms
            if (method := method_for(request, vm))
        ]
        says = lazy(N_("Stopping VMs of {pool}"), pool=name)
        if len(in_order) > 1:
            says = lazy(N_("Stopping VMs of {pool} whose start order is {order}"), pool=name, order=vms[0].order)
        if branches:
            yield Parallel(branches=branches, says=says, alone=True)
    if not request.hosts:
        return
    yield Wait(
        until=lambda: not any(any(guests_on(host)) for host in hosts),
        within=OFF_WITHIN,
        says=lazy(N_("Waiting until all VMs of {pool} are off"), pool=name),
        failed=lazy(N_("some VMs are still running; the hosts stay on")),
    )
    for host in hosts:
        yield from _off(host)


def _ending(method: str, vm: VM) -> Plan:
    return one(method, vm.ref, says=lazy(N_("Stopping {name}"), name=named(vm)))


def _off(host: Host) -> Plan:
    says = lazy(N_("Shutting down {name}"), name=name_of(host))
    if host.enabled:
        yield Call("host.disable", host.ref, says=lazy(N_("Putting {name} into maintenance mode"), name=name_of(host)), alone=True)
    yield Call("host.shutdown", host.ref, says=says, alone=True)


def consequences(pool: Pool) -> Sequence[str]:
    count, hosts = sum(map(len, groups(pool))), len(pool.home.all(Host))
    return [
        ngettext("{n} VM is shut down or suspended", "{n} VMs are shut down or suspended", count).format(n=number(count)),
        ngettext("{n} host is shut down, if chosen", "{n} hosts are shut down, if chosen", hosts).format(n=number(hosts)),
        _("The pool cannot be reached afterwards. Hosts are powered on by hand or by their power-on method; VMs start as they are set to."),
    ]


STOP: Final[AnyAction] = Action(
    id="pool.stop", kind=Pool, request=StopPool, title=N_("Emergency shutdown"), done=N_("{name} is shut down"), role=Role.ADMIN,
    icon="power", danger=True, typed=True, applies_to=always, blocked=never, check=check, plan=plan, consequences=consequences,
    warning=N_("All VMs of the pool are shut down in reverse start order, then the hosts if chosen, the master last."),
)  # fmt: skip
