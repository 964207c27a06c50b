"""A pool whose master has died, without HA: one of its members becomes the master."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.host import is_live
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
from xo_dash.control.requests.request import NoRequest, Request
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
        passes=(),
    )
    says = lazy(N_("Making {host} the master"), host=name)
    yield Call("pool.emergency_transition_to_master", member=host.address, says=says, asynchronous=False)
    yield serving(host)
    yield telling(lazy(N_("Telling the other hosts about the new master")))


def telling(says: LazyText, judge: Callable[[object], LazyText | None] | None = None) -> Call:
    """The answer: those that looked for a master and have one now."""
    return Call("pool.recover_slaves", says=says, judge=judge, asynchronous=False, harmless=True)


def leads(host: Host) -> LazyText | None:
    return lazy(N_("it is the master itself")) if is_master(host) else None


def follow(request: NoRequest, host: Host) -> Plan:
    """For when telling was cut short, or the host was off then. Whoever else looks for the master is told too."""
    name = name_of(host)
    yield telling(
        lazy(N_("Telling {host} who is master"), host=name),
        lambda answer: None if isinstance(answer, list) and host.ref in answer else lazy(NOT_LOOKING, host=name),
    )


def unled(pool: Pool) -> LazyText | None:
    """Who does not respond although there is a master."""
    hosts = [host for host in hosts_of(pool.home) if not is_live(host) and not is_master(host)] if pool.home.server.is_live else []
    names = ", ".join(map(name_of, hosts))
    return lazy(N_("“Reconnect to the pool” tells the hosts that do not respond who is master: {hosts}"), hosts=names) if hosts else None


NOT_LOOKING: Final = N_("{host} was not reconnected: it is powered off, does not respond, or does not look for a master")
FOLLOW: Final[AnyAction] = Action(
    id="host.reconnect", kind=Host, title=N_("Reconnect to the pool"), done=N_("{name} knows its master again"), role=Role.ADMIN,
    icon="host", occasional=True, applies_to=lambda host: len(host.home.all(Host)) > 1, blocked=leads,
    relevant=lambda host: not (is_live(host) or is_master(host)), plan=follow,
)  # fmt: skip
STILL_LED: Final = N_("{host} has not lost its master: it still reaches it, or has not noticed yet, which takes a minute or two")
LOST_MASTER: Final[AnyAction] = Action(
    id="pool.lost_master", kind=Pool, request=TakeOver, title=N_("Replace lost master"), done=N_("{name} has a new master"),
    role=Role.ADMIN, icon="host", danger=True, typed=True, prominent=True, occasional=True, without_pool=True,
    applies_to=lambda pool: len(pool.home.all(Host)) > 1, blocked=blocked, relevant=lambda pool: is_away(pool.home), defaults=defaults,
    choices={"host": choices}, check=check, consequences=consequences, plan=plan, stays=unled,
    warning=N_("Only if the master is powered off and does not come back soon: two masters damage the pool, and a VM that is started twice "
               "destroys its disks."),
)  # fmt: skip
