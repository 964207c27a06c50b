"""A pool whose master has died, without HA: one of its members becomes the master."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.pool import is_master, master_of
from data.names import name_of, pool_name
from data.objects import Host, Pool
from data.stores.users import Role
from data.uplinks import hosts_of
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Call, Plan, Question
from xo_dash.control.pool.master import serving
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, called
from xo_dash.control.steps import is_away
from xo_dash.i18n import N_, _


class TakeOver(Request, frozen=True, kw_only=True):
    """It makes itself the master, with its own copy of the pool's database."""

    host: Annotated[HostUuid, called(N_("New master"))]


def blocked(pool: Pool) -> LazyText | None:
    home = pool.home
    if home.server.is_live:
        return lazy(N_("its master responds; change the master instead"))
    if not is_away(home):
        return lazy(N_("{pool} is not connected; see the settings for the reason"), pool=pool_name(home))
    return lazy(N_("HA is on and chooses the master itself; wait for it")) if pool.ha_enabled else None


def cannot_take_over(host: Host) -> LazyText | None:
    return lazy(N_("it is the master that does not respond")) if is_master(host) else None


def choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(host.uuid, name_of(host), cannot_take_over(host)) for host in hosts_of(pools[0].home)] if len(pools) == 1 else []


def defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    return {"host": next((choice.value for choice in choices(pools) if choice.refused is None), "")}


def check(request: TakeOver, pool: Pool) -> Iterator[Fault]:
    host = pool.home.by_uuid(Host, request.host)
    if host is not None and (reason := cannot_take_over(host)) is not None:
        yield Fault("host", reason)


def consequences(pool: Pool) -> Sequence[str]:
    old = master_of(pool.home)
    return [
        _("The new master begins with its own copy of the pool's database, which may be a day old: later changes may be missing"),
        _("VMs of the other hosts keep running"),
        *([_("The VMs of {name} can start elsewhere once it is declared dead").format(name=name_of(old))] if old is not None else []),
    ]  # fmt: skip


def plan(request: TakeOver, pool: Pool) -> Plan:
    """Source: a member knows by itself whether it has lost its master; it takes a minute to notice, and its toolstack starts anew then."""
    host = pool.home.by_uuid(Host, request.host)
    assert host is not None  # noqa: S101  # the runner has checked that
    name = name_of(host)
    yield Question(
        method="host.is_in_emergency_mode",
        parameters=(),
        member=host.address,
        says=lazy(N_("Asking {host} whether it has lost its master"), host=name),
        judge=lambda answer: lazy(STILL_LED, host=name) if answer is not True else None,
    )
    says = lazy(N_("Making {host} the master"), host=name)
    yield Call("pool.emergency_transition_to_master", member=host.address, says=says, asynchronous=False)
    yield serving(host)
    yield Call("pool.recover_slaves", says=lazy(N_("Telling the other hosts about the new master")), asynchronous=False, harmless=True)


STILL_LED: Final = N_("{host} has not lost its master: it still reaches it, or has not noticed yet, which takes a minute or two")
LOST_MASTER: Final[AnyAction] = Action(
    id="pool.lost_master", kind=Pool, request=TakeOver, title=N_("Replace lost master"), done=N_("{name} has a new master"),
    role=Role.ADMIN, icon="host", danger=True, typed=True, prominent=True, occasional=True, without_pool=True,
    applies_to=lambda pool: len(pool.home.all(Host)) > 1, blocked=blocked, relevant=lambda pool: is_away(pool.home), defaults=defaults,
    choices={"host": choices}, check=check, consequences=consequences, plan=plan,
    warning=N_("Only if the master is powered off and does not come back soon: two masters damage the pool, and a VM that is started twice "
               "destroys its disks."),
)  # fmt: skip
