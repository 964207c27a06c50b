"""What a rolling run is asked to do, what stands against it, and what it decides by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from data.facts.host import is_live
from data.names import name_of
from data.objects import PBD, SR, VM, Host, Pool
from data.placement import guests_on
from data.uplinks import hosts_of
from xo_dash.control.action import AnyAction
from xo_dash.control.host.departures import BATCH, LeavingVM, decided, departures, instead
from xo_dash.control.host.no_place import why_no_place
from xo_dash.control.host.power import REBOOT, RebootHost
from xo_dash.control.host.update import UPDATE_HOST, UpdateHost, is_xcp_ng
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.pool.settings import has_auto_start
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import HostUuid, NetworkUuid, called
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
    bring_back: Annotated[bool, called(N_("Bring VMs back to where they were"))] = True
    vms: Annotated[tuple[LeavingVM, ...], called(N_("VMs that cannot migrate"))] = ()


def hosts_in(request: RollHosts, pool: Pool) -> list[Host]:
    """In the order in which they are done."""
    ordered = hosts_of(pool.home)
    return [host for host in (*ordered[-1:], *ordered[:-1]) if host.uuid not in request.left_out]


def action_of(request: RollHosts) -> AnyAction:
    return UPDATE_HOST if request.update else REBOOT


def request_for(request: RollHosts, host: Host) -> RebootHost:
    """With a decision about every VM that cannot move, as things are now."""
    here = {vm.uuid for vm in guests_on(host)}
    kind = UpdateHost if request.update else RebootHost
    chosen = tuple(one for one in request.vms if one.vm in here)
    asked = kind(network=request.network, at_once=request.at_once, remember=request.bring_back, vms=chosen)
    for _vm in here:  # what stays behind makes room for others, and takes it from others
        made = decided(asked, host)
        if made == asked:
            break
        assert isinstance(made, RebootHost)  # noqa: S101  # of the same type as what was asked
        asked = made
    return asked


# ---- before it starts


class Gravity(StrEnum):
    """The worst first."""

    BLOCKS = "blocks"
    DECIDED = "decided"  # with a fix chosen
    AUTOMATIC = "automatic"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list before it starts."""

    gravity: Gravity
    what: LazyText
    why: LazyText
    host: Host | None = None  # the one that can be left out
    vm: VM | None = None  # the one that can be treated otherwise
    how: str = ""  # ... and how it is
    ways: list[str] = field(default_factory=list)  # ... and how it could be


def checks(request: RollHosts, pool: Pool) -> list[Check]:
    found = [*_of_pool(request, pool), *(one for host in hosts_in(request, pool) for one in _of_host(request, host))]
    order = list(Gravity)
    return sorted(found, key=lambda one: order.index(one.gravity))


def refused(request: RollHosts, pool: Pool) -> LazyText | None:
    """The first that has to be resolved."""
    if not hosts_in(request, pool):
        return lazy(N_("all hosts are left out"))
    return next((one.what for one in checks(request, pool) if one.gravity is Gravity.BLOCKS), None)


def _of_pool(request: RollHosts, pool: Pool) -> Iterator[Check]:
    hosts = hosts_in(request, pool)
    if pool.ha_enabled:
        yield Check(Gravity.AUTOMATIC, lazy(N_("HA is on")), lazy(N_("off during the run, on again after it, also if the run fails")))
    if has_auto_start(pool):
        yield Check(
            Gravity.AUTOMATIC, lazy(N_("Auto-start of the pool is on")),
            lazy(N_("off during the run, on again after it, also if the run fails")),
        )  # fmt: skip
    if pool.wlb_enabled:
        yield Check(Gravity.AUTOMATIC, lazy(N_("Workload balancing is on")), lazy(N_("off during the run, on again after it")))
    if len(hosts) > 1 and len(pool.home.all(Host)) == 1:
        return
    versions = {host.software_version.get("product_version", "") for host in pool.home.all(Host).values()}
    if len(versions) == 1:
        yield Check(Gravity.FINE, lazy(N_("All hosts on one version")), lazy("{version}", version=next(iter(versions)) or "–"))
    else:
        yield Check(
            Gravity.DECIDED, lazy(N_("Hosts have different versions")), lazy(N_("VMs move to hosts of the same or a newer version"))
        )


def _of_host(request: RollHosts, host: Host) -> Iterator[Check]:
    name = name_of(host)
    if not is_live(host):
        yield Check(Gravity.BLOCKS, lazy(N_("{host} does not respond"), host=name), lazy(N_("leave it out, or bring it back first")), host)
        return
    if not host.enabled:
        yield Check(Gravity.BLOCKS, lazy(N_("{host} is in maintenance mode"), host=name),
                    lazy(N_("it would accept VMs again afterwards: leave it out, or take it out of maintenance mode")), host)  # fmt: skip
    if request.update and not is_xcp_ng(host):
        yield Check(Gravity.BLOCKS, lazy(N_("{host} has no updater plugin"), host=name),
                    lazy(N_("only XCP-ng hosts have it; apply updates on the page of each XenServer host")), host)  # fmt: skip
    for pbd in host.all_of(PBD, host.PBDs):
        sr = host.home.one(SR, pbd.SR)
        if sr is not None and sr.shared and not pbd.currently_attached:
            yield Check(Gravity.DECIDED, lazy(N_("{sr} is not attached on {host}"), sr=name_of(sr), host=name),
                        lazy(N_("VMs with disks on it cannot move there")), host)  # fmt: skip
    yield from _of_vms(request, host)


def _of_vms(request: RollHosts, host: Host) -> Iterator[Check]:
    """Those that cannot leave while it is down."""
    asked = request_for(request, host)
    found = departures(asked, host)
    for vm, why in found.evacuation.stranded.items():
        yield Check(Gravity.BLOCKS, lazy(N_("{vm} cannot leave {host}"), vm=name_of(vm), host=name_of(host)), why_no_place(why),
                    host, vm, "", instead(vm))  # fmt: skip
    without = departures(RebootHost(network=request.network), host).evacuation.stranded
    for vm, how in found.off.items():
        reason = why_no_place(without[vm]) if vm in without else lazy(N_("as chosen"))
        yield Check(Gravity.DECIDED, lazy(N_("{vm} cannot leave {host}"), vm=name_of(vm), host=name_of(host)), reason,
                    host, vm, how, instead(vm))  # fmt: skip
