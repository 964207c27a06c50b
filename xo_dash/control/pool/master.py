"""Another host as the pool's master."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.host import is_live
from data.facts.pool import is_master
from data.names import name_of
from data.objects import Host, Pool
from data.stores.users import Role
from data.uplinks import hosts_of
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.lazy_text import LazyText, lazy, named, names_of, together
from xo_dash.control.plan import Call, Plan, Wait
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, called
from xo_dash.i18n import N_, _

UP_WITHIN: Final = 600.0
"""Seconds until a new master serves."""


class NewMaster(Request, frozen=True, kw_only=True):
    """It keeps the pool's database and answers for all hosts."""

    host: Annotated[HostUuid, called(N_("New master"))]


def blocked(pool: Pool) -> LazyText | None:
    """Source: designate_new_master asks every host whether it agrees, and refuses while HA elects masters itself."""
    silent = [host for host in hosts_of(pool.home) if not is_live(host)]
    return together((
        lazy(N_("HA is on and chooses the master itself; turn HA off first")) if pool.ha_enabled else None,
        lazy(N_("no response from {hosts}; every host has to agree"), hosts=names_of(silent)) if silent else None,
    ))  # fmt: skip


def cannot_lead(host: Host) -> LazyText | None:
    if is_master(host):
        return lazy(N_("it is the master already"))
    return None if host.enabled else lazy(N_("it is in maintenance mode"))


def choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    return [Choice(host.uuid, name_of(host), cannot_lead(host)) for host in hosts_of(pools[0].home)] if len(pools) == 1 else []


def defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    return {"host": next((choice.value for choice in choices(pools) if choice.refused is None), "")}


def check(request: NewMaster, pool: Pool) -> Iterator[Fault]:
    host = pool.home.by_uuid(Host, request.host)
    if host is not None and (reason := cannot_lead(host)) is not None:
        yield Fault("host", reason)


def notes(request: NewMaster, pool: Pool) -> Iterator[LazyText]:
    """What happens, in order."""
    host = pool.home.by_uuid(Host, request.host)
    if host is not None:
        says = N_("xo-dash finds {host} at {address} by itself; other tools may have to be told")
        yield lazy(says, host=named(host), address=host.address)


def consequences(pool: Pool) -> Sequence[str]:
    return [
        _("VMs keep running"), _("The toolstacks of all hosts restart: for about a minute the pool does not respond"),
        _("Tasks that are running are interrupted"),
    ]  # fmt: skip


def plan(request: NewMaster, pool: Pool) -> Plan:
    host = pool.home.by_uuid(Host, request.host)
    if host is not None:
        yield designating(host)


def designating(host: Host) -> Call:
    return Call("pool.designate_new_master", host.ref, says=lazy(N_("Making {host} the master"), host=named(host)))


def serving(host: Host) -> Wait:
    """Until the pool answers again, with this host as its master: all toolstacks start anew."""
    return Wait(
        until=lambda: host.home.server.is_live and is_master(host),
        within=UP_WITHIN,
        says=lazy(N_("Waiting until {host} serves as the master"), host=named(host)),
        failed=lazy(N_("{host} does not respond as the master; look at its console"), host=named(host)),
    )


NEW_MASTER: Final[AnyAction] = Action(
    id="pool.master", kind=Pool, request=NewMaster, title=N_("Change master"), done=N_("{name} gets its new master in some seconds"),
    role=Role.ADMIN, icon="host", applies_to=lambda pool: len(pool.home.all(Host)) > 1, blocked=blocked, defaults=defaults,
    choices={"host": choices}, check=check, notes=notes, consequences=consequences, plan=plan,
    warning=N_("Another host takes over the pool's database."),
)  # fmt: skip
