"""What is looked at before a rolling run starts, each with what can be done about it."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from data.facts.host import is_live
from data.facts.pool import has_auto_start
from data.failover import Bound, Survey, Unplaceable
from data.names import name_of
from data.objects import PBD, SR, VBD, VDI, VM, Host, Pool, PowerState
from data.repositories import checksum_of, in_use
from xo_dash.control.action import AnyAction
from xo_dash.control.actions import action
from xo_dash.control.host.apply_updates import is_up_to_date
from xo_dash.control.host.departures import Departures, departures, instead
from xo_dash.control.host.maintenance import LEAVE
from xo_dash.control.host.no_place import why_no_place
from xo_dash.control.host.pool_update import takes_pool_updates
from xo_dash.control.host.power import REBOOT, RESTART_TOOLSTACK, RebootHost
from xo_dash.control.host.update import is_xcp_ng
from xo_dash.control.lazy_text import LazyText, lazy
from xo_dash.control.pbd.plug import PLUG
from xo_dash.control.pool.repositories import SET_REPOSITORIES, is_of_xenserver
from xo_dash.control.pool.updates import SYNC_UPDATES
from xo_dash.control.rolling.busy import busy_words
from xo_dash.control.rolling.check import Check, Gravity, Obstacle
from xo_dash.control.rolling.readiness import told_by_pool
from xo_dash.control.rolling.request import RollHosts, hosts_in, is_done, is_emptied, request_for
from xo_dash.control.rolling.uploaded import left_alone, of_uploaded
from xo_dash.control.vm.eject import EJECT
from xo_dash.i18n import N_


@dataclass(slots=True)
class Assessment:
    """All that stands against a run, or is decided for it."""

    hosts: list[Host]  # whose turn comes, in its order
    checks: list[Check]  # the worst first
    leaving: dict[Host, Departures]  # what becomes of the VMs of each
    refused: LazyText | None  # the first that has to be resolved


def assessing(request: RollHosts, pool: Pool, told: Sequence[Obstacle] = ()) -> Generator[None, None, Assessment]:
    """`told`: what the pool itself says, see `readiness`. A host at a time: many take longer than the loop may be held."""
    hosts, survey, leaving, found = hosts_in(request, pool), Survey(), dict[Host, Departures](), list[Check]()
    for host in pool.home.all(Host).values():
        survey.host(host)
        yield
    for host in hosts:
        leaving[host] = departures(request_for(request, host, survey), host, survey)
        yield
        found += _of_host(request, host, leaving[host], survey)
        yield
    found = [*_of_pool(request, pool), *told_by_pool(pool, told, leaving), *found]
    if request.update and is_of_xenserver(pool):
        found += _of_repositories(request, pool)
    elif request.update:
        found += of_uploaded(request, pool)
    order = list(Gravity)
    found.sort(key=lambda one: order.index(one.gravity))
    return Assessment(hosts, found, leaving, _refused(request, pool, hosts, found))


def _refused(request: RollHosts, pool: Pool, hosts: Sequence[Host], found: Sequence[Check]) -> LazyText | None:
    if not hosts:
        done = any(is_done(request, host) for host in pool.home.all(Host).values())
        return lazy(N_("every host has all updates")) if done else lazy(N_("all hosts are left out"))
    return next((one.what for one in found if one.gravity is Gravity.BLOCKS), None)


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


def _of_host(request: RollHosts, host: Host, found: Departures, survey: Survey) -> Iterator[Check]:
    name = name_of(host)
    if not is_live(host):
        yield Check(Gravity.BLOCKS, lazy(N_("{host} does not respond"), host=name), lazy(N_("leave it out, or bring it back first")), host)
        return
    if not host.enabled:
        yield Check(Gravity.BLOCKS, lazy(N_("{host} is in maintenance mode"), host=name),
                    lazy(N_("it would accept VMs again afterwards: leave it out, or take it out of maintenance mode")), host,
                    fix=(LEAVE, host))  # fmt: skip
    if request.update:
        yield from _of_updates(host)
    for pbd in host.all_of(PBD, host.PBDs):
        sr = host.home.one(SR, pbd.SR)
        if sr is not None and sr.shared and not pbd.currently_attached:
            yield Check(Gravity.DECIDED, lazy(N_("{sr} is not attached on {host}"), sr=name_of(sr), host=name),
                        lazy(N_("VMs with disks on it cannot move there")), host, fix=(PLUG, pbd))  # fmt: skip
    if is_emptied(request, host):
        yield from _of_vms(request, host, found, survey)


def _of_updates(host: Host) -> Iterator[Check]:
    """Source: host.apply_updates refuses with HOST_PENDING_MANDATORY_GUIDANCE_NOT_EMPTY."""
    name = name_of(host)
    if takes_pool_updates(host):
        return
    if not is_xcp_ng(host) and not host.latest_synced_updates_applied:
        yield Check(Gravity.BLOCKS, lazy(N_("{host} has no updater plugin"), host=name),
                    lazy(N_("only XCP-ng has it, and XenServer has repositories from version 8 on; upload its updates with XenCenter")),
                    host)  # fmt: skip
    elif host.pending_guidances and not is_xcp_ng(host) and not is_up_to_date(host):
        only_toolstack = set(host.pending_guidances) == {"restart_toolstack"}
        yield Check(Gravity.BLOCKS, lazy(N_("{host} has not finished earlier updates"), host=name),
                    lazy(N_("restart its toolstack first")) if only_toolstack else lazy(N_("reboot it first")), host,
                    fix=(RESTART_TOOLSTACK if only_toolstack else REBOOT, host))  # fmt: skip


def _of_repositories(request: RollHosts, pool: Pool) -> Iterator[Check]:
    """Of a XenServer pool."""
    used = in_use(pool)
    if not used:
        yield Check(Gravity.BLOCKS, lazy(N_("The pool has no update repository")), lazy(N_("set its repositories, or upload a bundle")),
                    fix=(SET_REPOSITORIES, pool))  # fmt: skip
    elif not checksum_of(pool.home):
        yield Check(Gravity.BLOCKS, lazy(N_("The pool has not synchronized its updates")), lazy(N_("synchronize them first")),
                    fix=(SYNC_UPDATES, pool))  # fmt: skip
    else:
        names = ", ".join(map(name_of, used))
        yield Check(Gravity.FINE, lazy(N_("Updates are synchronized")), lazy(N_("from {repositories}"), repositories=names))
    if pool.update_sync_enabled:
        yield Check(
            Gravity.AUTOMATIC,
            lazy(N_("Updates are synchronized automatically")),
            lazy(N_("off during the run, so that all hosts get the same updates; on again after it, also if the run fails")),
        )
    yield from left_alone(request, pool)


def _of_vms(request: RollHosts, host: Host, found: Departures, survey: Survey) -> Iterator[Check]:
    """Those that cannot leave while it is down."""
    for vm, why in found.evacuation.stranded.items():
        if why.why is Bound.BUSY and vm.current_operations:
            yield Check(Gravity.AUTOMATIC, busy_words(vm), lazy(N_("{host} waits until that is over"), host=name_of(host)))
            continue
        yield Check(Gravity.BLOCKS, lazy(N_("{vm} cannot leave {host}"), vm=name_of(vm), host=name_of(host)), why_no_place(why),
                    host, vm, "", instead(vm), _mending(why))  # fmt: skip
    without = departures(RebootHost(network=request.network), host, survey).evacuation.stranded
    for vm, how in found.off.items():
        if how not in instead(vm):  # as somebody has chosen
            yield _impossible(vm, host)
            continue
        reason = why_no_place(without[vm]) if vm in without else lazy(N_("as chosen"))
        yield Check(Gravity.DECIDED, lazy(N_("{vm} cannot leave {host}"), vm=name_of(vm), host=name_of(host)), reason,
                    host, vm, how, instead(vm), _mending(without[vm]) if vm in without else None)  # fmt: skip


def _impossible(vm: VM, host: Host) -> Check:
    if vm.current_operations:
        return Check(Gravity.AUTOMATIC, busy_words(vm), lazy(N_("{host} waits until that is over"), host=name_of(host)))
    why = lazy(N_("{name} cannot do this now; choose something else"), name=name_of(vm))
    return Check(Gravity.BLOCKS, lazy(N_("{vm} cannot leave {host}"), vm=name_of(vm), host=name_of(host)), why, host, vm, "", instead(vm))


def _mending(why: Unplaceable) -> tuple[AnyAction, VM] | None:
    """What would let it migrate after all."""
    if why.vm.power_state is PowerState.PAUSED:
        return action("vm.unpause"), why.vm
    disks = {vdi.SR for vbd in why.vm.all_of(VBD, why.vm.VBDs) if vbd.type != "CD" and (vdi := vbd.home.one(VDI, vbd.VDI)) is not None}
    if why.why is Bound.SR and why.what is not None and why.what.ref not in disks:  # it is an image in a drive
        return EJECT, why.vm
    return None
