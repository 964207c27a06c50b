"""A pool as it is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import ClassVar, Final, TypeVar

from data import hosts, storage
from data.facts import pool as facts
from data.facts.host import HostState, host_state
from data.facts.vm import VmState, is_guest, state_of
from data.findings.registry import FindingRegistry
from data.guidance import FIELDS as GUIDANCE
from data.guidance import waiting_among
from data.names import pool_name
from data.networks import is_internal
from data.objects import SR, VM, Host, Network, Pool
from data.placement import Memory
from data.views.host import RESIDENTS
from data.views.things import GUEST, POOL_NAME, maybe, tags_of, via
from data.views.view import FINDINGS, Fact, View, is_present

V = TypeVar("V")
_HELD: Final = ("memory_dynamic_max", "memory_dynamic_min", "memory_overhead")


def memory_of(pool: Pool) -> Memory:
    """The accounts of its hosts together."""
    accounts = [hosts.account_of(host) for host in pool.home.all(Host).values()]
    return Memory(*(sum(getattr(one, part) for one in accounts) for part in ("total", "xen", "dom0", "guests", "free")))


def vm_states(pool: Pool) -> Mapping[VmState, int]:
    """How many of its VMs are how."""
    return Counter(state_of(vm) for vm in pool.home.all(VM).values() if is_guest(vm))


def host_states(pool: Pool) -> Mapping[HostState, int]:
    return Counter(map(host_state, pool.home.all(Host).values()))


def template_count(pool: Pool) -> int:
    """Those that somebody made; XAPI's own not counted."""
    return sum(vm.is_a_template and not vm.is_a_snapshot and not vm.is_default_template for vm in pool.home.all(VM).values())


class _Fact(Fact[Pool, V]):
    pass


class PoolView(View[Pool]):
    """Everything that is shown of a pool."""

    kind: ClassVar = Pool

    present = _Fact(is_present)
    """False once it is no longer connected; all else stays as it was last."""
    name = _Fact(lambda pool: pool_name(pool.home), *POOL_NAME)
    description = _Fact(lambda pool: pool.name_description.strip(), "name_description")
    tags = _Fact(tags_of, "tags")
    address = _Fact(lambda pool: pool.home.server.address, "Server.address")
    """Where it is reached."""
    is_fresh = _Fact(lambda pool: pool.home.server.is_live, "Server.state")
    """Whether the picture is of now: it is connected."""
    master = _Fact(lambda pool: maybe(pool.home.one(Host, pool.master)), *via("master", "name_label", "hostname", "uuid"))
    product = _Fact(lambda pool: hosts.product_of(host) if (host := pool.home.one(Host, pool.master)) else "", "master.software_version")
    default_sr = _Fact(lambda pool: maybe(pool.home.one(SR, pool.default_SR)), *via("default_SR", "name_label", "uuid"))
    suspend_sr = _Fact(lambda pool: maybe(pool.home.one(SR, pool.suspend_image_SR)), *via("suspend_image_SR", "name_label", "uuid"))
    """Where the memory of suspended VMs is kept."""
    crash_sr = _Fact(lambda pool: maybe(pool.home.one(SR, pool.crash_dump_SR)), *via("crash_dump_SR", "name_label", "uuid"))
    """Where memory dumps of crashed VMs are kept."""
    has_auto_start = _Fact(facts.has_auto_start, "other_config")
    migration_network = _Fact(
        lambda pool: maybe(facts.chosen_migration_network(pool)), "other_config", *via("Network", "name_label", "uuid")
    )
    """None: the management network."""
    has_ha = _Fact(lambda pool: pool.ha_enabled, "ha_enabled")
    ha_bears = _Fact(lambda pool: pool.ha_host_failures_to_tolerate, "ha_host_failures_to_tolerate")
    """How many hosts may fail."""
    ha_is_overcommitted = _Fact(lambda pool: pool.ha_enabled and pool.ha_overcommitted, "ha_enabled", "ha_overcommitted")

    host_states = _Fact(host_states, *via("Host", "enabled", "metrics.live"))
    vm_states = _Fact(vm_states, *via("VM", *GUEST, "power_state", "resident_on.metrics.live"))
    template_count = _Fact(template_count, *via("VM", *GUEST, "is_default_template"))
    memory = _Fact(memory_of, *via("Host", "metrics.memory_total", "memory_overhead", "control_domain", *RESIDENTS), *via("VM", *_HELD))
    """Of its hosts together: who has it."""
    room = _Fact(
        lambda pool: storage.sum_of(pool.home.all(SR).values()),
        *via("SR", "physical_size", "physical_utilisation", "virtual_allocation", "is_tools_sr", "type", "content_type", "shared"),
    )
    """Of its SRs together."""
    waiting_vms = _Fact(
        lambda pool: waiting_among(pool.home.all(VM).values()), *via("VM", *GUEST, "power_state", "resident_on.metrics.live", *GUIDANCE)
    )
    """Those that are to be restarted for updates to work."""
    sr_count = _Fact(
        lambda pool: sum(not storage.is_drive(sr) for sr in pool.home.all(SR).values()), *via("SR", "type", "content_type", "is_tools_sr")
    )
    network_count = _Fact(
        lambda pool: sum(not is_internal(network) for network in pool.home.all(Network).values()), "Network.PIFs", "Network.bridge"
    )
    """Both as their lists show them at first."""
    level = _Fact(lambda pool: pool.home.part(FindingRegistry).mark(pool), FINDINGS)
    """The worst that is told of it."""
