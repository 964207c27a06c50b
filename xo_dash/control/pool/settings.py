"""What holds for a pool: its SRs for special things, auto-start, the migration network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from data.facts.pool import AUTO_START, MIGRATION_NETWORK, has_auto_start
from data.facts.sr import is_shown
from data.names import name_of
from data.objects import PBD, SR, Host, Network, Pool
from data.stores.users import Role
from data.types import NULL_REF
from xo_dash.control.action import Action, AnyAction, Choice, in_order
from xo_dash.control.labels import always, never, tagging
from xo_dash.control.lazy_text import LazyText, lazy, named
from xo_dash.control.plan import Plan
from xo_dash.control.requests.fault import Fault
from xo_dash.control.requests.request import Request
from xo_dash.control.requests.types import NetworkUuid, SRUuid, called
from xo_dash.control.vm.migration.mapping import has_address
from xo_dash.control.writes import setting, setting_key
from xo_dash.i18n import N_


class SpecialSRs(Request, frozen=True, kw_only=True):
    """Where things go that belong to no VM's own SR."""

    suspend: Annotated[SRUuid | None, called(N_("Suspend SR"), hint=N_("Memory of suspended VMs"))] = None
    crash: Annotated[SRUuid | None, called(N_("Crash-dump SR"), hint=N_("Memory dumps of crashed VMs"))] = None


class PoolAutoStart(Request, frozen=True, kw_only=True):
    """Whether VMs with auto-start really start with their hosts."""

    on: Annotated[bool, called(N_("Auto-start of VMs"), hint=N_("Off: no VM starts by itself, whatever its own setting says"))]


class Balancing(Request, frozen=True, kw_only=True):
    """Whether the workload balancing server of the pool is asked."""

    on: Annotated[bool, called(N_("Workload balancing"))]


class MigrationNetwork(Request, frozen=True, kw_only=True):
    """Which network VMs move over; none: the management network."""

    network: Annotated[NetworkUuid | None, called(N_("Migration network"), hint=N_("Default: the management network"))] = None


# ---- special SRs


def disk_choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    if len(pools) != 1:
        return []
    shown = [sr for sr in pools[0].home.all(SR).values() if is_shown(sr) and sr.content_type != "iso"]
    found = [Choice(sr.uuid, name_of(sr), cannot_hold(sr)) for sr in shown]
    return in_order(found)


def cannot_hold(sr: SR) -> LazyText | None:
    """Why no images can be kept there."""
    if not is_shown(sr) or sr.content_type == "iso":
        return lazy(N_("not used for VM disks"))
    if not any(pbd.currently_attached for pbd in sr.all_of(PBD, sr.PBDs)):
        return lazy(N_("no host has it attached"))
    return None


def check_srs(request: SpecialSRs, pool: Pool) -> Iterator[Fault]:
    for field, uuid in (("suspend", request.suspend), ("crash", request.crash)):
        sr = pool.home.by_uuid(SR, uuid) if uuid else None
        if sr is not None and (reason := cannot_hold(sr)) is not None:
            yield Fault(field, reason)


def sr_notes(request: SpecialSRs, pool: Pool) -> Iterator[LazyText]:
    sr = pool.home.by_uuid(SR, request.suspend) if request.suspend else None
    if sr is not None and not sr.shared and len(pool.home.all(Host)) > 1:
        yield lazy(N_("{sr} is local: suspended VMs can only be resumed on its host"), sr=name_of(sr))


def sr_plan(request: SpecialSRs, pool: Pool) -> Plan:
    for field, uuid, says in (
        ("suspend_image_SR", request.suspend, lazy(N_("Setting the suspend SR of {name}"), name=name_of(pool))),
        ("crash_dump_SR", request.crash, lazy(N_("Setting the crash-dump SR of {name}"), name=name_of(pool))),
    ):
        sr = pool.home.by_uuid(SR, uuid) if uuid else None
        yield from setting(pool, field, sr.ref if sr is not None else NULL_REF, getattr(pool, field), says)


def sr_defaults(pools: Sequence[Pool]) -> Mapping[str, object]:
    pool = pools[0]
    held = {"suspend": pool.home.one(SR, pool.suspend_image_SR), "crash": pool.home.one(SR, pool.crash_dump_SR)}
    return {name: sr.uuid if sr is not None else None for name, sr in held.items()}


# ---- auto-start


def auto_plan(request: PoolAutoStart, pool: Pool) -> Plan:
    name = name_of(pool)
    says = lazy(N_("Enabling auto-start in {name}"), name=name) if request.on else lazy(N_("Disabling auto-start in {name}"), name=name)
    if request.on or has_auto_start(pool):
        yield from setting_key(pool, "other_config", AUTO_START, "true" if request.on else None, says)


def check_auto(request: PoolAutoStart, pool: Pool) -> Iterator[Fault]:
    """Source: both start VMs after a failure; xapi's own policy is one or the other."""
    if request.on and pool.ha_enabled and not has_auto_start(pool):
        yield Fault("on", lazy(N_("HA is on and starts VMs itself; set their HA priority instead")))


def balancing_plan(request: Balancing, pool: Pool) -> Plan:
    yield from setting(
        pool, "wlb_enabled", request.on, pool.wlb_enabled, lazy(N_("Setting workload balancing of {name}"), name=name_of(pool))
    )


# ---- the migration network


def network_choices(pools: Sequence[Pool]) -> Sequence[Choice]:
    if len(pools) != 1:
        return []
    external = [network for network in pools[0].home.all(Network).values() if network.PIFs]
    found = [Choice(network.uuid, name_of(network), lacks_address(network)) for network in external]
    return in_order(found)


def lacks_address(network: Network) -> LazyText | None:
    without = [host for host in network.home.all(Host).values() if not has_address(host, network)]
    return lazy(N_("{host} has no address on it"), host=named(without[0])) if without else None


def check_network(request: MigrationNetwork, pool: Pool) -> Iterator[Fault]:
    network = pool.home.by_uuid(Network, request.network) if request.network else None
    if network is not None and (reason := lacks_address(network)) is not None:
        yield Fault("network", reason)


def network_plan(request: MigrationNetwork, pool: Pool) -> Plan:
    says = lazy(N_("Setting the migration network of {name}"), name=name_of(pool))
    yield from setting_key(pool, "other_config", MIGRATION_NETWORK, request.network, says)


POOL_TAGS: Final[AnyAction] = tagging(Pool, Role.ADMIN, always, never)
SPECIAL_SRS: Final[AnyAction] = Action(
    id="pool.special_srs", kind=Pool, request=SpecialSRs, title=N_("Set suspend and crash-dump SR"),
    done=N_("The SRs of {name} are set"), role=Role.ADMIN, icon="storage", group="settings", applies_to=always, blocked=never,
    defaults=sr_defaults, choices={"suspend": disk_choices, "crash": disk_choices}, check=check_srs, notes=sr_notes, plan=sr_plan,
)  # fmt: skip
AUTO_START_OF_POOL: Final[AnyAction] = Action(
    id="pool.auto_start", kind=Pool, request=PoolAutoStart, title=N_("Change auto-start"), done=N_("Auto-start of {name} is set"),
    role=Role.ADMIN, icon="auto", group="settings", applies_to=always, blocked=never, check=check_auto,
    defaults=lambda pools: {"on": all(map(has_auto_start, pools))}, plan=auto_plan,
)  # fmt: skip
NETWORK_OF_MIGRATIONS: Final[AnyAction] = Action(
    id="pool.migration_network", kind=Pool, request=MigrationNetwork, title=N_("Change migration network"),
    done=N_("The migration network of {name} is set"), role=Role.ADMIN, icon="network", group="settings", applies_to=always,
    blocked=never, choices={"network": network_choices}, check=check_network, plan=network_plan,
    defaults=lambda pools: {"network": pools[0].other_config.get(MIGRATION_NETWORK)},
)  # fmt: skip
BALANCING: Final[AnyAction] = Action(
    id="pool.wlb", kind=Pool, request=Balancing, title=N_("Change workload balancing"), done=N_("Workload balancing of {name} is set"),
    role=Role.ADMIN, icon="settings", group="settings", applies_to=lambda pool: bool(pool.wlb_url), blocked=never,
    defaults=lambda pools: {"on": pools[0].wlb_enabled}, plan=balancing_plan,
)  # fmt: skip
