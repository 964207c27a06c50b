"""Updates of XenServer 7 before a rolling update: which are installed, in which order, what they restart, and what XAPI says of each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Final

from data.names import by_name, name_of
from data.objects import Host, Pool, PoolUpdate
from data.pool_updates import REBOOT, RESTART_TOOLSTACK, RESTART_VMS, uploaded_for, want
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.rolling.check import Check, Gravity, Obstacle
from xo_dash.control.rolling.request import RollHosts, hosts_in, is_done
from xo_dash.control.task_waiter import Connections
from xo_dash.i18n import N_
from xo_dash.xapi.errors import XapiError, XapiFailure

log = logging.getLogger(__name__)
AT_ONCE: Final = 8
"""Hosts that check their updates at a time."""
PREREQUISITE: Final = "UPDATE_PRECHECK_FAILED_PREREQUISITE_MISSING"


def of_uploaded(request: RollHosts, pool: Pool) -> Iterator[Check]:
    hosts = [host for host in hosts_in(request, pool) if takes_pool_updates(host)]
    updates = by_name({one for host in hosts for one in uploaded_for(host, request.updates)})
    if updates:
        yield Check(Gravity.FINE, lazy(N_("Updates are installed in this order")), lazy("{updates}", updates=_in_a_row(updates)))
        yield Check(Gravity.FINE, *_restarted(updates))
    if want(updates, *RESTART_VMS):
        asking = lazy(N_("for {updates}; it is left to you"), updates=_in_a_row([one for one in updates if want([one], *RESTART_VMS)]))
        yield Check(Gravity.DECIDED, lazy(N_("VMs have to be restarted afterwards")), asking)
    for host in pool.home.all(Host).values():
        one = next((one for one in updates if one.enforce_homogeneity), None)
        if one is not None and host.uuid in request.left_out and host.ref not in one.hosts:
            yield Check(Gravity.DECIDED, lazy(N_("{host} is left out"), host=name_of(host)),
                        lazy(N_("{update} has to be on all hosts of a pool; install it there soon"), update=name_of(one)))  # fmt: skip
    yield from left_alone(request, pool)


def left_alone(request: RollHosts, pool: Pool) -> Iterator[Check]:
    for host in pool.home.all(Host).values():
        if is_done(request, host) and host.uuid not in request.left_out:
            yield Check(Gravity.FINE, lazy(N_("{host} has all updates"), host=name_of(host)), lazy(N_("it is left alone")))


def _restarted(updates: list[PoolUpdate]) -> tuple[LazyText, LazyText]:
    if want(updates, REBOOT):
        return lazy(N_("Hosts reboot")), lazy(N_("for {updates}"), updates=_in_a_row([one for one in updates if want([one], REBOOT)]))
    if want(updates, RESTART_TOOLSTACK):
        return lazy(N_("Toolstacks restart")), lazy(N_("VMs keep running where they are"))
    return lazy(N_("Nothing restarts")), lazy(N_("VMs keep running where they are"))


def _in_a_row(updates: list[PoolUpdate]) -> str:
    return ", ".join(f"{name_of(one)} {one.version}".strip() for one in updates)


async def prechecked(connections: Connections, request: RollHosts, pool: Pool) -> tuple[Obstacle, ...]:
    """What hosts say against updates, each with its host as the last argument.

    One that another has to come before is not asked about alone: that may be installed by then. A host that does not answer says nothing.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def on(host: Host) -> list[Obstacle]:
        found: list[Obstacle] = []
        for place, update in enumerate(uploaded_for(host, request.updates)):
            try:
                async with gate:
                    await connections(pool.home.id).call("pool_update.precheck", update.ref, host.ref)
            except XapiFailure as failure:
                if failure.code != PREREQUISITE or place == 0:
                    found.append((failure.code, *failure.params, host.ref))
            except XapiError as error:
                log.info("%s does not say whether it can be updated: %s", name_of(host), error)
                break
        return found

    hosts = [host for host in hosts_in(request, pool) if takes_pool_updates(host)]
    return tuple(one for told in await asyncio.gather(*map(on, hosts)) for one in told)
