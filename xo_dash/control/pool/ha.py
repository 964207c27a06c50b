"""High availability: on with its heartbeat SR, off, how many hosts may fail, and what each VM is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, Protocol
from urllib.parse import quote

from msgspec import Meta

from data.facts.host import is_live
from data.facts.pool import has_auto_start
from data.facts.vm import is_guest
from data.identity import key_of
from data.names import name_of, name_order
from data.objects import PBD, SR, VDI, VM, Host, Pool
from data.stores.users import Role
from data.types import GIB, Ref
from data.uplinks import hosts_of
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.failures import explain_error
from xo_dash.control.labels import always
from xo_dash.control.lazy_text import Amount, LazyText, lazy, names_of, together
from xo_dash.control.plan import Call, Plan, one
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import NoRequest, Request
from xo_dash.control.requests.types import SRUuid, VMUuid, called, one_of
from xo_dash.control.sr.choice import free_space
from xo_dash.control.sr.use import features_of
from xo_dash.control.task_waiter import Caller
from xo_dash.control.vm.boot import PRIORITIES, Seconds, StartOrder, priority_of
from xo_dash.control.writes import setting
from xo_dash.i18n import N_
from xo_dash.xapi.errors import XapiError

HEARTBEAT: Final = 4 * GIB
"""Bytes that HA takes on its SR. Source: a statefile, and a copy of the database of 4 GB."""
OFFLINE: Final = frozenset({"VDI_GENERATE_CONFIG", "VDI_ATTACH_OFFLINE"})
"""What its driver must be able to: disks are had before a toolstack runs."""
Failures = Annotated[int, Meta(ge=0, le=64)]
MOST: Final = 2000


class EnableHA(Request, frozen=True, kw_only=True):
    """Hosts watch each other; one that is cut off restarts itself, and its protected VMs start elsewhere."""

    sr: Annotated[SRUuid, called(N_("Heartbeat SR"))]
    failures: Annotated[Failures, called(N_("Host failures to tolerate"))] = 1


class SetFailures(Request, frozen=True, kw_only=True):
    """For so many failures room is kept free."""

    failures: Annotated[Failures, called(N_("Host failures to tolerate"), hint=N_("0: VMs are restarted as far as memory allows"))]


class VMPriority(Request, frozen=True, kw_only=True):
    """What a VM is worth when its host fails."""

    vm: Annotated[VMUuid, called(N_("VM"))]
    priority: Annotated[str, one_of(PRIORITIES), called(N_("When its host fails"))]
    order: Annotated[StartOrder, called(N_("Start order"))] = 0
    delay: Annotated[Seconds, called(N_("Pause after its start, seconds"))] = 0


class SetPriorities(Request, frozen=True, kw_only=True):
    """VMs that are not listed stay as they are."""

    vms: Annotated[Annotated[tuple[VMPriority, ...], Meta(max_length=MOST)], called(N_("VMs"))]


# ---- the heartbeat SR


def cannot_watch(sr: SR) -> LazyText | None:
    """Why hosts cannot watch each other over it, as far as the mirror knows."""
    paths = {pbd.host for pbd in sr.all_of(PBD, sr.PBDs) if pbd.currently_attached}
    missing = [host for host in hosts_of(sr.home) if host.ref not in paths]
    if not sr.shared:
        return lazy(N_("it is local to a host"))
    if (can := features_of(sr)) and not OFFLINE & can:
        return lazy(N_("its type, {type}, cannot hold a heartbeat"), type=sr.type)
    free = free_space(sr)
    is_short = free is not None and free < HEARTBEAT and sr.ref not in _held(sr)
    return together((
        lazy(N_("it is not attached on {hosts}"), hosts=names_of(missing)) if missing else None,
        lazy(N_("{needed} needed, {free} free on {sr}"), needed=Amount(HEARTBEAT), free=Amount(free or 0), sr=name_of(sr))
        if is_short else None,
    ))  # fmt: skip


def _held(sr: SR) -> set[str]:
    """SRs that have the disks of an earlier time."""
    return {vdi.SR for vdi in sr.all_of(VDI, sr.VDIs) if vdi.type == "ha_statefile"}


def srs(pools: Sequence[Pool]) -> Sequence[Choice]:
    if len(pools) != 1:
        return []
    able = [sr for sr in pools[0].home.all(SR).values() if sr.content_type == "user" or sr.shared]
    found = [Choice(sr.uuid, name_of(sr), cannot_watch(sr)) for sr in able]
    usable = [choice for choice in found if choice.refused is None]
    return in_order(usable or found)


# ---- on and off


def cannot_enable(pool: Pool) -> LazyText | None:
    if pool.ha_enabled:
        return lazy(N_("HA is on already"))
    silent = [host for host in hosts_of(pool.home) if not is_live(host)]
    return lazy(N_("no response from {hosts}; every host takes part"), hosts=names_of(silent)) if silent else None


def check_enable(request: EnableHA, pool: Pool) -> Iterator[Fault]:
    sr = pool.home.by_uuid(SR, request.sr)
    if sr is not None and (reason := cannot_watch(sr)) is not None:
        yield Fault("sr", reason)
    yield from check_failures(request, pool)


def check_failures(request: EnableHA | SetFailures, pool: Pool) -> Iterator[Fault]:
    hosts = len(pool.home.all(Host))
    if request.failures >= max(hosts, 1):
        yield Fault("failures", lazy(N_("at most {most}: one host must be left"), most=max(hosts - 1, 0)))


def enable_notes(request: EnableHA, pool: Pool) -> Iterator[LazyText]:
    hosts = len(pool.home.all(Host))
    if hosts == 1:
        yield lazy(N_("The pool has one host: there is no other to restart VMs on"))
    elif hosts < 3:
        yield lazy(N_("With fewer than 3 hosts, a network failure can stop the wrong host"))
    if has_auto_start(pool):
        yield lazy(N_("Auto-start of the pool is on: HA starts VMs itself, turn auto-start off"))
    if not protected(pool):
        yield lazy(N_("No VM has the priority “Restart on another host” yet: HA protects none"))


def enable_plan(request: EnableHA, pool: Pool) -> Plan:
    """XAPI looks at the SR itself before; a failure to keep so much room free takes all of it back."""
    sr = pool.home.by_uuid(SR, request.sr)
    if sr is None:
        return
    name = name_of(pool)
    yield Call("SR.assert_can_host_ha_statefile", sr.ref, says=lazy(N_("Checking whether {sr} can hold the heartbeat"), sr=name_of(sr)))
    yield Call("pool.enable_ha", [sr.ref], {}, says=lazy(N_("Turning HA on in {name}"), name=name), undo=lambda _: _off(pool))
    yield _set_failures(pool, request.failures)


def _off(pool: Pool) -> Plan:
    return one("pool.disable_ha", says=lazy(N_("Turning HA off in {name}"), name=name_of(pool)))


def _set_failures(pool: Pool, failures: int) -> Call:
    says = lazy(N_("Host failures to tolerate in {name}: {n}"), n=failures, name=name_of(pool))
    held = pool.ha_host_failures_to_tolerate
    back = lambda _: one("pool.set_ha_host_failures_to_tolerate", pool.ref, held, says=says)  # noqa: E731
    return Call("pool.set_ha_host_failures_to_tolerate", pool.ref, failures, says=says, undo=back)


def is_off(pool: Pool) -> LazyText | None:
    return None if pool.ha_enabled else lazy(N_("HA is off"))


def disable_plan(request: NoRequest, pool: Pool) -> Plan:
    return _off(pool)


def failures_plan(request: SetFailures, pool: Pool) -> Plan:
    if request.failures != pool.ha_host_failures_to_tolerate:
        yield _set_failures(pool, request.failures)


# ---- what VMs are worth


def protected(pool: Pool) -> list[VM]:
    return [vm for vm in guests(pool) if vm.ha_restart_priority == "restart"]


def guests(pool: Pool) -> list[VM]:
    return sorted(filter(is_guest, pool.home.all(VM).values()), key=lambda vm: (vm.order, name_order(vm)))


def priority_plan(request: SetPriorities, pool: Pool) -> Plan:
    """Those that are protected less come first: what they gave up may be what others need."""
    for one_vm in sorted(request.vms, key=lambda one_vm: one_vm.priority == "restart"):
        vm = pool.home.by_uuid(VM, one_vm.vm)
        if vm is not None:
            yield from _priority_steps(one_vm, vm)


def _priority_steps(wanted: VMPriority, vm: VM) -> Plan:
    new = "" if wanted.priority == "none" else wanted.priority
    says = lazy(N_("Setting the HA priority of {name}"), name=name_of(vm))
    yield from setting(vm, "ha_restart_priority", new, vm.ha_restart_priority, says, asynchronous=True)
    says = lazy(N_("Setting the start order of {name}"), name=name_of(vm))
    yield from setting(vm, "order", wanted.order, vm.order, says)
    yield from setting(vm, "start_delay", wanted.delay, vm.start_delay, says)


def held(vm: VM) -> VMPriority:
    """As it is now."""
    return VMPriority(vm=vm.uuid, priority=priority_of(vm), order=vm.order, delay=vm.start_delay)


class Connector(Protocol):
    """Whoever has connections, by the server's id."""

    def connection(self, server_id: str) -> Caller: ...


async def tolerated(servers: Connector, pool: Pool, request: SetPriorities) -> int | LazyText:
    """How many host failures the pool would tolerate with these priorities, as XAPI counts it; or why nobody knows. Changes nothing."""
    asked = {one.vm: one.priority for one in request.vms}
    worth = {vm.ref: asked.get(vm.uuid, priority_of(vm)) for vm in guests(pool)}
    values = {ref: "" if priority == "none" else priority for ref, priority in worth.items()}
    try:
        method = "pool.ha_compute_hypothetical_max_host_failures_to_tolerate"
        return int(await servers.connection(pool.home.id).call(method, {ref: one for ref, one in values.items() if one}))
    except XapiError as error:
        return explain_error(error, pool.home)[0]
    except (TypeError, ValueError):
        return lazy(N_("the pool returned no number"))


def heartbeat_of(pool: Pool) -> SR | None:
    """Where its hosts watch each other."""
    disk = next((vdi for ref in pool.ha_statefiles if (vdi := pool.home.one(VDI, Ref(ref))) is not None), None)
    return pool.home.one(SR, disk.SR) if disk is not None and pool.ha_enabled else None


def failures_default(pools: Sequence[Pool]) -> Mapping[str, object]:
    return {"failures": pools[0].ha_host_failures_to_tolerate}


def enable_default(pools: Sequence[Pool]) -> Mapping[str, object]:
    usable = [choice.value for choice in srs(pools) if choice.refused is None]
    return {"sr": next(iter(usable), ""), "failures": 1 if len(pools[0].home.all(Host)) > 1 else 0}


def page(pool: Pool) -> str:
    return f"/pool/{quote(key_of(pool), safe='@')}/ha"


ENABLE_HA: Final[AnyAction] = Action(
    id="pool.enable_ha", kind=Pool, request=EnableHA, title=N_("Turn HA on"), done=N_("HA is on in {name}"), role=Role.ADMIN,
    icon="check", applies_to=always, blocked=cannot_enable, defaults=enable_default, choices={"sr": srs}, check=check_enable,
    notes=enable_notes, plan=enable_plan, succeeded=lambda pool: pool.ha_enabled, relevant=lambda pool: not pool.ha_enabled,
    warning=N_("A host that loses both the network and the heartbeat SR restarts itself at once, with all its VMs."),
)  # fmt: skip
DISABLE_HA: Final[AnyAction] = Action(
    id="pool.disable_ha", kind=Pool, title=N_("Turn HA off"), done=N_("HA is off in {name}"), role=Role.ADMIN, icon="close",
    applies_to=always, blocked=is_off, plan=disable_plan, succeeded=lambda pool: not pool.ha_enabled,
    relevant=lambda pool: pool.ha_enabled,
    warning=N_("If a host fails, its VMs are no longer restarted on other hosts. Running VMs are not affected now."),
)  # fmt: skip
FAILURES: Final[AnyAction] = Action(
    id="pool.ha_failures", kind=Pool, request=SetFailures, title=N_("Change tolerated failures"),
    done=N_("The host failures that {name} tolerates are set"), role=Role.ADMIN, icon="settings", group="settings", applies_to=always,
    blocked=is_off, relevant=lambda pool: pool.ha_enabled, defaults=failures_default, check=check_failures, plan=failures_plan,
)  # fmt: skip
PRIORITIES_OF_VMS: Final[AnyAction] = Action(
    id="pool.ha_vms", kind=Pool, request=SetPriorities, title=N_("HA of VMs"), done=N_("The HA priorities in {name} are set"),
    role=Role.ADMIN, icon="settings", group="settings", applies_to=always, blocked=lambda pool: None, plan=priority_plan, page=page,
)  # fmt: skip
