"""Into maintenance mode: where each VM goes or what happens to it instead, and the plan of it. And out of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final

from data.evacuation import evacuate
from data.facts.pool import is_master, own_pool
from data.identity import key_of
from data.maintenance import MODE, Away, List, away_from, held_lists, written
from data.names import name_of
from data.objects import VM, Host, Network
from data.stores.users import Role
from data.types import Home, Ref
from xo_dash.control.action import Action, AnyAction, Choice
from xo_dash.control.failures import explain
from xo_dash.control.host.conditions import cannot_disable, cannot_enable, cannot_refuse_vms, guests
from xo_dash.control.host.departures import (
    DOING,
    OPERATIONS,
    SUSPEND,
    Departures,
    EnterMaintenance,
    departures,
    instead,
    moving,
    undecided,
)
from xo_dash.control.host.no_place import why_no_place
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Branch, Call, Parallel, Plan, Question, one
from xo_dash.control.pool import master
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest
from xo_dash.control.vm.migration.mapping import has_address
from xo_dash.control.vm.migration.migrate import check as check_move
from xo_dash.control.vm.migration.migrate import plan as move
from xo_dash.control.vm.migration.targets import Way, way_to
from xo_dash.control.writes import setting_key
from xo_dash.i18n import N_, _, ngettext, number

NAMED = 5
"""VMs that are named when a host cannot be emptied."""
NOT_ENOUGH_MEMORY: Final = "HOST_NOT_ENOUGH_FREE_MEMORY"

# ---- what is wrong with it


def check(request: EnterMaintenance, host: Host) -> Iterator[Fault]:
    found = departures(request, host)
    places = {one.vm: f"vms.{number}" for number, one in enumerate(request.vms)}
    for vm, why in found.evacuation.stranded.items():
        yield Fault(f"{places[vm.uuid]}.host" if vm.uuid in places else "vms", undecided(why))
    for vm, how in found.off.items():
        if how not in instead(vm):
            yield Fault(f"{places[vm.uuid]}.how", lazy(N_("{name} cannot do this now; choose something else"), name=named(vm)))
    yield from _wrong_master(request, host)
    yield from _wrong_network(request, host, set(found.evacuation.moves.values()))
    wished = {one.vm for one in request.vms if one.host}  # who goes where somebody wants may have to take disks along
    along = [(vm, to) for vm, to in found.evacuation.moves.items() if vm.uuid in wished and way_to(vm, to) is not Way.MEMORY]
    for vm, to in along:
        for fault in check_move(moving(request, vm, to), vm):
            if fault.field != "network":  # said once for all
                yield Fault(places.get(vm.uuid, "vms"), lazy("{name}: {reason}", name=named(vm), reason=fault.reason))


def _wrong_master(request: EnterMaintenance, host: Host) -> Iterator[Fault]:
    new, pool = host.home.by_uuid(Host, request.master) if request.master else None, own_pool(host.home)
    if new is None or pool is None:
        return
    reason = master.blocked(pool) or master.cannot_lead(new) if is_master(host) else lazy(N_("this host is not the master; leave it empty"))
    if reason is not None:
        yield Fault("master", reason)


def masters(hosts: Sequence[Host]) -> Sequence[Choice]:
    """Who may lead the pool instead of this one."""
    pool = own_pool(hosts[0].home)
    if pool is None or not is_master(hosts[0]):
        return []
    against = master.blocked(pool)
    return [replace(one, refused=against or one.refused) for one in master.choices([pool]) if one.value != hosts[0].uuid]


def _wrong_network(request: EnterMaintenance, host: Host, targets: Iterable[Host]) -> Iterator[Fault]:
    network = host.home.by_uuid(Network, request.network) if request.network else None
    if network is None:
        return
    for target in targets:
        if not has_address(target, network):
            yield Fault(
                "network", lazy(N_("{host} has no address on {network}; choose another"), host=named(target), network=named(network))
            )


def networks(hosts: Sequence[Host]) -> Sequence[Choice]:
    """Those over which VMs can move."""
    home = hosts[0].home
    found = [network for network in home.all(Network).values() if any(has_address(host, network) for host in home.all(Host).values())]
    return [Choice(network.uuid, name_of(network)) for network in found]


# ---- what is done


def enter(request: EnterMaintenance, host: Host) -> Plan:
    """No VM starts there any more; those that run there move away, and what cannot move is suspended or shut down as asked for.

    If one fails or somebody cancels, the host takes VMs again: one that is half in maintenance mode serves nobody. VMs that have moved
    stay where they are, and what is written in the host offers to bring them back. A host that was disabled before stays so.
    A new master comes before all that: the toolstacks start anew then, and enable their hosts.
    """
    name, found = name_of(host), departures(request, host)
    moves, away, held, is_disabled = found.evacuation.moves, away_after(found, host), held_lists(host), not host.enabled
    if request.master and (new := host.home.by_uuid(Host, request.master)) is not None:
        yield master.designating(new)
        yield master.serving(new)
        is_disabled = False
    if moves:
        yield Question(
            method="host.get_vms_which_prevent_evacuation",
            parameters=(host.ref,),
            says=lazy(N_("Checking whether the VMs can be migrated off {name}"), name=name),
            judge=lambda answer: blocking(answer, host.home, moves, whole=not found.off),
        )
    yield from setting_key(host, "other_config", MODE, "true", lazy(N_("Marking {name} as in maintenance"), name=name))
    if not is_disabled:
        yield _disabling(host)
    yield from noting(host, away, held)
    if moves:
        branches = [
            Branch(says=lazy("{name}", name=named(vm)), plan=partial(_leaving, request, vm, to), host=host.ref) for vm, to in moves.items()
        ]
        says = lazy(N_("Migrating VMs off {name}"), name=name)
        yield Parallel(branches=branches, says=says, at_once=request.at_once)
    if found.off:
        branches = [
            Branch(says=lazy("{name}", name=named(vm)), plan=partial(_ending, vm, how), host=host.ref) for vm, how in found.off.items()
        ]
        yield Parallel(branches=branches, says=lazy(N_("Suspending or shutting down the other VMs of {name}"), name=name))
    if not request.remember:
        yield from noting(host, Away(), held_after(away))


def _disabling(host: Host) -> Call:
    name = name_of(host)
    return Call(
        "host.disable",
        host.ref,
        harmless=True,
        says=lazy(N_("Putting {name} into maintenance mode"), name=name),
        undo=lambda _answer: enabling(host),
        undone=lazy(N_("{name} is out of maintenance mode again"), name=name),
        stays=lazy(N_("{name} is still in maintenance mode: take it out of maintenance mode, or migrate its VMs and try again"), name=name),
    )


def _leaving(request: EnterMaintenance, vm: VM, to: Host) -> Plan:
    return move(moving(request, vm, to), vm)


def _ending(vm: VM, how: str) -> Plan:
    return one(f"VM.{OPERATIONS[how]}", vm.ref, says=lazy(DOING[how], name=named(vm)))


def away_after(found: Departures, host: Host) -> Away:
    """Who is to be brought back once it is empty, with those who left it before."""
    before = away_from(host)
    halted = tuple(vm for vm, how in found.off.items() if how != SUSPEND)
    suspended = tuple(vm for vm, how in found.off.items() if how == SUSPEND)
    return Away((*before.migrated, *found.evacuation.moves), (*before.halted, *halted), (*before.suspended, *suspended))


def noting(host: Host, away: Away, held: Collection[List]) -> Plan:
    """Write who is to be brought back: before anybody leaves, so that it is known whatever happens then. Nothing takes it back.

    `held`: the lists that the host has by then, of which the mirror may not know yet.
    """
    says = lazy(N_("Recording which VMs to bring back to {name}"), name=name_of(host))
    for which, vms in zip(List, away, strict=True):
        if which in held:
            yield Call("host.remove_from_other_config", host.ref, str(which), says=says, asynchronous=False)
        if vms:
            yield Call("host.add_to_other_config", host.ref, str(which), written(vms), says=says, asynchronous=False)


def held_after(away: Away) -> list[List]:
    """The lists that it makes."""
    return [which for which, vms in zip(List, away, strict=True) if vms]


def enabling(host: Host) -> Plan:
    yield Call("host.enable", host.ref, says=lazy(N_("Taking {name} out of maintenance mode"), name=name_of(host)), harmless=True)


def refuse_vms(request: NoRequest, host: Host) -> Plan:
    return one("host.disable", host.ref, says=lazy(N_("Putting {name} into maintenance mode"), name=name_of(host)))


def leave(request: NoRequest, host: Host) -> Plan:
    """VMs stay where they are; the list of those to bring back stays too."""
    yield from enabling(host)
    yield from setting_key(host, "other_config", MODE, None, lazy(N_("Removing the maintenance mark of {name}"), name=name_of(host)))


def blocking(answer: object, home: Home, moves: Mapping[VM, Host], *, whole: bool) -> LazyText | None:
    """Which of the VMs that are to move cannot leave a host, and why.

    `whole`: whether all of its VMs move; if not, XAPI's judgement of memory, which is about all, is of no use.
    Source: get_vms_which_prevent_evacuation gives `{VM: [code, argument ...]}`.
    """
    if not isinstance(answer, Mapping):
        return None
    moved = {vm.ref for vm in moves}
    against = {ref: why for ref, why in answer.items() if ref in moved and (whole or _code(why) != NOT_ENOUGH_MEMORY)}
    if not against:
        return None
    lines = [_blocked(home.one(VM, Ref(str(ref))), why, home) for ref, why in islice(against.items(), NAMED)]
    said = lines[0]
    for line in lines[1:]:
        said = lazy("{before}; {line}", before=said, line=line)
    more = len(against) - len(lines)
    return lazy(N_("{before}; and {n} more"), before=said, n=more) if more else said


def _code(why: object) -> str:
    return str(why[0]) if isinstance(why, Sequence) and why else ""


def _blocked(vm: VM | None, why: object, home: Home) -> LazyText:
    code, *arguments = [str(part) for part in why] if isinstance(why, Sequence) and why else [""]
    reason = explain(code, arguments, home, vm)
    if vm is None:
        return lazy(N_("a VM cannot be migrated to another host: {reason}"), reason=reason)
    return lazy(N_("{vm} cannot be migrated to another host: {reason}"), vm=named(vm), reason=reason)


def consequences(host: Host) -> Sequence[str]:
    """What becomes of its VMs, as far as we can tell: the pool may know better."""
    found = evacuate(host)
    moved = len(found.moves)
    lines = (
        [ngettext("{n} VM will be migrated to another host", "{n} VMs will be migrated to other hosts", moved).format(n=number(moved))]
        if moved
        else []
    )
    cannot = _("{name} cannot migrate: {reason}")
    return [*lines, *(cannot.format(name=name_of(vm), reason=why_no_place(why)) for vm, why in found.stranded.items())]


def path(host: Host) -> str:
    """The page that asks for all of it, for one host."""
    return f"/host/{key_of(host)}/maintenance"


PLACES: Final = {"network": networks, "master": masters}
"""The choices of whatever empties a host."""
ENTER: Final[AnyAction] = Action(
    id="host.maintenance", kind=Host, request=EnterMaintenance, title=N_("Enter maintenance mode"),
    done=N_("{name} is in maintenance mode"), role=Role.ADMIN, icon="pause", prominent=True, applies_to=always,
    blocked=cannot_disable, choices=PLACES,
    check=check, plan=enter, succeeded=lambda host: not (host.enabled or guests(host)), consequences=consequences, page=path,
    warning=N_("Its running VMs are migrated to other hosts, and no VM can start on it until it leaves maintenance mode."),
)  # fmt: skip
REFUSE_VMS: Final[AnyAction] = Action(
    id="host.disable", kind=Host, title=N_("Stop accepting VMs"), done=N_("{name} no longer accepts VMs"), role=Role.ADMIN, icon="pause",
    applies_to=always, blocked=cannot_refuse_vms, plan=refuse_vms, succeeded=lambda host: not host.enabled,
    warning=N_("Its VMs keep running. None can start on it or migrate to it until it leaves maintenance mode, or its toolstack restarts."),
)  # fmt: skip
LEAVE: Final[AnyAction] = Action(
    id="host.enable", kind=Host, title=N_("Leave maintenance mode"), done=N_("{name} accepts VMs again"), role=Role.ADMIN,
    icon="play", prominent=True, applies_to=always, blocked=cannot_enable, plan=leave, succeeded=lambda host: host.enabled,
)  # fmt: skip
