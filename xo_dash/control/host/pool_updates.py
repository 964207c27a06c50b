"""All updates of XenServer 7 that were uploaded, onto one host: where one of them asks for a reboot, its VMs leave first and come back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Annotated, Final

from msgspec import Meta

from data.facts.host import is_live
from data.hosts import toolstack_started_at
from data.names import name_of
from data.objects import Host, PoolUpdate
from data.pool_updates import REBOOT, RESTART_TOOLSTACK, RESTART_VMS, uploaded_for, want
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host import maintenance
from xo_dash.control.host.maintenance import PLACES, path
from xo_dash.control.host.pool_update import blocked, installing, takes_pool_updates
from xo_dash.control.host.power import RebootHost, is_empty, reboot, restarting_toolstack
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.plan import Plan, Wait
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.fields import fields
from xo_dash.control.requests.types import PoolUpdateUuid, called
from xo_dash.i18n import N_, _

MOST: Final = 200
"""Updates of one request."""
RESTARTS_WITHIN: Final = 600.0
"""Seconds until a toolstack that restarts is there again."""


class ApplyPoolUpdates(RebootHost, frozen=True, kw_only=True):
    """Install the updates that were uploaded to the pool, and restart what they ask for."""

    updates: Annotated[
        tuple[PoolUpdateUuid, ...], Meta(max_length=MOST), called(N_("Updates"), hint=N_("Default: all that were uploaded"))
    ] = ()


def reboots(host: Host, of: Collection[str] = ()) -> bool:
    """Whether one of those that it lacks asks for that."""
    return want(uploaded_for(host, of), REBOOT)


def check(request: ApplyPoolUpdates, host: Host) -> Iterator[Fault]:
    if reboots(host, request.updates):
        yield from maintenance.check(request, host)


def notes(request: ApplyPoolUpdates, host: Host) -> Iterator[LazyText]:
    if want(uploaded_for(host, request.updates), *RESTART_VMS):
        yield lazy(N_("Some of the updates work only in VMs that are restarted afterwards"))


def plan(request: ApplyPoolUpdates, host: Host) -> Plan:
    """A restart of the toolstack is left out where a reboot comes anyway."""
    found = uploaded_for(host, request.updates)
    if want(found, REBOOT):
        return reboot(request, host, partial(_installing, found))
    return _without_reboot(found, host)


def _installing(updates: Sequence[PoolUpdate], host: Host) -> Plan:
    for update in updates:
        yield from installing(update, host)


def _without_reboot(updates: Sequence[PoolUpdate], host: Host) -> Plan:
    before = toolstack_started_at(host) or 0.0
    yield from _installing(updates, host)
    if want(updates, RESTART_TOOLSTACK):
        yield restarting_toolstack(host)
        yield Wait(
            until=lambda: host.home.server.is_live and is_live(host) and (toolstack_started_at(host) or 0.0) > before,
            within=RESTARTS_WITHIN,
            says=lazy(N_("Waiting until the toolstack of {name} responds"), name=name_of(host)),
            failed=lazy(N_("it does not respond after {minutes} min; look at its console"), minutes=int(RESTARTS_WITHIN / 60)),
        )


def consequences(host: Host) -> Sequence[str]:
    if reboots(host):
        return maintenance.consequences(host)
    return [_("VMs keep running")]


def is_applied(host: Host) -> bool:
    """Of a call that nobody can tell of: an empty host that still lacks some is not done."""
    return is_empty(host) and not uploaded_for(host)


APPLY_POOL_UPDATES: Final[AnyAction] = Action(
    id="host.apply_pool_updates", kind=Host, request=ApplyPoolUpdates, title=N_("Install uploaded updates"), done=N_("{name} is updated"),
    role=Role.ADMIN, icon="download", applies_to=takes_pool_updates, occasional=True, blocked=blocked, succeeded=is_applied,
    choices=PLACES, unasked=lambda hosts: [field.name for field in fields(ApplyPoolUpdates)], check=check, notes=notes,
    plan=plan, consequences=consequences, page=lambda host: f"{path(host)}?then=uploaded" if reboots(host) else "",
    warning=N_("The host reboots if one of the updates asks for it: its VMs leave first and come back afterwards."),
)  # fmt: skip
