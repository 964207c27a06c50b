"""Several VMs of a pool moved as one command: what was suggested, and what a person left of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final

from msgspec import Meta

from data.balance import even_out
from data.host_fit import Offers
from data.identity import key_of
from data.names import pool_name
from data.objects import VM, Host, Pool
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.departures import BATCH
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Branch, Parallel, Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, VMUuid, called
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.control.vm.migration.migrate import check_there
from xo_dash.control.vm.migration.migrate import plan as move
from xo_dash.control.vm.migration.request import MigrateVM
from xo_dash.i18n import N_


class SuggestedMove(Request, frozen=True, kw_only=True):
    """One VM and where it goes."""

    vm: Annotated[VMUuid, called(N_("VM"))]
    host: Annotated[HostUuid, called(N_("Host"))]


class BalancePool(Request, frozen=True, kw_only=True):
    """These moves; none given: what is suggested."""

    at_once: Annotated[int, Meta(ge=1, le=ON_A_HOST), called(N_("VMs at a time"))] = BATCH
    moves: Annotated[tuple[SuggestedMove, ...], Meta(max_length=200), called(N_("Moves"))] = ()


def moves_in(request: BalancePool, pool: Pool) -> list[tuple[VM, Host]]:
    """What is asked for, else what is suggested."""
    if not request.moves:
        return [(one.vm, one.target) for one in even_out(pool.home).moves]
    found = ((pool.home.by_uuid(VM, one.vm), pool.home.by_uuid(Host, one.host)) for one in request.moves)
    return [(vm, host) for vm, host in found if vm is not None and host is not None]


def check(request: BalancePool, pool: Pool) -> Iterator[Fault | None]:
    moves, offers = moves_in(request, pool), Offers()
    for number, (vm, host) in enumerate(moves):
        yield None  # hundreds of them take long
        why = next(check_there(MigrateVM(host=key_of(host)), vm, offers[host]), None)
        if why is not None:
            words = N_("{vm} cannot migrate to {host}: {reason}")
            yield Fault(f"moves.{number}" if request.moves else "moves", lazy(words, vm=named(vm), host=named(host), reason=why.reason))


def plan(request: BalancePool, pool: Pool) -> Plan:
    """Each stands for itself: one that fails keeps no other from a better place."""
    moves = moves_in(request, pool)
    branches = [Branch(says=lazy("{name}", name=named(vm)), plan=partial(_moving, vm, host), host=vm.resident_on) for vm, host in moves]
    if branches:
        yield Parallel(
            branches=branches, says=lazy(N_("Moving VMs of {pool}"), pool=pool_name(pool.home)), alone=True, at_once=request.at_once
        )


def _moving(vm: VM, host: Host) -> Plan:
    return move(MigrateVM(host=key_of(host)), vm)


def alone(pool: Pool) -> LazyText | None:
    return lazy(N_("it has one host")) if len(pool.home.all(Host)) < 2 else None  # nowhere to go


BALANCE: Final[AnyAction] = Action(
    id="pool.balance", kind=Pool, request=BalancePool, title=N_("Suggest moves"), done=N_("VMs of {name} are migrated"),
    role=Role.OPERATOR, icon="migrate", applies_to=always, blocked=alone, check=check, plan=plan,
    page=lambda pool: f"/pool/{key_of(pool)}/balance",
)  # fmt: skip
