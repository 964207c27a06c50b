"""VMs back to the host that they left for its maintenance, by the list that XenCenter shares."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Annotated, Final

from msgspec import Meta

from data.failover import attached_srs
from data.maintenance import MODE, Away, List, away_from, held_lists
from data.names import by_name, name_of
from data.objects import SR, VBD, VDI, VM, Host
from data.stores.users import Role
from xo_dash.control.action import Action, AnyAction
from xo_dash.control.host.conditions import silent
from xo_dash.control.host.departures import BATCH, EnterMaintenance, moving
from xo_dash.control.host.maintenance import enabling, networks, noting
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Branch, Call, Parallel, Plan, Wait
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import NetworkUuid, called
from xo_dash.control.throttle import ON_A_HOST
from xo_dash.control.vm.migration.migrate import plan as move
from xo_dash.i18n import N_

ATTACHES_WITHIN: Final = 120.0
"""Seconds."""


class BringBack(Request, frozen=True, kw_only=True):
    """The VMs of a host's list: those that moved migrate back, those that were suspended or shut down are resumed and started there."""

    network: Annotated[NetworkUuid | None, called(N_("Migration network"), hint=N_("Default: the management network"))] = None
    at_once: Annotated[int, Meta(ge=1, le=ON_A_HOST), called(N_("VMs at a time"))] = BATCH


def bring_back(request: BringBack, host: Host) -> Plan:
    """Out of maintenance mode, and each VM by itself: one that fails stays on the list."""
    away, held = away_from(host), held_lists(host)
    if not host.enabled:
        yield from enabling(host)
    if MODE in host.other_config:
        yield unmarking(host)
    yield from putting_back(request, host, away, held)


def unmarking(host: Host) -> Call:
    says = lazy(N_("Removing the maintenance mark of {name}"), name=name_of(host))
    return Call("host.remove_from_other_config", host.ref, MODE, says=says, asynchronous=False)


def putting_back(request: BringBack, host: Host, away: Away, held: Collection[List]) -> Plan:
    """These VMs to the host; `held` are the lists that it has by then."""
    ways = {
        **{vm: partial(_migrating, request, vm, host) for vm in away.migrated},
        **{vm: partial(_resuming, vm, host) for vm in away.suspended},
        **{vm: partial(_starting, vm, host) for vm in away.halted},
    }
    failed: set[VM] = set()
    if ways:
        branches = [Branch(says=lazy("{name}", name=named(vm)), plan=way, host=host.ref) for vm, way in ways.items()]
        says = lazy(N_("Bringing VMs back to {name}"), name=name_of(host))
        back = yield Parallel(branches=branches, says=says, alone=True, at_once=request.at_once)
        failed = {vm for vm, answer in zip(ways, back, strict=True) if answer is None}
    yield from noting(host, Away(*(tuple(vm for vm in vms if vm in failed) for vms in away)), held)


def _unattached(vm: VM, host: Host) -> list[SR]:
    """Shared SRs of its disks that the host lacks at the moment, as for some seconds after a boot."""
    reached = attached_srs(host)
    disks = (vbd.home.one(VDI, vbd.VDI) for vbd in vm.all_of(VBD, vm.VBDs) if vbd.type != "CD" and not vbd.empty)
    srs = {sr for disk in disks if disk is not None and (sr := disk.home.one(SR, disk.SR)) is not None}
    return [sr for sr in by_name(srs) if sr.shared and sr.ref not in reached]


def _migrating(request: BringBack, vm: VM, host: Host) -> Plan:
    """Its disks stay where they are: without the wait they would move to whatever SR the host has."""
    if missing := _unattached(vm, host):
        yield Wait(
            until=lambda: not _unattached(vm, host),
            within=ATTACHES_WITHIN,
            says=lazy(N_("Waiting until {sr} is attached on {host}"), sr=named(missing[0]), host=named(host)),
            failed=lazy(N_("it is still not attached; attach it, then bring the VM back")),
        )
    yield from move(moving(EnterMaintenance(network=request.network), vm, host), vm)
    return vm.uuid


def _resuming(vm: VM, host: Host) -> Plan:
    yield Call("VM.resume_on", vm.ref, host.ref, False, False, says=lazy(N_("Resuming {name}"), name=named(vm)))
    return vm.uuid


def _starting(vm: VM, host: Host) -> Plan:
    yield Call("VM.start_on", vm.ref, host.ref, False, False, says=lazy(N_("Starting {name}"), name=named(vm)))
    return vm.uuid


def _has_away(host: Host) -> bool:
    return bool(held_lists(host)) and away_from(host).total > 0


def nobody_away(host: Host) -> LazyText | None:
    return None if _has_away(host) else lazy(N_("no VM left it for maintenance"))


def cannot_bring_back(host: Host) -> LazyText | None:
    return silent(host) or nobody_away(host)


def forget(request: NoRequest, host: Host) -> Plan:
    return noting(host, Away(), held_lists(host))


BRING_BACK: Final[AnyAction] = Action(
    id="host.bring_back", kind=Host, request=BringBack, title=N_("Bring VMs back"), done=N_("The VMs of {name} are back"), role=Role.ADMIN,
    icon="migrate", prominent=True, applies_to=lambda host: True, blocked=cannot_bring_back, relevant=_has_away,
    choices={"network": networks}, plan=bring_back, succeeded=lambda host: not _has_away(host),
    warning=N_("The host leaves maintenance mode. VMs that left migrate back; suspended ones are resumed and halted ones started there."),
)  # fmt: skip
LEAVE_THERE: Final[AnyAction] = Action(
    id="host.forget_moved", kind=Host, title=N_("Leave VMs where they are"), done=N_("The VMs stay where they are"), role=Role.ADMIN,
    icon="close", applies_to=lambda host: True, blocked=nobody_away, relevant=_has_away, plan=forget,
    succeeded=lambda host: not held_lists(host),
    warning=N_("The list of VMs to bring back to this host is cleared. VMs that were shut down or suspended stay so."),
)  # fmt: skip
