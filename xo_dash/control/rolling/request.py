"""What a rolling run is asked to do, with which hosts, and what it decides by itself."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from data.facts.host import needs_reboot
from data.failover import Survey
from data.objects import Host, Pool
from data.placement import guests_on
from data.pool_updates import uploaded_for
from data.repositories import checksum_of
from data.uplinks import hosts_of
from xo_dash.control.action import AnyAction
from xo_dash.control.host.apply_updates import APPLY_UPDATES, ApplyUpdates, Checksum, is_up_to_date
from xo_dash.control.host.departures import BATCH, LeavingVM, decided
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.host.pool_updates import APPLY_POOL_UPDATES, ApplyPoolUpdates, reboots
from xo_dash.control.host.pool_updates import MOST as UPDATES
from xo_dash.control.host.power import BOOTS_WITHIN, REBOOT, Minutes, RebootHost
from xo_dash.control.host.update import UPDATE_HOST, is_xcp_ng
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, NetworkUuid, PoolUpdateUuid, called
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.i18n import N_

MOST: Final = 64


class RollHosts(Request, frozen=True, kw_only=True):
    """One host after the other, the master first: the others then run under a master that is new already."""

    update: Annotated[bool, called(N_("Install updates"))] = False
    left_out: Annotated[tuple[HostUuid, ...], Meta(max_length=MOST), called(N_("Hosts left out"))] = ()
    network: Annotated[NetworkUuid | None, called(N_("Migration network"))] = None
    at_once: Annotated[int, Meta(ge=1, le=ON_A_HOST), called(N_("VMs at a time"))] = BATCH
    pause_first: Annotated[bool, called(N_("Pause after the first host"))] = True
    minutes: Minutes = BOOTS_WITHIN
    begins: Annotated[float, Meta(ge=0), called(N_("Begin at"), hint=N_("seconds since 1970; default: at once"))] = 0.0
    order: Annotated[
        tuple[HostUuid, ...], Meta(max_length=MOST), called(N_("Order of hosts"), hint=N_("the master comes first in any case"))
    ] = ()
    bring_back: Annotated[bool, called(N_("Bring VMs back to where they were"))] = True
    vms: Annotated[tuple[LeavingVM, ...], called(N_("VMs that cannot migrate"))] = ()
    checksum: Checksum = ""
    updates: Annotated[
        tuple[PoolUpdateUuid, ...], Meta(max_length=UPDATES), called(N_("Uploaded updates"), hint=N_("XenServer 7; default: all"))
    ] = ()


def hosts_in(request: RollHosts, pool: Pool) -> list[Host]:
    """In the order in which they are done; without those that have every update already.

    Source: hosts run no newer release than their master, so that is first. Those that the request does not name come last.
    """
    *members, master = hosts_of(pool.home)
    place = {uuid: number for number, uuid in enumerate(request.order)}
    members.sort(key=lambda host: place.get(host.uuid, len(place)))
    return [host for host in (master, *members) if host.uuid not in request.left_out and not is_done(request, host)]


def is_done(request: RollHosts, host: Host) -> bool:
    if not request.update or needs_reboot(host):
        return False
    return is_up_to_date(host) or (takes_pool_updates(host) and not uploaded_for(host, request.updates))


def action_of(request: RollHosts, host: Host) -> AnyAction:
    """What is done to it. A host that has its updates, and may wait for its reboot alone, is only rebooted."""
    if not request.update or is_up_to_date(host):
        return REBOOT
    if takes_pool_updates(host):
        return APPLY_POOL_UPDATES if uploaded_for(host, request.updates) else REBOOT
    return UPDATE_HOST if is_xcp_ng(host) else APPLY_UPDATES


def is_emptied(request: RollHosts, host: Host) -> bool:
    """Whether its VMs leave: updates of XenServer 7 may do without a reboot."""
    return action_of(request, host) is not APPLY_POOL_UPDATES or reboots(host, request.updates)


def is_updated(request: RollHosts, host: Host) -> bool:
    """Whether something is installed on it."""
    return action_of(request, host) is not REBOOT


def actions_of(request: RollHosts, pool: Pool) -> set[AnyAction]:
    """What who starts it must be allowed to do."""
    return {action_of(request, host) for host in pool.home.all(Host).values() if host.uuid not in request.left_out} or {REBOOT}


def pinned(request: RollHosts, pool: Pool) -> RollHosts:
    """With the list of updates that there is now: each host of a XenServer pool gets the same."""
    if not request.update:
        return request
    uploaded = {one.uuid for host in pool.home.all(Host).values() for one in uploaded_for(host)}
    return msgspec.structs.replace(request, checksum=checksum_of(pool.home), updates=request.updates or tuple(sorted(uploaded)))


def request_for(request: RollHosts, host: Host, survey: Survey | None = None) -> RebootHost:
    """With a decision about every VM that cannot move, as things are now."""
    here = {vm.uuid for vm in guests_on(host)}
    kind = action_of(request, host).request
    chosen = tuple(one for one in request.vms if one.vm in here)
    asked: RebootHost = kind(
        network=request.network, at_once=request.at_once, remember=request.bring_back, vms=chosen, minutes=request.minutes
    )
    if isinstance(asked, ApplyUpdates):
        asked = msgspec.structs.replace(asked, checksum=request.checksum or checksum_of(host.home))
    if isinstance(asked, ApplyPoolUpdates):
        asked = msgspec.structs.replace(asked, updates=request.updates)
    for _vm in here:  # what stays behind makes room for others, and takes it from others
        made = decided(asked, host, survey)
        if made == asked:
            break
        assert isinstance(made, RebootHost)  # noqa: S101  # of the same type as what was asked
        asked = made
    return asked
